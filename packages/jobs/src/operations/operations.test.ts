import { Agent, BesedaError, type JobEngine, type RunResult, type StreamPart, type Tool, tool } from "@beseda/core";
import { type ScriptedReply, scriptedModel } from "@beseda/core/testing";
import { afterEach, describe, expect, it, vi } from "vitest";
import { z } from "zod";
import { createJobs } from "../create-jobs.ts";
import type { Jobs, JobsOptions } from "../jobs.ts";
import { comparable } from "./killed-runs.fake.ts";
import { Disk, MortalProcess, mortalEngine } from "./mortal-machine.fake.ts";

const opened: Jobs[] = [];

function jobsOn(disk: Disk, options: Omit<JobsOptions, "engine"> = {}): Jobs {
  const jobs = createJobs({ engine: mortalEngine(new MortalProcess(disk)), ...options });
  opened.push(jobs);
  return jobs;
}

afterEach(async () => {
  await Promise.all(opened.splice(0).map((jobs) => jobs.close()));
  vi.useRealTimers();
});

const stock = tool({
  name: "stock",
  description: "Looks up the stock.",
  inputSchema: { type: "object", properties: { item: { type: "string" } }, required: ["item"] },
  effects: "read",
  execute: ({ item }, { progress }) => {
    progress({ looking: item });
    return { item, count: 597 };
  },
}) as Tool;

const stockReplies: ScriptedReply[] = [
  { reasoning: "I look.", toolCalls: [{ toolName: "stock", input: { item: "tea" }, toolCallId: "c1" }] },
  { text: ["There ", "are ", "597."] },
];

const clerk = (replies = stockReplies) =>
  new Agent({ name: "clerk", model: scriptedModel(replies), tools: [stock], instructions: "Be brief." });

const sell = tool({
  name: "sell",
  description: "Sells.",
  inputSchema: { type: "object", properties: { item: { type: "string" } } },
  needsApproval: true,
  execute: ({ item }) => `${item} is sold`,
}) as Tool;

const seller = () =>
  new Agent({
    name: "seller",
    model: scriptedModel([
      {
        toolCalls: [
          { toolName: "sell", input: { item: "tea" }, toolCallId: "c1" },
          { toolName: "sell", input: { item: "shop" }, toolCallId: "c2" },
        ],
      },
      { text: "Done." },
    ]),
    tools: [sell],
  });

async function partsOf(parts: AsyncIterable<StreamPart>): Promise<StreamPart[]> {
  const all: StreamPart[] = [];
  for await (const part of parts) all.push(part);
  return all;
}

