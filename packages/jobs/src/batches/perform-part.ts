// Works on a part of a batch: all of its rows, then their results as one file.
import { type Agent, BesedaError, type JsonValue, type Lease, toBesedaError } from "@beseda/core";
import { plainError } from "../work/job-error.ts";
import type { Perform, Workplace } from "../work/workplace.ts";
import type { BatchLimits, PartResult, PartSpec } from "./batch.ts";
import { joinBatch, leaveBatch } from "./part/batch-here.ts";
import { Halt, type Stop } from "./part/halt.ts";
import { PartLog } from "./part/part-log.ts";
import { runRows } from "./part/run-rows.ts";
import { writeOutput } from "./part/write-output.ts";
import { runRounds } from "./rounds/run-rounds.ts";

/** Between two reports of how far it is. Milliseconds. */
const reportMs = 500;

/**
 * Rows that are done stay done, whatever happens. The part waits, to be woken, where the budget is used up or the service
 * refuses all that comes from us; its metadata says which.
 */
export const performPart: Perform = async (lease, place) => {
  const spec = specOf(lease);
  const log = await PartLog.open(lease, spec.rows);
  const here = joinBatch(place.engine, spec.batchId, spec);
  const halt = new Halt(lease, place.closing);
  let providerBatches = 0;
  const stopReporting = reportNowAndThen(lease, log);
  try {
    const work = { spec, agent: agentOf(spec, place), lease, place, log, here, halt };
    if (spec.calls === "batch") providerBatches = await runRounds(work);
    else if (!log.isComplete) await runRows(work);
    if (log.isComplete && !halt.isBroken) await writeOutput(place.engine, log, spec);
  } catch (thrown) {
    halt.fail(thrown);
  } finally {
    stopReporting();
    halt.close();
    leaveBatch(place.engine, spec.batchId);
  }
  const stop = log.isComplete && !halt.isBroken ? undefined : halt.stop;
  if (stop) return putAside(lease, log, stop);
  const result: PartResult = { ...log.progress, providerBatches };
  await lease.finish({ response: result as unknown as JsonValue });
};

/** Of the limits those hold that it was woken with last. */
function specOf({ job }: Lease): PartSpec {
  const spec = job.spec as unknown as PartSpec;
  const woken = job.inbox.at(-1) as unknown as BatchLimits | undefined;
  if (!woken) return spec;
  const { maxTokens: _tokens, maxCost: _cost, ...others } = spec;
  return { ...others, ...woken };
}

function agentOf({ agentName }: PartSpec, { agents }: Workplace): Agent {
  const agent = agents.get(agentName);
  if (agent) return agent;
  throw new BesedaError(`This worker does not know the agent “${agentName}”.`, {
    code: "missing-setting",
    hint: `Give it to createJobs({ agents }). It knows: ${[...agents.keys()].join(", ") || "none"}.`,
  });
}

function reportNowAndThen(lease: Lease, log: PartLog): () => void {
  let reported = "";
  const timer = setInterval(() => {
    const metadata = { ...log.progress } as unknown as Record<string, JsonValue>;
    const now = JSON.stringify(metadata);
    if (now === reported) return;
    reported = now;
    // The next report tells it, too; a lease that is lost tells so by itself.
    lease.report({ metadata }).catch(() => {});
  }, reportMs);
  return () => clearInterval(timer);
}

async function putAside(lease: Lease, log: PartLog, stop: Stop): Promise<void> {
  if (stop.why === "gone") {
    const error = toBesedaError(stop.reason);
    if (error.code !== "aborted") throw error;
    return lease.finish({ error: plainError(error) });
  }
  // Nothing is under way: whoever goes on has nobody to suspect.
  if (stop.why === "failed") {
    await log.begin([]).catch(() => {});
    throw stop.thrown;
  }
  await log.begin([]);
  if (stop.why === "closing") return lease.release();
  const error = stop.why === "refused" ? { error: plainError(stop.error) } : {};
  await lease.wait({ ...log.progress, stopped: stop.why, ...error } as unknown as Record<string, JsonValue>);
}
