// The journals and the events of jobs.
import type { JsonValue } from "@beseda/core";
import { toJson } from "../plain-json.ts";
import { requireText } from "../stored-arguments.ts";
import { Broken, seal, textOf, unseal } from "./sealed-json.ts";
import type { SqliteDatabase, SqliteStatement } from "./sqlite-driver.ts";
import { fromStored, type storedRange, toStored } from "./stored-text.ts";

/** As it is stored; without a value it is to be taken out. */
export type StoredEntry = readonly [key: string, value: string | undefined];

/** As many as are taken out in less than 20 ms, during which the process stands still. */
const droppedAtOnce = 500;

export class JournalTable {
  readonly #set: SqliteStatement;
  readonly #takeOut: SqliteStatement;
  readonly #read: SqliteStatement;
  readonly #dropSome: SqliteStatement;
  readonly #remember: SqliteStatement;
  readonly #dropped: SqliteStatement;
  readonly #forget: SqliteStatement;
  readonly #addEvent: SqliteStatement;
  readonly #events: SqliteStatement;

  constructor(database: SqliteDatabase) {
    this.#set = database.prepare(
      "INSERT INTO journal (job, key, value) VALUES (?, ?, ?) ON CONFLICT (job, key) DO UPDATE SET value = excluded.value",
    );
    this.#takeOut = database.prepare("DELETE FROM journal WHERE job = ? AND key = ?");
    this.#read = database.prepare(
      "SELECT CAST(key AS BLOB) AS key, CAST(value AS BLOB) AS value FROM journal WHERE job = ? AND key >= ? AND key < ? ORDER BY n",
    );
    this.#dropSome = database.prepare(
      `DELETE FROM journal WHERE n IN (SELECT n FROM journal WHERE job = ? LIMIT ${droppedAtOnce})`,
    );
    this.#remember = database.prepare("INSERT OR IGNORE INTO dropped_journals (job) VALUES (?)");
    this.#dropped = database.prepare("SELECT job FROM dropped_journals LIMIT 1");
    this.#forget = database.prepare("DELETE FROM dropped_journals WHERE job = ?");
    this.#addEvent = database.prepare(
      "INSERT INTO events (job, seq, event) SELECT ?1, coalesce(max(seq), 0) + 1, ?2 FROM events WHERE job = ?1",
    );
    this.#events = database.prepare(
      "SELECT CAST(seq AS INTEGER) AS seq, CAST(event AS BLOB) AS event FROM events WHERE job = ? AND seq > ? ORDER BY seq",
    );
  }

  write(job: number, entries: readonly StoredEntry[]): void {
    for (const [key, value] of entries) {
      if (value === undefined) this.#takeOut.run(job, key);
      else this.#set.run(job, key, value);
    }
  }

  /** What is in the range of keys, in the order in which the keys were first written. */
  read(job: number, [from, before]: ReturnType<typeof storedRange>): [key: string, value: JsonValue][] {
    return this.#read.all(job, from, before).map(({ key, value }) => {
      const stored = textOf(key);
      return [fromStored(stored), unseal(stored, value)];
    });
  }

  /** What is left of a long one, which nobody can read any more, goes bit by bit, by `sweep`. */
  drop(job: number): void {
    if (this.#dropSome.run(job) === droppedAtOnce) this.#remember.run(job);
  }

  hasDropped(): boolean {
    return this.#dropped.all().length > 0;
  }

  sweep(): void {
    const [row] = this.#dropped.all();
    if (row && this.#dropSome.run(Number(row.job)) < droppedAtOnce) this.#forget.run(Number(row.job));
  }

  addEvents(job: number, events: readonly string[]): void {
    for (const event of events) this.#addEvent.run(job, event);
  }

  events(job: number, after: number): { seq: number; event: JsonValue }[] {
    const found = this.#events.all(job, after).map(({ seq, event }) => ({
      seq: Number(seq),
      event: unseal("event", event),
    }));
    const gap = found.findIndex(({ seq }, index) => seq !== Math.max(after, 0) + index + 1);
    if (gap >= 0) throw new Broken("an event is missing");
    return found;
  }
}

/** Made when it is asked for, so that nothing is shared with the caller. */
export function storedEntry([key, value]: readonly [string, JsonValue | undefined]): StoredEntry {
  const stored = toStored(requireText(key, "The key of an entry"));
  return [stored, value === undefined ? undefined : seal(stored, toJson(value, `The value of "${shown(key)}"`))];
}

export function storedEvent(event: JsonValue): string {
  return seal("event", toJson(event, "The event"));
}

function shown(key: string): string {
  return key.length > 60 ? `${key.slice(0, 60)}…` : key;
}