describe("an operation", () => {
  it("is listed where its engine has it among those that were begun at the same moment", async () => {
    const engine = mortalEngine(new MortalProcess(new Disk()));
    const many = Array.from({ length: 4 }, (_, index) => `${index}`);
    const createdAt = new Date().toISOString();
    const same: JobEngine = {
      ...engine,
      list: async (filter) => (await engine.list(filter)).map((job) => ({ ...job, createdAt })),
    };
    const jobs = createJobs({ engine: same, agents: [clerk()], work: false });
    for (const id of many) await jobs.start("clerk", "Hi", { id });
    expect((await jobs.list()).map(({ id }) => id)).toEqual(many.toReversed());
  });

  it("that waits for no approval says how it goes on instead", async () => {
    const disk = new Disk();
    const jobs = jobsOn(disk, { agents: [clerk()], work: false });
    const hintOf = async (id: string) =>
      (await jobs.attach(id)).resume([{ callId: "c", approved: true }]).catch((error: BesedaError) => error.hint);
    const { id } = await jobs.start("clerk", "Hi");
    expect(await hintOf(id)).toMatch(/queued: it goes on by itself/);
    await mortalEngine(new MortalProcess(disk)).create({ id: "b", queue: "default", kind: "batch", spec: {} });
    expect(await hintOf("b")).toMatch(/jobs\.batch\(…, \{ resume: true \}\)/);
  });

  it("is let go of with a warning where the engine cannot be closed, such as on a full disk", async () => {
    const warn = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
    const close = () => Promise.reject(new Error("The disk is full."));
    const jobs = createJobs({ engine: { ...mortalEngine(new MortalProcess(new Disk())), close }, work: false });
    await jobs.close();
    expect(warn.mock.calls.map(([text]) => text)).toEqual([expect.stringContaining("The disk is full.")]);
    vi.restoreAllMocks();
  });

  it("is refused by jobs whose numbers say nothing, before anything is forgotten by them", () => {
    for (const wrong of [{ keepDays: Number.NaN }, { keepDays: -1 }, { concurrency: Number.NaN }, { concurrency: 0 }]) {
      expect(() => jobsOn(new Disk(), wrong)).toThrow(expect.objectContaining({ code: "invalid-argument" }));
    }
  });

  it("is worked on until the jobs are closed, or cannot be taken", async () => {
    const claim = vi.fn<JobEngine["claim"]>();
    const closed = createJobs({ engine: { ...mortalEngine(new MortalProcess(new Disk())), claim }, work: false });
    await closed.close();
    await closed.work();
    expect(claim).not.toHaveBeenCalled();
    const broken = new BesedaError("It is broken.", { code: "damaged" });
    const engine: JobEngine = {
      ...mortalEngine(new MortalProcess(new Disk())),
      claim: () => Promise.reject(broken),
      list: async () => [],
    };
    const jobs = createJobs({ engine });
    await expect.poll(() => jobs.start("clerk", "Hello.").catch((error: unknown) => error)).toBe(broken);
    await expect(jobs.work()).rejects.toBe(broken);
  });

  it("is begun at once, and comes to what generate comes to, in any process", async () => {
    const disk = new Disk();
    const direct = await clerk().generate("How much tea?", { userId: "ann" });
    const operation = await jobsOn(disk, { agents: [clerk()] }).start("clerk", "How much tea?", { userId: "ann" });
    expect(operation).toMatchObject({ done: false, state: "queued" });
    const attached = await jobsOn(disk, { work: false }).attach(operation.id);
    const result = await attached.result();
    expect(comparable(result)).toEqual(comparable(direct));
    expect(Object.keys(result).sort()).toEqual(Object.keys(direct).sort());
    expect(result.runId).toBe(operation.id);
  });

  it("has the shape of an operation of a service", async () => {
    const jobs = jobsOn(new Disk(), { agents: [clerk()] });
    const operation = await (await jobs.start("clerk", "How much tea?", { threadId: "t" })).wait();
    const { id, done, createdAt, modifiedAt, metadata, response, ...others } = JSON.parse(JSON.stringify(operation));
    expect(others).toEqual({});
    expect({ id, done }).toEqual({ id: operation.id, done: true });
    expect([createdAt, modifiedAt].map((time) => new Date(time).toISOString())).toEqual([createdAt, modifiedAt]);
    expect(metadata).toMatchObject({ agentName: "clerk", threadId: "t", state: "done", step: 2 });
    expect(response).toMatchObject({ text: "There are 597.", finishReason: "stop" });
  });

  it("tells what has happened, and then what happens, to the end", async () => {
    const jobs = jobsOn(new Disk(), { agents: [clerk()] });
    const operation = await jobs.start("clerk", "How much tea?");
    const live = await partsOf(operation.events());
    const replayed = await partsOf((await jobs.attach(operation.id)).events());
    expect(replayed).toEqual(live);
    expect(live.map(({ type }) => type).filter((type) => !type.startsWith("tool-input"))).toEqual([
      ...["start", "start-step", "reasoning-start", "reasoning-delta", "reasoning-end", "tool-call", "tool-progress"],
      ...["tool-result", "finish-step", "start-step", "text-start", "text-delta", "text-end", "finish-step", "finish"],
    ]);
    const texts = live.flatMap((part) => (part.type === "text-delta" ? [part.text] : []));
    expect(texts.join("")).toBe("There are 597.");
  });

  it("ends with its error, which says how far it had come", async () => {
    const jobs = jobsOn(new Disk());
    const agent = new Agent({ name: "tired", model: scriptedModel([{ text: "I was", error: new Error("worn out") }]) });
    const operation = await jobs.start(agent, "Well?");
    await expect(operation.result()).rejects.toMatchObject({ name: "BesedaError", message: "worn out" });
    expect(operation).toMatchObject({ done: true, response: undefined, error: { code: "internal" } });
    expect(operation.metadata.result).toMatchObject({ text: "I was", finishReason: "error" });
    const last = (await partsOf(operation.events())).at(-1);
    expect(last).toMatchObject({ type: "error", error: { name: "BesedaError", message: "worn out" } });
  });

  it("is tried again as long as it comes further, however often its model fails in all", async () => {
    vi.useFakeTimers();
    const steps = 7;
    const error = new BesedaError("It was overloaded.", { code: "unavailable", isRetryable: true });
    const model = scriptedModel(({ messages }, call) => {
      if (call % 2 === 0) return { error };
      const answered = messages.filter(({ role }) => role === "tool").length;
      const toolCalls = [{ toolName: "stock", input: { item: `tea ${answered}` }, toolCallId: `c${answered}` }];
      return answered === steps - 1 ? { text: "Done." } : { toolCalls };
    });
    const jobs = jobsOn(new Disk(), { agents: [new Agent({ name: "clerk", model, tools: [stock] })] });
    const operation = await jobs.start("clerk", "Look.");
    await vi.advanceTimersByTimeAsync(120_000);
    expect((await operation.poll()).response?.text).toBe("Done.");
    expect(operation.metadata).toMatchObject({ step: steps });
    expect(model.requests).toHaveLength(2 * steps);
  });

  it("is found by thread, agent and state, and can be forgotten", async () => {
    const jobs = jobsOn(new Disk(), { agents: [clerk()] });
    const one = await jobs.start("clerk", "How much tea?", { threadId: "t1" });
    await one.wait();
    const other = await jobs.start(seller(), "Sell.", { threadId: "t2" });
    await other.wait();
    const ids = async (filter: Parameters<Jobs["list"]>[0]) => (await jobs.list(filter)).map(({ id }) => id);
    expect(await ids({})).toEqual([other.id, one.id]);
    expect(await ids({ threadId: "t1" })).toEqual([one.id]);
    expect(await ids({ agentName: "seller", state: "waiting" })).toEqual([other.id]);
    await jobs.delete(one.id);
    await jobs.delete(one.id);
    await expect(jobs.attach(one.id)).rejects.toMatchObject({ code: "not-found" });
  });

  it("is the first one where an id is given twice", async () => {
    const jobs = jobsOn(new Disk(), { agents: [clerk([{ text: "Once." }])] });
    const first = await jobs.start("clerk", "Say it.", { id: "update-7" });
    const second = await jobs.start("clerk", "Say it again.", { id: "update-7" });
    expect((await second.result()).text).toBe("Once.");
    expect((await first.result()).messages[0]).toMatchObject({ content: "Say it." });
  });

  it("is not begun before its time", async () => {
    const disk = new Disk();
    const jobs = jobsOn(disk, { agents: [clerk()] });
    const runAt = new Date(Date.now() + 3_600_000);
    const operation = await jobs.start("clerk", "Remind me.", { runAt });
    await (await jobs.start("clerk", "How much tea?")).wait();
    expect(await operation.poll()).toMatchObject({ state: "queued", done: false });
    expect(disk.jobs.get(operation.id)?.job.runAt).toBe(runAt.toISOString());
  });

  it("is refused at once where it cannot be kept or cannot be answered", async () => {
    const jobs = jobsOn(new Disk(), { agents: [clerk()] });
    const start = (input: Parameters<Jobs["start"]>[1], options?: Parameters<Jobs["start"]>[2]) =>
      expect(jobs.start("clerk", input, options).catch((error) => `${error.code}: ${error.message}`)).resolves;
    await start("Hi", { context: { shop: { sql: () => {} } } }).toMatch(
      /^invalid-argument: The context.shop.sql is a function/,
    );
    await start("Hi", { context: { since: new Date() } }).toMatch(/The context.since is a Date/);
    await start("Hi", { context: [1n] }).toMatch(/The context\[0\] is a bigint/);
    await start(" ").toMatch(/^invalid-argument: There is no message/);
    await start("Hi", { threadId: "" }).toMatch(/threadId is empty/);
    await start({ runId: "r", decisions: [] }).toMatch(/^invalid-argument: Decisions/);
    await start("Hi", { id: "a/b" }).toMatch(/"a\/b" cannot be the id/);
    for (const every of [0, -1, Number.NaN, 1e17, "5" as unknown as number]) {
      await start("Hi", { every }).toMatch(/^invalid-argument: .*every .* milliseconds/);
    }
    for (const pollMs of [0, -1, Number.NaN, Number.POSITIVE_INFINITY, "5" as unknown as number]) {
      await start("Hi", { pollMs }).toMatch(/^invalid-argument: pollMs cannot be /);
    }
    for (const totalMs of [Number.NaN, -1, "5" as unknown as number]) {
      await start("Hi", { timeouts: { totalMs } }).toMatch(/^invalid-argument: timeouts.totalMs cannot be /);
    }
    for (const calls of ["zzz", "batch", null]) {
      await start("Hi", { calls: calls as "sync" }).toMatch(/^invalid-argument: calls cannot be /);
    }
    for (const input of [undefined, null, 5, [undefined], ["Hi"]]) {
      await start(input as unknown as string).toMatch(/^invalid-argument: The input is neither a text nor messages/);
    }
    await start("Hi", { runAt: "soon" }).toMatch(/"soon" is no time/);
    await start("Hi", { calls: "async" }).toMatch(/^unsupported: scripted:scripted has no operations/);
    await start("Hi", { webhook: "https://example.com" }).toMatch(/^missing-setting: .*no secret/);
    await expect(jobs.start("clark", "Hi")).rejects.toMatchObject({ code: "not-found", hint: "There are: clerk." });
    await expect(jobs.start(clerk(), "Hi")).rejects.toThrow('two agents called "clerk"');
    expect(await jobs.list()).toEqual([]);
  });
});

