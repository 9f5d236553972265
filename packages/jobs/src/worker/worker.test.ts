import { Agent, BesedaError, type LanguageModel, type ModelEvent, type Tool, tool } from "@beseda/core";
import { scriptedModel } from "@beseda/core/testing";
import { afterEach, describe, expect, it, vi } from "vitest";
import { createJobs } from "../create-jobs.ts";
import type { Jobs, JobsOptions } from "../jobs.ts";
import { Disk, MortalProcess, mortalEngine } from "../operations/mortal-machine.fake.ts";

const opened: Jobs[] = [];

function jobsOn(disk: Disk, options: Omit<JobsOptions, "engine"> = {}, process = new MortalProcess(disk)): Jobs {
  const jobs = createJobs({ engine: mortalEngine(process), ...options });
  opened.push(jobs);
  return jobs;
}

afterEach(async () => {
  await Promise.all(opened.splice(0).map((jobs) => jobs.close()));
  vi.useRealTimers();
});

/** A model whose replies come when they are let go. */
function heldModel() {
  const asked: (() => void)[] = [];
  let onAsked = () => {};
  const model: LanguageModel = {
    provider: "held",
    modelId: "held",
    async *stream({ messages }, { signal } = {}): AsyncGenerator<ModelEvent[]> {
      yield [{ type: "text-delta", text: "Let me " }];
      await new Promise<void>((resolve, reject) => {
        asked.push(resolve);
        signal?.addEventListener("abort", () => reject(signal.reason), { once: true });
        onAsked();
      });
      const calls = messages.filter(({ role }) => role === "tool").length;
      if (calls > 0)
        yield [
          { type: "text-delta", text: "tell." },
          { type: "finish", finishReason: "stop" },
        ];
      else {
        const call = { type: "tool-call", toolCallId: "c1", toolName: "look", input: "{}" } as const;
        yield [call, { type: "finish", finishReason: "tool-calls" }];
      }
    },
  };
  return {
    model,
    letGo: () => asked.splice(0).forEach((reply) => void reply()),
    asked: () =>
      new Promise<void>((resolve) => {
        onAsked = resolve;
        if (asked.length > 0) resolve();
      }),
  };
}

const lookInto = (looked: string[]) =>
  tool({
    name: "look",
    description: "Looks.",
    inputSchema: { type: "object", properties: {} },
    replay: "never",
    execute: (_input, { runId }) => {
      looked.push(runId);
      return "seen";
    },
  }) as Tool;

