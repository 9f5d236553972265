import { Agent, type LanguageModel, type RunResult, tool } from "@beseda/core";
import { scriptedModel } from "@beseda/core/testing";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { partLabels } from "../batches/batch-place.ts";
import { createJobs } from "../create-jobs.ts";
import { memoryFiles } from "../engines/bullmq/memory-files.fake.ts";
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

async function* never(): AsyncGenerator<never> {
  await new Promise(() => {});
}

beforeEach(() => {
  vi.useFakeTimers({ now: start });
});

afterEach(async () => {
  await Promise.all(opened.splice(0).map((jobs) => jobs.close()));
  vi.useRealTimers();
});

/** Of an operation of a series, without what tells the series from others. */
const nameOf = (id: string) => id.replace(/\/[0-9a-f]{8}\//, "/");

const times = (disk: Disk) =>
  [...disk.jobs.values()].map(({ job }) => [nameOf(job.id), (Date.parse(job.runAt) - start) / hour, job.state]);

const idOf = (disk: Disk, name: string) => [...disk.jobs.keys()].find((id) => nameOf(id) === name) ?? name;

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
    const id = idOf(disk, "cuckoo/1");
    const result = disk.jobs.get(id)?.job.outcome?.response as unknown as RunResult;
    expect(result).toMatchObject({ runId: id, text: "Cuckoo." });
  });

  it("leaves out the times at which nobody was there", async () => {
    const disk = new Disk();
    await (await jobsOn(disk).start("clock", "Call.", { id: "cuckoo", every: hour })).wait();
    await Promise.all(opened.splice(0).map((jobs) => jobs.close()));
    vi.setSystemTime(start + 7.5 * hour);
    await (await jobsOn(disk).attach(idOf(disk, "cuckoo/1"))).wait();
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
      if (end === "cancel") await (await jobs.attach(idOf(disk, "cuckoo/2"))).cancel();
      else if (end === "delete") await jobs.delete("cuckoo");
      else await first.cancel();
      await vi.advanceTimersByTimeAsync(3 * hour);
      expect(times(disk).filter(([, , state]) => state !== "done")).toEqual([]);
      expect(disk.jobs.has(idOf(disk, "cuckoo/3"))).toBe(false);
    }
  });

  it("ends with a deletion that is asked for again, wherever it was cut short", async () => {
    for (let lastWrite = 1; lastWrite <= 2; lastWrite++) {
      const disk = new Disk();
      await (await jobsOn(disk).start("clock", "Call.", { id: "cuckoo", every: hour })).wait();
      const dying = new MortalProcess(disk, lastWrite);
      void createJobs({ engine: mortalEngine(dying), work: false }).delete("cuckoo");
      await dying.death;
      await createJobs({ engine: mortalEngine(new MortalProcess(disk)), work: false }).delete("cuckoo");
      expect([...disk.jobs.values()].map(({ job }) => [nameOf(job.id), job.state])).toEqual([["cuckoo/1", "done"]]);
    }
  });

  it("goes on alone however often it is started, also when its first operation is older than what is kept", async () => {
    const disk = new Disk();
    const begin = (jobs: Jobs) => jobs.start("clock", "Call.", { id: "cuckoo", every: 24 * hour });
    const jobs = jobsOn(disk);
    const forget = () => forgetOld(mortalEngine(new MortalProcess(disk)), 1);
    await begin(jobs);
    await vi.advanceTimersByTimeAsync(3.5 * 24 * hour);
    await forget();
    expect(disk.jobs.has(idOf(disk, "cuckoo/1"))).toBe(false);
    await begin(jobs);
    await vi.advanceTimersByTimeAsync(2 * 24 * hour);
    expect(times(disk).filter(([, , state]) => state === "queued")).toEqual([["cuckoo/6", 6 * 24, "queued"]]);
    await (await jobs.attach("cuckoo")).cancel();
    await vi.advanceTimersByTimeAsync(2 * 24 * hour);
    await forget();
    expect(times(disk)).toEqual([]);
  });

  it("goes on alone when one of them is taken up whose next one was forgotten meanwhile", async () => {
    const disk = new Disk();
    const engine = mortalEngine(new MortalProcess(disk));
    const order = tool({
      name: "order",
      description: "Orders.",
      inputSchema: { type: "object", properties: {} },
      needsApproval: true,
      execute: () => "ordered",
    });
    const model = scriptedModel((_, call) =>
      call === 0 ? { toolCalls: [{ toolName: "order", input: {}, toolCallId: "c1" }] } : { text: "Cuckoo." },
    );
    const jobs = createJobs({ engine, agents: [new Agent({ name: "clock", model, tools: [order] })] });
    opened.push(jobs);
    const first = await jobs.start("clock", "Call.", { id: "cuckoo", every: 24 * hour });
    await vi.advanceTimersByTimeAsync(3.5 * 24 * hour);
    await forgetOld(engine, 1);
    await first.resume([{ callId: "c1", approved: true }]);
    await first.wait();
    await vi.advanceTimersByTimeAsync(24 * hour);
    expect(disk.jobs.has(idOf(disk, "cuckoo/1"))).toBe(false);
    expect(times(disk).filter(([, , state]) => state === "queued")).toEqual([["cuckoo/5", 5 * 24, "queued"]]);
  });

  it("begins anew under the id of one that was called off and deleted", async () => {
    const disk = new Disk();
    const jobs = jobsOn(disk);
    const begin = () => jobs.start("clock", "Call.", { id: "cuckoo", every: hour });
    await (await (await begin()).wait()).cancel();
    await jobs.delete("cuckoo");
    await begin();
    await vi.advanceTimersByTimeAsync(2.5 * hour);
    expect(times(disk).filter(([, , state]) => state === "queued")).toEqual([["cuckoo/3", 3, "queued"]]);
    // What is left of the series before has nothing to do with it.
    await jobs.delete(idOf(disk, "cuckoo/1"));
    expect(times(disk).filter(([, , state]) => state === "queued")).toHaveLength(1);
  });

  it("keeps its times, however late and often one of them is taken up", async () => {
    const disk = new Disk();
    const others = [new Agent({ name: "dial", model: scriptedModel([]) })];
    const strangers = createJobs({ engine: mortalEngine(new MortalProcess(disk)), agents: others });
    opened.push(strangers);
    const here = { id: "cuckoo", every: hour, runAt: new Date(start + hour) };
    await createJobs({ engine: mortalEngine(new MortalProcess(disk)), work: false }).start("clock", "Call.", here);
    await vi.advanceTimersByTimeAsync(1.2 * hour);
    await strangers.close();
    jobsOn(disk);
    await vi.advanceTimersByTimeAsync(0.1 * hour);
    expect(times(disk).at(-1)).toEqual(["cuckoo/1", 2, "queued"]);
  });
});

