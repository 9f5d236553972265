// The rows of jobs: found, read, written. Everything here runs inside a transaction, or is one look.
import type { Job, JobFilter, JobOutcome, JobState, JsonValue, NewJob } from "@beseda/core";
import { plainCopy, toJson } from "../plain-json.ts";
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
  isCancelled: boolean;
  body: JobBody;
  holder: string | undefined;
};

const columns = `n, CAST(jobs.id AS BLOB) AS id, CAST(state AS BLOB) AS state, CAST(fence AS INTEGER) AS fence,
  CAST(worker AS INTEGER) AS worker, CAST(is_cancelled AS INTEGER) AS is_cancelled, CAST(body AS BLOB) AS body,
  CAST(host AS BLOB) AS host, CAST(pid AS INTEGER) AS pid
  FROM jobs LEFT JOIN workers ON workers.id = jobs.worker`;
const calledOff: JobOutcome = { error: { code: "aborted", message: "The job was called off." } };

export class JobTable {
  readonly #database: SqliteDatabase;
  readonly #insert: SqliteStatement;
  readonly #find: SqliteStatement;
  readonly #save: SqliteStatement;
  readonly #claim: SqliteStatement;
  readonly #oldestReady: SqliteStatement;
  readonly #held: SqliteStatement;
  readonly #heldBy: SqliteStatement;
  readonly #allOf: SqliteStatement;
  readonly #label: SqliteStatement;
  readonly #journal: JournalTable;

  constructor(database: SqliteDatabase, journal: JournalTable) {
    this.#database = database;
    this.#insert = database.prepare(
      "INSERT INTO jobs (id, queue, kind, state, run_at, body) VALUES (?, ?, ?, 'queued', ?, ?) ON CONFLICT (id) DO NOTHING",
    );
    this.#find = database.prepare(`SELECT ${columns} WHERE jobs.id = ?`);
    this.#save = database.prepare("UPDATE jobs SET state = ?, run_at = ?, worker = ?, body = ? WHERE n = ?");
    this.#claim = database.prepare("UPDATE jobs SET fence = fence + 1 WHERE n = ?");
    this.#oldestReady = database.prepare(
      `SELECT ${columns} WHERE queue = ? AND kind IN (SELECT value FROM json_each(?)) AND state = 'queued' AND run_at <= ?
       ORDER BY n LIMIT 1`,
    );
    this.#held = database.prepare(
      "SELECT is_cancelled <> 0 AS is_cancelled FROM jobs WHERE n = ? AND fence = ? AND state = 'running'",
    );
    this.#heldBy = database.prepare(
      "SELECT n, CAST(fence AS INTEGER) AS fence, is_cancelled <> 0 AS is_cancelled FROM jobs WHERE worker = ? AND state = 'running'",
    );
    this.#allOf = database.prepare(`SELECT ${columns} WHERE worker = ? AND state = 'running'`);
    this.#label = database.prepare(
      "INSERT OR IGNORE INTO labels (name, value, job) SELECT ?, ?, n FROM jobs WHERE id = ?",
    );
    this.#journal = journal;
  }

  /** @returns the one that is there, where there is one */
  insert(body: JobBody): JobRow {
    const id = toStored(body.id);
    const values = [id, toStored(body.queue), toStored(body.kind), Date.parse(body.runAt), sealedBody(body)];
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

  /** The oldest that can be claimed now. */
  oldestReady(queue: string, kinds: readonly string[]): JobRow | undefined {
    const [row] = this.#oldestReady.all(toStored(queue), JSON.stringify(kinds.map(toStored)), Date.now());
    return row && readRow(row);
  }

  claim(row: JobRow, worker: number): JobRow {
    this.#claim.run(row.n);
    const attempts = row.body.attempts + 1;
    return this.save({ ...row, fence: row.fence + 1, worker }, { state: "running", attempts });
  }

  /** The row with these changes, written. Whoever does not work on it any more is its worker no more. */
  save(row: JobRow, changes: Partial<JobBody>): JobRow {
    const body = { ...row.body, ...changes, modifiedAt: new Date().toISOString() };
    const worker = body.state === "running" ? row.worker : undefined;
    this.#save.run(body.state, Date.parse(body.runAt), worker ?? null, sealedBody(body), row.n);
    return { ...row, worker, body };
  }

  /** Its row, where the lease that it was claimed with is still held. Reads all of it only where it is asked to. */
  held(row: JobRow, isAll: boolean): JobRow | undefined {
    const [found] = this.#held.all(row.n, row.fence);
    if (!found) return undefined;
    if (isAll) return this.find(row.body.id);
    return { ...row, isCancelled: found.is_cancelled === 1 };
  }

  /** Not begun after all. */
  giveBack(row: JobRow, runAt: string): JobRow {
    return this.putDown(row, { state: "queued", runAt, attempts: row.body.attempts - 1 });
  }

  /** Done, for good: the journal goes, the events stay. */
  finish(row: JobRow, outcome: JobOutcome): JobRow {
    this.#journal.drop(row.n);
    return this.save(row, { state: "done", outcome });
  }

  /** Of one that was called off nobody works on it any more: it is done. Of the others the changes are written. */
  putDown(row: JobRow, changes: Partial<JobBody>): JobRow {
    return row.isCancelled ? this.finish(row, calledOff) : this.save(row, changes);
  }

  cancel(row: JobRow): JobRow {
    if (row.body.state === "done") return row;
    this.#database.prepare("UPDATE jobs SET is_cancelled = 1 WHERE n = ?").run(row.n);
    const cancelled = { ...row, isCancelled: true };
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
    for (const row of this.#allOf.all(worker).map(readRow)) this.putDown(row, { state: "queued" });
  }
}

/** A new job as it begins. */
export function newBody(job: NewJob, runAt: string): JobBody {
  const now = new Date().toISOString();
  const { id, queue, kind, spec, labels = {} } = plainCopy(job, `The job "${job.id}"`);
  const begins = { state: "queued", attempts: 0, metadata: {}, inbox: [] } as const;
  return { id: id.toWellFormed(), queue, kind, spec, labels, runAt, createdAt: now, modifiedAt: now, ...begins };
}

export function toJob({ body, isCancelled, holder }: JobRow): Job {
  return { ...body, isCancelled, ...(body.state === "running" && holder !== undefined && { holder }) };
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
    isCancelled: row.is_cancelled === 1,
    body,
    holder: row.host === null ? undefined : nameOf({ host: textOf(row.host), pid: Number(row.pid) }),
  };
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
