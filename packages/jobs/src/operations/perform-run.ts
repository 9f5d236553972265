// The work on a job of kind `run`, and what becomes of the job: an answer, an error, a wait, another attempt.
import {
  type Agent,
  BesedaError,
  type Job,
  type JobError,
  type JsonValue,
  type Lease,
  plainOutput,
  type RunResult,
  toBesedaError,
} from "@beseda/core";
import { isoIn } from "../iso-time.ts";
import { callOffBegun } from "../worker/call-off.ts";
import { plainError } from "../worker/job-error.ts";
import { leaveToOthers } from "../worker/offer.ts";
import type { Perform, Workplace } from "../worker/workplace.ts";
import { announce } from "./announce.ts";
import { suspicionOf } from "./crashes.ts";
import { lastDecided, tooLate } from "./decisions.ts";
import { attemptRun } from "./run-attempt.ts";
import { RunReport } from "./run-report.ts";
import { type RunSpec, requireAble } from "./run-spec.ts";
import { beginNext } from "./series.ts";

/** A failure that may pass is waited for: 5 s, 15 s, 45 s, 2¼ minutes, or as the service asks. The fifth in a row is the last. */
const mostFailures = 5;
const firstPauseMs = 5_000;

export const performRun: Perform = async (lease, place) => {
  const { job } = lease;
  const spec = job.spec as unknown as RunSpec;
  const agent = place.agents.get(spec.agentName);
  if (!agent) return leaveToOthers(lease, isForOthers(spec, place));
  await beginNext(lease, place.engine);
  const error = refusalOf(job, agent);
  if (error) return giveUpRun(lease, plainError(error), place);
  const suspicion = await suspicionOf(lease, place.engine);
  if ("notBefore" in suspicion) return lease.release(suspicion.notBefore);
  if ("error" in suspicion) return giveUpRun(lease, plainError(suspicion.error), place);
  try {
    await goOn(lease, spec, agent, place);
  } finally {
    suspicion.leave();
  }
};

/** Why it is not worked on at all. Whoever began it may not have known its agent, and could not be told. */
function refusalOf(job: Job, agent: Agent): BesedaError | undefined {
  if (lastDecided(job)?.decisions.length === 0) return tooLate(job.id);
  try {
    requireAble(agent, job.spec as unknown as RunSpec);
    return undefined;
  } catch (thrown) {
    return toBesedaError(thrown);
  }
}

/** It is done, without another attempt. */
export async function giveUpRun(
  lease: Lease,
  error: JobError,
  { engine }: Workplace,
  metadata = lease.job.metadata,
): Promise<void> {
  await callOffBegun(engine, { ...lease.job, metadata });
  await announce(engine, lease.job);
  await lease.finish({ error });
}

async function goOn(lease: Lease, spec: RunSpec, agent: Agent, place: Workplace): Promise<void> {
  const { job } = lease;
  const report = new RunReport(lease);
  const { result, error, isLeft, isCancelled, keepCut } = await attemptRun(lease, { agent, spec, report, place });
  if (isLeft) return giveBack(lease, report);
  if (error?.isRetryable && !isCancelled && failuresOf(report) + 1 < mostFailures)
    return tryAgain(lease, report, error);
  await keepCut();
  if (result?.finishReason === "approval") {
    await report.end({ result: plain(result), ...nothing });
    return lease.wait(report.metadata);
  }
  const failure = error ?? (result?.finishReason === "aborted" ? calledOff() : undefined);
  if (failure) await callOffBegun(place.engine, { ...job, metadata: report.metadata });
  await report.end({ result: failure && plain(result), ...nothing });
  await announce(place.engine, job);
  await lease.finish(failure ? { error: plainError(failure) } : { response: plain(result) });
}

/** What is not so any more when an attempt has come to its end. */
const nothing = { failures: undefined, problem: undefined, withService: undefined };

function isForOthers({ agentName }: RunSpec, { agents }: Workplace): BesedaError {
  const known = [...agents.keys()].join(", ");
  return new BesedaError(
    `It is for the agent "${agentName}", which the worker that looked at it last does not know (it knows: ${known}).`,
    { code: "missing-setting", hint: "Start a process that gives this agent to createJobs({ agents })." },
  );
}

async function giveBack(lease: Lease, report: RunReport): Promise<void> {
  if (lease.signal.aborted) return;
  await report.end({ givenBack: Number(lease.job.metadata.givenBack ?? 0) + 1 });
  await lease.release();
}

async function tryAgain(lease: Lease, report: RunReport, error: BesedaError): Promise<void> {
  const failures = failuresOf(report) + 1;
  const pauseMs = Math.max(firstPauseMs * 3 ** (failures - 1) * (0.8 + 0.4 * Math.random()), error.retryAfterMs ?? 0);
  await report.end({ failures, problem: error.advice });
  await lease.release(isoIn(pauseMs));
}

function failuresOf({ metadata }: RunReport): number {
  return Number(metadata.failures ?? 0);
}

function calledOff(): BesedaError {
  return new BesedaError("The operation was cancelled.", { code: "aborted" });
}

/** An output may be whatever its schema makes of it, such as a bigint: what JSON does not hold of it is kept as text. */
function plain(result: RunResult | undefined): JsonValue {
  if (result === undefined) return null;
  const output = result.output === undefined ? {} : { output: plainOutput(result.output) };
  return JSON.parse(JSON.stringify({ ...result, ...output })) as JsonValue;
}
