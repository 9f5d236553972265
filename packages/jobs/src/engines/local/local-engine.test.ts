import type { JobEngine } from "@beseda/core";
import { afterAll, describe, expect, it } from "vitest";
import { newFolder, removeFolders } from "../../files/try-folder.fake.ts";
import { engineCases } from "../../testing/index.ts";
import { localEngineOn, type Machine } from "./local-engine.ts";
import { loadLibsql } from "./open-libsql.ts";
import { nodeSqlite } from "./open-node-sqlite.ts";
import type { OpenSqlite } from "./sqlite-driver.ts";
import { machineClock } from "./worker-table.ts";

afterAll(removeFolders);

const drivers: Record<string, () => Promise<OpenSqlite | undefined>> = {
  libsql: loadLibsql,
  "node:sqlite": async () => nodeSqlite(),
};

for (const [name, load] of Object.entries(drivers)) {
  const library = await load();
  const title = library ? `the embedded engine on ${name}` : `the embedded engine on ${name}, which this Node lacks,`;
  describe.skipIf(!library)(title, { timeout: 30_000 }, () => {
    if (!library) return it("is not tested here", () => {});
    const machine: Machine = { sqlite: async () => library, now: machineClock };
    const folders = new WeakMap<JobEngine, string>();
    const open = (folder = newFolder()) => {
      const engine = localEngineOn(machine, folder);
      folders.set(engine, folder);
      return engine;
    };
    const folderOf = (engine: JobEngine) => folders.get(engine) ?? "";
    const cases = engineCases(() => open(), {
      reopen: async (engine) => {
        await engine.close();
        return open(folderOf(engine));
      },
      // Another process, for which an hour has gone by: it takes everything that is held for left.
      loseLease: async (_, engine) => {
        const later: Machine = { ...machine, now: () => machineClock() + 3_600_000 };
        const other = localEngineOn(later, folderOf(engine));
        await expect(other.cancel("no job")).rejects.toMatchObject({ code: "not-found" });
        await other.close();
      },
    });
    for (const { name, run } of cases) it(name, run);
  });
}
