// The database of a folder: made whole or not at all, opened, and checked.
import { randomBytes } from "node:crypto";
import fs from "node:fs";
import fsPromises from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { folderTrouble } from "../../files/directory-files-trouble.ts";
import { makeFolder } from "../../files/make-folder.ts";
import { loadLibsql } from "./open-libsql.ts";
import { nodeSqlite } from "./open-node-sqlite.ts";
import { pragma, prepareSchema, requireOurs } from "./schema.ts";
import { Broken } from "./sealed-json.ts";
import { type OpenSqlite, resultCodes, type SqliteDatabase, SqliteFailure } from "./sqlite-driver.ts";
import { sqliteTrouble } from "./sqlite-trouble.ts";

/** How long a statement stands still for another process. Short: meanwhile nothing else is done in this one. */
const busyMs = 100;
const openingMs = 15_000;
/**
 * Up to this size a database is looked through when it is opened, in at most a tenth of a second. A flipped bit in a
 * value is found whenever it is read; one in an index can make an entry be missing, which only this finds.
 */
const checkedWhole = 8 * 1024 * 1024;

/** By Node itself where it can, otherwise by libsql. */
export async function defaultSqlite(): Promise<OpenSqlite> {
  return nodeSqlite() ?? (await loadLibsql());
}

export function databasePath(folder: string): string {
  return join(folder, "jobs.db");
}

/** @throws BesedaError `damaged`, `unsupported`, `unavailable` */
export async function openDatabase(open: OpenSqlite, folder: string): Promise<SqliteDatabase> {
  const path = databasePath(folder);
  const until = performance.now() + openingMs;
  for (;;) {
    try {
      await makeFolder(fsPromises, folder);
      if (!fs.existsSync(path)) makeDatabase(open, path);
      return openExisting(open, path);
    } catch (thrown) {
      // Switching a new database to its write-ahead log needs it for a moment alone, and SQLite does not wait for that.
      const isBusy = thrown instanceof SqliteFailure && thrown.code === resultCodes.busy;
      if (!isBusy || performance.now() > until) throw folderTrouble(path, sqliteTrouble(path, thrown));
    }
    await pause(20);
  }
}

/** Under another name, then linked to its own: a file of that name that is empty or half was not made so by us. */
function makeDatabase(open: OpenSqlite, path: string): void {
  const draft = `${path}.new-${randomBytes(6).toString("hex")}`;
  try {
    fs.closeSync(fs.openSync(draft, "wx", 0o600));
    const database = open(draft, { busyMs });
    try {
      prepareSchema(database);
    } finally {
      database.close();
    }
    fs.linkSync(draft, path);
  } catch (thrown) {
    // Another process has made it in the meantime.
    if (!fs.existsSync(path)) throw thrown;
  } finally {
    fs.rmSync(draft, { force: true });
  }
}

function openExisting(open: OpenSqlite, path: string): SqliteDatabase {
  // Asked for first: what was in it is in the database by the time it is empty.
  const logged = fs.statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0;
  const { size } = fs.statSync(path);
  // SQLite would take an empty file for a new database.
  if (size === 0) throw new Broken("it is empty");
  const database = open(path, { busyMs });
  try {
    requireOurs(database, path);
    // SQLite would take the rest of a page for all of it. What is in the log may be missing here.
    if (logged === 0 && size % Number(pragma(database, "page_size")) !== 0) throw new Broken("its end is missing");
    if (size <= checkedWhole) requireSound(database);
    // Whatever has resolved survives a power cut too. In groups of 16 an entry then costs SQLite about 18 µs of CPU;
    // `NORMAL`, where a power cut may cost the last seconds, takes 9.
    database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 4000");
    return database;
  } catch (thrown) {
    database.close();
    throw thrown;
  }
}

function requireSound(database: SqliteDatabase): void {
  const check = database.prepare("SELECT count(*) AS wrong FROM pragma_integrity_check WHERE integrity_check <> 'ok'");
  if (check.all()[0]?.wrong !== 0) throw new Broken("its parts contradict each other");
}
