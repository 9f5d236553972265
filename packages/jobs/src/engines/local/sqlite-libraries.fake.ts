// The libraries for SQLite, for what has to hold on each: `undefined` where the running Node lacks one. Only for tests.
import { loadLibsql } from "./open-libsql.ts";
import { nodeSqlite } from "./open-node-sqlite.ts";
import type { OpenSqlite } from "./sqlite-driver.ts";

export const libraries: [name: string, library: OpenSqlite | undefined][] = [
  ["libsql", await loadLibsql()],
  ["node:sqlite", nodeSqlite()],
];
