import { Agent, BesedaError, tool } from "@beseda/core";
import { afterEach, describe, expect, it, vi } from "vitest";
import { createJobs } from "../create-jobs.ts";
import type { Jobs, JobsOptions, StartOptions } from "../jobs.ts";
import { called, LaterService, said } from "../journal/later-service.fake.ts";
import { noted, type Scenario, tellOf } from "./killed-runs.fake.ts";
import { Disk, MortalProcess, mortalEngine } from "./mortal-machine.fake.ts";

const opened: Jobs[] = [];
const options: StartOptions = { pollMs: 1 };

function jobsOn(disk: Disk, service: LaterService, more: Omit<JobsOptions, "engine"> = {}): Jobs {
  const agents = [new Agent({ name: "a", model: service.model })];
  const jobs = createJobs({ engine: mortalEngine(new MortalProcess(disk)), agents, ...more });
  opened.push(jobs);
  return jobs;
}

afterEach(async () => {
  await Promise.all(opened.splice(0).map((jobs) => jobs.close()));
  vi.useRealTimers();
});

describe("a model whose service has operations", () => {
  it("is asked by them, each begun once, wherever the process is killed", async () => {
    for (let write = 1, isOver = false; !isOver; write++) {
      const service = new LaterService(({ messages }) =>
        messages.length > 1 ? said("It is seven.") : called("look", "c1"),
      );
      const scenario: Scenario = {
        agent: (world) =>
          new Agent({
            name: "a",
            model: world.process.mortalModel(service.model),
            tools: [noted(world, "look", { replay: "never" })],
          }),
        input: "How much?",
        options,
      };
      const { result, crashes } = await tellOf(scenario, [write, write]);
      expect(result.text).toBe("It is seven.");
      expect(service.begun).toHaveLength(2);
      expect(service.orphans).toEqual([]);
      isOver = crashes === 0;
    }
  });

  it("may take as long as it takes, unless somebody says how long", async () => {
    vi.useFakeTimers();
    const service = new LaterService(() => said("At last."), { polls: 300 });
    const jobs = jobsOn(new Disk(), service);
    const patient = await jobs.start("a", "Well?");
    const hasty = await jobs.start("a", "Well?", { timeouts: { totalMs: 60_000 } });
    await vi.advanceTimersByTimeAsync(3_600_000);
    expect((await patient.poll()).response?.text).toBe("At last.");
    expect((await hasty.poll()).error).toMatchObject({ code: "timeout" });
    expect(service.begun.map(({ fate }) => fate).sort()).toEqual(["cancelled", "fetched"]);
  });

  it("has its operation called off with the run, while it is waited for and while it is being begun", async () => {
    for (const moment of ["poll", "submit"] as const) {
      const service = new LaterService(() => said("Too late."), { polls: 1_000 });
      const jobs = jobsOn(new Disk(), service);
      const reached = new Promise<void>((resolve) => {
        service.onCall = async (call) => {
          if (call !== moment) return;
          resolve();
          await new Promise((later) => setTimeout(later, 10));
        };
      });
      const operation = await jobs.start("a", "Well?", options);
      await reached;
      await operation.cancel();
      await expect(operation.result()).rejects.toMatchObject({ code: "aborted" });
      expect(service.begun.map(({ fate }) => fate)).toEqual(["cancelled"]);
    }
  });

  it("keeps its operation when the process closes: the next one fetches it", async () => {
    const disk = new Disk();
    const service = new LaterService(() => said("Here I am."), { polls: 3 });
    const first = jobsOn(disk, service);
    const polled = new Promise<void>((resolve) => {
      service.onCall = (call) => {
        if (call === "poll") resolve();
      };
    });
    const { id } = await first.start("a", "Well?", { pollMs: 50 });
    await polled;
    await first.close();
    expect(service.begun).toMatchObject([{ id: "op-1" }]);
    expect(service.orphans).toEqual(["op-1"]);
    const operation = await jobsOn(disk, service).attach<{ text: string }>(id);
    expect((await operation.result()).text).toBe("Here I am.");
    expect(service.begun).toHaveLength(1);
  });

  it("goes on being waited for, however many processes die while they wait", async () => {
    vi.useFakeTimers();
    const disk = new Disk();
    const service = new LaterService(() => said("At last."), { polls: 1_000_000 });
    const { id } = await jobsOn(disk, service, { work: false }).start("a", "Well?");
    for (let kills = 1; kills <= 12; kills++) {
      const process = new MortalProcess(disk);
      const agents = [new Agent({ name: "a", model: process.mortalModel(service.model) })];
      createJobs({ engine: mortalEngine(process), agents });
      await vi.advanceTimersByTimeAsync(500);
      expect(disk.jobs.get(id)?.job).toMatchObject({ state: "running", attempts: kills });
      process.die();
    }
    for (const one of service.begun) one.pollsLeft = 1;
    jobsOn(disk, service);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(disk.jobs.get(id)?.job).toMatchObject({ state: "done", outcome: { response: { text: "At last." } } });
    expect(service.begun).toHaveLength(1);
  });

  it("has its operation called off where its worker dies again and again with something else", async () => {
    vi.useFakeTimers();
    const disk = new Disk();
    const service = new LaterService(() => called("look", "c1"), { polls: 1 });
    let process = new MortalProcess(disk);
    const look = tool({
      name: "look",
      description: "Ends the process.",
      inputSchema: { type: "object", properties: {} },
      replay: "safe",
      execute: () => process.die(),
    });
    const agentOf = () => new Agent({ name: "a", model: process.mortalModel(service.model), tools: [look] });
    const { id } = await jobsOn(disk, service, { work: false }).start("a", "Well?");
    const isDone = () => disk.jobs.get(id)?.job.state === "done";
    for (let kills = 0; kills < 20 && !isDone(); kills++) {
      process = new MortalProcess(disk);
      createJobs({ engine: mortalEngine(process), agents: [agentOf()] });
      for (let waits = 0; waits < 100 && !process.isDead && !isDone(); waits++)
        await vi.advanceTimersByTimeAsync(1_000);
    }
    expect(disk.jobs.get(id)?.job.outcome?.error?.message).toMatch(/died 10 times/);
    expect([...disk.jobs.values()].map(({ job }) => job.kind)).toEqual(["run", "call-off"]);
  });

  it("has its operation called off where the run ends without it, as when the service takes the key no more", async () => {
    const service = new LaterService(() => said("Too late."), { polls: 1_000 });
    const operation = await jobsOn(new Disk(), service).start("a", "Well?", options);
    let isRefused = true;
    service.onCall = (call) => {
      if (call === "poll" && isRefused) throw new BesedaError("No such key.", { code: "unauthorized" });
    };
    await expect(operation.result()).rejects.toMatchObject({ code: "unauthorized" });
    isRefused = false;
    await vi.waitFor(() => expect(service.orphans).toEqual([]));
  });

  it("has the operations of a series called off with it, and their ends told", async () => {
    vi.useFakeTimers();
    const disk = new Disk();
    const service = new LaterService(() => said("Too late."), { polls: 1_000_000 });
    const webhookSecret = "known to both";
    const first = jobsOn(disk, service, { webhookSecret });
    const told = { every: 60_000, webhook: "http://127.0.0.1:9/" };
    const { id } = await first.start("a", "Well?", told);
    await vi.advanceTimersByTimeAsync(61_000);
    expect(service.orphans).toHaveLength(2);
    await first.close();
    const head = await jobsOn(disk, service, { work: false }).attach(id);
    await head.cancel();
    const jobs = [...disk.jobs.values()].map(({ job }) => job);
    const kinds = (kind: string) => jobs.filter((job) => job.kind === kind);
    expect(kinds("run").map(({ state }) => state)).toEqual(["done", "done", "done"]);
    expect(kinds("webhook")).toHaveLength(3);
    expect(kinds("call-off")).toHaveLength(2);
    jobsOn(disk, service);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(service.orphans).toEqual([]);
  });

  it("is not deleted while its service may be at work for it", async () => {
    const disk = new Disk();
    const service = new LaterService(() => said("Too late."), { polls: 1_000 });
    const jobs = jobsOn(disk, service);
    const { id } = await jobs.start("a", "Well?", { pollMs: 50 });
    await vi.waitFor(() => expect(disk.jobs.get(id)?.job.metadata.withService).toBeDefined());
    await jobs.close();
    const idle = jobsOn(disk, service, { work: false });
    await expect(idle.delete(id)).rejects.toMatchObject({ code: "locked", hint: expect.stringContaining("Cancel") });
    await (await idle.attach(id)).cancel();
    await idle.delete(id);
    expect([...disk.jobs.values()].map(({ job }) => job.kind)).toEqual(["call-off"]);
  });

  it("is asked for a new one where an operation has failed for a reason that may pass", async () => {
    vi.useFakeTimers();
    const service = new LaterService(() => said("Better now."), { polls: 1 });
    let polls = 0;
    const operations = service.model.operations;
    if (!operations) throw new Error("It has none.");
    const poll = operations.poll.bind(operations);
    operations.poll = async (id) => {
      const error = new BesedaError("It was overloaded.", { code: "unavailable", isRetryable: true });
      if (polls++ === 0) {
        await operations.cancel(id);
        return { id, done: true, error };
      }
      return poll(id);
    };
    const operation = await jobsOn(new Disk(), service).start("a", "Well?");
    await vi.advanceTimersByTimeAsync(20_000);
    expect((await operation.poll()).response?.text).toBe("Better now.");
    expect(service.begun).toHaveLength(2);
  });

  it("is asked at once where that is wanted, and as sub-agents are asked, whose call has a limit of time", async () => {
    const service = new LaterService(() => called("helper", "c1", { task: "Help." }));
    const asked: string[] = [];
    const now = (name: string, text: string) => ({
      ...service.model,
      async *stream() {
        asked.push(name);
        yield said(text);
      },
    });
    const helper = new Agent({ name: "helper", description: "Helps.", model: now("helper", "Seven.") });
    const jobs = createJobs({ engine: mortalEngine(new MortalProcess(new Disk())) });
    opened.push(jobs);
    const chief = new Agent({ name: "chief", model: service.model, tools: [helper.asTool()], maxSteps: 2 });
    const result = await (await jobs.start(chief, "Well?", options)).result();
    expect(result.steps[0]?.toolResults[0]?.output).toBe("Seven.");
    const direct = new Agent({ name: "direct", model: now("direct", "At once.") });
    expect((await (await jobs.start(direct, "Well?", { calls: "sync" })).result()).text).toBe("At once.");
    expect(service.begun).toHaveLength(1);
    expect(asked).toEqual(["helper", "direct"]);
  });
});
