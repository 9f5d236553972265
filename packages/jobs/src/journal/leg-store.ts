// Where a run in a job waits for its approvals: what one leg of it leaves, the next one finds, however often that begins anew.
import type { JsonValue, Store } from "@beseda/core";
import type { JournalPlace } from "./journal-place.ts";

/** The last moment that a Date can be. */
const latest = 8.64e15;

/** What is known here of runs that wait for approvals. */
type SuspendedRun = { [field: string]: JsonValue } & { pending: { expiresAt: string; [field: string]: JsonValue }[] };

/** A leg reads what earlier legs have left and never what it wrote itself, so that each attempt at it finds the same. */
export class LegStore implements Store {
  readonly #place: JournalPlace;
  readonly #leg: number;
  readonly #decidedAt: number;

  constructor(place: JournalPlace, leg: number, decidedAt?: string | undefined) {
    this.#place = place;
    this.#leg = leg;
    this.#decidedAt = decidedAt === undefined ? Number.POSITIVE_INFINITY : Date.parse(decidedAt);
  }

  async get(key: string): Promise<JsonValue | undefined> {
    for (let leg = this.#leg - 1; leg >= 0; leg--) {
      const value = this.#place.entries.get(entryOf(leg, key));
      if (value !== undefined) return this.#inTime(value) ?? undefined;
    }
    return undefined;
  }

  /** Calls of runs that wait may wait for as long again as it took to take up what was decided on them. */
  #inTime(value: JsonValue): JsonValue {
    const { pending, ...run } = (value ?? {}) as Partial<SuspendedRun>;
    if (!Array.isArray(pending)) return value;
    const lateMs = Math.max(0, Date.now() - this.#decidedAt);
    const longer = pending.map(({ expiresAt, ...call }) => {
      return { ...call, expiresAt: new Date(Math.min(Date.parse(expiresAt) + lateMs, latest)).toISOString() };
    });
    return { ...run, pending: longer };
  }

  async set(key: string, value: JsonValue): Promise<void> {
    await this.#place.write([[entryOf(this.#leg, key), value]]);
  }

  /** Nobody else works on the job, and another attempt has to find it again. */
  async take(key: string): Promise<JsonValue | undefined> {
    return this.get(key);
  }

  async delete(key: string): Promise<void> {
    await this.#place.write([[entryOf(this.#leg, key), null]]);
  }

  async entries(prefix: string): Promise<[key: string, value: JsonValue][]> {
    const keys = new Set<string>();
    for (const entry of this.#place.entries.keys()) {
      const key = /^store\/\d+\/(.*)$/s.exec(entry)?.[1];
      if (key?.startsWith(prefix)) keys.add(key);
    }
    const pairs: [string, JsonValue][] = [];
    for (const key of [...keys].sort()) {
      const value = await this.get(key);
      if (value !== undefined) pairs.push([key, value]);
    }
    return pairs;
  }
}

function entryOf(leg: number, key: string): string {
  return `store/${leg}/${key}`;
}
