// What a run has come to so far: the thread it speaks on, its steps, its usage. Everything said is kept as it is said.
import { BesedaError } from "../errors.ts";
import { estimateUsage } from "../estimate-usage.ts";
import {
  type AssistantMessage,
  addUsage,
  type FinishReason,
  type Message,
  noUsage,
  type Source,
  type ToolMessage,
  textOf,
  type Usage,
} from "../message.ts";
import type { Journal } from "../ports/journal.ts";
import type { ModelRequest } from "../ports/language-model.ts";
import type { Memory } from "../ports/memory.ts";
import type { PendingApproval } from "./approvals.ts";
import type { ReplyFold } from "./fold-reply.ts";
import { isWhole, repairThread } from "./plan-step.ts";
import type { StreamPart } from "./stream-part.ts";
import { timeNow } from "./time-now.ts";

/**
 * One model reply and the results of the tools that it called, in the order of the calls. Of the first step of a run that
 * was resumed only those of the calls that had waited.
 */
export type Step = { message: AssistantMessage; toolResults: readonly ToolMessage[] };

export type RunResult<Output = unknown> = {
  runId: string;
  threadId: string | undefined;
  /** Who answered: another than the agent that was asked, after a hand-off. */
  agentName: string;
  /** The answer: the text of the last step. */
  text: string;
  /** The answer as an object, validated, of an agent that has an `output` schema and came to its answer. */
  output: Output | undefined;
  /** The thinking of all steps, an empty line between two of them. */
  reasoning: string;
  /** What the answer rests on, of models whose service searches by itself: of all steps, each once. */
  sources: readonly Source[];
  finishReason: FinishReason;
  /** The calls that wait for a person, where the finish reason is `approval`: `agent.resume(runId, decisions)` goes on. */
  pending: readonly PendingApproval[];
  /** Of all steps together, those of sub-agents included. */
  usage: Usage;
  /** Of a run that was resumed, those since then; the first is the one with the calls that waited. */
  steps: readonly Step[];
  /** What the run added to the thread, the user's message first. */
  messages: readonly Message[];
};

/** A run that failed; `result` is what it had reached, with finish reason `error`. */
export class RunError extends BesedaError {
  readonly result: RunResult;

  constructor(error: BesedaError, result: RunResult) {
    super(error.message, { ...error, code: error.code, hint: error.hint, cause: error.cause ?? error });
    this.result = result;
  }
}

type InFlight = { request: ModelRequest; reply: ReplyFold };

export class RunRecord {
  thread: Message[] = [];
  readonly steps: Step[] = [];
  /** What the run has added to the thread, the user's message first. */
  readonly added: Message[] = [];
  /** The same of a run that was resumed, until then. */
  addedBefore: readonly Message[] = [];
  usage: Usage = noUsage;
  output: unknown;
  pending: readonly PendingApproval[] = [];
  /** Who has the thread. */
  agentName: string;
  threadId: string | undefined;
  readonly #runId: string;
  readonly #askedName: string;
  readonly #memory: Memory | undefined;
  readonly #above: ((usage: Usage) => void) | undefined;
  readonly #journal: Journal | undefined;
  /** How many messages of each sort were stored: by this the journal tells them apart. */
  #stored: Map<string, number> | undefined;
  /** So many messages of the thread are known to be whole. */
  #whole = 0;
  #inFlight: InFlight | undefined;

  constructor(
    runId: string,
    { name: agentName, memory }: { name: string; memory: Memory | undefined },
    {
      threadId,
      above,
      journal,
    }: {
      threadId: string | undefined;
      above: ((usage: Usage) => void) | undefined;
      journal: Journal | undefined;
    },
  ) {
    this.#journal = journal;
    this.#runId = runId;
    this.#above = above;
    this.#askedName = agentName;
    this.agentName = agentName;
    this.threadId = threadId;
    this.#memory = memory;
  }

  /** Whether the thread outlives the run. */
  get isKept(): boolean {
    return this.#memory !== undefined && this.threadId !== undefined;
  }

  async load(): Promise<void> {
    if (this.#memory && this.threadId !== undefined) {
      const stored = await this.#memory.load(this.threadId);
      this.thread = this.#journal ? await this.#journal.load(stored) : [...stored];
    }
  }

