// The tables of the embedded engine, and whether a file that was found is one of ours that this version can read.
import { BesedaError } from "@beseda/core";
import { inTransaction, type SqliteDatabase } from "./sqlite-driver.ts";

const version = 1;
/** "Bsda", by which `file` and others know what the database is for. */
const applicationId = 0x42736461;

/**
 * `body` is the job as sealed JSON, without what changes from outside while somebody works on it; the other columns are
 * for finding it. `state` is that of the body, or `damaged` where the body cannot be read: nobody claims it then. `run_at`
 * is 0 where it may begin at once. `fence` counts up with every claim. `worker` is who has the lease.
 */
const tables = `
  CREATE TABLE jobs (
    n INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    queue TEXT NOT NULL,
    kind TEXT NOT NULL,
    state TEXT NOT NULL,
    run_at INTEGER NOT NULL,
    cancelled_at INTEGER,
    worker INTEGER,
    fence INTEGER NOT NULL DEFAULT 0,
    body TEXT NOT NULL
  );
  CREATE INDEX ready_jobs ON jobs (queue, kind, run_at) WHERE state = 'queued';
  CREATE INDEX running_jobs ON jobs (worker) WHERE state = 'running';
  CREATE INDEX jobs_by_state ON jobs (state, kind);
  CREATE TABLE labels (
    name TEXT NOT NULL, value TEXT NOT NULL, job INTEGER NOT NULL, PRIMARY KEY (name, value, job)
  ) WITHOUT ROWID;
  CREATE INDEX labels_by_job ON labels (job);
  CREATE TABLE journal (
    n INTEGER PRIMARY KEY, job INTEGER NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, UNIQUE (job, key)
  );
  CREATE TABLE dropped_journals (job INTEGER PRIMARY KEY);
  CREATE TABLE events (
    job INTEGER NOT NULL, seq INTEGER NOT NULL, event TEXT NOT NULL, PRIMARY KEY (job, seq)
  ) WITHOUT ROWID;
  CREATE TABLE workers (
    id INTEGER PRIMARY KEY,
    host TEXT NOT NULL,
    pid INTEGER NOT NULL,
    started TEXT NOT NULL,
    lease_ms INTEGER NOT NULL,
    lease_end INTEGER NOT NULL
  );
  PRAGMA application_id = ${applicationId};
  PRAGMA user_version = ${version};
`;

/** Makes the tables in a new file. */
export function prepareSchema(database: SqliteDatabase): void {
  inTransaction(database, () => database.exec(tables));
}

/** @throws BesedaError `damaged` for a database of another program, `unsupported` for one of another version */
export function requireOurs(database: SqliteDatabase, path: string): void {
  const found = pragma(database, "user_version");
  if (pragma(database, "application_id") !== applicationId) {
    throw new BesedaError(`${path} is a database of another program.`, {
      code: "damaged",
      hint: "Choose another folder for the jobs. The file was left as it is.",
    });
  }
  if (found === version) return;
  throw new BesedaError(`${path} was written by another version: its format is ${found}, this one reads ${version}.`, {
    code: "unsupported",
    hint: "Update @beseda/jobs, or choose another folder. The file was left as it is.",
  });
}

export function pragma(database: SqliteDatabase, name: string): unknown {
  return database.prepare(`PRAGMA ${name}`).all()[0]?.[name];
}