describe("what is not done", () => {
  it("is not deleted, and neither it nor its series is called off", async () => {
    const disk = new Disk();
    const silent: LanguageModel = { ...scriptedModel([]), stream: () => never() };
    const jobs = createJobs({
      engine: mortalEngine(new MortalProcess(disk)),
      agents: [new Agent({ name: "clock", model: silent })],
    });
    opened.push(jobs);
    await jobs.start("clock", "Call.", { id: "cuckoo", every: hour });
    await vi.advanceTimersByTimeAsync(1_000);
    const before = structuredClone([...disk.jobs.values()].map(({ job }) => job));
    expect(before.map(({ state }) => state)).toEqual(["running", "queued"]);
    for (const { id } of before) await expect(jobs.delete(id)).rejects.toMatchObject({ code: "locked" });
    expect([...disk.jobs.values()].map(({ job }) => job)).toEqual(before);
    const first = await jobs.attach("cuckoo");
    await first.cancel();
    await vi.advanceTimersByTimeAsync(1_000);
    await jobs.delete("cuckoo");
    expect(disk.jobs.has("cuckoo")).toBe(false);
  });
});

describe("what is done", () => {
  it("stays for as long as its webhook is not delivered", async () => {
    const disk = new Disk();
    const process = new MortalProcess(disk);
    const engine = mortalEngine(process);
    const agents = [new Agent({ name: "clock", model: scriptedModel([{ text: "Cuckoo." }]) })];
    const beginner = createJobs({ engine, webhookSecret: "known to both", work: false });
    await beginner.start("clock", "Call.", { id: "told", webhook: "https://example.com" });
    // A worker without the secret.
    opened.push(createJobs({ engine, agents }));
    await vi.advanceTimersByTimeAsync(1_000);
    vi.setSystemTime(start + 31 * 24 * hour);
    await forgetOld(engine, 30);
    expect([...disk.jobs.values()].map(({ job }) => [job.kind, job.state])).toEqual([
      ["run", "done"],
      ["webhook", "queued"],
    ]);
    const [, webhook] = [...disk.jobs.values()];
    Object.assign(webhook?.job ?? {}, { state: "done" });
    await forgetOld(engine, 30);
    expect(disk.jobs.has("told")).toBe(false);
  });

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

  it("is not taken for what was begun under its id while others were forgotten", async () => {
    const disk = new Disk();
    const jobs = jobsOn(disk);
    for (const id of ["old", "again"]) await (await jobs.start("clock", "Call.", { id })).wait();
    vi.setSystemTime(start + 31 * 24 * hour);
    const engine = mortalEngine(new MortalProcess(disk));
    const deleteOld = async (id: string) => {
      await engine.delete(id);
      if (id !== "old") return;
      await jobs.delete("again");
      await jobs.start("clock", "Call.", { id: "again", runAt: new Date(start + 90 * 24 * hour) });
    };
    await forgetOld({ ...engine, delete: deleteOld }, 30);
    expect([...disk.jobs.values()].map(({ job }) => [job.id, job.state])).toEqual([["again", "queued"]]);
  });

  it("is forgotten though a batch among it cannot be yet, one of whose parts is still worked on", async () => {
    const engine = { ...mortalEngine(new MortalProcess(new Disk())), files: memoryFiles() };
    const signal = new AbortController().signal;
    for (const id of ["one", "two"]) {
      await engine.create({ id, queue: "q", kind: "batch", spec: {} });
      await (await engine.claim({ queue: "q", kinds: ["batch"], signal }))?.finish({ response: null });
    }
    await engine.create({ id: "one-1", queue: "q", kind: "part", spec: {}, labels: partLabels("one") });
    await engine.claim({ queue: "q", kinds: ["part"], signal });
    vi.setSystemTime(start + 31 * 24 * hour);
    await forgetOld(engine, 30);
    expect((await engine.list({ kind: "batch" })).map(({ id }) => id)).toEqual(["one"]);
  });

  it("is found behind any number of those that began before and were done only now", async () => {
    const disk = new Disk();
    const jobs = jobsOn(disk);
    for (let number = 0; number < 120; number++) {
      await jobs.start("clock", "Call.", { id: `later-${number}`, runAt: new Date(start + 30 * hour) });
    }
    await (await jobs.start("clock", "Call.", { id: "old" })).wait();
    await vi.advanceTimersByTimeAsync(31 * hour);
    await forgetOld(mortalEngine(new MortalProcess(disk)), 1);
    expect(disk.jobs.has("old")).toBe(false);
    expect(disk.jobs.size).toBe(120);
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
