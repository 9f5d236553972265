import { Agent, BesedaError, type JobEngine, type Lease, type Tool, tool } from "@beseda/core";
import { scriptedModel } from "@beseda/core/testing";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { giveUpBatch } from "../batches/perform-batch.ts";
import { giveUpPart } from "../batches/perform-part.ts";
import { createJobs } from "../create-jobs.ts";
import { Disk, MortalProcess, mortalEngine } from "../operations/mortal-machine.fake.ts";
import { Bell } from "./bell.ts";
import { type Performer, Worker } from "./worker.ts";

const down = () => new BesedaError("The disk is full.", { code: "unavailable", isRetryable: true });

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

function workOn(disk: Disk, performer: Performer) {
  const place = {
    engine: mortalEngine(new MortalProcess(disk)),
    queue: "q",
    agents: new Map(),
    agentsOfBatches: new Map(),
  };
  const worker = new Worker(place, [performer], new Bell());
  worker.start();
  return worker;
}

/** Reports that `finished` rows are done, and throws. */
function failing(kind: string, finished: (time: number) => number): Performer & { times: number[] } {
  const times: number[] = [];
  return {
    kind,
    slots: 1,
    times,
    async perform(lease: Lease) {
      times.push(Date.now());
      await lease.report({ metadata: { rows: 9, finished: finished(times.length), failed: 0 } });
      throw down();
    },
  };
}

describe("a job whose performer throws", () => {
  it("is tried five times, later and later, though it reports over what was noted; a part then waits with all that is done", async () => {
    const disk = new Disk();
    const performer = { ...failing("part", () => 3), giveUp: giveUpPart };
    const { engine } = { engine: mortalEngine(new MortalProcess(disk)) };
    await engine.create({ id: "p", queue: "q", kind: "part", spec: {} });
    const worker = workOn(disk, performer);
    await vi.advanceTimersByTimeAsync(3_600_000);
    const [first = 0, ...others] = performer.times;
    expect(others.map((time) => Math.round((time - first) / 1_000))).toEqual([4, 20, 84, 340]);
    expect(await engine.get("p")).toMatchObject({
      state: "waiting",
      metadata: {
        finished: 3,
        stopped: "refused",
        error: { message: expect.stringMatching(/5 times in a row.*The disk is full/), hint: expect.any(String) },
      },
    });
    // Woken, it has as many again.
    await engine.wake("p", null);
    await vi.advanceTimersByTimeAsync(3_600_000);
    expect(performer.times).toHaveLength(10);
    await worker.stop();
  });

  it("leaves a batch that can be resumed", async () => {
    const disk = new Disk();
    const engine = mortalEngine(new MortalProcess(disk));
    await engine.create({ id: "b", queue: "q", kind: "batch", spec: {} });
    const worker = workOn(disk, { ...failing("batch", () => 3), giveUp: giveUpBatch });
    await vi.advanceTimersByTimeAsync(3_600_000);
    const stopped = { code: "unavailable", hint: expect.stringContaining("--resume") };
    expect(await engine.get("b")).toMatchObject({ state: "waiting", metadata: { state: "stopped", stopped } });
    await worker.stop();
  });

  it("is not given up for as long as it comes further in between", async () => {
    const disk = new Disk();
    const engine = mortalEngine(new MortalProcess(disk));
    await engine.create({ id: "p", queue: "q", kind: "part", spec: {} });
    const performer = { ...failing("part", (time) => Math.min(time, 9)), giveUp: giveUpPart };
    const worker = workOn(disk, performer);
    await vi.advanceTimersByTimeAsync(3_600_000);
    expect(performer.times).toHaveLength(9 + 4);
    await worker.stop();
  });

  it("is given back where it was called off meanwhile", async () => {
    const disk = new Disk();
    const engine = mortalEngine(new MortalProcess(disk));
    await engine.create({ id: "p", queue: "q", kind: "part", spec: {} });
    const perform = async ({ job }: Lease) => {
      await engine.cancel(job.id);
      throw down();
    };
    const worker = workOn(disk, { kind: "part", slots: 1, perform });
    await vi.advanceTimersByTimeAsync(1_000);
    await worker.stop();
    expect(disk.jobs.get("p")).toMatchObject({ process: undefined, job: { state: "done" } });
  });
});

/** Resolves once the disk has it that so many steps of the run are finished. */
function finishedSteps(disk: Disk, id: string, steps: number): Promise<void> {
  return new Promise((resolve) => {
    const look = () => {
      if (Number(disk.jobs.get(id)?.job.metadata.step ?? 0) < steps) return;
      disk.waiting.delete(look);
      resolve();
    };
    disk.waiting.add(look);
    look();
  });
}

