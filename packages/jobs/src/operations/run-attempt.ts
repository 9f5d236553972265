// One attempt at a run: with the journal that earlier attempts have left, until it ends or has to be left.
import { setMaxListeners } from "node:events";
import {
  type Agent,
  BesedaError,
  type Lease,
  RunError,
  type RunResult,
  type Timeouts,
  toBesedaError,
} from "@beseda/core";
import { asking, callsOf } from "../journal/ask-model.ts";
import { type ModelQuestion, RunJournal } from "../journal/run-journal.ts";
import type { WithService } from "../worker/call-off.ts";
import type { Workplace } from "../worker/workplace.ts";
import { lastDecided } from "./decisions.ts";
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
  // Nobody waits any more for what a service does.
  const leaving = new AbortController();
  // All that a run asks at once listens to it.
  setMaxListeners(0, leaving.signal);
  const stop = new AbortController();
  const leave = (reason: unknown) => {
    left.abort(reason);
    leaving.abort(reason);
    stop.abort(reason);
  };
  let drain: NodeJS.Timeout | undefined;
  const onLease = () => (isCalledOff(lease) ? stop.abort(lease.signal.reason) : leave(lease.signal.reason));
  const onClosing = () => {
    leaving.abort(closing.reason);
    drain = setTimeout(() => leave(closing.reason), drainMs);
  };
  const asks = asking({ calls: callsOf(agent.model, spec.calls), pollMs: spec.pollMs, leaving: leaving.signal });
  // Always read: whoever gave the job back may have left no other sign of it, not even an attempt that is counted.
  const entries = new Map(await lease.read());
  const decided = lastDecided(job);
  const journal = new RunJournal({
    runId: job.id,
    place: { entries, write: (news) => lease.write(news) },
    ask: (question) => asks.ask({ ...question, begun: told(question, report) }),
    askBelow: asks.askBelow,
    leg,
    decidedAt: decided?.decidedAt,
    closing,
    left: left.signal,
  });
  try {
    watch(lease.signal, onLease);
    watch(closing, onClosing);
    const input = decided ? { runId: job.id, decisions: decided.decisions } : spec.input;
    const timeouts = timeoutsOf(spec, agent);
    const run = agent.stream(input, { ...spec.asked, timeouts, signal: stop.signal, journal });
    for await (const part of run.fullStream) report.add(part);
    const { result, error } = await run.result.then((result) => ({ result, error: undefined }), failed);
    await asks.settled();
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

/** What is begun with a service is told beside the journal, too, for whoever calls the run off while nobody works on it. */
function told({ begun, model: { provider, modelId } }: ModelQuestion, report: RunReport): ModelQuestion["begun"] {
  return {
    read: () => begun.read(),
    async write(value) {
      await begun.write(value);
      const { id } = (value ?? {}) as { id?: string };
      const operation = { as: "operation", model: `${provider}:${modelId}`, id } as WithService;
      await report.end({ withService: id === undefined ? undefined : [operation] });
    },
  };
}

function watch(signal: AbortSignal, onAbort: () => void): void {
  if (signal.aborted) onAbort();
  else signal.addEventListener("abort", onAbort, { once: true });
}

function isCalledOff({ signal }: Lease): boolean {
  return signal.aborted && signal.reason instanceof BesedaError && signal.reason.code === "aborted";
}

function failed(thrown: unknown): { result: RunResult | undefined; error: BesedaError } {
  return { result: thrown instanceof RunError ? thrown.result : undefined, error: toBesedaError(thrown) };
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
