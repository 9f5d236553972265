// What a run has added to its thread, so that another attempt at it adds nothing twice.
import type { JsonValue, Message } from "@beseda/core";
import type { JournalPlace } from "./run-journal.ts";

/** Messages are known again by their role, their call and the time of the first attempt, which no two of a leg share. */
type Kept = { role: Message["role"]; createdAt: string; toolCallId?: string };

/**
 * Each message is noted before it is appended, one after the other: of those that were noted only the last may be missing
 * in the thread.
 */
export class ThreadLog {
  readonly #place: JournalPlace;
  readonly #prefix: string;
  readonly #earlier = new Map<string, Kept>();
  #lastIsMissing = false;
  #latest = 0;
  #cut: (() => Promise<void>) | undefined;

  constructor(place: JournalPlace, leg: number) {
    this.#place = place;
    this.#prefix = `kept/${leg}/`;
    for (const [key, value] of place.entries) {
      if (key.startsWith(this.#prefix)) this.#earlier.set(key, value as unknown as Kept);
    }
  }

  async load(stored: readonly Message[]): Promise<Message[]> {
    const earlier = [...this.#earlier.values()];
    if (earlier.length === 0) return [...stored];
    const last = earlier.at(-1) as Kept;
    this.#lastIsMissing = !stored.some((message) => isSame(message, last));
    return stored.filter((message) => !earlier.some((kept) => isSame(message, kept)));
  }

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
    message.createdAt = known?.createdAt ?? this.#newTime(message.createdAt);
    if (known) {
      this.#latest = Math.max(this.#latest, Date.parse(known.createdAt));
      const isLast = [...this.#earlier.keys()].at(-1) === entry;
      if (isLast && this.#lastIsMissing) await append();
      return;
    }
    const { role, createdAt } = message;
    const kept: Kept = { role, createdAt, ...(message.role === "tool" && { toolCallId: message.toolCallId }) };
    await this.#place.write([[entry, kept as unknown as JsonValue]]);
    await append();
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

function isSame(message: Message, { role, createdAt, toolCallId }: Kept): boolean {
  return (
    message.role === role &&
    message.createdAt === createdAt &&
    (message.role !== "tool" || message.toolCallId === toolCallId)
  );
}
