// The loop, the only one: ask the model, show what it says, run the tools that it asks for, until it has its answer.
import { type BesedaError, describeThrown, toBesedaError } from "../errors.ts";
import {
  type AssistantMessage,
  type FinishReason,
  type Message,
  noUsage,
  type ToolCallPart,
  type ToolMessage,
  textOf,
  toolCallsOf,
} from "../message.ts";
import type { Journal } from "../ports/journal.ts";
import type { Store } from "../ports/store.ts";
import { type AgentPlan, alsoTold, heldTo, preparedPlan } from "./agent-plan.ts";
import { correction, mostCorrections, readAnswer, unusableAnswer } from "./answer.ts";
import { Approvals, type Decision, type SuspendedRun } from "./approvals.ts";
import { StepBudget } from "./budget.ts";
import type { CallLink } from "./call-link.ts";
import { ReplyFold } from "./fold-reply.ts";
import { agentNamed, whoHas } from "./hand-off.ts";
import { ModelCall } from "./model-call.ts";
import { planWholeStep } from "./plan-step.ts";
import { RepeatBreaker } from "./repeat-breaker.ts";
import type { Speaker } from "./run-call.ts";
import { RunError, RunRecord, type RunResult, type Step } from "./run-record.ts";
import { runTools, type ToolRun } from "./run-tools.ts";
import type { Steering } from "./steering.ts";
import type { StopSwitch } from "./stop-switch.ts";
import type { StreamPart } from "./stream-part.ts";
import { type OpenStep, prepareThread, putBack, reopen, suspend } from "./suspension.ts";
import type { Timeouts } from "./timeouts.ts";

/** What one run was asked, by whom, and how it is stopped. */
export type RunTask = {
  asked: { input: readonly Message[] } | { decisions: readonly Decision[] };
  speaker: Speaker;
  stop: StopSwitch;
  steering: Steering;
  /** Where it waits for approvals. */
  store: Store;
  timeouts: Timeouts;
  /** Added to those of whoever has the thread. */
  instructions: string | undefined;
  /** The tool call that the run works for, if any. */
  link: CallLink | undefined;
  journal: Journal | undefined;
  /** Told once, just before the terminal part. */
  settle(outcome: { result: RunResult } | { error: RunError }): void;
};

/**
 * Yields parts in arrays; the last array holds the one terminal part. Never throws. A reader that wants to leave stops
 * the run and reads on to the end, which is then near.
 */
export async function* agentLoop(agent: AgentPlan, task: RunTask): AsyncGenerator<StreamPart[]> {
  const { asked, stop, steering, store, timeouts, link, journal } = task;
  const approvals = new Approvals(store, agent.name);
  const { runId } = task.speaker;
  const record = new RunRecord(runId, agent, { threadId: task.speaker.threadId, above: link?.addUsage, journal });
  const begun = new Set<string>();
  let open: OpenStep | undefined;
  try {
    const { input, decisions } = { input: [], decisions: [], ...asked };
    const found = "decisions" in asked ? stop.race(() => findRun(approvals, task, decisions)) : undefined;
    const waiting = await found?.catch(() => undefined);
    if (waiting) record.threadId = waiting.threadId;
    yield [{ type: "start", agentName: agent.name, threadId: record.threadId, input, runId }];
    await found;

    if (!waiting?.thread) await stop.race(() => record.load());
    stop.throwIfStopped();
    if (waiting) open = await reopen(waiting, { approvals, record, decisions });
    const suspended = open?.suspended;
    const speaker = suspended ? speakerOf(suspended, task.speaker) : task.speaker;
    const { instructions = suspended?.instructions } = task;
    await record.say(input);
    let plan = (suspended ? agentNamed(suspended.agentName, agent) : whoHas(record.thread, agent)) ?? agent;
    let steps = suspended?.steps ?? 0;
    const budget = new StepBudget(
      Math.min(suspended?.stepsLeft ?? Number.POSITIVE_INFINITY, agent.maxSteps - steps),
      link?.budget,
    );
    const takenIds = new Set(suspended?.callIds);
    const repeats = new RepeatBreaker();
    let hasToolAnswered = false;
    let ending: FinishReason | undefined;
    for (let corrections = 0; ending === undefined; ) {
      record.agentName = plan.name;
      if (!open && steering.hasMessages) await record.say(steering.take());
      // The calls of an open step have no results yet.
      const messages = open ? record.thread : record.wholeThread();
      let now = heldTo(agent.output, plan);
      if (plan.prepareStep) {
        const outlook = { step: open ? steps : steps + 1, steps: [...record.steps], messages, agentName: plan.name };
        now = preparedPlan(now, await stop.race(() => plan.prepareStep?.(outlook)));
      }
      if (instructions) now = alsoTold(instructions, now);
      let message: AssistantMessage;
      if (open) {
        await prepareThread(open, record);
        message = open.message;
      } else {
        if (budget.isSpent) {
          ending = "max-steps";
          break;
        }
        budget.take();
        steps++;
        const { provider, modelId } = now.model;
        yield [
          { type: "start-step", step: steps, agentName: now.name, provider, modelId, settings: now.settings, runId },
        ];
        const request = planWholeStep(now, messages, hasToolAnswered);
        const reply = new ReplyFold({ runId, step: steps, reasoning: now.reasoning, takenIds });
        record.beginReply(request, reply);
        const model = journal?.model(now.able, steps) ?? now.able;
        const call = new ModelCall(model, request, { timeouts, stop, streamed: agent.streamed });
        for (let events = await call.next(); events !== undefined; events = await call.next()) {
          const parts = reply.add(events);
          if (parts.length > 0) yield parts;
        }
        message = await record.endReply();
      }

      const calls = open?.calls ?? callsToRun(message);
      if (calls.length > 0) {
        const run: ToolRun = {
          tools: now.toolsByName,
          concurrency: agent.toolConcurrency,
          toolMs: timeouts.toolMs,
          stop,
          repeats,
          begun,
          step: steps,
          journal,
          speaker,
          link: { budget, store, addUsage: (usage) => record.addUsage(usage) },
          keep: (result) => record.keep(result),
          decisions: open?.decisions,
          subRuns: open?.suspended.subRuns ?? {},
        };
        const { results, waiting } = yield* runTools(calls, run);
        record.addResults(results);
        hasToolAnswered = true;
        const target = handedTo(now, results) ?? agentNamed(open?.suspended.handedTo, agent);
        if (target) {
          plan = target;
          hasToolAnswered = false;
        }
        if (waiting.length > 0) {
          await record.say(steering.end());
          const { left: stepsLeft } = budget;
          const whose = { askedAgent: agent.name, agentName: now.name, handedTo: target?.name, speaker, instructions };
          const step = { ...whose, record, message, waiting, callIds: [...takenIds] };
          yield await suspend({ approvals, approvalMs: timeouts.approvalMs, steps, stepsLeft, link, open, ...step });
          ending = "approval";
        }
      }
      const { finishReason = "stop", usage = noUsage, response } = message;
      if (!open) {
        yield [{ type: "finish-step", step: steps, finishReason, usage, ...(response && { response }), runId }];
      }
      open = undefined;
      begun.clear();

      stop.throwIfStopped();
      ending ??= calls.length === 0 ? endOf(message) : await stop.race(() => whyStop(now, record.steps, budget));
      const { output: format } = now;
      const answer =
        ending === "stop" && format ? await stop.race(() => readAnswer(textOf(message), format)) : undefined;
      if (answer && !answer.ok && format) {
        if (corrections++ === mostCorrections || budget.isSpent) throw unusableAnswer(answer.problem);
        await record.say([correction(answer.problem, format)]);
        ending = undefined;
      } else if ((ending === "stop" || ending === "length") && steering.hasMessages && !budget.isSpent)
        ending = undefined;
      else if (answer?.ok) record.output = answer.value;
    }
    const unseen = steering.end();
    if (unseen.length > 0) await record.say(unseen);
    task.settle({ result: record.result(ending) });
    yield [{ type: "finish", finishReason: ending, totalUsage: record.usage, runId }];
  } catch (thrown) {
    const failure = open ? await storing(thrown, putBack(open, approvals, begun)) : thrown;
    yield await interrupted(record, task, failure);
  }
}