describe("what was begun for others", () => {
  it("ends at once where their agent cannot be asked it", async () => {
    const disk = new Disk();
    const beginner = jobsOn(disk, { work: false });
    const begun = [
      await beginner.start("clerk", "Hi", { calls: "async" }),
      await beginner.start("clerk", " "),
      await beginner.start("clerk", "Hi", { threadId: "" }),
    ];
    jobsOn(disk, { agents: [clerk()] });
    const errors = await Promise.all(begun.map(async (operation) => (await operation.wait()).error?.message));
    expect(errors).toEqual([
      "scripted:scripted has no operations.",
      "There is no message to answer.",
      "The threadId is empty.",
    ]);
  });
});

describe("an answer as an object", () => {
  it("is kept as JSON, and what JSON does not hold of it as text", async () => {
    const digits = z.object({ n: z.string() });
    const output = digits.transform(({ n }) => ({ n: BigInt(n), since: new Date(0), tags: new Set([n]) }));
    const answer = { toolName: "final_answer", input: { n: "12345678901234567890" } };
    const model = scriptedModel([{ toolCalls: [answer] }]);
    const operation = await jobsOn(new Disk()).start(new Agent({ name: "counter", model, output }), "How many?");
    expect((await operation.result()).output).toEqual({
      n: "12345678901234567890",
      since: "1970-01-01T00:00:00.000Z",
      tags: ["12345678901234567890"],
    });
  });
});

