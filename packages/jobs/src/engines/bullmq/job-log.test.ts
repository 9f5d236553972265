// The log of a job: who decides, and what it costs to read it.
import { afterEach, describe, expect, it, vi } from "vitest";
import type { LogEntry } from "./job-facts.ts";
import { JobLogs } from "./job-log.ts";
import { memoryFiles } from "./memory-files.fake.ts";

const at = "2026-01-31T08:00:00.000Z";
const created: LogEntry & { is: "created" } = {
  is: "created",
  at,
  place: "1.run.a.job",
  job: { id: "a", queue: "q", kind: "run", spec: null, runAt: at },
};
const claimed = (by: string): LogEntry => ({ is: "claimed", at, by, holder: by });
const reported = (event: number): LogEntry => ({ is: "reported", at, by: "w", metadata: { event }, events: [event] });

afterEach(() => {
  vi.useRealTimers();
});

describe("JobLogs", () => {
  it("lets one of two processes claim a job, and the other one thinks again with what it reads", async () => {
    const files = memoryFiles();
    const [one, other] = [new JobLogs(files), new JobLogs(files)];
    await one.begin("jobs/a", created);
    await Promise.all([one.read("jobs/a"), other.read("jobs/a")]);
    const claim = (logs: JobLogs, by: string) =>
      logs.change("jobs/a", (facts) => (facts?.job.state === "queued" ? claimed(by) : undefined));
    const holders = (await Promise.all([claim(one, "one"), claim(other, "other")])).map((facts) => facts?.holder);
    expect(new Set(holders).size).toBe(1);
    expect((await one.read("jobs/a"))?.job.attempts).toBe(1);
  });

  it("refuses nothing by what it remembers alone", async () => {
    const files = memoryFiles();
    const [one, other] = [new JobLogs(files), new JobLogs(files)];
    await one.begin("jobs/a", created);
    await other.change("jobs/a", () => claimed("w"));
    const facts = await one.change("jobs/a", (facts) => {
      if (facts?.job.state !== "running") throw new Error("It does not run.");
      return reported(1);
    });
    expect(facts?.job.metadata).toEqual({ event: 1 });
  });

  it("costs one list and at most 50 reads where nothing is remembered, however long it is, and two reads where it is", async () => {
    const files = memoryFiles();
    const writer = new JobLogs(files);
    await writer.begin("jobs/a", created);
    await writer.change("jobs/a", () => claimed("w"));
    for (let n = 0; n < 230; n++) await writer.change("jobs/a", () => reported(n));
    const reader = new JobLogs(files);
    Object.assign(files.requests, { get: 0, list: 0 });
    const facts = await reader.read("jobs/a");
    expect(files.requests).toMatchObject({ list: 1, get: 33 });
    expect(facts).toEqual(await writer.read("jobs/a"));
    Object.assign(files.requests, { get: 0, list: 0 });
    await reader.read("jobs/a");
    expect(files.requests).toMatchObject({ list: 0, get: 2 });
  });

  it("numbers the events alike for whoever has read all of it and whoever begins in the middle", async () => {
    const files = memoryFiles();
    const writer = new JobLogs(files);
    await writer.begin("jobs/a", created);
    for (let n = 0; n < 120; n++) await writer.change("jobs/a", () => reported(n));
    const all = Array.from({ length: 120 }, (_, n) => ({ seq: n + 1, event: n }));
    for (const logs of [writer, new JobLogs(files)]) {
      expect(await logs.events("jobs/a", 0)).toEqual(all);
      expect(await logs.events("jobs/a", 115)).toEqual(all.slice(115));
      expect(await logs.events("jobs/a", 40)).toEqual(all.slice(40));
    }
  });

  it("begins no job before the one that had its id is deleted, of which nothing would be left otherwise", async () => {
    vi.useFakeTimers();
    const files = memoryFiles();
    const [one, other] = [new JobLogs(files), new JobLogs(files)];
    await one.begin("jobs/a", created);
    await one.change("jobs/a", () => ({ is: "deleted", at: new Date().toISOString() }));
    const beginning = other.begin("jobs/a", { ...created, place: "0.run.a.job" });
    await vi.advanceTimersByTimeAsync(1_000);
    await files.delete("jobs/a/");
    await vi.advanceTimersByTimeAsync(1_000);
    expect((await beginning)?.place).toBe("0.run.a.job");
    // Who deleted it has died: then others tidy up.
    await other.change("jobs/a", () => ({ is: "deleted", at: new Date().toISOString() }));
    const cutShort = one.begin("jobs/a", created);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(await cutShort).toBeUndefined();
  });

  it("forgets a job that another process has deleted and made anew", async () => {
    const files = memoryFiles();
    const [one, other] = [new JobLogs(files), new JobLogs(files)];
    await one.begin("jobs/a", created);
    await one.change("jobs/a", () => claimed("w"));
    await files.delete("jobs/a/");
    expect(await one.read("jobs/a")).toBeUndefined();
    await other.begin("jobs/a", { ...created, job: { ...created.job, spec: "new" } });
    expect((await one.read("jobs/a"))?.job.spec).toBe("new");
  });
});
