import { Agent, BesedaError, type Message, type ModelEvent, type ModelRequest, textOf, tool } from "@beseda/core";
import { afterEach, describe, expect, it, vi } from "vitest";
import { goOn, mortalWorker, outputOf, type PartPlace, partPlace, type Worker, workOn } from "../part-place.fake.ts";
import { type Answer, type MemoryBatchesOptions, memoryBatches } from "./memory-batches.fake.ts";
import { spoolFolder } from "./spool.ts";

afterEach(() => {
  vi.useRealTimers();
});

const usage = { inputTokens: 3, outputTokens: 2, totalTokens: 5 };

function says(text: string): ModelEvent[] {
  return [
    { type: "text-delta", text },
    { type: "finish", finishReason: "stop", usage },
  ];
}

function calls(toolName: string, input: unknown, nth: number): ModelEvent[] {
  return [
    { type: "tool-call", toolCallId: `call-${nth}`, toolName, input: JSON.stringify(input) },
    { type: "finish", finishReason: "tool-calls", usage },
  ];
}

function questionOf({ messages }: ModelRequest): string {
  const [first] = messages;
  return first ? textOf(first) : "";
}

/** Looks twice, then answers with what it has seen. */
const threeSteps: Answer = ({ messages, ...request }) => {
  const seen = messages.filter(({ role }) => role === "tool").map(textOf);
  if (seen.length === 2) return says(`${questionOf({ messages, ...request })}: ${seen.join(", ")}`);
  return calls("look", { what: questionOf({ messages, ...request }), nth: seen.length + 1 }, seen.length + 1);
};

function looking(answer: Answer = threeSteps, options: MemoryBatchesOptions = {}) {
  const model = memoryBatches(answer, options);
  const looked: string[] = [];
  const look = tool({
    name: "look",
    description: "Looks.",
    replay: "never",
    inputSchema: {
      type: "object",
      properties: { what: { type: "string" }, nth: { type: "number" } },
      required: ["what", "nth"],
    },
    execute: ({ what, nth }) => {
      looked.push(`${what}/${nth}`);
      return `seen ${what} ${nth}`;
    },
  });
  return { model, looked, agent: new Agent({ model, tools: [look] }) };
}

const inRounds = { calls: "batch", pollMs: 1 } as const;