describe("an operation that needs approvals", () => {
  it("waits without a worker, and goes on with what was decided, in another process", async () => {
    const disk = new Disk();
    const operation = await jobsOn(disk, { agents: [seller()] }).start("seller", "Sell all.");
    const asked = await operation.result();
    expect(asked).toMatchObject({ finishReason: "approval", pending: [{ callId: "c1" }, { callId: "c2" }] });
    expect(operation).toMatchObject({ state: "waiting", done: false });
    expect(disk.jobs.get(operation.id)?.process).toBeUndefined();
    await Promise.all(opened.splice(0).map((jobs) => jobs.close()));

    const later = new Agent({ name: "seller", model: scriptedModel([{ text: "Done." }]), tools: [sell] });
    const attached = await jobsOn(disk, { agents: [later] }).attach<RunResult>(operation.id);
    await attached.resume([{ callId: "c1", approved: true }]);
    expect((await attached.result()).pending).toMatchObject([{ callId: "c2" }]);
    await attached.resume([{ callId: "c2", approved: false, reason: "not the shop" }]);
    const result = await attached.result();
    expect(result.text).toBe("Done.");
    expect(result.steps[0]?.toolResults.map(({ output }) => output)).toMatchObject([
      expect.stringContaining("not the shop"),
    ]);
    expect(attached.metadata.result).toBeUndefined();
  });

  it("says what can be decided to those who decide something else", async () => {
    const jobs = jobsOn(new Disk(), { agents: [seller()] });
    const operation = await jobs.start("seller", "Sell all.", { timeouts: { approvalMs: 60_000 } });
    await operation.wait();
    const resume = (decisions: Parameters<typeof operation.resume>[0]) =>
      expect(operation.resume(decisions).catch((error) => `${error.message} ${error.hint}`)).resolves;
    await resume([]).toBe("There is no decision. Decide once on each of: c1, c2.");
    await resume([{ callId: "c9", approved: true }]).toMatch(/^No call "c9".*Decide once on each of: c1, c2\.$/);
    const yes = { callId: "c1", approved: true };
    await resume([yes, yes]).toMatch(/two decisions on one call/);
    await resume([{ callId: "c1" } as typeof yes]).toMatch(/has to be true or false/);
    const both = [yes, { callId: "c2", approved: true }];
    const twice = await Promise.allSettled([operation.resume(both), operation.resume(both)]);
    expect(twice.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
    await operation.wait();
    await resume(both).toMatch(/does not wait for an approval\. It is done/);
  });

  it("ends with an error when its calls have waited too long, and nothing can be decided on them any more", async () => {
    const jobs = jobsOn(new Disk(), { agents: [seller()] });
    vi.useFakeTimers({ toFake: ["Date"] });
    const operation = await jobs.start("seller", "Sell all.", { timeouts: { approvalMs: 60_000 } });
    await vi.waitFor(async () => expect((await operation.poll()).state).toBe("waiting"));
    vi.setSystemTime(Date.now() + 60_001);
    const late = operation.resume([{ callId: "c1", approved: true }]);
    await expect(late).rejects.toMatchObject({ code: "timeout" });
    await expect(operation.result()).rejects.toMatchObject({ code: "timeout", hint: expect.stringContaining("anew") });
    expect(operation.done).toBe(true);
  });

  it("ends by itself when nobody asks after it, too", async () => {
    const disk = new Disk();
    vi.useFakeTimers({ toFake: ["Date"] });
    const operation = await jobsOn(disk, { agents: [seller()] }).start("seller", "Sell all.");
    await vi.waitFor(async () => expect((await operation.poll()).state).toBe("waiting"));
    await Promise.all(opened.splice(0).map((jobs) => jobs.close()));
    vi.setSystemTime(Date.now() + 400 * 86_400_000);
    jobsOn(disk, { agents: [seller()] });
    await vi.waitFor(() =>
      expect(disk.jobs.get(operation.id)?.job.outcome).toMatchObject({ error: { code: "timeout" } }),
    );
  });

  it("goes on with what was decided in time, however late a worker takes it up", async () => {
    const disk = new Disk();
    const asking = jobsOn(disk, { agents: [seller()] });
    const { id } = await (await asking.start("seller", "Sell.", { timeouts: { approvalMs: 60_000 } })).wait();
    await asking.close();
    const decider = await jobsOn(disk, { work: false }).attach<RunResult>(id);
    await decider.resume(["c1", "c2"].map((callId) => ({ callId, approved: true })));
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 3_600_000 });
    const later = new Agent({ name: "seller", model: scriptedModel([{ text: "Done." }]), tools: [sell] });
    const result = await (await jobsOn(disk, { agents: [later] }).attach<RunResult>(id)).result();
    expect(result.text).toBe("Done.");
  });
});