  /** Adds to the thread what somebody says now. */
  async say(messages: readonly Message[]): Promise<void> {
    for (const message of messages) {
      this.thread.push(message);
      await this.keep(message);
    }
  }

  /** The thread, put right where it has to be. What has been looked at once is not looked at again. */
  wholeThread(): readonly Message[] {
    if (!isWhole(this.thread, this.#whole)) this.thread = [...repairThread(this.thread)];
    this.#whole = this.thread.length;
    return this.thread;
  }

  beginReply(request: ModelRequest, reply: ReplyFold): void {
    this.#inFlight = { request, reply };
  }

  endReply(): Promise<AssistantMessage> {
    return this.#takeReply("whole");
  }

  /** Stores a message. Results of tools join the thread by `addResults`, in the order of the calls. */
  keep(message: Message): Promise<void> | undefined {
    this.added.push(message);
    return this.note(message);
  }

  /** Stores a message that is no part of the run's own account. */
  note(message: Message): Promise<void> | undefined {
    message.createdAt ??= timeNow();
    const { threadId } = this;
    const memory = this.#memory;
    if (threadId === undefined || !memory) return undefined;
    if (!this.#journal) return memory.append(threadId, [message]);
    return this.#journal.keep(this.#keyOf(message), message, () => memory.append(threadId, [message]));
  }

  addResults(toolResults: readonly ToolMessage[]): void {
    this.thread.push(...toolResults);
    this.added.splice(-toolResults.length, toolResults.length, ...toolResults);
    const step = this.steps.at(-1);
    if (step) step.toolResults = toolResults;
  }

  /** Counted at once in the run above, too, which may not be there any more when this one ends. */
  addUsage(usage: Usage): void {
    this.usage = addUsage(this.usage, usage);
    this.#above?.(usage);
  }

  /** Keeps what had arrived of the reply in flight; the parts close what its reader has seen open. */
  async cut(ended: "aborted" | "error"): Promise<StreamPart[]> {
    const parts: StreamPart[] = [];
    this.#inFlight?.reply.closeBlock(parts);
    if (this.#inFlight) await this.#takeReply(ended);
    return parts;
  }

  result(finishReason: FinishReason): RunResult {
    const last = this.steps.at(-1)?.message;
    const thoughts = this.steps.map(({ message }) => reasoningOf(message)).filter(Boolean);
    return {
      runId: this.#runId,
      threadId: this.threadId,
      agentName: this.agentName,
      text: last ? textOf(last) : "",
      output: this.output,
      reasoning: thoughts.join("\n\n"),
      sources: sourcesOf(this.steps),
      finishReason,
      pending: this.pending,
      usage: this.usage,
      steps: this.steps,
      messages: this.added,
    };
  }

  /** Results come in the order in which the tools end, which another attempt need not have. */
  #keyOf(message: Message): string {
    const sort = message.role === "tool" ? `result/${message.toolCallId}` : message.role;
    this.#stored ??= new Map();
    const nth = this.#stored.get(sort) ?? 0;
    this.#stored.set(sort, nth + 1);
    return `${sort}/${nth}`;
  }

  async #takeReply(ended: "whole" | "aborted" | "error"): Promise<AssistantMessage> {
    const { request, reply } = this.#inFlight as InFlight;
    this.#inFlight = undefined;
    const message = reply.message(ended);
    if (this.agentName !== this.#askedName) message.agentName = this.agentName;
    // What was refused is not billed.
    const isRefused = ended === "error" && !reply.hasBegun;
    message.usage = reply.finish?.usage ?? (isRefused ? noUsage : estimateUsage(request, message));
    this.addUsage(message.usage);
    this.steps.push({ message, toolResults: [] });
    if (message.content.length > 0) {
      this.thread.push(message);
      await this.keep(message);
    }
    return message;
  }
}

function sourcesOf(steps: readonly Step[]): Source[] {
  const byId = new Map<string, Source>();
  for (const { message } of steps) for (const source of message.sources ?? []) byId.set(source.id, source);
  return [...byId.values()];
}

function reasoningOf({ content }: AssistantMessage): string {
  return content.map((part) => (part.type === "reasoning" ? part.text : "")).join("");
}
