// What the journal of a part has of one row that is not done yet. A row of one reply writes nothing but its result.
import { addUsage, type JsonValue, type Lease, type ModelEvent, noUsage, type Usage } from "@beseda/core";
import type { JournalPlace } from "../../journal/journal-place.ts";

type Entry = readonly [key: string, value: JsonValue];

export class RowWork implements JournalPlace {
  entries: ReadonlyMap<string, JsonValue>;
  readonly #lease: Lease;
  readonly #prefix: string;
  /** Of this attempt. */
  readonly #written: Entry[] = [];
  /** Replies wait for what would be written anyway: until then they are all that would be lost. */
  #held: Entry[] = [];
  #stored: Set<string> | undefined;

  constructor(lease: Lease, prefix: string, entries: ReadonlyMap<string, JsonValue> = nothing) {
    this.#lease = lease;
    this.#prefix = prefix;
    this.entries = entries;
    if (entries.size > 0) this.#stored = new Set(entries.keys());
  }

  async write(entries: readonly Entry[]): Promise<void> {
    this.#written.push(...entries);
    this.#held.push(...entries);
    if (entries.every(([key]) => isReply.test(key))) return;
    await this.flush();
  }

  /** Of the run itself, this attempt included; steps count from 1. */
  get stepsAnswered(): number {
    const keys = [...this.entries.keys(), ...this.#written.map(([key]) => key)];
    return keys.reduce((last, key) => Math.max(last, Number(/^reply\/(\d+)$/.exec(key)?.[1] ?? 0)), 0);
  }

  /** What the replies that it has have used, those of sub-agents included. */
  get paid(): Usage {
    const known = [...this.entries, ...this.#written];
    return known.reduce((sum, [key, value]) => (isReply.test(key) ? addUsage(sum, usageOf(value)) : sum), noUsage);
  }

  /** How often its requests were refused by a batch, in passing. */
  get refusals(): number {
    return [...this.entries].reduce((sum, [key, value]) => (isAsked.test(key) ? sum + triesOf(value) : sum), 0);
  }

  get holdsReplies(): boolean {
    return this.#held.length > 0;
  }

  /** Before more is asked: what was paid for is kept. */
  async flush(): Promise<void> {
    if (this.#held.length === 0) return;
    const entries = this.#held;
    this.#held = [];
    this.#stored ??= new Set();
    for (const [key] of entries) this.#stored.add(key);
    await this.#lease.write(entries.map(([key, value]) => [this.#prefix + key, value] as const));
  }

  /** The next attempt finds what this one has written. */
  beginAgain(): void {
    this.entries = new Map([...this.entries, ...this.#written.splice(0)]);
  }

  /** What has to be written for nothing to be left. */
  leftovers(): [key: string, value: undefined][] {
    return [...(this.#stored ?? [])].map((key) => [this.#prefix + key, undefined]);
  }
}

const nothing: ReadonlyMap<string, JsonValue> = new Map();
const isAsked = /^asked\/\d+$/;
const isReply = /(^|\/)reply\/\d+$/;

/** Of a reply, as it is kept. */
export function usageOf(reply: JsonValue): Usage {
  const last = (reply as unknown as ModelEvent[]).at(-1);
  return (last?.type === "finish" && last.usage) || noUsage;
}

function triesOf(asked: JsonValue): number {
  return Number((asked as { tries?: number } | null)?.tries ?? 0);
}
