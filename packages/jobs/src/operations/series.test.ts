import { Agent, type RunResult } from "@beseda/core";
import { scriptedModel } from "@beseda/core/testing";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createJobs } from "../create-jobs.ts";
import type { Jobs } from "../jobs.ts";
import { Disk, MortalProcess, mortalEngine } from "./mortal-machine.fake.ts";
import { forgetOld } from "./retention.ts";

const hour = 3_600_000;
const start = Date.UTC(2027, 0, 1);
const opened: Jobs[] = [];

function jobsOn(disk: Disk, process = new MortalProcess(disk)): Jobs {
  const agents = [new Agent({ name: "clock", model: process.mortalModel(scriptedModel(() => ({ text: "Cuckoo." }))) })];
  const jobs = createJobs({ engine: mortalEngine(process), agents });
  opened.push(jobs);
  return jobs;
}

beforeEach(() => {
  vi.useFakeTimers({ now: start });
});

afterEach(async () => {
  await Promise.all(opened.splice(0).map((jobs) => jobs.close()));
  vi.useRealTimers();
});

const times = (disk: Disk) =>
  [...disk.jobs.values()].map(({ job }) => [job.id, (Date.parse(job.runAt) - start) / hour, job.state]);

describe("an operation that begins again and again", () => {
  it("is there anew each time, the next one from when one begins", async () => {
    const disk = new Disk();
    await jobsOn(disk).start("clock", "Call.", { id: "cuckoo", every: hour, runAt: new Date(start + hour) });
    expect(times(disk)).toEqual([["cuckoo", 1, "queued"]]);
    await vi.advanceTimersByTimeAsync(2.5 * hour);
    expect(times(disk)).toEqual([
      ["cuckoo", 1, "done"],
      ["cuckoo/1", 2, "done"],
      ["cuckoo/2", 3, "queued"],
    ]);
    const result = disk.jobs.get("cuckoo/1")?.job.outcome?.response as unknown as RunResult;
    expect(result).toMatchObject({ runId: "cuckoo/1", text: "Cuckoo." });
  });

  it("leaves out the times at which nobody was there", async () => {
    const disk = new Disk();
    await (await jobsOn(disk).start("clock", "Call.", { id: "cuckoo", every: hour })).wait();
    await Promise.all(opened.splice(0).map((jobs) => jobs.close()));
    vi.setSystemTime(start + 7.5 * hour);
    await (await jobsOn(disk).attach("cuckoo/1")).wait();
    expect(times(disk)).toEqual([
      ["cuckoo", 0, "done"],
      ["cuckoo/1", 1, "done"],
      ["cuckoo/2", 8, "queued"],
    ]);
  });

  it("is there once, whenever the process is killed", async () => {
    for (let write = 1; write < 12; write++) {
      vi.setSystemTime(start);
      const disk = new Disk();
      const first = new MortalProcess(disk, write);
      const begin = (jobs: Jobs) => jobs.start("clock", "Call.", { id: "cuckoo", every: hour });
      await Promise.race([first.death, begin(jobsOn(disk, first)).then((operation) => operation.wait())]);
      // Long enough for another number of missed ones.
      vi.setSystemTime(start + 3.5 * hour);
      const jobs = jobsOn(disk);
      await (await begin(jobs)).wait();
      await vi.advanceTimersByTimeAsync(hour);
      const queued = times(disk).filter(([, , state]) => state === "queued");
      expect(queued).toHaveLength(1);
      await jobs.close();
      opened.length = 0;
    }
  });

  it("ends for good when any of its operations is cancelled or deleted", async () => {
    for (const end of ["cancel", "cancel the first", "delete"] as const) {
      vi.setSystemTime(start);
      const disk = new Disk();
      const jobs = jobsOn(disk);
      const first = await jobs.start("clock", "Call.", { id: "cuckoo", every: hour });
      await vi.advanceTimersByTimeAsync(1.5 * hour);
      if (end === "cancel") await (await jobs.attach("cuckoo/2")).cancel();
      else if (end === "delete") await jobs.delete("cuckoo");
      else await first.cancel();
      await vi.advanceTimersByTimeAsync(3 * hour);
      expect(times(disk).filter(([, , state]) => state !== "done")).toEqual([]);
      expect(disk.jobs.has("cuckoo/3")).toBe(false);
    }
  });
});

describe("what is done", () => {
  it("is forgotten after so many days, and nothing else", async () => {
    const disk = new Disk();
    const jobs = jobsOn(disk);
    for (const id of ["old-1", "old-2"]) await (await jobs.start("clock", "Call.", { id })).wait();
    await jobs.start("clock", "Call.", { id: "later", runAt: new Date(start + 90 * 24 * hour) });
    vi.setSystemTime(start + 20 * 24 * hour);
    await (await jobs.start("clock", "Call.", { id: "young" })).wait();
    const engine = mortalEngine(new MortalProcess(disk));
    await forgetOld(engine, 30);
    expect([...disk.jobs.keys()]).toEqual(["old-1", "old-2", "later", "young"]);
    vi.setSystemTime(start + 31 * 24 * hour);
    await forgetOld(engine, 30);
    expect([...disk.jobs.keys()]).toEqual(["later", "young"]);
  });

  it("is looked for by whoever works, now and every hour", async () => {
    const disk = new Disk();
    await (await jobsOn(disk).start("clock", "Call.", { id: "old" })).wait();
    await vi.advanceTimersByTimeAsync(29 * 24 * hour);
    expect(disk.jobs.has("old")).toBe(true);
    await vi.advanceTimersByTimeAsync(24 * hour + hour);
    expect(disk.jobs.has("old")).toBe(false);
  });
});