describe("a part in rounds", () => {
  it("1,000 rows of an agent of three steps are three batches of the service, and nothing is asked besides", async () => {
    const { model, looked, agent } = looking();
    const place = await partPlace(agent, { ...inRounds, rows: 1_000 });
    const job = await workOn(place);
    expect(job.outcome).toMatchObject({ response: { rows: 1_000, finished: 1_000, failed: 0, providerBatches: 3 } });
    expect(model.taken.map(({ requests }) => requests.length)).toEqual([1_000, 1_000, 1_000]);
    expect(model.asked).toEqual([]);
    expect(looked).toHaveLength(2_000);
    expect(new Set(looked).size).toBe(2_000);
    const rows = await outputOf(place);
    expect(rows).toHaveLength(1_000);
    expect(rows[41]).toMatchObject({
      number: 42,
      response: "row 42: seen row 42 1, seen row 42 2",
      steps: 3,
      usage: { inputTokens: 9, outputTokens: 6, totalTokens: 15 },
      finishReason: "stop",
      toolCalls: [
        { id: "call-1", name: "look", input: '{"what":"row 42","nth":1}', output: "seen row 42 1", isError: false },
        { id: "call-2", name: "look" },
      ],
    });
    expect(await place.engine.files.list("batches/batch/rounds/")).toEqual([]);
  }, 60_000);

  describe("killed and begun again has the same results and bills no batch twice, when it is killed", () => {
    const killedAt = async (when: (call: string, nth: number) => boolean, times = 1) => {
      let worker: Worker | undefined;
      let kills = 0;
      const { model, looked, agent } = looking(threeSteps, {
        onCall: (call, nth) => {
          if (kills >= times || !when(call, nth)) return undefined;
          kills++;
          worker?.die();
          return new Promise(() => {});
        },
      });
      const place = await partPlace(agent, { ...inRounds, rows: 20 });
      for (let attempt = 0; attempt < times; attempt++) {
        worker = await mortalWorker(place);
        void workOn(place, { lease: worker.lease });
        await worker.hasDied;
      }
      const job = await workOn(place);
      expect(kills).toBe(times);
      expect(job.outcome).toMatchObject({ response: { finished: 20, failed: 0, providerBatches: 3 } });
      expect(model.taken.map(({ requests }) => requests.length)).toEqual([20, 20, 20]);
      expect(looked).toHaveLength(40);
      expect((await outputOf(place)).map(({ response }) => response)).toEqual(
        Array.from({ length: 20 }, (_, index) => {
          const row = `row ${index + 1}`;
          return `${row}: seen ${row} 1, seen ${row} 2`;
        }),
      );
      return model;
    };

    it("before the batch is started", () => killedAt((call, nth) => call === "start" && nth === 1));

    it("when it is started and its id is not known yet", () => killedAt((call) => call === "started"));

    it("while it is asked after, three times", () => killedAt((call) => call === "poll", 3));

    it("between two of its replies", () => killedAt((call, nth) => call === "reply" && nth % 20 === 7, 2));

    it("between two rounds", () => killedAt((call, nth) => call === "start" && nth === 2));
  });

  it("a tool with effects that was begun when the worker was killed is not run again", async () => {
    let worker: Worker | undefined;
    let runs = 0;
    const model = memoryBatches(({ messages }) =>
      messages.at(-1)?.role === "tool" ? says(textOf(messages.at(-1) as Message)) : calls("send", {}, 1),
    );
    const send = tool({
      name: "send",
      description: "Sends.",
      replay: "never",
      inputSchema: { type: "object", properties: {} },
      execute: () => {
        runs++;
        worker?.die();
        return new Promise(() => {});
      },
    });
    const place = await partPlace(new Agent({ model, tools: [send] }), { ...inRounds, rows: 1 });
    worker = await mortalWorker(place);
    void workOn(place, { lease: worker.lease });
    await worker.hasDied;
    await workOn(place);
    expect(runs).toBe(1);
    const [row] = await outputOf(place);
    expect(row?.response).toContain("Whether it took effect is unknown");
  });

  it("a request that failed and may pass goes into the next batch, one that may not is the row's error", async () => {
    const busy = new BesedaError("Too much to do.", { code: "unavailable", isRetryable: true });
    const wrong = new BesedaError("This cannot be answered.", { code: "rejected" });
    const { model, agent } = looking((request, { batch }) => {
      if (questionOf(request) === "row 2" && batch === 1) return busy;
      return questionOf(request) === "row 3" ? wrong : says("Yes.");
    });
    const place = await partPlace(agent, { ...inRounds, rows: 5 });
    const job = await workOn(place);
    expect(job.outcome).toMatchObject({ response: { finished: 4, failed: 1, providerBatches: 2 } });
    expect(model.taken.map(({ requests }) => requests.map(questionOf).sort())).toEqual([
      ["row 1", "row 2", "row 3", "row 4", "row 5"],
      ["row 2"],
    ]);
    const rows = await outputOf(place);
    expect(rows[2]).toMatchObject({ response: null, error: { code: "rejected", message: "This cannot be answered." } });
    expect(rows[1]).toMatchObject({ response: "Yes.", error: null });
  });

  it("a request that fails for ever is an error after five batches", async () => {
    const busy = new BesedaError("Too much to do.", { code: "unavailable", isRetryable: true });
    const { model, agent } = looking((request) => (questionOf(request) === "row 2" ? busy : says("Yes.")));
    const place = await partPlace(agent, { ...inRounds, rows: 3 });
    await workOn(place);
    expect(model.taken).toHaveLength(5);
    expect((await outputOf(place))[1]).toMatchObject({ error: { code: "unavailable", message: "Too much to do." } });
  });

  it.each([
    ["was limited in five batches", new BesedaError("Slow down.", { code: "rate-limited", isRetryable: true }), 1],
    ["asks for what is not found", new BesedaError("No such file.", { code: "not-found" }), 1],
    ["asks for what is not found, as others do", new BesedaError("No such file.", { code: "not-found" }), 3],
  ])("a row that %s has its error, and the others go on though none of them is done", async (_, error, failed) => {
    const { agent } = looking((request, nth) =>
      Number(questionOf(request).slice(4)) <= failed ? error : threeSteps(request, nth),
    );
    const place = await partPlace(agent, { ...inRounds, rows: 8 });
    expect((await workOn(place)).outcome).toMatchObject({ response: { finished: 8 - failed, failed } });
    expect((await outputOf(place))[0]).toMatchObject({ response: null, error: { code: error.code } });
  });

  it("a row whose own model is not found has its error in the end, and the batch of the others is sent", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
    const missing = () => new BesedaError("No such model.", { code: "not-found" });
    const { batches: _none, ...lost } = memoryBatches(missing, { modelId: "lost" });
    const large = memoryBatches(() => says("large"), { modelId: "large" });
    const agent = new Agent({
      model: large,
      prepareStep: ({ messages: [first] }) => ({ model: textOf(first as Message) === "row 2" ? lost : large }),
    });
    const place = await partPlace(agent, { ...inRounds, rows: 4 });
    let isOver = false;
    const working = workOn(place).finally(() => {
      isOver = true;
    });
    for (let seconds = 0; !isOver && seconds < 200; seconds++) await vi.advanceTimersByTimeAsync(1_000);
    expect((await working).outcome).toMatchObject({ response: { finished: 3, failed: 1 } });
    expect((await outputOf(place))[1]).toMatchObject({ error: { code: "not-found" }, attempts: 5 });
  });

  it("asks each model in a batch of its own, and those that take none directly", async () => {
    const large = memoryBatches(() => says("large"), { modelId: "large" });
    const small = memoryBatches(() => says("small"), { modelId: "small" });
    const { batches: _none, ...direct } = memoryBatches(() => says("direct"), { modelId: "direct" });
    const models = [large, small, direct];
    const agent = new Agent({
      model: large,
      prepareStep: ({ messages }) => ({ model: models[Number(textOf(messages[0] as Message).slice(4)) % 3] ?? large }),
    });
    const place = await partPlace(agent, { ...inRounds, rows: 9 });
    await workOn(place);
    expect(large.taken.map(({ requests }) => requests.length)).toEqual([3]);
    expect(small.taken.map(({ requests }) => requests.length)).toEqual([3]);
    expect(direct.asked).toHaveLength(3);
    const rows = await outputOf(place);
    expect(rows.map(({ response }) => response).slice(0, 3)).toEqual(["small", "direct", "large"]);
    expect(rows.map(({ model }) => model).slice(0, 3)).toEqual(["test:small", "test:direct", "test:large"]);
  });

  it("finds the model of a batch again after a crash, though its row has its reply already", async () => {
    const first = memoryBatches(() => calls("look", {}, 1), { modelId: "first" });
    const second = memoryBatches(() => says("second"), { modelId: "second" });
    const look = tool({
      name: "look",
      description: "Looks.",
      inputSchema: { type: "object", properties: {} },
      execute: () => "seen",
    });
    const agent = new Agent({
      model: first,
      tools: [look],
      prepareStep: ({ step }) => ({ model: step === 1 ? first : second }),
    });
    const place = await partPlace(agent, { ...inRounds, rows: 2 });
    const { lease, die, hasDied } = await mortalWorker(place);
    const { write } = lease;
    lease.write = async (entries) => {
      await write(entries);
      if (entries.some(([key]) => key.endsWith("/reply/1"))) die();
    };
    void workOn(place, { lease });
    await hasDied;
    await workOn(place);
    expect([first.taken.length, second.taken.length]).toEqual([1, 1]);
    expect((await outputOf(place)).map(({ response }) => response)).toEqual(["second", "second"]);
  });

  it("a row that the service cannot take in a batch is an error, and the others are answered", async () => {
    const toolless = new BesedaError("Row 3 has an image.", { code: "unsupported" });
    const { model, agent } = looking(() => says("Yes."), {
      refuse: (requests) => (requests.some((request) => questionOf(request) === "row 6") ? toolless : undefined),
    });
    const place = await partPlace(agent, { ...inRounds, rows: 16 });
    const job = await workOn(place);
    expect(job.outcome).toMatchObject({ response: { finished: 15, failed: 1, providerBatches: 4 } });
    expect(model.taken.map(({ requests }) => requests.length).sort()).toEqual([1, 2, 4, 8]);
    expect((await outputOf(place))[5]).toMatchObject({
      error: { code: "unsupported", message: "Row 3 has an image." },
    });
  });

  it("a service that takes no batch at all stops the part, which is gone on with when it is woken", async () => {
    let isRefused = true;
    const refusal = new BesedaError("The key is not accepted.", { code: "unauthorized" });
    const { agent } = looking(() => says("Yes."), { refuse: () => (isRefused ? refusal : undefined) });
    const place = await partPlace(agent, { ...inRounds, rows: 3 });
    const job = await workOn(place);
    expect(job).toMatchObject({
      state: "waiting",
      metadata: { stopped: "refused", error: { code: "unauthorized", message: "The key is not accepted." } },
    });
    isRefused = false;
    await goOn(place, { concurrency: 16, pollMs: 1 });
    expect((await workOn(place)).outcome).toMatchObject({ response: { finished: 3, providerBatches: 1 } });
  });

  it("a worker that closes gives the part back at once, and the next one waits for the same batch", async () => {
    const closing = new AbortController();
    const { model, agent } = looking(threeSteps, {
      unfinished: 3,
      onCall: (call, nth) => {
        if (call === "poll" && nth === 1) closing.abort();
      },
    });
    const place = await partPlace(agent, { ...inRounds, rows: 4 });
    expect(await workOn(place, { closing: closing.signal })).toMatchObject({ state: "queued", attempts: 0 });
    expect(model.polls).toEqual(["batch-1"]);
    expect((await workOn(place)).outcome).toMatchObject({ response: { finished: 4, providerBatches: 3 } });
  });

  it("a file of requests that is lost stops the part, and when it is put back the same batch is waited for", async () => {
    const closing = new AbortController();
    const { model, agent } = looking(threeSteps, { onCall: (call) => (call === "poll" ? closing.abort() : undefined) });
    const place = await partPlace(agent, { ...inRounds, rows: 4 });
    await workOn(place, { closing: closing.signal });
    const { files } = place.engine;
    const [spool = ""] = await files.list(spoolFolder(place.spec.batchId, place.spec.part));
    const kept: Uint8Array[] = [];
    for await (const bytes of files.get(spool)) kept.push(bytes);
    await files.delete(spool);
    const error = {
      code: "not-found",
      message: expect.stringContaining(spool),
      hint: expect.stringMatching(/^.*Put this/),
    };
    expect(await workOn(place)).toMatchObject({ state: "waiting", metadata: { stopped: "refused", error } });
    await files.put(spool, kept);
    await goOn(place, { concurrency: 16, pollMs: 1 });
    expect((await workOn(place)).outcome).toMatchObject({ response: { finished: 4, providerBatches: 3 } });
    expect(model.taken).toHaveLength(3);
  });

  it("ends between two rounds where the budget of the batch is used up", async () => {
    const { model, agent } = looking();
    const place = await partPlace(agent, { ...inRounds, rows: 4, maxTokens: 30 });
    const job = await workOn(place);
    expect(job).toMatchObject({ state: "waiting", metadata: { stopped: "budget" } });
    expect(model.taken).toHaveLength(2);
    await goOn(place, { concurrency: 16, pollMs: 1 });
    expect((await workOn(place)).outcome).toMatchObject({ response: { finished: 4, failed: 0 } });
  });

  it("sends only what fits into the budget: one request at first, and as many as their usage allows then", async () => {
    const { model, agent } = looking(() => says("Yes."));
    const place = await partPlace(agent, { ...inRounds, rows: 100, maxTokens: 50 });
    const job = await workOn(place);
    expect(job).toMatchObject({ state: "waiting", metadata: { stopped: "budget", usage: { totalTokens: 50 } } });
    expect(model.taken.map(({ requests }) => requests.length)).toEqual([1, 9]);
    // What is paid for is written, though nothing is left of the budget.
    expect(job.metadata).toMatchObject({ finished: 10 });
  });

  it("a part that is called off calls off its batch with the service", async () => {
    const called: string[] = [];
    const { model, agent } = looking(threeSteps, {
      unfinished: Number.POSITIVE_INFINITY,
      onCall: (call) => (call === "poll" ? place.engine.cancel("batch-1") : undefined),
    });
    const { cancel } = model.batches;
    model.batches.cancel = (id) => {
      called.push(id);
      return cancel(id);
    };
    const place: PartPlace = await partPlace(agent, { ...inRounds, rows: 4 });
    expect((await workOn(place)).outcome).toMatchObject({ error: { code: "aborted" } });
    expect(called).toEqual(["batch-1"]);
  });

  it("what replies have used is reported before their rows are done", async () => {
    const { agent } = looking();
    const place = await partPlace(agent, { ...inRounds, rows: 4, maxTokens: 5 });
    const job = await workOn(place);
    expect(job.metadata).toMatchObject({ stopped: "budget", finished: 0, usage: { totalTokens: 5 } });
  });

  it("a row counts the batches that its request was in as its attempts", async () => {
    const busy = new BesedaError("Too much to do.", { code: "unavailable", isRetryable: true });
    const { agent } = looking((_request, { batch }) => (batch < 3 ? busy : says("Yes.")));
    const place = await partPlace(agent, { ...inRounds, rows: 2 });
    await workOn(place);
    expect((await outputOf(place)).map(({ attempts }) => attempts)).toEqual([3, 3]);
  });

  it("sub-agents that a tool asks are asked directly", async () => {
    const { model, agent } = looking(({ messages, instructions }) => {
      if (instructions === "below") return says("from below");
      return messages.at(-1)?.role === "tool"
        ? says(textOf(messages.at(-1) as Message))
        : calls("below", { task: "?" }, 1);
    });
    const below = new Agent({ name: "below", instructions: "below", model });
    const above = new Agent({ model, tools: [below.asTool({ description: "Knows." })] });
    const place = await partPlace(above, { ...inRounds, rows: 3 });
    await workOn(place);
    expect(agent.model.modelId).toBe(model.modelId);
    expect(model.taken).toHaveLength(2);
    expect(model.asked).toHaveLength(3);
    expect((await outputOf(place)).map(({ response }) => response)).toEqual(Array(3).fill("from below"));
  });
});
