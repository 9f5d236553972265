// SQLite as the embedded engine sees it: the few verbs that every library for it has.

export type SqliteValue = string | number | null;
/**
 * Ask for texts as bytes (`CAST(x AS BLOB)`) and for numbers as numbers (`CAST(x AS INTEGER)`) wherever they come from a
 * table: libsql cuts a text off at its first NUL, and ends the whole process over one that a flipped bit made no UTF-8.
 */
export type SqliteRow = Readonly<Record<string, Uint8Array | number | null>>;

/** Everything is done before it returns. What goes wrong is a `SqliteFailure`. */
export interface SqliteDatabase {
  /** One or more statements without parameters. */
  exec(sql: string): void;
  prepare(sql: string): SqliteStatement;
  close(): void;
}

export interface SqliteStatement {
  /** @returns how many rows it changed */
  run(...values: SqliteValue[]): number;
  /** All rows, so that no statement is left open in the middle: that would keep other processes from tidying up. */
  all(...values: SqliteValue[]): SqliteRow[];
}

/** `busyMs`: how long a statement stands still for another process that writes. */
export type OpenSqlite = (path: string, options: { busyMs: number }) => SqliteDatabase;

/** `code`: SQLite's primary result code, see `resultCodes`; 0 where the library does not tell. */
export class SqliteFailure extends Error {
  override readonly name = "SqliteFailure";
  readonly code: number;

  constructor(message: string, code: number, cause?: unknown) {
    super(message, { cause });
    this.code = code;
  }
}

/** https://www.sqlite.org/rescode.html */
export const resultCodes = {
  error: 1,
  permission: 3,
  busy: 5,
  readOnly: 8,
  ioError: 10,
  corrupt: 11,
  full: 13,
  cannotOpen: 14,
  protocol: 15,
  notADatabase: 26,
} as const;

/** A file that ends where something is to be read is told as an error of the disk (522, SQLITE_IOERR_SHORT_READ). It is damage. */
const shortRead = 522;

/** Of SQLite's extended result code, which says more exactly what it was. */
export function primaryCode(extended: number): number {
  return extended === shortRead ? resultCodes.corrupt : extended & 0xff;
}

/** All of the work or nothing of it. Whatever the work throws is thrown. */
export function inTransaction<Result>(database: SqliteDatabase, work: () => Result): Result {
  database.exec("BEGIN IMMEDIATE");
  try {
    const result = work();
    database.exec("COMMIT");
    return result;
  } catch (thrown) {
    try {
      database.exec("ROLLBACK");
    } catch {
      // SQLite has rolled back already, as it does by itself where the disk is full.
    }
    throw thrown;
  }
}
