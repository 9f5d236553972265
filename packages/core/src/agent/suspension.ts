// How a run is put aside for a person's approval, and taken up again where it was left.
import {
  type AssistantMessage,
  type Message,
  type ToolCallPart,
  type ToolMessage,
  textOf,
  toolCallsOf,
} from "../message.ts";
import {
  type Approvals,
  approvalIdOf,
  type Decision,
  isAlive,
  isOfCall,
  type PendingApproval,
  type SuspendedRun,
} from "./approvals.ts";
import type { CallLink } from "./call-link.ts";
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
  askedAgent: string;
  approvals: Approvals;
  /** How long it may wait. Milliseconds. */
  approvalMs: number;
  /** Who made the calls. */
  agentName: string;
  /** Who gets the thread after this step, where it was handed over in it. */
  handedTo: string | undefined;
  speaker: Speaker;
  /** Those of the run. */
  instructions: string | undefined;
  record: RunRecord;
  message: AssistantMessage;
  callIds: string[];
  waiting: readonly WaitingCall[];
  /** How many steps the run has taken, and how many it may still take. */
  steps: number;
  stepsLeft: number;
  link: CallLink | undefined;
  /** The step that this one goes on with, where the run was resumed and has to wait again. */
  open: OpenStep | undefined;
};

/** Stores the run first; whoever sees the requests can answer at once. */
export async function suspend(step: StepInWaiting): Promise<StreamPart[]> {
  const { askedAgent, approvals, agentName, handedTo, speaker, record, steps, stepsLeft, open, link } = step;
  const { message, instructions, callIds } = step;
  const { runId, threadId, userId, ownerId } = speaker;
  const pending = step.waiting.flatMap((waiting) => pendingOf(waiting, step));
  const subRuns = { ...open?.suspended.subRuns };
  for (const { call, subRun } of step.waiting) {
    if (!subRun) continue;
    const { pending: _ofCall, ...kept } = subRun;
    subRuns[call.toolCallId] = kept;
  }
  await approvals.put({
    format: 1,
    runId,
    askedAgent,
    agentName,
    ...(handedTo !== undefined && { handedTo }),
    ...(threadId !== undefined && { threadId }),
    ...(userId !== undefined && { userId }),
    ...(ownerId !== undefined && { ownerId }),
    ...(instructions !== undefined && { instructions }),
    steps,
    stepsLeft,
    message,
    callIds,
    pending,
    subRuns,
    ...(link && { isBelow: true }),
    ...(record.isKept ? { messages: [...record.addedBefore, ...record.added] } : { thread: record.thread }),
  });
  record.pending = pending;
  link?.runs.wait(runId, askedAgent, pending);
  return pending.map(({ approvalId, callId, toolName, input }) => ({
    type: "tool-approval-request",
    approvalId,
    toolCall: { toolCallId: callId, toolName, input },
    runId,
  }));
}

/**
 * A resumed run that was stopped or failed: what had not begun waits on, and so does what nobody has decided on of a run
 * below that had. Where nothing is left, nothing waits.
 */
export async function putBack(
  { suspended, decisions }: OpenStep,
  approvals: Approvals,
  begun: ReadonlySet<string>,
): Promise<void> {
  const { pending, subRuns } = suspended;
  const isDecided = (id: string) => decisions.some(({ callId }) => callId === id);
  const isBegun = (id: string) => [...begun].some((toolCallId) => isOfCall(id, toolCallId, subRuns));
  const waiting = pending.filter(({ callId }) => !(isDecided(callId) && isBegun(callId)));
  if (waiting.length > 0) await approvals.put({ ...suspended, pending: waiting });
}

function pendingOf({ call, subRun }: WaitingCall, step: StepInWaiting): PendingApproval[] {
  const { runId, threadId, userId } = step.speaker;
  const { toolCallId, toolName, input } = call;
  const ours = (callId: string) => ({
    runId,
    callId,
    approvalId: approvalIdOf(runId, callId),
    ...(threadId !== undefined && { threadId }),
    ...(userId !== undefined && { userId }),
  });
  if (subRun) return subRun.pending.map((below) => ({ ...below, ...ours(`${toolCallId}/${below.callId}`) }));
  const { pending = [], subRuns = {} } = step.open?.suspended ?? {};
  const before = pending.filter(({ callId }) => isOfCall(callId, toolCallId, subRuns));
  if (before.length > 0) return before;
  const expiresAt = new Date(Math.min(Date.now() + step.approvalMs, latestDate)).toISOString();
  return [{ ...ours(toolCallId), toolName, input, agentName: step.agentName, expiresAt }];
}

const latestDate = Date.UTC(9999, 0);

/** Takes up the run. From here on nobody else can. @throws BesedaError `not-found` where somebody else was quicker */
export async function reopen(
  { runId }: { runId: string },
  { approvals, record, decisions }: { approvals: Approvals; record: RunRecord; decisions: readonly Decision[] },
): Promise<OpenStep> {
  const suspended = await approvals.claim(runId, decisions);
  const { pending, subRuns, message } = suspended;
  record.addedBefore = suspended.messages ?? [];
  record.thread = suspended.thread ? [...suspended.thread] : withOwn(record.thread, record.addedBefore);
  const calls = toolCallsOf(message).filter(({ toolCallId }) =>
    pending.some(({ callId }) => isOfCall(callId, toolCallId, subRuns)),
  );
  return { message, calls, decisions: [...decisions, ...overdue(suspended, decisions)], suspended };
}

/** With what a window has cut off, though the run goes on with it: the question, what tools have answered. */
function withOwn(thread: Message[], own: readonly Message[]): Message[] {
  const isIn = (messages: readonly Message[], wanted: Message | undefined) =>
    messages.some((each) => wanted && each.createdAt === wanted.createdAt && textOf(each) === textOf(wanted));
  return isIn(thread, own[0]) ? thread : [...own, ...thread.filter((message) => !isIn(own, message))];
}

/** Denies what has expired: nobody can decide on it any more, and the run would wait for ever. */
function overdue({ pending }: SuspendedRun, decisions: readonly Decision[]): Decision[] {
  const expired = pending.filter(
    (call) => !isAlive(call) && !decisions.some((decision) => decision.callId === call.callId),
  );
  return expired.map(({ callId }) => ({ callId, approved: false, reason: "Nobody decided in time." }));
}

/** What has to stand in the thread before the calls of an open step are carried out. */
export async function prepareThread(open: OpenStep, record: RunRecord): Promise<void> {
  const { message, calls, decisions, suspended } = open;
  // Where something else was said meanwhile the calls are made anew, so that their results follow them.
  if (!isLatest(message, record.thread)) {
    open.message = again(message, calls);
    await record.say([open.message]);
  }
  record.steps.push({ message: open.message, toolResults: [] });
  for (const call of calls) {
    const isApproved = decisions.some(
      ({ approved, callId }) => approved && isOfCall(callId, call.toolCallId, suspended.subRuns),
    );
    if (isApproved) await record.note(begun(call));
  }
}

function isLatest(message: AssistantMessage, thread: readonly Message[]): boolean {
  const latest = latestReply(thread);
  const [first] = toolCallsOf(message);
  return (
    latest?.createdAt === message.createdAt &&
    (latest?.content.some((part) => part.type === "tool-call" && part.toolCallId === first?.toolCallId) ?? false)
  );
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
