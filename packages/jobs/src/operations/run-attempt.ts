// One attempt at a run: with the journal that earlier attempts have left, until it ends or has to be left.
import {
  type Agent,
  BesedaError,
  type Decision,
  type Job,
  type Lease,
  RunError,
  type RunResult,
  type Timeouts,
  toBesedaError,
} from "@beseda/core";
import { askLater, askNow, callsOf } from "../journal/ask-model.ts";
import { type AskModel, RunJournal } from "../journal/run-journal.ts";
import type { Workplace } from "../work/workplace.ts";
import type { RunReport } from "./run-report.ts";
import type { RunSpec } from "./run-spec.ts";

export type Attempt = { agent: Agent; spec: RunSpec; report: RunReport; place: Workplace };

export type Attempted = {
  /** What it has come to; of one that failed, how far it had got. */
  result: RunResult | undefined;
  error: BesedaError | undefined;
  /** The run is not over: another attempt goes on with it. */
  isLeft: boolean;
  isCancelled: boolean;
  /** Stores the beginning of a reply that was cut off, of a run that is over. */
  keepCut(): Promise<void>;
};

/** What is in flight when the worker closes may still be finished. */
const drainMs = 10_000;

export async function attemptRun(lease: Lease, { agent, spec, report, place }: Attempt): Promise<Attempted> {
  const { job } = lease;
  const { closing } = place;
  const leg = job.inbox.length;
  const left = new AbortController();
  const stop = new AbortController();
  const leave = (reason: unknown) => {
    left.abort(reason);
    stop.abort(reason);
  };
  let drain: NodeJS.Timeout | undefined;
  const onLease = () => (isCalledOff(lease) ? stop.abort(lease.signal.reason) : leave(lease.signal.reason));
  const onClosing = () => {
    drain = setTimeout(() => leave(closing.reason), drainMs);
  };
  watch(lease.signal, onLease);
  watch(closing, onClosing);
  const open = new Set<Promise<unknown>>();
  const entries = new Map(isFresh(job) ? [] : await lease.read());
  const journal = new RunJournal({
    runId: job.id,
    place: { entries, write: (news) => lease.write(news) },
    ask: asking({ agent, spec, leaving: AbortSignal.any([closing, left.signal]), open }),
    // A tool has a limit of time, and an operation may take hours.
    askBelow: askNow,
    leg,
    closing,
    left: left.signal,
  });
  try {
    const decisions = job.inbox[leg - 1] as unknown as Decision[];
    const input = leg === 0 ? spec.input : { runId: job.id, decisions };
    const timeouts = timeoutsOf(spec, agent);
    const run = agent.stream(input, { ...spec.asked, timeouts, signal: stop.signal, journal });
    for await (const part of run.fullStream) report.add(part);
    const { result, error } = await run.result.then((result) => ({ result, error: undefined }), failed);
    await Promise.all(open);
    const isCancelled = isCalledOff(lease);
    const isOver = error === undefined && result?.finishReason !== "aborted";
    const isLeft = left.signal.aborted || (closing.aborted && !isOver && !isCancelled);
    return { result, error, isLeft, isCancelled, keepCut: () => journal.keepCut() };
  } finally {
    clearTimeout(drain);
    lease.signal.removeEventListener("abort", onLease);
    closing.removeEventListener("abort", onClosing);
  }
}

function watch(signal: AbortSignal, onAbort: () => void): void {
  if (signal.aborted) onAbort();
  else signal.addEventListener("abort", onAbort, { once: true });
}

function isCalledOff({ signal }: Lease): boolean {
  return signal.aborted && signal.reason instanceof BesedaError && signal.reason.code === "aborted";
}

/** Nobody has worked on it yet: whoever gives one back leaves metadata. */
function isFresh({ attempts, inbox, metadata }: Job): boolean {
  return attempts <= 1 && inbox.length === 0 && Object.keys(metadata).length === 0;
}

function failed(thrown: unknown): { result: RunResult | undefined; error: BesedaError } {
  return { result: thrown instanceof RunError ? thrown.result : undefined, error: toBesedaError(thrown) };
}

type Asking = { agent: Agent; spec: RunSpec; leaving: AbortSignal; open: Set<Promise<unknown>> };

/** Models that a step is given in place of the agent's own, and that have no operations, are asked at once. */
function asking({ agent, spec: { calls, pollMs }, leaving, open }: Asking): AskModel {
  if (callsOf(agent.model, calls) === "sync") return askNow;
  const later = askLater({ pollMs, leaving, onAsked: (settled) => open.add(settled) });
  return (question) => (question.model.operations ? later(question) : askNow(question));
}

/** An operation of a service takes the time that it takes, unless somebody says how long. */
function timeoutsOf({ calls, timeouts }: RunSpec, agent: Agent): Partial<Timeouts> {
  const given = Object.fromEntries(
    Object.entries(timeouts).map(([name, ms]) => [name, ms ?? Number.POSITIVE_INFINITY]),
  );
  if (callsOf(agent.model, calls) === "sync") return given;
  const unlimited = Number.POSITIVE_INFINITY;
  return { totalMs: unlimited, stepMs: unlimited, firstChunkMs: unlimited, ...given };
}
