// Works on a batch: lets its parts be worked on, adds up how far they are, and in the end puts the result together.
import { type BesedaError, type Job, type JobError, type JsonValue, type Lease, toBesedaError } from "@beseda/core";
import { waited } from "@beseda/core/http";
import { firstSignal } from "../first-signal.ts";
import { plainError } from "../worker/job-error.ts";
import type { Perform, Workplace } from "../worker/workplace.ts";
import { cancelParts, filesOf, resumeHint, specOf } from "./batch-place.ts";
import { assemble } from "./finish/assemble.ts";
import { forgetLost } from "./finish/lost-parts.ts";
import { LatestLimits } from "./latest-limits.ts";
import { PartsAtWork } from "./parts-at-work.ts";
import { Progress } from "./progress.ts";

/** Parts are looked at again after a twentieth of the time that nothing happened: nobody waits for long, nor asks for nothing. */
const patience = 1 / 20;
const shortestPauseMs = 50;
const usualPauseMs = 500;
const longestPauseMs = 5_000;

/**
 * Whatever it does, it can do again: after a crash at any moment another attempt finds in the journal which parts are
 * done, in the files what came of them, and goes on.
 */
export const performBatch: Perform = async (lease, place) => {
  const spec = specOf(lease.job);
  const limits = await LatestLimits.of(place.engine, spec);
  await forgetLost(lease, place.engine);
  const parts = await PartsAtWork.open(lease, place, limits);
  const progress = new Progress(lease, spec, limits);
  const { signal: stop, letGo } = firstSignal([lease.signal, place.closing]);
  try {
    const trouble = await untilDone(parts, progress, stop);
    if (trouble) {
      await parts.keepSeconds();
      await lease.wait(progress.stopped(parts.totals, trouble));
      // Somebody has gone on with it while it was about to wait.
      const isResumed = await limits.look({ urgent: true }).catch(() => false);
      if (isResumed) await place.engine.wake(lease.job.id, null).catch(() => {});
      return;
    }
    await progress.report(parts.totals, "finishing");
    const currencies = Object.keys(parts.totals.usage.cost ?? {});
    const result = await assemble(lease, place.engine, { ...parts.account, currencies, signal: stop });
    await progress.report(parts.totals, "done");
    await lease.finish({ response: result as unknown as JsonValue });
    // What stays because of a crash here goes when the operation is forgotten.
    await place.engine.files.delete(filesOf(lease.job.id)).catch(() => {});
  } catch (thrown) {
    await end(lease, place, thrown, {
      left: async () => {
        await parts.keepSeconds();
        await progress.report(parts.totals, "working");
      },
      stopped: (error) => progress.stopped(parts.totals, error),
    });
  } finally {
    letGo();
  }
};

/** Rows that are done are kept: it waits for whoever mends what is wrong. */
export async function giveUpBatch(
  lease: Lease,
  error: JobError,
  _place: Workplace,
  metadata: Job["metadata"],
): Promise<void> {
  const stopped = { hint: resumeHint, ...error } as unknown as JsonValue;
  await lease.wait({ ...metadata, state: "stopped", stopped });
}

/** @returns why it cannot be gone on with for now, where somebody has to do something about it */
async function untilDone(
  parts: PartsAtWork,
  progress: Progress,
  signal: AbortSignal,
): Promise<BesedaError | undefined> {
  let rows = 0;
  for (let newsAt = performance.now(); ; ) {
    signal.throwIfAborted();
    const isPartDone = await parts.look();
    const { totals } = parts;
    const isRowDone = totals.finished + totals.failed !== rows;
    rows = totals.finished + totals.failed;
    const untilReportMs = await progress.reportInTime(totals);
    if (parts.areDone) return undefined;
    if (parts.trouble) return parts.trouble;
    if (isPartDone) newsAt = performance.now();
    const longest = untilReportMs ?? (isRowDone ? usualPauseMs : longestPauseMs);
    const silentMs = performance.now() - newsAt;
    await waited(Math.min(Math.max(silentMs * patience, shortestPauseMs), longest), signal);
  }
}

async function end(
  lease: Lease,
  { engine, closing }: Workplace,
  thrown: unknown,
  progress: { left(): Promise<void>; stopped(error: BesedaError): Record<string, JsonValue> },
): Promise<void> {
  const { signal } = lease;
  if (signal.aborted) {
    const reason = toBesedaError(signal.reason);
    if (reason.code !== "aborted") throw thrown;
    await cancelParts(engine, lease.job.id);
    return lease.finish({ error: plainError(reason) });
  }
  if (closing.aborted) {
    // For whoever looks until another one goes on with it; that one tells it again.
    await progress.left().catch(() => {});
    return lease.release();
  }
  const error = toBesedaError(thrown);
  // A defect is tried again, and so is what may pass, such as files that are away; anything else, such as an output that
  // cannot be written, is somebody's to mend: rows that are answered are kept.
  if (error.code === "internal" || error.isRetryable) throw thrown;
  await lease.wait(progress.stopped(error));
}
