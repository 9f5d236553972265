// SQLite by libsql: a native library, loaded only when a database is opened.
import { type OpenSqlite, primaryCode, type SqliteDatabase, SqliteFailure, type SqliteRow } from "./sqlite-driver.ts";

/** @throws whatever the system says where the library cannot be loaded, such as on a platform that it is not built for */
export async function loadLibsql(): Promise<OpenSqlite> {
  const { default: Libsql } = await import("libsql");
  return (path, { busyMs }) => {
    const database = translated(() => new Libsql(path, { timeout: busyMs }));
    return {
      exec: (sql) => void translated(() => database.exec(sql)),
      prepare(sql) {
        const statement = translated(() => database.prepare(sql));
        return {
          // As one array: a single null would be taken for named parameters.
          run: (...values) => translated(() => statement.run(values)).changes,
          // Never `get`: after an `all` it gives the row of the call before, and it leaves the statement open.
          all: (...values) => translated(() => statement.all(values) as LibsqlRow[]).map(withBytes),
        };
      },
      // The library can end no statement: until those are collected that were prepared, which nobody may hold on to, the
      // file stays open (two descriptors), with an empty log beside it.
      close: () => void database.close(),
    } satisfies SqliteDatabase;
  };
}

type LibsqlRow = Record<string, ArrayBuffer | string | number | null>;

/** The library gives a blob as an ArrayBuffer. */
function withBytes(row: LibsqlRow): SqliteRow {
  for (const name in row) {
    const value = row[name];
    if (value instanceof ArrayBuffer) (row as Record<string, unknown>)[name] = new Uint8Array(value);
  }
  return row as SqliteRow;
}

function translated<Result>(work: () => Result): Result {
  try {
    return work();
  } catch (thrown) {
    const { message, rawCode } = thrown as Error & { rawCode?: number };
    // An error from opening has no code but in its text: `ConnectionFailed("Unable to open …: 14")`.
    const told = rawCode ?? Number(/^ConnectionFailed\(.*: (\d+)"\)$/.exec(message)?.[1] ?? 0);
    throw new SqliteFailure(message, primaryCode(told), thrown);
  }
}