describe("a run that takes its worker down", () => {
  it("is tried ten times, later and later, and then ends with an error; those beside it come to their ends", async () => {
    const disk = new Disk();
    const deaths: number[] = [];
    const begin = () => {
      const process = new MortalProcess(disk);
      const explode = tool({
        name: "explode",
        description: "Explodes.",
        effects: "read",
        inputSchema: { type: "object", properties: {} },
        execute: () => {
          // What a dead process does has no effect.
          if (!process.isDead) deaths.push(Date.now());
          process.die();
          return new Promise(() => {});
        },
      }) as Tool;
      const call = { toolCalls: [{ toolName: "explode", input: {}, toolCallId: "c1" }] };
      const bomb = new Agent({ name: "bomb", model: scriptedModel(() => call), tools: [explode] });
      const calm = new Agent({ name: "calm", model: scriptedModel(() => ({ text: "All is well." })) });
      return { process, jobs: createJobs({ engine: mortalEngine(process), agents: [bomb, calm] }) };
    };
    const first = begin();
    await first.jobs.start("bomb", "Go.", { id: "bomb" });
    let latest = first;
    for (let round = 0; round < 2_000 && disk.jobs.get("bomb")?.job.state !== "done"; round++) {
      await vi.advanceTimersByTimeAsync(1_000);
      if (!latest.process.isDead) continue;
      latest = begin();
      await latest.jobs.start("calm", "Well?", { id: `calm-${deaths.length}` });
    }
    await vi.advanceTimersByTimeAsync(1_000);
    expect(deaths).toHaveLength(10);
    const pauses = deaths.slice(1).map((time, index) => time - (deaths[index] ?? 0));
    expect(pauses.at(-1)).toBeGreaterThan(10 * (pauses[0] ?? 0));
    const bomb = await latest.jobs.attach("bomb");
    await expect(bomb.result()).rejects.toMatchObject({
      code: "internal",
      message: expect.stringContaining("10 times"),
    });
    for (const { job } of disk.jobs.values()) expect(job.state).toBe("done");
    await latest.jobs.close();
  });

  it("is not blamed for deaths between which it came further", async () => {
    const disk = new Disk();
    let step = 0;
    const agentOf = (process: MortalProcess) =>
      new Agent({
        name: "walker",
        maxSteps: 40,
        model: scriptedModel(({ messages }) =>
          messages.length > 24
            ? { text: "There." }
            : { toolCalls: [{ toolName: "walk", input: { to: messages.length }, toolCallId: `c${messages.length}` }] },
        ),
        tools: [
          tool({
            name: "walk",
            description: "Walks.",
            replay: "never",
            inputSchema: { type: "object", properties: { to: { type: "integer" } } },
            execute: async () => {
              await finishedSteps(disk, "w", step);
              step++;
              process.die();
              return "walked";
            },
          }) as Tool,
        ],
      });
    for (let round = 0; round < 100 && disk.jobs.get("w")?.job.state !== "done"; round++) {
      const process = new MortalProcess(disk);
      const jobs = createJobs({ engine: mortalEngine(process), agents: [agentOf(process)] });
      await jobs.start("walker", "Walk.", { id: "w" });
      await vi.advanceTimersByTimeAsync(10_000);
    }
    expect(step).toBeGreaterThan(10);
    expect(disk.jobs.get("w")?.job.outcome?.response).toMatchObject({ text: "There." });
  });
});

describe("a worker that cannot take jobs", () => {
  const refusing = (error: BesedaError, disk = new Disk()): JobEngine => ({
    ...mortalEngine(new MortalProcess(disk)),
    claim: () => Promise.reject(error),
  });
  const missing = () =>
    new BesedaError("bullmq is not installed.", { code: "missing-setting", hint: "npm install bullmq" });

  it("says so to whoever lets it work, where the reason does not pass by itself", async () => {
    const jobs = createJobs({ engine: refusing(missing()), work: false });
    await expect(jobs.work()).rejects.toMatchObject({ code: "missing-setting", hint: "npm install bullmq" });
    await jobs.close();
  });

  it("says so to whoever begins, finds or waits for something, instead of letting it lie", async () => {
    const agent = new Agent({ name: "a", model: scriptedModel([{ text: "Hi." }]) });
    const jobs = createJobs({ engine: refusing(missing()), agents: [agent] });
    const operation = await jobs.start("a", "Hello");
    const expected = { code: "missing-setting" };
    await vi.advanceTimersByTimeAsync(0);
    await expect(operation.wait()).rejects.toMatchObject(expected);
    await expect(jobs.start("a", "Hello")).rejects.toMatchObject(expected);
    await expect(jobs.attach(operation.id)).rejects.toMatchObject(expected);
    await expect(jobs.batch(agent, [{ prompt: "Hi" }], { output: "out.parquet" })).rejects.toMatchObject(expected);
    await jobs.close();
  });

  it("tries again, later and later, what may pass, and warns once", async () => {
    const warn = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
    const disk = new Disk();
    const engine = mortalEngine(new MortalProcess(disk));
    const asked: number[] = [];
    let isDown = true;
    const claim: JobEngine["claim"] = (wanted) => {
      if (wanted.kinds.includes("run")) asked.push(Date.now());
      return isDown ? Promise.reject(down()) : engine.claim(wanted);
    };
    const agent = new Agent({ name: "a", model: scriptedModel([{ text: "Hi." }]) });
    const jobs = createJobs({ engine: { ...engine, claim }, agents: [agent] });
    const operation = await jobs.start("a", "Hello");
    await vi.advanceTimersByTimeAsync(60_000);
    const [first = 0, second = 0] = asked;
    expect((asked.at(-1) ?? 0) - (asked.at(-2) ?? 0)).toBeGreaterThan(10 * (second - first));
    expect(warn).toHaveBeenCalledTimes(1);
    isDown = false;
    await vi.advanceTimersByTimeAsync(60_000);
    expect((await operation.poll()).response).toMatchObject({ text: "Hi." });
    await jobs.close();
  });

  it("closes within a time limit where its engine does not, and says what becomes of its jobs", async () => {
    const warn = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
    const engine: JobEngine = {
      ...mortalEngine(new MortalProcess(new Disk())),
      claim: () => new Promise(() => {}),
      close: () => new Promise(() => {}),
    };
    const closed = createJobs({ engine }).close();
    await vi.advanceTimersByTimeAsync(23_000);
    await closed;
    expect(warn).toHaveBeenCalledWith(expect.stringContaining("leases expire"), "BesedaWarning");
  });
});
