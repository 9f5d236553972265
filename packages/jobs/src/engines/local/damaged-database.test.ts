// A database that something has happened to: it is told as damage, and what is well goes on.
import fs from "node:fs";
import { join } from "node:path";
import type { JobEngine } from "@beseda/core";
import { afterAll, afterEach, describe, expect, it, vi } from "vitest";
import { newFolder, removeFolders } from "../../files/try-folder.fake.ts";
import { localEngineOn } from "./local-engine.ts";
import { libraries } from "./sqlite-libraries.fake.ts";
import { machineClock } from "./worker-table.ts";

afterEach(() => {
  vi.restoreAllMocks();
});
afterAll(removeFolders);

const pageSize = 4_096;
const long = "z".repeat(3 * pageSize);
const job = (id: string, spec = "") => ({ id, queue: "q", kind: "run", spec });

for (const [name, library] of libraries) {
  describe.skipIf(!library)(`a database on ${name}${library ? "" : ", which this Node lacks,"}`, () => {
    const open = (folder: string) =>
      localEngineOn({ sqlite: async () => library ?? expect.unreachable(), now: machineClock }, folder);

    it("that is cut off within its last page is damaged, which opening it says", async () => {
      const whole = newFolder();
      const engine = open(whole);
      for (let n = 0; n < 5; n++) await engine.create(job(`job ${n}`, long));
      await engine.close();
      const bytes = fs.readFileSync(join(whole, "jobs.db"));
      for (const cut of [1, 100, pageSize - 1]) {
        const folder = newFolder();
        fs.writeFileSync(join(folder, "jobs.db"), bytes.subarray(0, -cut));
        const other = open(folder);
        await expect(other.count(), `${cut}`).rejects.toMatchObject({
          code: "damaged",
          message: expect.stringContaining("its end is missing"),
        });
        await other.close();
      }
    });

    it("whose end is missing while there is a log of changes is damaged, which reading it says", async () => {
      const whole = newFolder();
      const before = open(whole);
      await before.create(job("a", long));
      await before.create(job("b", long));
      await before.close();
      const engine = open(whole);
      await engine.cancel("a");
      const folder = newFolder();
      for (const file of ["jobs.db", "jobs.db-wal"]) fs.copyFileSync(join(whole, file), join(folder, file));
      await engine.close();
      const path = join(folder, "jobs.db");
      // Of the pages that hold the longest text one is gone, and another one is there in part.
      fs.truncateSync(path, fs.statSync(path).size - pageSize - 100);
      const other = open(folder);
      expect(await other.get("a")).toMatchObject({ state: "done" });
      await expect(other.get("b")).rejects.toMatchObject({ code: "damaged" });
      await other.close();
    });

    const claimed = async (engine: JobEngine) => {
      const lease = await engine.claim({ queue: "q", kinds: ["run"], signal: AbortSignal.timeout(5_000) });
      if (!lease) throw new Error("There is no lease.");
      return lease;
    };
    const breakJob = (folder: string, id: string) => {
      const database = (library ?? expect.unreachable())(join(folder, "jobs.db"), { busyMs: 1_000 });
      const sql = `UPDATE jobs SET body = replace(body, '"spec":"poison"', '"spec":"qoison"') WHERE id = ?`;
      expect(database.prepare(sql).run(id)).toBe(1);
      database.close();
    };
    const unreadable = {
      code: "damaged",
      message: expect.stringContaining('the job "poisoned" cannot be read'),
      hint: expect.stringContaining("Delete this one by its id"),
    };
    const idsOf = async (engine: JobEngine, limit?: number) => (await engine.list({ limit })).map(({ id }) => id);

    it("in which one job cannot be read has all others worked on, names it once, and forgets it by its id", async () => {
      const warn = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
      const folder = newFolder();
      const engine = open(folder);
      for (const id of ["poisoned", "a", "b"]) await engine.create(job(id, "poison"));
      breakJob(folder, "poisoned");
      const leases = [await claimed(engine), await claimed(engine)];
      expect(leases.map((lease) => lease.job.id)).toEqual(["a", "b"]);
      expect(await idsOf(engine)).toEqual(["b", "a"]);
      expect(await idsOf(engine, 1)).toEqual(["b"]);
      expect(await engine.count()).toEqual({ queued: 0, running: 2, waiting: 0, done: 0 });
      for (const call of [engine.get("poisoned"), engine.cancel("poisoned"), engine.create(job("poisoned"))]) {
        await expect(call).rejects.toMatchObject(unreadable);
      }
      for (const lease of leases) await lease.finish({ response: 1 });
      await engine.delete("poisoned");
      expect(await engine.get("poisoned")).toBe(undefined);
      expect(await engine.create(job("poisoned"))).toMatchObject({ spec: "" });
      expect((await claimed(engine)).job.id).toBe("poisoned");
      await engine.close();
      expect(warn.mock.calls).toEqual([
        [expect.stringContaining('the job "poisoned" cannot be read'), "BesedaWarning"],
      ]);
    });

    it("in which one job cannot be read lists the others in full, and counts it as it was", async () => {
      vi.spyOn(process, "emitWarning").mockImplementation(() => {});
      const folder = newFolder();
      const engine = open(folder);
      for (const id of ["a", "b", "poisoned"]) await engine.create(job(id, "poison"));
      breakJob(folder, "poisoned");
      expect(await idsOf(engine, 1)).toEqual(["b"]);
      expect(await idsOf(engine, 2)).toEqual(["b", "a"]);
      expect((await engine.count()).queued).toBe(3);
      await engine.close();
    });

    it("in which a job that somebody works on cannot be read is in nobody's way when its worker is gone", async () => {
      vi.spyOn(process, "emitWarning").mockImplementation(() => {});
      const folder = newFolder();
      const engine = open(folder);
      await engine.create(job("poisoned", "poison"));
      const lease = await claimed(engine);
      breakJob(folder, "poisoned");
      await expect(engine.delete("poisoned")).rejects.toMatchObject({ code: "locked" });
      const later = localEngineOn(
        { sqlite: async () => library ?? expect.unreachable(), now: () => machineClock() + 3_600_000 },
        folder,
      );
      await later.create(job("fine"));
      await expect(later.cancel("poisoned")).rejects.toMatchObject(unreadable);
      expect((await claimed(later)).job.id).toBe("fine");
      await expect(lease.write([["a", 1]])).rejects.toMatchObject({ code: "locked" });
      await later.delete("poisoned");
      await later.close();
      await engine.close();
    });

    it("in which one job cannot be read refuses whoever asks for that one, and none whose changes go with it", async () => {
      const folder = newFolder();
      const engine = open(folder);
      await engine.create(job("fine"));
      const lease = await claimed(engine);
      await engine.create(job("poisoned", "poison"));
      breakJob(folder, "poisoned");
      const [asked, written] = await Promise.allSettled([engine.cancel("poisoned"), lease.write([["a", 1]])]);
      expect(asked).toMatchObject({ status: "rejected", reason: unreadable });
      expect(written.status).toBe("fulfilled");
      expect(await lease.read()).toEqual([["a", 1]]);
      await engine.close();
    });
  });
}
