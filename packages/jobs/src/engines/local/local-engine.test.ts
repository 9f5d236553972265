import { readdirSync } from "node:fs";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { JobEngine } from "@beseda/core";
import { afterAll, describe, expect, it, vi } from "vitest";
import { newFolder, removeFolders } from "../../files/try-folder.fake.ts";
import { engineCases } from "../../testing/index.ts";
import { localEngineOn, type Machine } from "./local-engine.ts";
import { libraries } from "./sqlite-libraries.fake.ts";
import { machineClock } from "./worker-table.ts";

afterAll(removeFolders);

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

for (const [name, library] of libraries) {
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

    it("once closed leaves one file, when its memory is collected at the latest, though it is kept itself", async () => {
      const folder = newFolder();
      const closed = async () => {
        const engine = open(folder);
        await engine.create({ id: "job", queue: "q", kind: "run", spec: null });
        await engine.close();
        return engine;
      };
      const kept = [await closed(), await closed()];
      await vi.waitUntil(() => {
        collect();
        return readdirSync(folder).join() === "jobs.db";
      });
      await expect(kept[0]?.list()).rejects.toMatchObject({ code: "invalid-argument" });
    });
  });
}
