// Works on a part of a batch: all of its rows, then their results as one file.
import {
  type Agent,
  BesedaError,
  type Job,
  type JobError,
  type JsonValue,
  type Lease,
  toBesedaError,
} from "@beseda/core";
import { isoIn } from "../iso-time.ts";
import { plainError } from "../worker/job-error.ts";
import { leaveToOthers } from "../worker/offer.ts";
import type { Perform, Workplace } from "../worker/workplace.ts";
import type { PartProgress, PartResult, PartSpec } from "./batch.ts";
import { resumeHint } from "./batch-place.ts";
import { agentFacts, fingerprintOf } from "./begin/agent-facts.ts";
import { LatestLimits } from "./latest-limits.ts";
import { type BatchHere, joinBatch, leaveBatch } from "./part/batch-here.ts";
import { Halt, type Stop } from "./part/halt.ts";
import { dropDamagedOutput, keptOutput } from "./part/kept-output.ts";
import { mendJournal } from "./part/mend-journal.ts";
import { PartLog } from "./part/part-log.ts";
import { runRows } from "./part/run-rows.ts";
import { writeOutput } from "./part/write-output.ts";
import { RoundLog } from "./rounds/round-log.ts";
import { runRounds } from "./rounds/run-rounds.ts";

/** Between two reports of how far it is. Milliseconds. */
const reportMs = 1_000;

/**
 * Rows that are done stay done, whatever happens. The part waits, to be woken, where the budget is used up or the service
 * refuses all that comes from us; its metadata says which.
 */
export const performPart: Perform = async (lease, place) => {
  const { spec, limits } = await underLatestLimits(lease, place);
  const agent = agentOf(spec, place);
  // This one may be the right one in a moment, too: a program may give the agent only when it resumes the batch.
  if (agent instanceof BesedaError) return leaveToOthers(lease, agent);
  let log: PartLog;
  try {
    if (wasDamaged(lease) && !(await isMended(lease, spec, place))) return;
    log = await PartLog.open(lease, spec);
    const kept = await keptOutput(place.engine, spec);
    if (kept) {
      const { taken: providerBatches } = await RoundLog.of(lease);
      const result: PartResult = { ...kept, providerBatches };
      return await lease.finish({ response: result as unknown as JsonValue });
    }
  } catch (thrown) {
    return waitWith(lease, { ...lease.job.metadata, limits: limits.version }, thrown);
  }
  await workOnPart(lease, { spec, limits, agent, place, log });
};

/** It waits with its journal, and the batch with it. */
export async function giveUpPart(
  lease: Lease,
  error: JobError,
  _place: Workplace,
  metadata: Job["metadata"],
): Promise<void> {
  await lease.wait({ ...metadata, stopped: "refused", error: { hint: resumeHint, ...error } as unknown as JsonValue });
}

async function workOnPart(
  lease: Lease,
  {
    spec,
    limits,
    agent,
    place,
    log,
  }: { spec: PartSpec; limits: LatestLimits; agent: Agent; place: Workplace; log: PartLog },
): Promise<void> {
  const here = joinBatch(place.engine, spec.batchId, limits);
  const halt = new Halt(lease, place.closing);
  let providerBatches = 0;
  const stopReporting = reportNowAndThen(lease, log, here);
  try {
    const work = { spec, agent, lease, place, log, here, halt };
    if (spec.calls === "batch") providerBatches = await runRounds(work);
    else if (!log.isComplete) await runRows(work);
    if (!log.isComplete && !halt.stop) throw incomplete(spec, log);
    if (log.isComplete && !halt.isBroken) await writeOutput(place.engine, log, spec);
  } catch (thrown) {
    halt.fail(thrown);
  } finally {
    stopReporting();
    halt.close();
    leaveBatch(place.engine, spec.batchId);
  }
  const stop = log.isComplete && !halt.isBroken ? undefined : halt.stop;
  if (stop) return putAside(lease, log, { stop, limits: here.limits.version });
  const result: PartResult = { ...log.progress, providerBatches };
  await lease.finish({ response: result as unknown as JsonValue });
}

/** Of the limits those hold that the batch was gone on with last. */
async function underLatestLimits(
  { job }: Lease,
  { engine }: Workplace,
): Promise<{ spec: PartSpec; limits: LatestLimits }> {
  const given = job.spec as unknown as PartSpec;
  const limits = await LatestLimits.of(engine, { folder: given.folder, limits: given });
  const { maxTokens: _tokens, maxCost: _cost, ...others } = given;
  return { spec: { ...others, ...limits.now }, limits };
}

