// The rows of jobs: found, read, written. Everything here runs inside a transaction, or is one look.
import type { Job, JobFilter, JobOutcome, JobState, JsonValue, NewJob } from "@beseda/core";
import { toJson } from "../plain-json.ts";
import { readRunAt } from "../run-at.ts";
import { readNewJob } from "../stored-arguments.ts";
import type { JournalTable } from "./journal-table.ts";
import { nameOf } from "./process-identity.ts";
import { Broken, seal, textOf, unseal } from "./sealed-json.ts";
import type { SqliteDatabase, SqliteRow, SqliteStatement, SqliteValue } from "./sqlite-driver.ts";
import { fromStored, toStored } from "./stored-text.ts";

/** What of a job stands in its body: all that nobody changes while another one works on it. */
export type JobBody = Omit<Job, "holder" | "isCancelled">;

export type JobRow = {
  n: number;
  fence: number;
  worker: number | undefined;
  /** ISO 8601; set where it was called off. */
  cancelledAt: string | undefined;
  body: JobBody;
  holder: string | undefined;
};

/** When it may begin at the earliest: milliseconds since 1970, or at once. Only appointments heed the clock on the wall. */
const atOnce = 0;

/** Of a time that was asked for, if any was. One that has come already is none. */
export function appointment(runAt: string | undefined): number {
  const ms = runAt === undefined ? atOnce : Date.parse(runAt);
  return ms > Date.now() ? ms : atOnce;
}

const columns = `n, CAST(jobs.id AS BLOB) AS id, CAST(state AS BLOB) AS state, CAST(fence AS INTEGER) AS fence,
  CAST(worker AS INTEGER) AS worker, CAST(cancelled_at AS INTEGER) AS cancelled_at, CAST(body AS BLOB) AS body,
  CAST(host AS BLOB) AS host, CAST(pid AS INTEGER) AS pid
  FROM jobs LEFT JOIN workers ON workers.id = jobs.worker`;
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

  constructor(database: SqliteDatabase, journal: JournalTable) {
    this.#database = database;
    this.#insert = database.prepare(
      "INSERT INTO jobs (id, queue, kind, state, run_at, body) VALUES (?, ?, ?, 'queued', ?, ?) ON CONFLICT (id) DO NOTHING",
    );
    this.#find = database.prepare(`SELECT ${columns} WHERE jobs.id = ?`);
    this.#at = database.prepare(`SELECT ${columns} WHERE n = ?`);
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

  claim(n: number, worker: number): JobRow {
    const row = this.#rowAt(n);
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

  delete(row: JobRow): void {
    this.#journal.drop(row.n);
    for (const table of ["events", "labels"]) {
      this.#database.prepare(`DELETE FROM ${table} WHERE job = ?`).run(row.n);
    }
    this.#database.prepare("DELETE FROM jobs WHERE n = ?").run(row.n);
  }

  list({ limit = 100, oldestFirst = false, ...filter }: JobFilter): JobRow[] {
    const [where, values] = conditions(filter);
    const sql = `SELECT ${columns} ${where} ORDER BY n ${oldestFirst ? "ASC" : "DESC"} LIMIT ?`;
    return this.#database
      .prepare(sql)
      .all(...values, limit)
      .map(readRow);
  }

  count(filter: JobFilter): Record<JobState, number> {
    const [where, values] = conditions(filter);
    const counts = { queued: 0, running: 0, waiting: 0, done: 0 };
    const rows = this.#database.prepare(
      `SELECT CAST(state AS BLOB) AS state, count(*) AS count FROM jobs ${where} GROUP BY 1`,
    );
    for (const { state, count } of rows.all(...values)) {
      const name = textOf(state);
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
    return this.heldBy(worker).map(({ n }) => this.#rowAt(n));
  }

  #rowAt(n: number): JobRow {
    const [row] = this.#at.all(n);
    if (!row) throw new Broken("a job that an index names is missing");
    return readRow(row);
  }
}

/** A new job as it begins. @throws BesedaError `invalid-argument` */
export function newBody(job: NewJob): JobBody {
  const now = new Date().toISOString();
  const { id, queue, kind, spec, labels, ...asked } = readNewJob(job);
  const runAt = readRunAt(asked.runAt);
  const begins = { state: "queued", attempts: 0, metadata: {}, inbox: [] } as const;
  return { id: id.toWellFormed(), queue, kind, spec, labels, runAt, createdAt: now, modifiedAt: now, ...begins };
}

export function toJob({ body, cancelledAt = "", holder }: JobRow): Job {
  const modifiedAt = cancelledAt > body.modifiedAt ? cancelledAt : body.modifiedAt;
  return {
    ...body,
    modifiedAt,
    isCancelled: cancelledAt !== "",
    ...(body.state === "running" && holder !== undefined && { holder }),
  };
}

function sealedBody(body: JobBody): string {
  return seal(body.id, toJson(body, `The job "${body.id}"`));
}

function readRow(row: SqliteRow): JobRow {
  const id = fromStored(textOf(row.id));
  const body = unseal(id, row.body) as JsonValue & JobBody;
  if (body.id !== id || body.state !== textOf(row.state))
    throw new Broken(`the row of job "${body.id}" contradicts itself`);
  return {
    n: Number(row.n),
    fence: Number(row.fence),
    worker: row.worker === null ? undefined : Number(row.worker),
    cancelledAt: timeOf(row.cancelled_at),
    body,
    holder: row.host === null ? undefined : nameOf({ host: textOf(row.host), pid: Number(row.pid) }),
  };
}

function timeOf(ms: SqliteRow[string] | undefined): string | undefined {
  if (ms === null || ms === undefined) return undefined;
  const time = new Date(Number(ms));
  if (Number.isNaN(time.getTime())) throw new Broken("a time is none");
  return time.toISOString();
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
