import {
  Agent,
  BesedaError,
  type LanguageModel,
  type Lease,
  type Message,
  type ModelEvent,
  rateLimited,
  textOf,
  tool,
  type Usage,
} from "@beseda/core";
import { scriptedModel } from "@beseda/core/testing";
import { afterEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { LaterService, said } from "../journal/later-service.fake.ts";
import type { BatchLimits } from "./batch.ts";
import { withBatches } from "./batch-models.fake.ts";
import { setLimits } from "./latest-limits.ts";
import {
  claimPart,
  goOn,
  mortalWorker,
  outputOf,
  type PartPlace,
  partJob,
  partPlace,
  rowOf,
  type Worker,
  workOn,
} from "./part-place.fake.ts";

afterEach(() => {
  vi.useRealTimers();
});

const usage = { inputTokens: 3, outputTokens: 2, totalTokens: 5 };

/** Answers `row 7` with `answer 7`, after `work`. */
function answering(work: (question: string) => unknown = () => {}): LanguageModel & { asked: string[] } {
  const asked: string[] = [];
  return {
    provider: "test",
    modelId: "echo",
    asked,
    async *stream({ messages }): AsyncGenerator<ModelEvent[]> {
      const question = textOf(messages.at(-1) as Message);
      asked.push(question);
      await work(question);
      yield [
        { type: "text-delta", text: question.replace("row", "answer") },
        { type: "finish", finishReason: "stop", usage },
      ];
    },
  };
}

describe("a part of a batch", () => {
  it("runs a tool that must not run twice once, whatever the service calls its calls", async () => {
    let payments = 0;
    let worker: Worker | undefined;
    const pay = tool({
      name: "pay",
      description: "Pays.",
      inputSchema: { type: "object", properties: {} },
      replay: "never",
      execute: async () => {
        payments++;
        worker?.die();
        return "paid";
      },
    });
    const model = scriptedModel(({ messages }) =>
      messages.at(-1)?.role === "tool"
        ? { text: "Over." }
        : { toolCalls: [{ toolName: "pay", input: {}, toolCallId: "x/reply/1" }] },
    );
    const place = await partPlace(new Agent({ model, tools: [pay] }), { rows: 1 });
    worker = await mortalWorker(place);
    void workOn(place, { lease: worker.lease });
    await worker.hasDied;
    await workOn(place);
    expect(payments).toBe(1);
    expect((await outputOf(place))[0]?.toolCalls).toMatchObject([{ output: expect.stringContaining("unknown") }]);
  });

  it("keeps to a limit of money where the model has prices, and its replies say nothing of them", async () => {
    const model = { ...answering(), costOf: ({ totalTokens }: Usage) => ({ RUB: totalTokens }) };
    const place = await partPlace(new Agent({ model }), { rows: 9, concurrency: 1, maxCost: { RUB: 15 } });
    expect((await workOn(place)).metadata).toMatchObject({
      stopped: "budget",
      finished: 3,
      usage: { cost: { RUB: 15 } },
    });
  });

  it.each(["sync", "batch"] as const)(
    "counts what a sub-agent was answered by the prices of its model (%s)",
    async (calls) => {
      const asking = scriptedModel(({ messages }) =>
        messages.at(-1)?.role === "tool"
          ? { text: "Asked.", usage }
          : { toolCalls: [{ toolName: "expert", input: { task: "Well?" }, toolCallId: "1" }], usage },
      );
      const cheap = { ...withBatches(asking), costOf: ({ totalTokens }: Usage) => ({ RUB: totalTokens }) };
      const dear = { ...answering(), costOf: ({ totalTokens }: Usage) => ({ RUB: 100 * totalTokens }) };
      const expert = new Agent({ name: "expert", model: dear });
      const agent = new Agent({ model: cheap, tools: [expert.asTool({ description: "Knows." })] });
      const place = await partPlace(agent, { rows: 1, calls, pollMs: 1 });
      await workOn(place);
      expect(await outputOf(place)).toMatchObject([
        { response: "Asked.", usage: { totalTokens: 15, cost: { RUB: 510 } } },
      ]);
    },
  );

  it("asks nothing again where its output is there, and its worker died just before it could say so", async () => {
    const away = new BesedaError("Away.", { code: "unavailable", isRetryable: true, retryAfterMs: 1 });
    let isBack = false;
    const model = answering((question) => {
      if (question === "row 2" && !isBack) throw away;
    });
    const place = await partPlace(new Agent({ model }), { rows: 3 });
    const worker = await mortalWorker(place);
    const finish: Lease["finish"] = async () => {
      worker.die();
      return new Promise(() => {});
    };
    void workOn(place, { lease: { ...worker.lease, finish } });
    await worker.hasDied;
    isBack = true;
    const asked = model.asked.length;
    expect((await workOn(place)).outcome).toMatchObject({ response: { finished: 2, failed: 1 } });
    expect(model.asked).toHaveLength(asked);
    expect((await outputOf(place))[1]).toMatchObject({ response: null, error: { code: "unavailable" } });
  });

  it("answers each row once, and its output has the rows in their order with their cells", async () => {
    const model = answering(() => new Promise((resolve) => setTimeout(resolve, Math.random() * 3)));
    const place = await partPlace(new Agent({ model }), { rows: 50 });
    const job = await workOn(place);
    expect(job.outcome).toEqual({
      response: {
        rows: 50,
        finished: 50,
        failed: 0,
        usage: { inputTokens: 150, outputTokens: 100, totalTokens: 250 },
        providerBatches: 0,
      },
    });
    const rows = await outputOf(place);
    expect(rows.map(({ number }) => number)).toEqual(Array.from({ length: 50 }, (_, index) => index + 1));
    expect(rows[6]).toMatchObject({
      cells: { prompt: "row 7" },
      response: "answer 7",
      reasoning: null,
      toolCalls: [],
      finishReason: "stop",
      usage,
      error: null,
      model: "test:echo",
      steps: 1,
      attempts: 1,
    });
    expect(model.asked).toHaveLength(50);
  });

  it("has in its output what the journal has, also where results become too many for the memory", async () => {
    const long = "x".repeat(2_500_000);
    const model = scriptedModel(() => ({ text: long }));
    const place = await partPlace(new Agent({ model }), { rows: 5, concurrency: 1 });
    const reads: string[] = [];
    const lease = await claimPart(place);
    const read = lease.read.bind(lease);
    lease.read = (prefix = "") => {
      reads.push(prefix);
      return read(prefix);
    };
    await workOn(place, { lease });
    expect((await outputOf(place)).map(({ response }) => response === long)).toEqual([true, true, true, true, true]);
    expect(reads.filter((prefix) => prefix.startsWith("row/"))).toHaveLength(1);
  });

  it("writes nothing but results where rows take one reply", async () => {
    const place = await partPlace(new Agent({ model: answering() }), { rows: 40 });
    const written = await keysWrittenBy(place);
    expect(written.filter((key) => key.startsWith("row/"))).toHaveLength(40);
    expect(written.filter((key) => !key.startsWith("row/") && key !== "begun")).toEqual([]);
  });

  it("begins no row before it is known that it was begun", async () => {
    const marked = new Set<number>();
    const model = answering((question) => expect(marked).toContain(Number(question.slice(4))));
    const place = await partPlace(new Agent({ model }), { rows: 60, concurrency: 4 });
    const lease = await claimPart(place);
    const write = lease.write.bind(lease);
    lease.write = async (entries) => {
      await write(entries);
      for (const [key, value] of entries) if (key === "begun") for (const line of value as number[]) marked.add(line);
    };
    const job = await workOn(place, { lease });
    expect(job.outcome).toMatchObject({ response: { finished: 60, failed: 0 } });
  });

  it("after a crash asks no row again that has its answer, and loses none", async () => {
    let worker: Worker | undefined;
    const model = answering(() => {
      if (model.asked.length === 150) worker?.die();
      return new Promise((resolve) => setImmediate(resolve));
    });
    const place = await partPlace(new Agent({ model }), { rows: 400 });
    worker = await mortalWorker(place);
    void workOn(place, { lease: worker.lease });
    await worker.hasDied;
    const job = await workOn(place);
    expect(job.outcome).toMatchObject({ response: { rows: 400, finished: 400, failed: 0 } });
    expect((await outputOf(place)).map(({ number }) => number)).toEqual(upTo(400));
    expect(new Set(model.asked).size).toBe(400);
    expect(model.asked.length).toBeLessThanOrEqual(400 + 16);
  });

  it("a row that takes several steps goes on after a crash, without asking or sending anything twice", async () => {
    let worker: Worker | undefined;
    const sent: string[] = [];
    const model = scriptedModel(({ messages }, call) => {
      if (call === 1) worker?.die();
      const last = messages.at(-1) as Message;
      return last.role === "tool"
        ? { text: textOf(last) }
        : { toolCalls: [{ toolName: "send", input: {}, toolCallId: "1" }] };
    });
    const send = tool({
      name: "send",
      description: "Sends.",
      replay: "never",
      inputSchema: { type: "object", properties: {} },
      execute: (_input, { callId }) => {
        sent.push(callId);
        return "sent";
      },
    });
    const place = await partPlace(new Agent({ model, tools: [send] }), { rows: 1 });
    worker = await mortalWorker(place);
    void workOn(place, { lease: worker.lease });
    await worker.hasDied;
    const job = await workOn(place);
    expect(job.outcome).toMatchObject({ response: { finished: 1, failed: 0 } });
    expect(await outputOf(place)).toMatchObject([{ response: "sent", attempts: 2, steps: 2 }]);
    expect(sent).toEqual(["1"]);
    // The first step was not asked again, the second one was in flight.
    expect(model.requests.map(({ messages }) => messages.length)).toEqual([1, 3, 3]);
  });

  it("what goes wrong with a row is its result, and the others are answered", async () => {
    const model = answering((question) => {
      if (question === "row 2") throw new BesedaError("Too long.", { code: "too-large", hint: "Make it shorter." });
      if (question === "row 3") throw undefined;
    });
    const rows = [...upTo(4).map(rowOf), { ...rowOf(5), input: "" }];
    const place = await partPlace(new Agent({ model }), { rows });
    const job = await workOn(place);
    expect(job.outcome).toMatchObject({ response: { rows: 5, finished: 2, failed: 3 } });
    const errors = (await outputOf(place)).map(({ error }) => error?.code ?? null);
    expect(errors).toEqual([null, "too-large", "internal", null, "invalid-argument"]);
    expect((await outputOf(place))[1]).toMatchObject({
      response: null,
      finishReason: "error",
      error: { code: "too-large", message: "Too long.", hint: "Make it shorter." },
    });
  });

  it("a row whose tool needs an approval is an error that says so", async () => {
    const model = scriptedModel(() => ({ toolCalls: [{ toolName: "pay", input: {} }] }));
    const pay = tool({
      name: "pay",
      description: "Pays.",
      needsApproval: true,
      inputSchema: { type: "object", properties: {} },
      execute: () => "paid",
    });
    const place = await partPlace(new Agent({ model, tools: [pay] }), { rows: 1 });
    await workOn(place);
    expect(await outputOf(place)).toMatchObject([
      {
        error: { code: "unsupported", message: "A call of pay waits for an approval, which nobody gives in a batch." },
      },
    ]);
  });

  it("a row that failed in passing is tried again later, and is an error after five attempts", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval", "performance", "Date"] });
    const busy = new BesedaError("Too much to do.", { code: "unavailable", isRetryable: true });
    const tries = new Map<string, number>();
    const model = answering((question) => {
      const nth = (tries.get(question) ?? 0) + 1;
      tries.set(question, nth);
      if (question === "row 3" || (question === "row 2" && nth < 4)) throw busy;
    });
    const place = await partPlace(new Agent({ model }), { rows: 3 });
    const working = workOn(place);
    await vi.advanceTimersByTimeAsync(200_000);
    await working;
    const [, later] = await outputOf(place);
    // From its first attempt on: three pauses of 1, 4 and 16 s.
    expect(later?.milliseconds).toBeGreaterThanOrEqual(21_000);
    expect(await outputOf(place)).toMatchObject([
      { attempts: 1, error: null },
      { attempts: 4, error: null, response: "answer 2" },
      { attempts: 5, error: { code: "unavailable" } },
    ]);
    expect([...tries.values()]).toEqual([1, 4, 5]);
  });

  it("a row of several steps may fail in passing at each of them, and pays for none twice", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval", "performance"] });
    const busy = new BesedaError("Too much to do.", { code: "unavailable", isRetryable: true });
    let answered = 0;
    const model = scriptedModel(({ messages }, call) => {
      if (call % 4 !== 3) return { error: busy };
      answered++;
      if (answered === 4) return { text: "There." };
      return { toolCalls: [{ toolName: "walk", input: { to: messages.length }, toolCallId: `${call}` }] };
    });
    const inputSchema = { type: "object", properties: { to: { type: "number" } } } as const;
    const walk = tool({ name: "walk", description: "Walks.", inputSchema, execute: () => "walked" });
    const place = await partPlace(new Agent({ model, tools: [walk] }), { rows: 1 });
    const working = workOn(place);
    await vi.advanceTimersByTimeAsync(200_000);
    await working;
    expect(await outputOf(place)).toMatchObject([{ response: "There.", error: null, steps: 4, attempts: 13 }]);
    expect(answered).toBe(4);
  });

  it("keeps to what a service allows in a minute: no row fails, and few requests are refused once it has adapted", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval", "performance"] });
    const perMinute = 120;
    let refused = 0;
    const windows = new Map<number, number>();
    const model = answering(async () => {
      const minute = Math.floor(performance.now() / 60_000);
      const used = windows.get(minute) ?? 0;
      windows.set(minute, used + 1);
      if (used >= perMinute) {
        refused++;
        const retryAfterMs = (minute + 1) * 60_000 - performance.now();
        throw new BesedaError("Too many requests.", { code: "rate-limited", isRetryable: true, retryAfterMs });
      }
      await new Promise((resolve) => setTimeout(resolve, 200));
    });
    const place = await partPlace(new Agent({ model }), { rows: 600 });
    const working = workOn(place);
    let isOver = false;
    void working.then(() => {
      isOver = true;
    });
    while (!isOver) await vi.advanceTimersByTimeAsync(5_000);
    expect((await working).outcome).toMatchObject({ response: { finished: 600, failed: 0 } });
    // Five minutes are needed for that many.
    expect(windows.size).toBeLessThanOrEqual(7);
    expect(refused / model.asked.length).toBeLessThan(0.05);
  });

  it("stops where the service refuses all that comes from us, keeps what is done, and goes on when it is woken", async () => {
    let isRefused = true;
    const model = answering((question) => {
      if (isRefused && Number(question.slice(4)) > 20) throw new BesedaError("No such key.", { code: "unauthorized" });
    });
    const place = await partPlace(new Agent({ model }), { rows: 200, concurrency: 4 });
    const job = await workOn(place);
    expect(job).toMatchObject({
      state: "waiting",
      metadata: {
        stopped: "refused",
        error: { code: "unauthorized", message: "No such key." },
        finished: 20,
        failed: 0,
      },
    });
    expect(model.asked.length).toBeLessThanOrEqual(24);
    isRefused = false;
    await goOn(place, { concurrency: 4 });
    expect((await workOn(place)).outcome).toMatchObject({ response: { finished: 200, failed: 0 } });
    expect(model.asked.filter((question) => question === "row 1")).toHaveLength(1);
  });

  it("says why it stands still where the service wants to be left alone for long", async () => {
    vi.useFakeTimers();
    let refusals = 0;
    const retryAfterMs = 3_600_000;
    const model = answering(() => {
      if (refusals++ > 0) return;
      throw new BesedaError("Too many requests.", { code: "rate-limited", isRetryable: true, retryAfterMs });
    });
    const place = await partPlace(new Agent({ model }), { rows: 2, concurrency: 1 });
    const working = workOn(place);
    await vi.advanceTimersByTimeAsync(5_000);
    expect((await partJob(place)).metadata.problem).toMatch(/^Nothing is asked before 20.*: Too many requests\.$/);
    await vi.advanceTimersByTimeAsync(retryAfterMs);
    expect((await working).outcome).toMatchObject({ response: { finished: 2 } });
  });

  it("takes what is not found for a wrong model once three rows have met it, and otherwise for a matter of the row", async () => {
    const missing = new BesedaError("There is no such file.", { code: "not-found" });
    for (const calls of ["sync", "batch"] as const) {
      vi.useFakeTimers();
      const lost = new Set(["row 1", "row 2"]);
      const model = answering((question) => {
        if (lost.has(question)) throw missing;
      });
      const agent = new Agent({ model: calls === "batch" ? withBatches(model) : model });
      const place = await partPlace(agent, { rows: 5, concurrency: 1, calls, pollMs: 1 });
      const working = workOn(place);
      await vi.advanceTimersByTimeAsync(30_000);
      expect((await working).outcome).toMatchObject({ response: { finished: 3, failed: 2 } });
      lost.add("row 3");
      const other = await partPlace(agent, { rows: 3, concurrency: 1, calls, pollMs: 1, part: 2 });
      const refused = workOn(other);
      await vi.advanceTimersByTimeAsync(30_000);
      expect(await refused).toMatchObject({
        state: "waiting",
        metadata: { stopped: "refused", failed: 0, error: { code: "not-found" } },
      });
    }
  });

  it("is left to others where this process does not know its agent, and says so", async () => {
    const place = await partPlace(new Agent({ model: answering(), name: "known" }), { rows: 3 });
    const job = await workOn({ ...place, agent: new Agent({ model: answering(), name: "other" }) });
    expect(job).toMatchObject({
      state: "queued",
      metadata: { problem: expect.stringMatching(/does not know the agent “known”.*It knows: other/) },
    });
    expect((await workOn(place)).outcome).toMatchObject({ response: { finished: 3 } });
  });

  it("begins no more rows once the budget of the batch is used up, and goes on with more", async () => {
    const model = answering();
    const place = await partPlace(new Agent({ model }), { rows: 100, concurrency: 4, maxTokens: 50 });
    const job = await workOn(place);
    expect(job).toMatchObject({ state: "waiting", metadata: { stopped: "budget" } });
    // Ten rows of five tokens, and what was under way.
    expect(model.asked.length).toBeGreaterThanOrEqual(10);
    expect(model.asked.length).toBeLessThanOrEqual(10 + 4);
    await goOn(place, { concurrency: 4 });
    expect((await workOn(place)).outcome).toMatchObject({ response: { finished: 100 } });
    expect(model.asked).toHaveLength(100);
  });

  it("begins no row that has waited for its place while the budget was used up", async () => {
    const model = answering();
    const place = await partPlace(new Agent({ model }), { rows: 10, concurrency: 1, maxTokens: 15 });
    expect((await workOn(place)).metadata).toMatchObject({ stopped: "budget", finished: 3 });
    expect(model.asked).toHaveLength(3);
  });

  it("asks sub-agents as a stream, whose silence has limits, and itself for whole replies, in rounds too", async () => {
    for (const calls of ["sync", "batch"] as const) {
      const asked: string[] = [];
      const scripted = scriptedModel(({ instructions, messages }) => {
        if (instructions === "Below.") return { text: "It is seven." };
        const last = messages.at(-1) as Message;
        return last.role === "tool"
          ? { text: textOf(last) }
          : { toolCalls: [{ toolName: "below", input: { task: "?" }, toolCallId: "call" }] };
      });
      const model: LanguageModel = {
        ...scripted,
        stream: (request, options) => {
          asked.push(`${request.instructions} ${options?.streamed ?? true}`);
          return scripted.stream(request, options);
        },
      };
      const below = new Agent({ name: "below", instructions: "Below.", model });
      const tools = [below.asTool({ description: "Knows." })];
      const above = { name: "above", instructions: "Above.", model: calls === "batch" ? withBatches(model) : model };
      const place = await partPlace(new Agent({ ...above, tools }), { rows: 1, calls, pollMs: 1 });
      await workOn(place);
      expect((await outputOf(place))[0]?.response).toBe("It is seven.");
      expect(asked.filter((each) => each.startsWith("Below."))).toEqual(["Below. true"]);
      if (calls === "sync") expect(asked).toEqual(["Above. false", "Below. true", "Above. false"]);
    }
  });

  it("counts what other parts of the batch have spent", async () => {
    const model = answering();
    const place = await partPlace(new Agent({ model }), { rows: 10, maxCost: { RUB: 2 } });
    const lease = await claimPart(place);
    const batch = await place.engine.create({ id: "batch", queue: "other", kind: "batch", spec: {} });
    batch.metadata = { usage: { ...usage, cost: { RUB: 2.5 } } };
    expect(await workOn(place, { lease })).toMatchObject({ state: "waiting", metadata: { stopped: "budget" } });
    expect(model.asked).toEqual([]);
  });

  it("a worker that closes finishes the rows that are under way and begins no others", async () => {
    const closing = new AbortController();
    const model = answering(async () => {
      if (model.asked.length === 8) closing.abort();
      await new Promise((resolve) => setImmediate(resolve));
    });
    const place = await partPlace(new Agent({ model }), { rows: 100, concurrency: 4 });
    expect(await workOn(place, { closing: closing.signal })).toMatchObject({ state: "queued", attempts: 0 });
    expect(model.asked.length).toBeLessThanOrEqual(8 + 4);
    await workOn(place);
    expect(model.asked).toHaveLength(100);
    expect((await outputOf(place)).every(({ attempts }) => attempts === 1)).toBe(true);
  });

  it("a row of many steps may wait for all of its turns, however long that takes together", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval", "performance"] });
    const model = scriptedModel((_, call) =>
      call === 12 ? { text: "There." } : { toolCalls: [{ toolName: "walk", input: { call }, toolCallId: `${call}` }] },
    );
    const inputSchema = { type: "object", properties: { call: { type: "number" } } } as const;
    const walk = tool({ name: "walk", description: "Walks.", inputSchema, execute: () => "walked" });
    const limited = rateLimited(model, { requestsPerMinute: 1 });
    const place = await partPlace(new Agent({ model: limited, tools: [walk], maxSteps: 20 }), { rows: 1 });
    const working = workOn(place);
    await vi.advanceTimersByTimeAsync(900_000);
    await working;
    expect(await outputOf(place)).toMatchObject([{ response: "There.", error: null, steps: 13 }]);
  });

  it("a worker that closes sends nothing for rows that wait until its model may be asked", async () => {
    const warnings: Error[] = [];
    const onWarning = (warning: Error) => warnings.push(warning);
    process.on("warning", onWarning);
    onTestFinished(() => void process.off("warning", onWarning));
    const closing = new AbortController();
    let begun = 0;
    const model = answering(async () => {
      await vi.waitUntil(() => begun === 16);
      closing.abort(new BesedaError("Closing.", { code: "aborted" }));
    });
    const limited = rateLimited(model, { requestsPerMinute: 600 });
    const counted: LanguageModel = {
      ...limited,
      stream(...question) {
        begun++;
        return limited.stream(...question);
      },
    };
    const place = await partPlace(new Agent({ model: counted }), { rows: 20, concurrency: 16 });
    expect(await workOn(place, { closing: closing.signal })).toMatchObject({ state: "queued" });
    expect(model.asked).toEqual(["row 1"]);
    expect(warnings).toEqual([]);
  });

  it("a worker that closes asks no further step of a row, and the next one goes on with what was answered", async () => {
    const closing = new AbortController();
    const looked: string[] = [];
    const lookUp = tool({
      name: "look_up",
      description: "Looks something up.",
      inputSchema: { type: "object", properties: {} },
      execute: () => {
        looked.push("up");
        closing.abort(new BesedaError("Closing.", { code: "aborted" }));
        return "found";
      },
    });
    const model = scriptedModel(({ messages }) =>
      messages.at(-1)?.role === "tool" ? { text: "done" } : { toolCalls: [{ toolName: "look_up", input: {} }] },
    );
    const place = await partPlace(new Agent({ model, tools: [lookUp] }), { rows: 1 });
    expect(await workOn(place, { closing: closing.signal })).toMatchObject({ state: "queued" });
    expect(model.requests).toHaveLength(1);
    await workOn(place);
    expect(model.requests).toHaveLength(2);
    expect(looked).toHaveLength(1);
    expect(await outputOf(place)).toMatchObject([{ response: "done", steps: 2 }]);
  });

  it("a part that is called off ends at once, with its rows", async () => {
    const place: PartPlace = await partPlace(new Agent({ model: answering(() => place.engine.cancel("batch-1")) }), {
      rows: 9,
    });
    expect((await workOn(place)).outcome).toMatchObject({ error: { code: "aborted" } });
  });

  it("a row with which workers die is tried alone at last, and set aside at the third crash, whoever else was there", async () => {
    vi.useFakeTimers({ toFake: ["performance"] });
    vi.advanceTimersByTime(3_600_000);
    let worker: Worker | undefined;
    let under = { rows: 0 };
    const others: number[] = [];
    const model = answering(async (question) => {
      const mine = under;
      mine.rows++;
      if (question === "row 7") {
        others.push(mine.rows - 1);
        worker?.die();
        under = { rows: 0 };
        return new Promise(() => {});
      }
      await new Promise((resolve) => setImmediate(resolve));
      mine.rows--;
    });
    const place = await partPlace(new Agent({ model }), { rows: 40, concurrency: 8 });
    for (let crash = 0; crash < 3; crash++) {
      worker = await mortalWorker(place);
      void workOn(place, { lease: worker.lease });
      await worker.hasDied;
    }
    const job = await workOn(place);
    expect(job.outcome).toMatchObject({ response: { finished: 39, failed: 1 } });
    expect((await outputOf(place)).filter(({ error }) => error)).toMatchObject([
      { number: 7, attempts: 3, error: { code: "internal", message: expect.stringContaining("three times") } },
    ]);
    expect(others.at(-1)).toBe(0);
    expect(others).toHaveLength(3);
  });

  it("a row is not set aside whose lease was lost thrice while its worker lived", async () => {
    let asked = () => {};
    let isSlow = true;
    const model = answering((question) => {
      if (question !== "row 7" || !isSlow) return;
      asked();
      return new Promise<void>(() => {});
    });
    const place = await partPlace(new Agent({ model }), { rows: 20, concurrency: 8 });
    for (let loss = 0; loss < 3; loss++) {
      const isAsked = new Promise<void>((resolve) => {
        asked = resolve;
      });
      const lease = await claimPart(place);
      void workOn(place, { lease }).catch(() => {});
      await isAsked;
      // Its attempt is taken back, and of all else nothing is left but the journal.
      await lease.release();
    }
    isSlow = false;
    expect((await workOn(place)).outcome).toMatchObject({ response: { finished: 20, failed: 0 } });
  });

  it("is never done with rows missing: where its input cannot be read on, or ends too early, it is gone on with later", async () => {
    const model = answering();
    const place = await partPlace(new Agent({ model }), { rows: 300 });
    const { get } = place.engine.files;
    place.engine.files.get = async function* (name) {
      let bytes = 0;
      for await (const chunk of get(name)) {
        yield chunk;
        bytes += chunk.length;
        if (bytes > 8_000) throw new BesedaError("Away.", { code: "unavailable", isRetryable: true });
      }
    };
    const away = await claimPart(place);
    await expect(workOn(place, { lease: away })).rejects.toMatchObject({ message: "Away." });
    await away.release();
    place.engine.files.get = async function* (name) {
      for await (const chunk of get(name)) {
        yield chunk.subarray(0, chunk.lastIndexOf(10) + 1);
        return;
      }
    };
    expect(await workOn(place)).toMatchObject({
      state: "waiting",
      metadata: { stopped: "refused", error: { code: "damaged", message: expect.stringContaining("of its 300 rows") } },
    });
    place.engine.files.get = get;
    await goOn(place, { concurrency: 16 });
    expect((await workOn(place)).outcome).toMatchObject({ response: { finished: 300, failed: 0 } });
  });

  it("goes on under the latest limits of its batch, however it was left", async () => {
    const model = answering();
    const place = await partPlace(new Agent({ model }), { rows: 20 });
    await setLimits(place.engine, place.spec.folder, { concurrency: 1, maxTokens: 15 });
    expect(await workOn(place)).toMatchObject({ state: "waiting", metadata: { stopped: "budget" } });
    // Three rows of five tokens, and what was under way.
    expect(model.asked.length).toBeLessThanOrEqual(3 + 1);
  });

  it("hears of limits that are set while it is worked on: more or fewer rows at once, and a budget", async () => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval", "performance"] });
    const answer: (() => void)[] = [];
    const model = answering(() => new Promise<void>((resolve) => answer.push(resolve)));
    const place = await partPlace(new Agent({ model }), { rows: 100, concurrency: 2 });
    const setNow = async (limits: BatchLimits) => {
      await setLimits(place.engine, place.spec.folder, limits);
      await vi.advanceTimersByTimeAsync(2_000);
    };
    const turns = async () => {
      for (let turn = 0; turn < 100; turn++) await new Promise(setImmediate);
    };
    const working = workOn(place);
    await turns();
    expect(model.asked).toHaveLength(2);
    await setNow({ concurrency: 30 });
    await turns();
    expect(model.asked).toHaveLength(30);
    await setNow({ concurrency: 5 });
    for (const resolve of answer.splice(0, 26)) resolve();
    await turns();
    // Four are under way, and one is begun.
    expect(model.asked).toHaveLength(31);
    await setNow({ concurrency: 5, maxTokens: 1 });
    let isOver = false;
    void working.then(() => {
      isOver = true;
    });
    for (; !isOver; await turns()) for (const resolve of answer.splice(0)) resolve();
    expect(await working).toMatchObject({ state: "waiting", metadata: { stopped: "budget", limits: 3 } });
    // One had its place before.
    expect(model.asked.length).toBeLessThanOrEqual(32);
  });

  it("waits where the service is out of order for all rows, and asks again when it is resumed", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval", "performance"] });
    let isDown = true;
    const model = answering(() => {
      if (isDown) throw new BesedaError("Away.", { code: "unavailable", isRetryable: true });
    });
    const place = await partPlace(new Agent({ model }), { rows: 100 });
    const working = workOn(place);
    await vi.advanceTimersByTimeAsync(600_000);
    expect(await working).toMatchObject({
      state: "waiting",
      metadata: { stopped: "refused", failed: 0, error: { code: "unavailable" } },
    });
    isDown = false;
    await goOn(place, { concurrency: 16 });
    const again = workOn(place);
    await vi.advanceTimersByTimeAsync(600_000);
    expect((await again).outcome).toMatchObject({ response: { finished: 100, failed: 0 } });
  });

  it("keeps its journal where an entry is damaged, and asks that row again, alone, when it is resumed", async () => {
    const model = answering(() => {
      if (model.asked.length === 150) worker?.die();
      return new Promise((resolve) => setImmediate(resolve));
    });
    const place = await partPlace(new Agent({ model }), { rows: 300 });
    const worker = await mortalWorker(place);
    void workOn(place, { lease: worker.lease });
    await worker.hasDied;
    const broken = new Set(["row/000000007"]);
    const damaged = async () => {
      const lease = await claimPart(place);
      const { read, write } = lease;
      lease.read = async (prefix = "") => {
        for (const key of broken) if (key.startsWith(prefix)) throw new BesedaError("Broken.", { code: "damaged" });
        return read(prefix);
      };
      lease.write = async (entries) => {
        for (const [key] of entries) broken.delete(key);
        await write(entries);
      };
      return lease;
    };
    expect(await workOn(place, { lease: await damaged() })).toMatchObject({
      state: "waiting",
      metadata: { stopped: "refused", error: { code: "damaged" } },
    });
    await goOn(place, { concurrency: 16 });
    expect((await workOn(place, { lease: await damaged() })).outcome).toMatchObject({ response: { finished: 300 } });
    expect(model.asked.filter((question) => question === "row 7")).toHaveLength(2);
    expect(model.asked.length).toBeLessThanOrEqual(300 + 1 + 16);
  });

  it("a worker that closes leaves its operations with the service, and the next one waits for them", async () => {
    const closing = new AbortController();
    const submitted: string[] = [];
    let isReady = false;
    const model: LanguageModel = {
      ...answering(() => expect.fail("It was asked directly.")),
      operations: {
        submit: async () => ({ id: `operation-${submitted.push("one")}`, done: false }),
        poll: async (id) => {
          if (submitted.length === 3) closing.abort(new BesedaError("Closing.", { code: "aborted" }));
          if (!isReady) return { id, done: false };
          return { id, done: true, response: [{ type: "finish", finishReason: "stop", usage }] };
        },
        cancel: () => expect.fail("It was called off."),
      },
    };
    const place = await partPlace(new Agent({ model }), { rows: 3, calls: "async", pollMs: 1 });
    expect(await workOn(place, { closing: closing.signal })).toMatchObject({ state: "queued" });
    isReady = true;
    expect((await workOn(place)).outcome).toMatchObject({ response: { rows: 3 } });
    expect(submitted).toHaveLength(3);
  });

  it("asks by operations of the service where it is told to, and after a crash waits for those that were begun", async () => {
    let worker: Worker | undefined;
    const submitted: string[] = [];
    const model: LanguageModel = {
      ...answering(() => expect.fail("It was asked directly.")),
      operations: {
        submit: async ({ messages }) => {
          submitted.push(textOf(messages.at(-1) as Message));
          return { id: `operation of ${submitted.at(-1)}`, done: false };
        },
        poll: async (id) => {
          if (worker && submitted.length === 6) {
            worker.die();
            return new Promise(() => {});
          }
          return {
            id,
            done: true,
            response: [
              { type: "text-delta", text: id },
              { type: "finish", finishReason: "stop", usage },
            ],
          };
        },
        cancel: () => expect.fail("It was called off."),
      },
    };
    const place = await partPlace(new Agent({ model }), { rows: 6, calls: "async", pollMs: 1 });
    worker = await mortalWorker(place);
    void workOn(place, { lease: worker.lease });
    await worker.hasDied;
    worker = undefined;
    await workOn(place);
    expect(submitted.sort()).toEqual(upTo(6).map((row) => `row ${row}`));
    expect((await outputOf(place)).map(({ response }) => response)).toEqual(
      upTo(6).map((row) => `operation of row ${row}`),
    );
  });

  it("begins an operation anew that its service has forgotten meanwhile, whether other rows are done or not", async () => {
    for (const answeredBefore of [0, 1]) {
      vi.useFakeTimers();
      const closing = new AbortController();
      const service = new LaterService(({ messages }) => said(`Yes, ${textOf(messages.at(-1) as Message)}.`));
      service.onCall = (call) => {
        const fetched = service.begun.filter(({ fate }) => fate === "fetched").length;
        if (call !== "poll" || fetched < answeredBefore || service.begun.length !== 3) return;
        closing.abort(new BesedaError("Closing.", { code: "aborted" }));
      };
      const place = await partPlace(new Agent({ model: service.model }), { rows: 3, calls: "async", pollMs: 1 });
      const left = workOn(place, { closing: closing.signal });
      await vi.advanceTimersByTimeAsync(100);
      expect(await left).toMatchObject({ state: "queued" });
      service.onCall = () => {};
      for (const one of service.begun) if (one.fate === undefined) one.id = "forgotten";
      const resumed = workOn(place);
      await vi.advanceTimersByTimeAsync(20_000);
      expect((await resumed).outcome).toMatchObject({ response: { finished: 3, failed: 0 } });
      expect((await outputOf(place)).map(({ response }) => response)).toEqual([
        "Yes, row 1.",
        "Yes, row 2.",
        "Yes, row 3.",
      ]);
    }
  });
});

function upTo(last: number): number[] {
  return Array.from({ length: last }, (_, index) => index + 1);
}

async function keysWrittenBy(place: PartPlace): Promise<string[]> {
  const lease = await claimPart(place);
  const keys: string[] = [];
  const write = lease.write.bind(lease);
  lease.write = (entries) => {
    keys.push(...entries.map(([key]) => key));
    return write(entries);
  };
  await workOn(place, { lease });
  return keys;
}
