// What the engine relies on of every library for SQLite, asked of each.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { newFolder, removeFolders } from "../../files/try-folder.fake.ts";
import { openDatabase } from "./open-database.ts";
import { nodeSqlite } from "./open-node-sqlite.ts";
import { inTransaction, type OpenSqlite, resultCodes } from "./sqlite-driver.ts";
import { libraries } from "./sqlite-libraries.fake.ts";

afterAll(removeFolders);

for (const [name, library] of libraries) {
  describe.skipIf(!library)(`SQLite by ${name}${library ? "" : ", which this Node lacks,"}`, () => {
    const open: OpenSqlite = library ?? (() => expect.unreachable());
    const options = { busyMs: 5 };
    const newTable = () => {
      const database = open(join(newFolder(), "try.db"), options);
      database.exec("CREATE TABLE t (n INTEGER PRIMARY KEY, text TEXT, number INTEGER)");
      return database;
    };

    it("has a database of jobs flush every transaction to the disk", async () => {
      const database = await openDatabase(open, newFolder());
      expect(database.prepare("PRAGMA synchronous").all()).toMatchObject([{ synchronous: 2 }]);
      expect(
        database.prepare("SELECT count(*) AS n FROM pragma_journal_mode WHERE journal_mode = 'wal'").all(),
      ).toEqual([{ n: 1 }]);
      database.close();
    });

    it("gives texts back to the byte, also empty ones and such with NUL, and numbers up to the largest safe one", () => {
      const database = newTable();
      const insert = database.prepare("INSERT INTO t (text, number) VALUES (?, ?)");
      const written = ["", "a\0b", "\u{1F600}\u{10FFFF}", "x".repeat(100_000)];
      const numbers = [0, -1, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER];
      for (const [index, text] of written.entries()) expect(insert.run(text, numbers[index] ?? 0)).toBe(1);
      expect(insert.run(null, null)).toBe(1);
      const rows = database.prepare("SELECT CAST(text AS BLOB) AS text, number FROM t ORDER BY n").all();
      const texts = rows.map(({ text }) => text && Buffer.from(text as Uint8Array).toString());
      expect(texts).toEqual([...written, null]);
      expect(rows.map(({ number }) => number)).toEqual([...numbers, null]);
      expect(database.prepare("UPDATE t SET number = 5 WHERE n > ?").run(2)).toBe(3);
      database.close();
    });

    it("tells a number that a flipped bit has made too large from a good one, or gives it rounded", () => {
      const database = newTable();
      database.exec("INSERT INTO t (number) VALUES (9223372036854775807)");
      const read = () => database.prepare("SELECT number FROM t").all()[0]?.number;
      if (name === "libsql") expect(read()).toBe(2 ** 63);
      else expect(read).toThrow(expect.objectContaining({ name: "SqliteFailure", code: resultCodes.corrupt }));
      database.close();
    });

    it("says by SQLite's code what went wrong, and can be used and closed afterwards", () => {
      const folder = newFolder();
      const database = open(join(folder, "try.db"), options);
      database.exec("PRAGMA journal_mode = WAL; CREATE TABLE t (n INTEGER PRIMARY KEY)");
      const other = open(join(folder, "try.db"), options);
      const failing = (work: () => unknown, code: number) =>
        expect(work, String(work)).toThrow(expect.objectContaining({ name: "SqliteFailure", code }));
      failing(() => open(join(folder, "no", "try.db"), options).exec("SELECT 1"), resultCodes.cannotOpen);
      failing(() => database.prepare("SELECT no FROM t"), resultCodes.error);
      failing(() => database.exec("SELECT no FROM t"), resultCodes.error);
      inTransaction(database, () => {
        failing(() => other.exec("BEGIN IMMEDIATE"), resultCodes.busy);
      });
      database.exec(`PRAGMA max_page_count = 10`);
      const fill = database.prepare("INSERT INTO t SELECT value FROM json_each(?)");
      const many = JSON.stringify(Array.from({ length: 20_000 }, (_, n) => n));
      failing(() => inTransaction(database, () => fill.run(many)), resultCodes.full);
      expect(fill.run("[1, 2]")).toBe(2);
      expect(other.prepare("SELECT n FROM t").all()).toEqual([{ n: 1 }, { n: 2 }]);
      other.close();
      database.close();
    });
  });
}

it("SQLite is loaded when a database is opened and not before: Node's own where there is one, without a word of its being experimental", {
  timeout: 60_000,
}, () => {
  const index = fileURLToPath(new URL("../../index.ts", import.meta.url));
  const script = `
    const { localEngine } = await import(${JSON.stringify(index)});
    const isLoaded = () => process.report.getReport().sharedObjects.some((each) => each.includes("libsql"));
    const before = isLoaded();
    const engine = localEngine(${JSON.stringify(newFolder())});
    await engine.list();
    process.emitWarning("Another one.", "ExperimentalWarning");
    console.log(before, isLoaded());`;
  const run = ["--import", "tsx", "--input-type=module", "-e", script];
  const { stdout, stderr } = spawnSync(process.execPath, run, { encoding: "utf8" });
  expect(stdout.trim()).toBe(`false ${nodeSqlite() === undefined}`);
  expect(stderr.match(/\w+Warning: .*/g)).toEqual(["ExperimentalWarning: Another one."]);
});
