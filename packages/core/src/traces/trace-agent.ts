// Follows the runs of an agent and makes spans and metrics of them, by the names of OpenTelemetry's GenAI conventions.
import { type Context, context, type MeterProvider, metrics, type TracerProvider, trace } from "@opentelemetry/api";
import type { Publication } from "../agent/event-bus.ts";
import type { StreamPart } from "../agent/stream-part.ts";
import type { MetricNames } from "./gen-ai-names.ts";
import { Instruments } from "./instruments.ts";
import { RunTrace } from "./run-trace.ts";
import type { Recorder } from "./step-trace.ts";

export type TraceOptions = {
  /**
   * Records what people, models and tools say: messages, tool arguments and results, the words of errors. Private, and
   * off by default. Of a stored thread it is what is said in this run; files are named only. The instructions are not
   * recorded.
   */
  recordContent?: boolean;
  /** `1.41` gives the metrics the names that they had before the conventions moved, such as `gen_ai.client.operation.duration`. */
  metricNames?: MetricNames;
  /** Default: the one that is registered for the whole process. */
  tracerProvider?: TracerProvider;
  /** Default: the one that is registered for the whole process. */
  meterProvider?: MeterProvider;
};

/** Whatever tells its runs' parts: an `Agent`. */
export type TracedAgent = {
  on(name: "part", listener: PartListener): unknown;
  off(name: "part", listener: PartListener): unknown;
};

type PartListener = (part: StreamPart, publication: Publication) => void;

/**
 * Each run becomes a span `invoke_agent`, a child of the span that is active where the run is read; in it a span `chat`
 * for each model call and `execute_tool` for each tool call, and in that the runs of sub-agents. An agent that gets the
 * thread handed has an `invoke_agent` of its own inside. Without an OpenTelemetry SDK in the process nothing is recorded.
 *
 * It only watches: it can neither slow nor break a run, and what runs inside of a tool or a model call does not see
 * these spans as active. Give the agent `tracedTools(tools)` where spans made in tools should be children of theirs.
 *
 * @returns what stops it, to be awaited before the SDK is shut down: watchers are told a turn of the event loop late.
 * Runs that are still going on are then recorded as they are.
 */
export function traceAgent(agent: TracedAgent, options: TraceOptions = {}): () => Promise<void> {
  const { tracerProvider = trace, meterProvider = metrics } = options;
  const recorder: Recorder = {
    tracer: tracerProvider.getTracer("@beseda/core"),
    instruments: new Instruments(meterProvider.getMeter("@beseda/core"), options.metricNames ?? "latest"),
    recordContent: options.recordContent ?? false,
  };
  const watcher = Symbol();
  const listen: PartListener = (part, publication) => {
    if (part.type === "start") open(part, publication, watcher, recorder);
    const run = openRuns.get(part.runId);
    if (run?.watcher !== watcher) return;
    const isOver = part.type === "finish" || part.type === "abort" || part.type === "error";
    if (isOver) endRunsBelow(run, publication.at);
    if (part.type === "tool-result" || part.type === "tool-error") {
      endRunsBelow(run, publication.at, part.toolCallId);
    }
    run.trace.add(part, publication);
    if (isOver) openRuns.delete(part.runId);
  };
  agent.on("part", listen);
  return async () => {
    // Two turns: a run's result is there just before its last part is published, which is told a turn later.
    for (let turn = 1; turn <= 2; turn++) await new Promise((resolve) => setImmediate(resolve));
    agent.off("part", listen);
    for (const [runId, run] of openRuns) {
      if (run.watcher !== watcher) continue;
      openRuns.delete(runId);
      run.trace.cut(Date.now(), "aborted");
    }
  };
}

/** The span of a tool call as the active one. The run's parts up to the call have to have been told. */
export function contextOfCall(runId: string, callId: string): Context | undefined {
  return openRuns.get(runId)?.trace.enterCall(callId, Date.now());
}

type OpenRun = {
  trace: RunTrace;
  /** Who follows it. The run of a sub-agent that is traced itself is told to two watchers. */
  watcher: symbol;
  /** The call of the run above that it works for. */
  callId: string | undefined;
  /** The ids of runs that work for it; some may be over. */
  below: Set<string>;
};

/** Of the whole process: a sub-agent's run looks here for the call that it works for. */
const openRuns = new Map<string, OpenRun>();

function open(
  part: Extract<StreamPart, { type: "start" }>,
  publication: Publication,
  watcher: symbol,
  recorder: Recorder,
): void {
  // It is told to the caller's watcher too, who knows where it belongs.
  if (publication.caller && openRuns.has(publication.caller.runId)) return;
  if (openRuns.has(part.runId)) return;
  const { parentCallId: callId } = part;
  const caller = callId === undefined ? undefined : callerOf(callId, openRuns.get(publication.runId));
  const parent = (callId !== undefined && caller?.trace.enterCall(callId)) || context.active();
  caller?.below.add(part.runId);
  const trace = new RunTrace(recorder, part, publication.at, parent);
  openRuns.set(part.runId, { trace, watcher, callId, below: new Set() });
}

/** The run that waits for the call: the one that is read, or one that works for it. Ids of calls may come again, even there. */
function callerOf(callId: string, run: OpenRun | undefined): OpenRun | undefined {
  if (!run) return undefined;
  for (const runId of [...run.below].reverse()) {
    const found = callerOf(callId, openRuns.get(runId));
    if (found) return found;
  }
  return run.trace.awaitsCall(callId) ? run : undefined;
}

/** A run that works for a call is not heard of any more once the call is over, though it may go on for a moment. */
function endRunsBelow(run: OpenRun, at: number, callId?: string): void {
  for (const runId of run.below) {
    const below = openRuns.get(runId);
    if (below && callId !== undefined && below.callId !== callId) continue;
    run.below.delete(runId);
    if (!below) continue;
    endRunsBelow(below, at);
    below.trace.cut(at, "aborted");
    openRuns.delete(runId);
  }
}
