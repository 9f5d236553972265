// A folder that is removed or replaced while it is in use: nothing is taken for done that nobody will find.
import fs from "node:fs";
import { join } from "node:path";
import type { JobEngine, Lease } from "@beseda/core";
import { afterAll, describe, expect, it, vi } from "vitest";
import { newFolder, removeFolders } from "../../files/try-folder.fake.ts";
import { localEngineOn } from "./local-engine.ts";
import { OpenedFile } from "./opened-file.ts";
import { libraries } from "./sqlite-libraries.fake.ts";
import { machineClock } from "./worker-table.ts";

afterAll(removeFolders);

const wanted = (signal: AbortSignal) => ({ queue: "q", kinds: ["run"], signal });
const job = (id: string) => ({ id, queue: "q", kind: "run", spec: null });

for (const [name, library] of libraries) {
  describe.skipIf(!library)(`a folder on ${name}${library ? "" : ", which this Node lacks,"}`, () => {
    const open = (folder: string) =>
      localEngineOn({ sqlite: async () => library ?? expect.unreachable(), now: machineClock }, folder);
    /** With a lease, and one that waits for work. */
    const used = async () => {
      const folder = newFolder();
      const engine = open(folder);
      await engine.create(job("job"));
      const lease = await engine.claim(wanted(new AbortController().signal));
      if (!lease) throw new Error("There is no lease.");
      const waiting = engine.claim(wanted(new AbortController().signal));
      waiting.catch(() => {});
      return { folder, engine, lease, waiting };
    };
    const everythingIsRefused = async (engine: JobEngine, lease: Lease, waiting: Promise<unknown>, folder: string) => {
      const gone = {
        code: "unavailable",
        message: expect.stringMatching(new RegExp(`${folder}/jobs\\.db.*removed or replaced while it was in use`)),
        hint: expect.stringContaining("End this process"),
      };
      await expect(lease.write([["a", 1]])).rejects.toMatchObject(gone);
      const calls = [
        () => engine.create(job("new")),
        () => engine.get("job"),
        () => engine.list(),
        () => engine.count(),
        () => engine.cancel("job"),
        () => engine.delete("job"),
        () => engine.events("job"),
        () => engine.claim(wanted(new AbortController().signal)),
        () => waiting,
      ];
      for (const call of calls) await expect(call(), String(call)).rejects.toMatchObject(gone);
      await vi.waitUntil(() => lease.signal.aborted, { timeout: 5_000 });
      expect(lease.signal.reason).toMatchObject({ code: "locked", message: gone.message });
    };

    it("that is removed while it is in use is refused by every call, and its work is stopped", async () => {
      const { folder, engine, lease, waiting } = await used();
      fs.rmSync(folder, { recursive: true });
      await everythingIsRefused(engine, lease, waiting, folder);
      await engine.close();
      expect(fs.existsSync(folder)).toBe(false);
    });

    it("whose database is replaced while it is in use is left to whoever has the new one", async () => {
      const { folder, engine, lease, waiting } = await used();
      fs.renameSync(folder, `${folder}-old`);
      const other = open(folder);
      await other.create(job("other"));
      await everythingIsRefused(engine, lease, waiting, folder);
      await engine.close();
      expect((await other.list()).map(({ id }) => id)).toEqual(["other"]);
      expect(fs.existsSync(join(folder, "jobs.db-wal"))).toBe(true);
      await other.close();
      fs.rmSync(`${folder}-old`, { recursive: true });
    });

    it("that is removed between the change and its commit keeps nothing", async () => {
      const { folder, engine, lease } = await used();
      const look = vi.spyOn(OpenedFile.prototype, "requireThere");
      const away = `${folder}-away`;
      look.mockImplementationOnce(function (this: OpenedFile) {
        fs.renameSync(folder, away);
        look.mockRestore();
        this.requireThere();
      });
      await expect(lease.write([["a", 1]])).rejects.toMatchObject({ code: "unavailable" });
      await engine.close();
      fs.renameSync(away, folder);
      const later = localEngineOn(
        { sqlite: async () => library ?? expect.unreachable(), now: () => machineClock() + 3_600_000 },
        folder,
      );
      expect(await (await later.claim(wanted(new AbortController().signal)))?.read()).toEqual([]);
      await later.close();
    });
  });
}