/** The failure that counts: what was thrown, unless what it made necessary failed too. */
async function storing(thrown: unknown, work: Promise<void>): Promise<unknown> {
  try {
    await work;
    return thrown;
  } catch (worse) {
    return worse;
  }
}

function findRun(
  approvals: Approvals,
  { speaker, link }: RunTask,
  decisions: readonly Decision[],
): Promise<SuspendedRun> {
  const { runId, userId } = speaker;
  return approvals.find({ runId, userId, isBelow: link !== undefined }, decisions);
}

/** The same run for the same people; only the caller's own context is new. */
function speakerOf({ threadId, userId, ownerId }: SuspendedRun, { runId, context }: Speaker): Speaker {
  return { runId, threadId, userId, ownerId, context };
}

function callsToRun(message: AssistantMessage): ToolCallPart[] {
  return message.finishReason === "content-filter" ? [] : toolCallsOf(message);
}

function handedTo(plan: AgentPlan, results: readonly ToolMessage[]): AgentPlan | undefined {
  const handOffs = plan.handOffs();
  const handOff = results.findLast(({ toolName, isError }) => !isError && handOffs.has(toolName));
  return handOff && handOffs.get(handOff.toolName);
}

function endOf({ finishReason }: AssistantMessage): FinishReason | undefined {
  return finishReason === "tool-calls" ? "stop" : finishReason;
}

async function whyStop(
  { stopWhen }: AgentPlan,
  steps: readonly Step[],
  budget: StepBudget,
): Promise<FinishReason | undefined> {
  if (await stopWhen?.(steps)) return "tool-calls";
  return budget.isSpent ? "max-steps" : undefined;
}

/** Keeps what there is of the reply, and says why it ends: the caller's wish is an `abort`, everything else an `error`. */
async function interrupted(
  record: RunRecord,
  { speaker, stop, steering, settle }: RunTask,
  thrown: unknown,
): Promise<StreamPart[]> {
  const { runId } = speaker;
  let cause = toBesedaError(thrown);
  let parts: StreamPart[] = [];
  const unseen = steering.end();
  try {
    parts = await record.cut(isWish(cause, stop) ? "aborted" : "error");
    await record.say(unseen);
  } catch (storing) {
    // A memory that fails is worse news than a stop, but no news after a failure, which may be its own.
    if (isWish(cause, stop)) cause = toBesedaError(storing);
  }
  if (isWish(cause, stop)) {
    settle({ result: record.result("aborted") });
    return [...parts, { type: "abort", reason: describeThrown(cause), totalUsage: record.usage, runId }];
  }
  const error = new RunError(cause, record.result("error"));
  settle({ error });
  return [...parts, { type: "error", error, totalUsage: record.usage, runId }];
}

function isWish(cause: BesedaError, stop: StopSwitch): boolean {
  return stop.isStopped && cause.code === "aborted";
}
