// Calls that wait for a person: what is kept of their run, so that any process can go on with it, once.
import { BesedaError } from "../errors.ts";
import type { AssistantMessage, JsonValue, Message } from "../message.ts";
import type { Store } from "../ports/store.ts";

/** A call that a person has to agree to. Plain data: it can be sent to wherever the person is. */
export type PendingApproval = {
  runId: string;
  /** Unique within the run. Of a sub-agent's call it is the path to it: `<call of the sub-agent>/<its own call>`. */
  callId: string;
  /** Run and call in one text, for buttons, which `readApprovalId` takes apart. */
  approvalId: string;
  toolName: string;
  input: unknown;
  /** Which agent wants to make the call. */
  agentName: string;
  threadId?: string;
  /** Whom the run answers. Nobody else may decide. */
  userId?: string;
  /** ISO 8601. */
  expiresAt: string;
};

/** `reason` is told to the model where the call is not approved. */
export type Decision = { callId: string; approved: boolean; reason?: string };

/** A run that waits, as it is stored. */
export type SuspendedRun = {
  format: 1;
  runId: string;
  /** Who was asked, and may go on. */
  askedAgent: string;
  /** Who made the calls: another than the agent that was asked, after a hand-off. */
  agentName: string;
  /** Who gets the thread after this step, where it was handed over in the same step. */
  handedTo?: string;
  threadId?: string;
  userId?: string;
  ownerId?: string;
  /** Those that were added for this run. */
  instructions?: string;
  /** How many steps the run has taken, and how many it may still take, those of its sub-agents included. */
  steps: number;
  stepsLeft: number;
  /** The reply whose calls wait. */
  message: AssistantMessage;
  /** Of all calls of the run so far: a decision that comes twice must not meet a later call with the same id. */
  callIds: string[];
  pending: PendingApproval[];
  /** It works for a call of another run, and is resumed through that one. */
  isBelow?: true;
  /** Where a call waits because a run that works for it does: that run, by the call's id. */
  subRuns: Record<string, SubRun>;
  /** Of a run whose thread is not kept: the messages so far. */
  thread?: Message[];
  /** Of a run whose thread is kept: what the run itself has added to it, more than which a memory may have to give. */
  messages?: Message[];
};

export type SubRun = {
  runId: string;
  agentName: string;
  /** What tells it from the other runs of its call. */
  key: string;
  /** Which of the runs of that agent it was, from 0. */
  nth: number;
  /** The runs that the call has started so far, by their keys: what they have come to, `null` where that is nothing yet. */
  known: Record<string, JsonValue>;
};

/** Whether what waits under this id is the call itself or one below it. */
export function isOfCall(callId: string, toolCallId: string, subRuns: Readonly<Record<string, SubRun>>): boolean {
  return callId === toolCallId || (Object.hasOwn(subRuns, toolCallId) && callId.startsWith(`${toolCallId}/`));
}

/** The ids of operations may have colons in them, as the ids of calls do. */
export function approvalIdOf(runId: string, callId: string): string {
  return `${runId.replaceAll("%", "%25").replaceAll(":", "%3A")}:${callId}`;
}

/** What `approvalIdOf` has joined, for a button that brings it back. Nothing where it is none. */
export function readApprovalId(approvalId: string): { runId: string; callId: string } | undefined {
  const [, runId, callId] = /^([^:]+):(.+)$/s.exec(approvalId) ?? [];
  if (runId === undefined || callId === undefined) return undefined;
  return { runId: runId.replaceAll("%3A", ":").replaceAll("%25", "%"), callId };
}

const prefix = "approvals/";

/** The runs of one agent that wait, in a Store. What has expired can only be denied. */
export class Approvals {
  readonly #store: Store;
  readonly #agentName: string;

  constructor(store: Store, agentName: string) {
    this.#store = store;
    this.#agentName = agentName;
  }

  async put(run: SuspendedRun): Promise<void> {
    await this.#store.set(prefix + run.runId, run as unknown as JsonValue);
  }

  /** The calls that wait, the oldest first; those of one thread, where it is named. What has expired is forgotten. */
  async list(threadId?: string): Promise<PendingApproval[]> {
    const waiting: PendingApproval[] = [];
    for (const [, value] of await this.#store.entries(prefix)) {
      const run = value as unknown as SuspendedRun;
      const pending = run.pending.filter(isAlive);
      if (pending.length === 0) await this.#forget(run);
      else if (run.askedAgent === this.#agentName && !run.isBelow) {
        waiting.push(...pending.filter((call) => threadId === undefined || call.threadId === threadId));
      }
    }
    return waiting.sort((a, b) => (a.expiresAt < b.expiresAt ? -1 : 1));
  }

