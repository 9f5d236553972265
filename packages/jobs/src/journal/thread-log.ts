// What a run has added to its thread, so that another attempt at it adds nothing twice, and sees the same thread.
import type { JsonValue, Message } from "@beseda/core";
import type { JournalPlace } from "./journal-place.ts";

/**
 * Messages are known again by their role, their call and the time of the first attempt, which no two of a run share. `n`
 * counts up in the order in which they were noted.
 */
type Kept = { n: number; role: Message["role"]; createdAt: string; toolCallId?: string };

/**
 * Each message is noted before it is appended, one after the other: of those that were noted only the last may be missing
 * in the thread. It is forgotten then, before any other is noted.
 */
export class ThreadLog {
  readonly #place: JournalPlace;
  readonly #prefix: string;
  readonly #threadEntry: string;
  readonly #earlier = new Map<string, Kept>();
  #missing: string | undefined;
  #count = 0;
  #latest = 0;
  #cut: (() => Promise<void>) | undefined;

  constructor(place: JournalPlace, leg: number) {
    this.#place = place;
    this.#prefix = `kept/${leg}/`;
    this.#threadEntry = `thread/${leg}`;
    for (const [key, value] of place.entries) {
      if (!key.startsWith("kept/") || value === null) continue;
      const kept = value as unknown as Kept;
      this.#latest = Math.max(this.#latest, Date.parse(kept.createdAt));
      if (key.startsWith(this.#prefix)) this.#earlier.set(key, kept);
    }
  }

  /** The thread as the first attempt found it: since then a window may have moved on, and others may have spoken. */
  async load(stored: readonly Message[]): Promise<Message[]> {
    const known = this.#place.entries.get(this.#threadEntry) as Message[] | undefined;
    if (known || this.#earlier.size > 0) {
      this.#findMissing(stored, known?.at(-1));
      return [...(known ?? [])];
    }
    if (stored.length > 0) await this.#place.write([[this.#threadEntry, stored as unknown as JsonValue]]);
    return [...stored];
  }

  /** A reply that was cut off is held back until it is sure that the run is over. */
  async keep(key: string, message: Message, append: () => Promise<void>): Promise<void> {
    if (isCut(message)) this.#cut = () => this.#keep(key, message, append);
    else await this.#keep(key, message, append);
  }

  async keepCut(): Promise<void> {
    await this.#cut?.();
    this.#cut = undefined;
  }

  async #keep(key: string, message: Message, append: () => Promise<void>): Promise<void> {
    const entry = this.#prefix + key;
    const known = this.#earlier.get(entry);
    if (known) {
      message.createdAt = known.createdAt;
      return;
    }
    message.createdAt = this.#newTime(message.createdAt);
    const { role, createdAt } = message;
    const called = message.role === "tool" && { toolCallId: message.toolCallId };
    const kept: Kept = { n: ++this.#count, role, createdAt, ...called };
    const forgotten = this.#missing !== undefined && this.#missing !== entry ? [[this.#missing, null] as const] : [];
    await this.#place.write([...forgotten, [entry, kept as unknown as JsonValue]]);
    this.#missing = undefined;
    await append();
  }

  /** `before`: the message that stood last when the run began. */
  #findMissing(stored: readonly Message[], before: Message | undefined): void {
    const noted = [...this.#earlier].sort(([, a], [, b]) => a.n - b.n);
    const [entry, last] = noted.at(-1) ?? [];
    if (entry === undefined || last === undefined) return;
    this.#count = last.n;
    const isStored = (wanted: Known) => stored.some((message) => isSame(message, wanted));
    const previous = noted.at(-2)?.[1] ?? before;
    // A window that shows neither has moved on: others have spoken since, and so did this one.
    if (isStored(last) || !(previous ? isStored(previous) : stored.length === 0)) return;
    this.#missing = entry;
    this.#earlier.delete(entry);
  }

  #newTime(createdAt = new Date().toISOString()): string {
    this.#latest = Math.max(Date.parse(createdAt), this.#latest + 1);
    return new Date(this.#latest).toISOString();
  }
}

/** The loop says so of replies that were cut off, no model does. */
function isCut(message: Message): boolean {
  return message.role === "assistant" && (message.finishReason === "aborted" || message.finishReason === "error");
}

type Known = { role: Message["role"]; createdAt?: string; toolCallId?: string };

function isSame(message: Message, { role, createdAt, toolCallId }: Known): boolean {
  return (
    message.role === role &&
    message.createdAt === createdAt &&
    (message.role !== "tool" || message.toolCallId === toolCallId)
  );
}