function wasDamaged({ job }: Lease): boolean {
  return (job.metadata as Partial<PartProgress>).error?.code === "damaged";
}

/** Somebody has resumed it as it is: what cannot be read is given up. Where nothing can be read the part begins anew. */
async function isMended(lease: Lease, spec: PartSpec, { engine }: Workplace): Promise<boolean> {
  try {
    await mendJournal(lease, spec.rows);
    await dropDamagedOutput(engine, spec);
    return true;
  } catch (thrown) {
    const error = toBesedaError(thrown);
    if (error.code !== "damaged") throw thrown;
    await lease.finish({ error: plainError(error) });
    return false;
  }
}

/** Whatever the reason: rows that are missing are never taken for rows that are done. */
function incomplete({ input }: PartSpec, { progress: { rows, finished, failed } }: PartLog): BesedaError {
  return new BesedaError(`${input} has come to its end, and ${finished + failed} of its ${rows} rows are done.`, {
    code: "damaged",
    hint: "The folder of the jobs was changed from outside, or its disk is failing. Put the file back, then go on: resume: true (--resume).",
  });
}

/** The one that the batch was begun with: rows answered by two are no batch. */
function agentOf(
  { batchId, agentName, fingerprint, calls }: PartSpec,
  { agents, agentsOfBatches }: Workplace,
): Agent | BesedaError {
  const agent = agentsOfBatches.get(batchId) ?? agents.get(agentName);
  if (agent && fingerprintOf(agentFacts(agent, calls)) === fingerprint) return agent;
  if (agent) {
    return new BesedaError(`The agent “${agentName}” of this worker is not the one that the batch was begun with.`, {
      code: "invalid-argument",
      hint: "Give the worker the same instructions, model, tools and settings; resuming the batch says what differs.",
    });
  }
  return new BesedaError(`This worker does not know the agent “${agentName}”.`, {
    code: "missing-setting",
    hint: `Give it to createJobs({ agents }). It knows: ${[...agents.keys()].join(", ") || "none"}.`,
  });
}

function reportNowAndThen(lease: Lease, log: PartLog, { slots: { pace } }: BatchHere): () => void {
  let reported = "";
  const timer = setInterval(() => {
    const told = pace.problem === undefined ? log.report : { ...log.report, problem: pace.problem };
    const metadata = told as unknown as Record<string, JsonValue>;
    const now = JSON.stringify(metadata);
    if (now === reported) return;
    reported = now;
    // The next report tells it, too; a lease that is lost tells so by itself.
    lease.report({ metadata }).catch(() => {});
  }, reportMs);
  return () => clearInterval(timer);
}

async function putAside(lease: Lease, log: PartLog, { stop, limits }: { stop: Stop; limits: number }): Promise<void> {
  if (stop.why === "gone") {
    const error = toBesedaError(stop.reason);
    if (error.code !== "aborted") throw error;
    return lease.finish({ error: plainError(error) });
  }
  // Nothing is under way: whoever goes on has nobody to suspect.
  if (stop.why === "failed") {
    await log.begin([]).catch(() => {});
    return waitWith(lease, { ...log.report, limits }, stop.thrown);
  }
  await log.begin([]);
  if (stop.why === "closing") {
    // Whoever calls it off before it is gone on with has to know them.
    if (log.progress.withService) await lease.report({ metadata: log.report as unknown as Record<string, JsonValue> });
    return lease.release();
  }
  if (stop.why === "young") return lease.release(isoIn(stop.ms));
  const error = stop.why === "refused" ? { error: plainError(stop.error) } : {};
  await lease.wait({ ...log.report, stopped: stop.why, limits, ...error } as unknown as Record<string, JsonValue>);
}

/** What another attempt may get over is thrown. With all else the part waits: a job that ends with an error loses its journal. */
async function waitWith(lease: Lease, progress: object, thrown: unknown): Promise<void> {
  const error = toBesedaError(thrown);
  if (error.isRetryable || lease.signal.aborted) throw thrown;
  const metadata = { ...progress, stopped: "refused", error: plainError(error) };
  await lease.wait(metadata as unknown as Record<string, JsonValue>).catch(() => {
    throw thrown;
  });
}
