// The loop, the only one: ask the model, show what it says, run the tools that it asks for, until it has its answer.
import { type BesedaError, describeThrown, toBesedaError } from "../errors.ts";
import {
  type AssistantMessage,
  type FinishReason,
  type Message,
  noUsage,
  type ToolCallPart,
  toolCallsOf,
} from "../message.ts";
import type { LanguageModel } from "../ports/language-model.ts";
import type { Memory } from "../ports/memory.ts";
import type { Tool, ToolContext } from "../tool/tool.ts";
import { ReplyFold } from "./fold-reply.ts";
import { ModelCall } from "./model-call.ts";
import { planStep, type StepPlan } from "./plan-step.ts";
import { RepeatBreaker } from "./repeat-breaker.ts";
import { RunError, RunRecord, type RunResult, type Step } from "./run-record.ts";
import { runTools } from "./run-tools.ts";
import type { StreamPart } from "./stream-part.ts";
import type { Timeouts } from "./timeouts.ts";

/** All that an agent is, ready to run: made once, when the agent is made. */
export type AgentPlan = StepPlan & {
  name: string;
  model: LanguageModel;
  toolsByName: ReadonlyMap<string, Tool>;
  memory: Memory | undefined;
  maxSteps: number;
  stopWhen: ((steps: readonly Step[]) => boolean | Promise<boolean>) | undefined;
  toolConcurrency: number;
  timeouts: Timeouts;
  streamed: boolean;
};

/** What one run was asked, by whom, and how it is stopped. */
export type RunTask = {
  input: readonly Message[];
  speaker: Omit<ToolContext, "signal" | "progress" | "callId">;
  signal: AbortSignal;
  /** Told once, just before the terminal part. */
  settle(outcome: { result: RunResult } | { error: RunError }): void;
};

/**
 * Yields parts in arrays; the last array holds the one terminal part. Never throws. A reader that wants to leave aborts
 * the signal and reads on to the end, which is then near.
 */
export async function* agentLoop(agent: AgentPlan, task: RunTask): AsyncGenerator<StreamPart[]> {
  const { speaker, signal } = task;
  const { runId } = speaker;
  const record = new RunRecord(runId, speaker.threadId, agent.memory);
  const toolRun = {
    tools: agent.toolsByName,
    concurrency: agent.toolConcurrency,
    toolMs: agent.timeouts.toolMs,
    signal,
    repeats: new RepeatBreaker(),
    context: speaker,
    keep: (message: Message) => record.keep(message),
  };
  try {
    yield [{ type: "start", agentName: agent.name, threadId: speaker.threadId, input: task.input, runId }];
    await record.open(task.input);
    for (let step = 1; ; step++) {
      const { provider, modelId } = agent.model;
      yield [
        { type: "start-step", step, agentName: agent.name, provider, modelId, settings: agent.settings, runId },
      ];
      const request = planStep(agent, record.thread);
      const reply = new ReplyFold(runId, step, agent.reasoning);
      record.beginReply(request, reply);
      const call = new ModelCall(agent.model, request, { timeouts: agent.timeouts, signal, streamed: agent.streamed });
      for (let events = await call.next(); events !== undefined; events = await call.next()) {
        const parts = reply.add(events);
        if (parts.length > 0) yield parts;
      }
      const message = await record.endReply();
      const calls = callsToRun(message);
      if (calls.length > 0) record.addResults(yield* runTools(calls, toolRun));
      const { finishReason = "stop", usage = noUsage } = message;
      yield [{ type: "finish-step", step, finishReason, usage, runId }];

      const ending = await whyStop(agent, record.steps, message, calls);
      if (ending === undefined) continue;
      task.settle({ result: record.result(ending) });
      yield [{ type: "finish", finishReason: ending, totalUsage: record.usage, runId }];
      return;
    }
  } catch (thrown) {
    yield await interrupted(record, task, thrown);
  }
}

function callsToRun(message: AssistantMessage): ToolCallPart[] {
  return message.finishReason === "content-filter" ? [] : toolCallsOf(message);
}

async function whyStop(
  agent: AgentPlan,
  steps: readonly Step[],
  message: AssistantMessage,
  calls: readonly ToolCallPart[],
): Promise<FinishReason | undefined> {
  if (calls.length === 0) return message.finishReason === "tool-calls" ? "stop" : message.finishReason;
  if (await agent.stopWhen?.(steps)) return "tool-calls";
  if (steps.length >= agent.maxSteps) return "max-steps";
  return undefined;
}

/** Keeps what there is of the reply, and says why it ends: the caller's wish is an `abort`, everything else an `error`. */
async function interrupted(
  record: RunRecord,
  { speaker, signal, settle }: RunTask,
  thrown: unknown,
): Promise<StreamPart[]> {
  const { runId } = speaker;
  let cause = toBesedaError(thrown);
  let parts: StreamPart[] = [];
  try {
    parts = await record.cut(isStop(cause, signal) ? "aborted" : "error");
  } catch (storing) {
    // A memory that fails is worse news than a stop, but no news after a failure, which may be its own.
    if (isStop(cause, signal)) cause = toBesedaError(storing);
  }
  if (isStop(cause, signal)) {
    settle({ result: record.result("aborted") });
    return [...parts, { type: "abort", reason: describeThrown(cause), totalUsage: record.usage, runId }];
  }
  const error = new RunError(cause, record.result("error"));
  settle({ error });
  return [...parts, { type: "error", error, totalUsage: record.usage, runId }];
}

function isStop(cause: BesedaError, signal: AbortSignal): boolean {
  return signal.aborted && cause.code === "aborted";
}