describe("a worker", () => {
  it("shares the work with others: each job has one owner", async () => {
    const disk = new Disk();
    const looked: string[] = [];
    const calls: string[] = [];
    const agentOf = (name: string) =>
      new Agent({
        name: "scout",
        model: scriptedModel(({ messages }) => {
          calls.push(name);
          return messages.length > 1
            ? { text: `${name} saw it.` }
            : { toolCalls: [{ toolName: "look", input: {}, toolCallId: "c1" }] };
        }),
        tools: [lookInto(looked)],
      });
    const one = jobsOn(disk, { agents: [agentOf("one")], concurrency: 2 });
    jobsOn(disk, { agents: [agentOf("two")], concurrency: 2 });
    const operations = await Promise.all(Array.from({ length: 40 }, () => one.start("scout", "Look.")));
    await Promise.all(operations.map((operation) => operation.result()));
    expect(calls).toHaveLength(80);
    expect(new Set(looked).size).toBe(40);
    expect(looked).toHaveLength(40);
    expect(new Set(calls)).toEqual(new Set(["one", "two"]));
  });

  it("leaves a job whose agent it does not know to others, and says so", async () => {
    const disk = new Disk();
    jobsOn(disk, { agents: [new Agent({ name: "cook", model: scriptedModel([]) })] });
    const operation = await jobsOn(disk, { work: false }).start("scout", "Look.");
    await vi.waitFor(async () => expect((await operation.poll()).metadata.problem).toBeDefined());
    expect(operation.metadata.problem).toMatch(/agent "scout".*it knows: cook/);
    await vi.waitFor(async () => expect((await operation.poll()).state).toBe("queued"));
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 11_000 });
    jobsOn(disk, { agents: [new Agent({ name: "scout", model: scriptedModel([{ text: "Seen." }]) })] });
    const found = await vi.waitFor(async () => {
      const { response } = (await operation.poll()) as { response?: { text: string } };
      expect(response).toBeDefined();
      return response;
    });
    expect(found?.text).toBe("Seen.");
    expect(operation.metadata.problem).toBeUndefined();
  });

  it("stops a run that is cancelled, and keeps what it had said", async () => {
    const disk = new Disk();
    const held = heldModel();
    const process = new MortalProcess(disk);
    const agent = new Agent({ name: "a", model: held.model, tools: [lookInto([])], memory: process.memory() });
    const operation = await jobsOn(disk, { agents: [agent] }, process).start("a", "Look.", { threadId: "t" });
    await held.asked();
    await (await jobsOn(disk, { work: false }).attach(operation.id)).cancel();
    await expect(operation.result()).rejects.toMatchObject({
      code: "aborted",
      message: "The operation was cancelled.",
    });
    expect(operation.metadata.result).toMatchObject({ finishReason: "aborted", text: "Let me " });
    expect(disk.threads.get("t")).toMatchObject([{ role: "user" }, { role: "assistant", finishReason: "aborted" }]);
  });

  it("never begins a run that was cancelled before", async () => {
    const disk = new Disk();
    const model = scriptedModel([]);
    const idle = jobsOn(disk, { work: false, agents: [new Agent({ name: "a", model })] });
    const operation = await (await idle.start("a", "Look.")).cancel();
    expect(operation).toMatchObject({ done: true, error: { code: "aborted" } });
    const worker = jobsOn(disk, { agents: [new Agent({ name: "a", model: scriptedModel([{ text: "Hi." }]) })] });
    await (await worker.start("a", "Hello")).result();
    expect(model.requests).toEqual([]);
  });

  it("lets what is in flight finish when it is closed, begins nothing new, and the next one goes on from there", async () => {
    const disk = new Disk();
    const looked: string[] = [];
    const held = heldModel();
    const process = new MortalProcess(disk);
    const agentOf = (model: LanguageModel) =>
      new Agent({ name: "a", model, tools: [lookInto(looked)], memory: process.memory() });
    const first = jobsOn(disk, { agents: [agentOf(held.model)] }, process);
    const { id } = await first.start("a", "Look.", { threadId: "t" });
    await held.asked();
    const closed = first.close();
    held.letGo();
    await closed;
    expect(disk.jobs.get(id)?.job).toMatchObject({ state: "queued", attempts: 0 });
    expect(looked).toEqual([]);

    const model = scriptedModel([{ text: "tell." }]);
    const result = await (await jobsOn(disk, { agents: [agentOf(model)] }).attach<{ text: string }>(id)).result();
    expect(result.text).toBe("tell.");
    // The first reply came from the journal, its call was carried out now.
    expect(model.requests).toHaveLength(1);
    expect(looked).toEqual([id]);
    expect(disk.threads.get("t")?.map(({ role }) => role)).toEqual(["user", "assistant", "tool", "assistant"]);
  });

  it("gives up after ten seconds what does not come to an end when it is closed, and keeps no half of a reply", async () => {
    vi.useFakeTimers();
    const disk = new Disk();
    const held = heldModel();
    const process = new MortalProcess(disk);
    const agent = new Agent({ name: "a", model: held.model, tools: [lookInto([])], memory: process.memory() });
    const jobs = jobsOn(disk, { agents: [agent] }, process);
    const { id } = await jobs.start("a", "Look.", { threadId: "t" });
    await held.asked();
    const closed = jobs.close();
    await vi.advanceTimersByTimeAsync(9_900);
    expect(disk.jobs.get(id)?.job.state).toBe("running");
    await vi.advanceTimersByTimeAsync(200);
    await closed;
    expect(disk.jobs.get(id)?.job.state).toBe("queued");
    expect(disk.threads.get("t")).toHaveLength(1);
  });

  it("writes nothing any more to a job that another has taken", async () => {
    const disk = new Disk();
    const held = heldModel();
    const process = new MortalProcess(disk);
    const agent = new Agent({ name: "a", model: held.model, tools: [lookInto([])], memory: process.memory() });
    const { id } = await jobsOn(disk, { agents: [agent] }, process).start("a", "Look.", { threadId: "t" });
    await held.asked();
    const stored = disk.jobs.get(id);
    const other = new MortalProcess(disk);
    Object.assign(stored ?? {}, { process: other });
    const before = JSON.stringify([stored?.job, [...(stored?.journal ?? [])], disk.threads.get("t")]);
    stored?.lease?.abort(new BesedaError("The lease is lost.", { code: "locked" }));
    held.letGo();
    await Promise.all(opened.splice(0).map((jobs) => jobs.close()));
    expect(JSON.stringify([stored?.job, [...(stored?.journal ?? [])], disk.threads.get("t")])).toBe(before);
  });

  it("tries again what failed for a reason that may pass, later and later, without asking for what it has", async () => {
    vi.useFakeTimers();
    const disk = new Disk();
    const looked: string[] = [];
    const down = () => new BesedaError("Nobody answers.", { code: "unavailable", isRetryable: true });
    const model = scriptedModel([
      { toolCalls: [{ toolName: "look", input: {}, toolCallId: "c1" }] },
      { text: "I sa", error: down() },
      { error: down() },
      { text: "I saw it." },
    ]);
    const process = new MortalProcess(disk);
    const agent = new Agent({ name: "a", model, tools: [lookInto(looked)], memory: process.memory() });
    const operation = await jobsOn(disk, { agents: [agent] }, process).start("a", "Look.", { threadId: "t" });
    await vi.waitFor(() => expect(disk.jobs.get(operation.id)?.job.metadata.failures).toBe(1));
    expect((await operation.poll()).metadata.problem).toMatch(/Nobody answers/);
    await vi.advanceTimersByTimeAsync(3_500);
    expect(model.requests).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(30_000);
    expect((await operation.poll()).response).toMatchObject({ text: "I saw it." });
    expect(operation.metadata).not.toHaveProperty("problem");
    expect(looked).toHaveLength(1);
    expect(disk.threads.get("t")?.map(({ role }) => role)).toEqual(["user", "assistant", "tool", "assistant"]);
  });

  it("does not try for ever, and not at all where trying cannot help", async () => {
    vi.useFakeTimers();
    const disk = new Disk();
    const broken = (isRetryable: boolean) =>
      scriptedModel(() => ({ error: new BesedaError("It is broken.", { code: "unavailable", isRetryable }) }));
    const [passing, final] = [broken(true), broken(false)];
    const agents = [new Agent({ name: "passing", model: passing }), new Agent({ name: "final", model: final })];
    const jobs = jobsOn(disk, { agents });
    const operations = await Promise.all(["passing", "final"].map((name) => jobs.start(name, "Hi")));
    await vi.advanceTimersByTimeAsync(600_000);
    for (const operation of operations) {
      expect(await operation.poll()).toMatchObject({ done: true, error: { code: "unavailable" } });
    }
    expect([passing, final].map(({ requests }) => requests.length)).toEqual([5, 1]);
  });

  it("works until it is told to stop", async () => {
    const disk = new Disk();
    const stop = new AbortController();
    const agents = [new Agent({ name: "a", model: scriptedModel([{ text: "One." }, { text: "Two." }]) })];
    const jobs = jobsOn(disk, { work: false, agents });
    const working = jobs.work({ signal: stop.signal });
    await (await jobs.start("a", "Hi")).result();
    stop.abort();
    await working;
    const next = await jobs.start("a", "Hi");
    expect((await next.poll()).state).toBe("queued");
    expect(disk.jobs.get(next.id)?.job.attempts).toBe(0);
  });
});
