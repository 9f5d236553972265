// SQLite by Node itself, where the running one has it: from 22.13 on without a flag.
import {
  type OpenSqlite,
  primaryCode,
  resultCodes,
  type SqliteDatabase,
  SqliteFailure,
  type SqliteRow,
  type SqliteValue,
} from "./sqlite-driver.ts";

/** What is used of `node:sqlite`, whose types the oldest Node that we run on does not have. */
type NodeSqlite = { DatabaseSync: new (path: string) => NodeDatabase };
type NodeDatabase = { exec(sql: string): void; prepare(sql: string): NodeStatement; close(): void };
type NodeStatement = {
  run(...values: SqliteValue[]): { changes: number | bigint };
  all(...values: SqliteValue[]): SqliteRow[];
};

/**
 * `undefined` where this Node has none. Where there is one it is taken rather than libsql, also while Node calls it
 * experimental (22, and 24 before its later releases): no native library has to fit the platform, its SQLite is one that
 * is mended (3.51.3 and later cannot lose a page of a log that two processes tidy up at once; libsql has 3.45), and a
 * batch of 16 entries costs 0.75 of the CPU. The little that is used of it has been the same since 22.13, and the suite of
 * engines runs on both.
 */
export function nodeSqlite(): OpenSqlite | undefined {
  const found = withoutItsWarning(() => process.getBuiltinModule("node:sqlite") as NodeSqlite | undefined);
  if (!found) return undefined;
  return (path, { busyMs }) => {
    const database = translated(() => new found.DatabaseSync(path));
    // Its option `timeout` is unknown to Nodes before 22.16.
    translated(() => database.exec(`PRAGMA busy_timeout = ${busyMs}`));
    return {
      exec: (sql) => translated(() => database.exec(sql)),
      prepare(sql) {
        const statement = translated(() => database.prepare(sql));
        return {
          run: (...values) => Number(translated(() => statement.run(...values)).changes),
          all: (...values) => translated(() => statement.all(...values)),
        };
      },
      close: () => database.close(),
    } satisfies SqliteDatabase;
  };
}

/** People who chat in a terminal can do nothing about it. All other warnings pass. */
function withoutItsWarning<Result>(load: () => Result): Result {
  const { emitWarning } = process;
  const passed = (...given: unknown[]) => {
    const [warning, name] = given;
    if (name === "ExperimentalWarning" && String(warning).startsWith("SQLite is")) return;
    Reflect.apply(emitWarning, process, given);
  };
  process.emitWarning = passed as typeof emitWarning;
  try {
    return load();
  } finally {
    process.emitWarning = emitWarning;
  }
}

function translated<Result>(work: () => Result): Result {
  try {
    return work();
  } catch (thrown) {
    const { message, code, errcode = 0 } = thrown as Error & { code?: string; errcode?: number };
    // No number is written that JavaScript has none for.
    const isNoNumber = code === "ERR_OUT_OF_RANGE";
    throw new SqliteFailure(message, isNoNumber ? resultCodes.corrupt : primaryCode(errcode), thrown);
  }
}
