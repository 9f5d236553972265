// How a run is put aside for a person's approval, and taken up again where it was left.
import { type AssistantMessage, type Message, type ToolCallPart, type ToolMessage, toolCallsOf } from "../message.ts";
import type { AgentPlan } from "./agent-plan.ts";
import { Approvals, approvalIdOf, type Decision, type PendingApproval, type SuspendedRun } from "./approvals.ts";
import type { Speaker } from "./run-call.ts";
import type { RunRecord } from "./run-record.ts";
import type { WaitingCall } from "./run-tools.ts";
import type { StreamPart } from "./stream-part.ts";

/** The step that a resumed run goes on with: the calls that waited, and what was decided on them. */
export type OpenStep = {
  message: AssistantMessage;
  calls: ToolCallPart[];
  decisions: readonly Decision[];
  suspended: SuspendedRun;
};

/** What a step that has to wait leaves behind. */
export type StepInWaiting = {
  agent: AgentPlan;
  speaker: Speaker;
  record: RunRecord;
  message: AssistantMessage;
  waiting: readonly WaitingCall[];
  /** How many steps the run has taken. */
  steps: number;
  isBelow: boolean;
  /** The step that this one goes on with, where the run was resumed and has to wait again. */
  open: OpenStep | undefined;
};

/** Stores the run first; whoever sees the requests can answer at once. */
export async function suspend(step: StepInWaiting): Promise<StreamPart[]> {
  const { agent, speaker, record, message, steps, open } = step;
  const { runId, threadId, userId, ownerId } = speaker;
  const pending = step.waiting.flatMap((waiting) => pendingOf(waiting, step));
  const subRuns = { ...open?.suspended.subRuns };
  for (const { call, subRun } of step.waiting) if (subRun) subRuns[call.toolCallId] = subRun.runId;
  await new Approvals(agent.store).put({
    format: 1,
    runId,
    agentName: record.agentName,
    ...(threadId !== undefined && { threadId }),
    ...(userId !== undefined && { userId }),
    ...(ownerId !== undefined && { ownerId }),
    steps,
    message,
    pending,
    subRuns,
    ...(step.isBelow && { isBelow: true }),
    ...(!record.isKept && { thread: record.thread }),
  });
  record.pending = pending;
  return pending.map(({ approvalId, callId, toolName, input }) => ({
    type: "tool-approval-request",
    approvalId,
    toolCall: { toolCallId: callId, toolName, input },
    runId,
  }));
}

function pendingOf({ call, subRun }: WaitingCall, { agent, speaker, record, open }: StepInWaiting): PendingApproval[] {
  const { runId, threadId, userId } = speaker;
  const { toolCallId, toolName, input } = call;
  const expiresAt = new Date(Math.min(Date.now() + agent.timeouts.approvalMs, latestDate)).toISOString();
  const ours = (callId: string, agentName: string) => ({
    runId,
    callId,
    approvalId: approvalIdOf(runId, callId),
    agentName,
    ...(threadId !== undefined && { threadId }),
    ...(userId !== undefined && { userId }),
    expiresAt,
  });
  if (subRun) {
    return subRun.pending.map((below) => ({ ...below, ...ours(`${toolCallId}/${below.callId}`, below.agentName) }));
  }
  const before = open?.suspended.pending.filter(({ callId }) => ownCall(callId) === toolCallId);
  return before?.length ? before : [{ ...ours(toolCallId, record.agentName), toolName, input }];
}

const latestDate = Date.UTC(9999, 0);

/**
 * Takes up the run. From here on nobody else can.
 * @throws BesedaError `not-found` where somebody else was quicker
 */
export async function reopen(
  suspended: SuspendedRun,
  { agent, record, decisions }: { agent: AgentPlan; record: RunRecord; decisions: readonly Decision[] },
): Promise<OpenStep> {
  if (suspended.thread) record.thread = [...suspended.thread];
  else await record.load();
  await new Approvals(agent.store).claim(suspended.runId);
  const waiting = new Set(suspended.pending.map(({ callId }) => ownCall(callId)));
  const calls = toolCallsOf(suspended.message).filter(({ toolCallId }) => waiting.has(toolCallId));
  const isLatest = latestReply(record.thread)?.content.some(
    (part) => part.type === "tool-call" && part.toolCallId === calls[0]?.toolCallId,
  );
  const message = isLatest ? suspended.message : again(suspended.message, calls);
  // Where something else was said meanwhile the calls are made anew, so that their results follow them.
  if (!isLatest) await record.say([message]);
  record.steps.push({ message, toolResults: [] });
  const approved = decisions.filter((each) => each.approved).map(({ callId }) => ownCall(callId));
  for (const call of calls) if (approved.includes(call.toolCallId)) await record.note(begun(call));
  return { message, calls, decisions, suspended };
}

/** Of a path to a sub-agent's call, the call of this run. */
function ownCall(callId: string): string {
  return callId.split("/", 1)[0] as string;
}

function latestReply(thread: readonly Message[]): AssistantMessage | undefined {
  const last = thread.findLast((message) => message.role !== "tool");
  return last?.role === "assistant" ? last : undefined;
}

function again({ content, agentName }: AssistantMessage, calls: readonly ToolCallPart[]): AssistantMessage {
  const parts = content.filter(
    (part) => part.type === "reasoning" || (part.type === "tool-call" && calls.includes(part)),
  );
  return { role: "assistant", content: parts, ...(agentName !== undefined && { agentName }) };
}

/** Stored before the call is carried out, so that after a crash nobody takes it for one that still waits. */
function begun({ toolCallId, toolName }: ToolCallPart): ToolMessage {
  const output = "This call was approved and begun, and has no result. Whether it took effect is unknown.";
  return { role: "tool", toolCallId, toolName, output, isError: true, isPending: true };
}
