// The journal of a job across its leases.
import { describe, expect, it } from "vitest";
import { LeaseJournal } from "./lease-journal.ts";
import { memoryFiles } from "./memory-files.fake.ts";

const place = (lease: number) => ({ id: "a", folder: "jobs/a", lease });

describe("LeaseJournal", () => {
  it("refuses what a worker writes after its successor began, and nobody ever reads it", async () => {
    const files = memoryFiles();
    const stale = await LeaseJournal.open(files, place(2), [2]);
    await stale.write([["key", "before"]]);
    const next = await LeaseJournal.open(files, place(3), [2, 3]);
    await expect(stale.write([["key", "after"]])).rejects.toMatchObject({ code: "locked" });
    await next.write([["mine", 1]]);
    const third = await LeaseJournal.open(files, place(4), [2, 3, 4]);
    for (const journal of [next, third]) {
      expect(await journal.read()).toEqual([
        ["key", "before"],
        ["mine", 1],
      ]);
    }
  });

  it("reads what a worker wrote at the last moment before its successor began", async () => {
    const files = memoryFiles();
    const first = await LeaseJournal.open(files, place(2), [2]);
    const writes = Array.from({ length: 20 }, (_, n) => first.write([[`key ${n}`, n]]));
    const [next, ...ends] = await Promise.all([
      LeaseJournal.open(files, place(3), [2, 3]),
      ...writes.map((write) =>
        write.then(
          () => true,
          () => false,
        ),
      ),
    ]);
    const read = new Set((await next.read()).map(([key]) => key));
    for (const [n, isWritten] of ends.entries()) expect(read.has(`key ${n}`)).toBe(isWritten);
  });

  it("writes what comes at whatever moment of the write before", async () => {
    for (let ticks = 0; ticks < 30; ticks++) {
      const journal = await LeaseJournal.open(memoryFiles(), place(2), [2]);
      void journal.write([["first", 1]]);
      for (let tick = 0; tick < ticks; tick++) await undefined;
      await journal.write([["second", 2]]);
    }
  });

  it("writes what comes while it writes with one request", async () => {
    const files = memoryFiles();
    const journal = await LeaseJournal.open(files, place(2), [2]);
    files.requests.put = 0;
    await Promise.all(Array.from({ length: 100 }, (_, n) => journal.write([[`key ${n}`, n]])));
    expect(files.requests.put).toBe(1);
    expect(await journal.read()).toHaveLength(100);
  });
});
