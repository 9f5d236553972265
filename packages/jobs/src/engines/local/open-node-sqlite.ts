// SQLite by Node itself, where the running one has it: from 22.13 on without a flag.
import {
  type OpenSqlite,
  type SqliteDatabase,
  SqliteFailure,
  type SqliteRow,
  type SqliteValue,
} from "./sqlite-driver.ts";

/** What is used of `node:sqlite`, whose types the oldest Node that we run on does not have. */
type NodeSqlite = { DatabaseSync: new (path: string, options: { timeout: number }) => NodeDatabase };
type NodeDatabase = { exec(sql: string): void; prepare(sql: string): NodeStatement; close(): void };
type NodeStatement = {
  run(...values: SqliteValue[]): { changes: number | bigint };
  all(...values: SqliteValue[]): SqliteRow[];
};

/** `undefined` where this Node has none. */
export function nodeSqlite(): OpenSqlite | undefined {
  const found = process.getBuiltinModule("node:sqlite") as NodeSqlite | undefined;
  if (!found) return undefined;
  return (path, { busyMs }) => {
    const database = translated(() => new found.DatabaseSync(path, { timeout: busyMs }));
    // Nodes before 24 do not know the option `timeout`.
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

function translated<Result>(work: () => Result): Result {
  try {
    return work();
  } catch (thrown) {
    const { message, errcode = 0 } = thrown as Error & { errcode?: number };
    throw new SqliteFailure(message, errcode & 0xff, thrown);
  }
}
