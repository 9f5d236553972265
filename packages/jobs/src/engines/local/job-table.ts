// The rows of jobs: found, read, written. Everything here runs inside a transaction, or is one look.
import type { JobFilter, JobOutcome, JobState } from "@beseda/core";
import {
  holderColumns,
  holderIn,
  type JobBody,
  type JobRow,
  readRow,
  rowColumns,
  sealedBody,
  timeOf,
  withHolders,
} from "./job-row.ts";
import type { JournalTable } from "./journal-table.ts";
import { Broken, textOf } from "./sealed-json.ts";
import type { SqliteDatabase, SqliteRow, SqliteStatement, SqliteValue } from "./sqlite-driver.ts";
import { toStored } from "./stored-text.ts";

/** When it may begin at the earliest: milliseconds since 1970, or at once. Only appointments heed the clock on the wall. */
const atOnce = 0;

/** Of a time that was asked for, if any was. One that has come already is none. */
export function appointment(runAt: string | undefined): number {
  const ms = runAt === undefined ? atOnce : Date.parse(runAt);
  return ms > Date.now() ? ms : atOnce;
}

/** The state of a row that cannot be read, once it was in the way of a claim. */
const setAside = "damaged";
const calledOff: JobOutcome = { error: { code: "aborted", message: "The job was called off." } };

export class JobTable {
  readonly #database: SqliteDatabase;
  readonly #insert: SqliteStatement;
  readonly #find: SqliteStatement;
  readonly #at: SqliteStatement;
  readonly #save: SqliteStatement;
  readonly #claim: SqliteStatement;
  readonly #held: SqliteStatement;
  readonly #heldBy: SqliteStatement;
  readonly #label: SqliteStatement;
  readonly #journal: JournalTable;
  readonly #warn: (broken: Broken) => void;
  /** The numbers of those that were warned of. */
  readonly #unreadable = new Set<number>();