  /**
   * The run, still waiting.
   * @throws BesedaError `not-found` where no such run waits (any more), `unauthorized` for somebody else's,
   * `invalid-argument` for a decision on a call that does not wait
   */
  async find(
    { runId, userId, isBelow }: { runId: string; userId: string | undefined; isBelow: boolean },
    decisions: readonly Decision[],
  ): Promise<SuspendedRun> {
    const stored = (await this.#store.get(prefix + runId)) as SuspendedRun | undefined;
    if (!stored || stored.askedAgent !== this.#agentName || (stored.isBelow ?? false) !== isBelow) {
      throw notWaiting(runId);
    }
    requireFormat(stored);
    if (!isBelow && !stored.pending.some(isAlive)) {
      await this.#forget(stored);
      throw notWaiting(runId);
    }
    requireRightful(stored, userId);
    requireKnown(stored, decisions);
    return stored;
  }

  /**
   * Takes the run out: of several that found it, one may go on.
   * @throws BesedaError `not-found` for the others, also where the run waits again, but not for what they decided
   */
  async claim(runId: string, decisions: readonly Decision[]): Promise<SuspendedRun> {
    const taken = (await this.#store.take(prefix + runId)) as SuspendedRun | undefined;
    if (!taken) throw notWaiting(runId);
    try {
      requireKnown(taken, decisions);
    } catch {
      await this.put(taken);
      throw notWaiting(runId);
    }
    return taken;
  }

  /** With the runs that work for its calls. */
  async #forget({ runId, subRuns }: SuspendedRun): Promise<void> {
    await this.#store.delete(prefix + runId);
    for (const below of Object.values(subRuns)) {
      const run = (await this.#store.get(prefix + below.runId)) as SuspendedRun | undefined;
      if (run) await this.#forget(run);
    }
  }
}

export function isAlive({ expiresAt }: PendingApproval): boolean {
  return Date.parse(expiresAt) > Date.now();
}

function requireFormat({ format, runId }: SuspendedRun): void {
  if (format === 1) return;
  throw new BesedaError(`The run ${runId} was stored by another version of Beseda.`, {
    code: "unsupported",
    hint: "Answer it with the version that stored it, or ask again.",
  });
}

function requireRightful({ userId }: SuspendedRun, decider: string | undefined): void {
  if (userId === undefined || decider === undefined || userId === decider) return;
  throw new BesedaError("This approval is not this user's to give.", {
    code: "unauthorized",
    hint: "Only the user whom the run answers may decide. For a decision by somebody else, check who it is and leave userId out.",
  });
}

function requireKnown(run: SuspendedRun, decisions: readonly Decision[]): void {
  const problem = problemWith(decisions, run);
  if (problem === undefined) return;
  const waiting = run.pending.filter(isAlive).map(({ callId }) => callId);
  throw new BesedaError(problem, { code: "invalid-argument", hint: `Decide once on each of: ${waiting.join(", ")}.` });
}

function problemWith(decisions: readonly Decision[], { runId, pending }: SuspendedRun): string | undefined {
  if (decisions.length === 0) return "There is no decision.";
  for (const { callId, approved } of decisions) {
    if (typeof approved !== "boolean") return `Whether "${callId}" is approved has to be true or false.`;
    const call = pending.find((each) => each.callId === callId);
    if (!call || (approved && !isAlive(call))) return `No call "${callId}" of the run ${runId} waits for an approval.`;
  }
  const isTwice = new Set(decisions.map(({ callId }) => callId)).size < decisions.length;
  return isTwice ? "There are two decisions on one call." : undefined;
}

function notWaiting(runId: string): BesedaError {
  return new BesedaError(`The run ${runId} does not wait for an approval.`, {
    code: "not-found",
    hint: "It was answered already, has expired, or is another agent's. agent.pending() lists what waits.",
  });
}

/** For agents without a memory: runs that wait as long as the process lives, the latest 1,000 of them. */
export class ProcessStore implements Store {
  /** Made for the first run that waits: in most agents none ever does. */
  #texts: Map<string, string> | undefined;

  async get(key: string): Promise<JsonValue | undefined> {
    return parsed(this.#texts?.get(key));
  }

  async set(key: string, value: JsonValue): Promise<void> {
    this.#texts ??= new Map();
    this.#texts.delete(key);
    this.#texts.set(key, JSON.stringify(value));
    const [oldest] = this.#texts.keys();
    if (this.#texts.size > 1_000 && oldest !== undefined) this.#texts.delete(oldest);
  }

  async take(key: string): Promise<JsonValue | undefined> {
    const text = this.#texts?.get(key);
    this.#texts?.delete(key);
    return parsed(text);
  }

  async delete(key: string): Promise<void> {
    this.#texts?.delete(key);
  }

  async entries(prefix: string): Promise<[string, JsonValue][]> {
    const pairs = [...(this.#texts ?? [])]
      .filter(([key]) => key.startsWith(prefix))
      .sort(([a], [b]) => (a < b ? -1 : 1));
    return pairs.map(([key, text]) => [key, JSON.parse(text) as JsonValue]);
  }
}

function parsed(text: string | undefined): JsonValue | undefined {
  return text === undefined ? undefined : (JSON.parse(text) as JsonValue);
}