  /** `warn` is told of each row that others are listed or claimed without, once. */
  constructor(database: SqliteDatabase, journal: JournalTable, warn: (broken: Broken) => void) {
    this.#database = database;
    this.#insert = database.prepare(
      "INSERT INTO jobs (id, queue, kind, state, run_at, body) VALUES (?, ?, ?, 'queued', ?, ?) ON CONFLICT (id) DO NOTHING",
    );
    this.#find = database.prepare(`SELECT ${rowColumns} ${withHolders} WHERE jobs.id = ?`);
    this.#at = database.prepare(`SELECT ${rowColumns} ${withHolders} WHERE n = ?`);
    this.#save = database.prepare("UPDATE jobs SET state = ?, run_at = ?, worker = ?, body = ? WHERE n = ?");
    this.#claim = database.prepare("UPDATE jobs SET fence = fence + 1 WHERE n = ?");
    this.#held = database.prepare(
      "SELECT CAST(cancelled_at AS INTEGER) AS cancelled_at FROM jobs WHERE n = ? AND fence = ? AND state = 'running'",
    );
    this.#heldBy = database.prepare(
      `SELECT n, CAST(fence AS INTEGER) AS fence, cancelled_at IS NOT NULL AS is_cancelled
       FROM jobs INDEXED BY running_jobs WHERE worker = ? AND state = 'running'`,
    );
    this.#label = database.prepare(
      "INSERT OR IGNORE INTO labels (name, value, job) SELECT ?, ?, n FROM jobs WHERE id = ?",
    );
    this.#journal = journal;
    this.#warn = warn;
  }

  /** @returns the one that is there, where there is one */
  insert(body: JobBody, notBefore: number): JobRow {
    const id = toStored(body.id);
    const values = [id, toStored(body.queue), toStored(body.kind), notBefore, sealedBody(body)];
    if (this.#insert.run(...values) > 0) {
      for (const [name, value] of Object.entries(body.labels)) this.#label.run(toStored(name), toStored(value), id);
    }
    const row = this.find(body.id);
    if (!row) throw new Broken(`the job "${body.id}" is missing from an index`);
    return row;
  }

  find(id: string): JobRow | undefined {
    const [row] = this.#find.all(toStored(id));
    return row && readRow(row);
  }

  /** `undefined` for one that cannot be read, which is in nobody's way any more. */
  claim(n: number, worker: number): JobRow | undefined {
    const row = this.#rowAt(n);
    if (!row) return undefined;
    this.#claim.run(n);
    const attempts = row.body.attempts + 1;
    return this.save({ ...row, fence: row.fence + 1, worker }, { state: "running", attempts });
  }

  /** The row with these changes, written. Whoever does not work on it any more is its worker no more. */
  save(row: JobRow, changes: Partial<JobBody>, notBefore = atOnce): JobRow {
    const body = { ...row.body, ...changes, modifiedAt: new Date().toISOString() };
    const worker = body.state === "running" ? row.worker : undefined;
    this.#save.run(body.state, notBefore, worker ?? null, sealedBody(body), row.n);
    return { ...row, worker, body };
  }

  /** Its row, where the lease that it was claimed with is still held. Reads all of it only where it is asked to. */
  held(row: JobRow, isAll: boolean): JobRow | undefined {
    const [found] = this.#held.all(row.n, row.fence);
    if (!found) return undefined;
    if (isAll) return this.find(row.body.id);
    return { ...row, cancelledAt: timeOf(found.cancelled_at) };
  }

  /** Not begun after all. */
  giveBack(row: JobRow, runAt = row.body.runAt, notBefore = atOnce): JobRow {
    return this.putDown(row, { state: "queued", runAt, attempts: row.body.attempts - 1 }, notBefore);
  }

  /** Done, for good: the journal goes, the events stay. */
  finish(row: JobRow, outcome: JobOutcome): JobRow {
    this.#journal.drop(row.n);
    return this.save(row, { state: "done", outcome });
  }

  /** Of one that was called off nobody works on it any more: it is done. Of the others the changes are written. */
  putDown(row: JobRow, changes: Partial<JobBody>, notBefore = atOnce): JobRow {
    return row.cancelledAt === undefined ? this.save(row, changes, notBefore) : this.finish(row, calledOff);
  }

  cancel(row: JobRow): JobRow {
    if (row.body.state === "done" || row.cancelledAt !== undefined) return row;
    const now = Date.now();
    this.#database.prepare("UPDATE jobs SET cancelled_at = ? WHERE n = ?").run(now, row.n);
    const cancelled = { ...row, cancelledAt: timeOf(now) };
    return row.body.state === "running" ? cancelled : this.putDown(cancelled, {});
  }

  /** What is known of a job without its body. */
  placeOf(id: string): { n: number; isRunning: boolean; holder: string | undefined } | undefined {
    const sql = `SELECT n, state = 'running' AS is_running, ${holderColumns} ${withHolders} WHERE jobs.id = ?`;
    const [row] = this.#database.prepare(sql).all(toStored(id));
    return row && { n: Number(row.n), isRunning: row.is_running === 1, holder: holderIn(row) };
  }

  delete(n: number): void {
    this.#journal.drop(n);
    for (const table of ["events", "labels"]) {
      this.#database.prepare(`DELETE FROM ${table} WHERE job = ?`).run(n);
    }
    this.#database.prepare("DELETE FROM jobs WHERE n = ?").run(n);
  }

  /** Without those that cannot be read. */
  list(wanted: JobFilter): JobRow[] {
    const { limit = 100, oldestFirst = false, ...filter } = wanted;
    const [where, values] = conditions(filter);
    const sql = `SELECT ${rowColumns} ${withHolders} ${where} ORDER BY n ${oldestFirst ? "ASC" : "DESC"} LIMIT ?`;
    const known = this.#unreadable.size;
    const rows = this.#database.prepare(sql).all(...values, limit + known);
    const found = rows.flatMap((row) => this.#readable(row) ?? []);
    // Those that were met only now stood in the way of others.
    return this.#unreadable.size > known ? this.list(wanted) : found.slice(0, limit);
  }

  count(filter: JobFilter): Record<JobState, number> {
    const [where, values] = conditions(filter);
    const counts = { queued: 0, running: 0, waiting: 0, done: 0 };
    const rows = this.#database.prepare(
      `SELECT CAST(state AS BLOB) AS state, count(*) AS count FROM jobs ${where} GROUP BY 1`,
    );
    for (const { state, count } of rows.all(...values)) {
      const name = textOf(state);
      if (name === setAside) continue;
      if (!(name in counts)) throw new Broken("a job is in no known state");
      counts[name as JobState] = Number(count);
    }
    return counts;
  }

  /** Those that this worker has the lease of. */
  heldBy(worker: number): { n: number; fence: number; isCancelled: boolean }[] {
    return this.#heldBy.all(worker).map(({ n, fence, is_cancelled }) => ({
      n: Number(n),
      fence: Number(fence),
      isCancelled: is_cancelled === 1,
    }));
  }

  /** What this worker had can be claimed again. */
  takeFrom(worker: number): void {
    for (const row of this.#rowsOf(worker)) this.putDown(row, { state: "queued" });
  }

  /** The same, as if it had not begun. */
  giveBackAll(worker: number): void {
    for (const row of this.#rowsOf(worker)) this.giveBack(row);
  }

  #rowsOf(worker: number): JobRow[] {
    return this.heldBy(worker).flatMap(({ n }) => this.#rowAt(n) ?? []);
  }

  /** One that cannot be read is set aside. */
  #rowAt(n: number): JobRow | undefined {
    const [stored] = this.#at.all(n);
    if (!stored) throw new Broken("a job that an index names is missing");
    const row = this.#readable(stored);
    if (!row) this.#database.prepare(`UPDATE jobs SET state = '${setAside}', worker = NULL WHERE n = ?`).run(n);
    return row;
  }

  #readable(stored: SqliteRow): JobRow | undefined {
    try {
      return readRow(stored);
    } catch (thrown) {
      if (!(thrown instanceof Broken)) throw thrown;
      const n = Number(stored.n);
      if (!this.#unreadable.has(n)) this.#warn(thrown);
      this.#unreadable.add(n);
      return undefined;
    }
  }
}

function conditions({ kind, state, labels = {} }: JobFilter): [where: string, values: SqliteValue[]] {
  const all: [sql: string, ...values: SqliteValue[]][] = [];
  if (kind !== undefined) all.push(["kind = ?", toStored(kind)]);
  if (state !== undefined) all.push(["state = ?", state]);
  for (const [name, value] of Object.entries(labels)) {
    all.push(["n IN (SELECT job FROM labels WHERE name = ? AND value = ?)", toStored(name), toStored(value)]);
  }
  const where = all.length > 0 ? `WHERE ${all.map(([sql]) => sql).join(" AND ")}` : "";
  return [where, all.flatMap(([, ...values]) => values)];
}
