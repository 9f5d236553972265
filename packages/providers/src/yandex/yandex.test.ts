import { Agent, type LanguageModel, type ModelEvent, type ModelRequest, tool } from "@beseda/core";
import { afterEach, describe, expect, it, vi } from "vitest";
import { defaultModels } from "../../../../test/fakes/yandex/fake-models.ts";
import {
  startYandexServer,
  type YandexServer,
  type YandexServerOptions,
} from "../../../../test/fakes/yandex/yandex-server.ts";
import { digestOf } from "../digest-of.ts";
import { type YandexModelOptions, yandex } from "./index.ts";

let server: YandexServer;

afterEach(async () => {
  vi.unstubAllEnvs();
  await server.close();
});

async function start(options: YandexServerOptions = {}): Promise<YandexServer> {
  server = await startYandexServer(options);
  return server;
}

const model = (name: string, options: YandexModelOptions = {}): LanguageModel =>
  yandex(name, { ...server.settings, retry: { retries: 0 }, ...options });

const ask = (request: Partial<ModelRequest> = {}): ModelRequest => ({
  instructions: "",
  messages: [{ role: "user", content: "Hi" }],
  tools: [],
  toolChoice: "auto",
  reasoning: "off",
  settings: {},
  ...request,
});

async function drain(events: AsyncIterable<ModelEvent[]>): Promise<ModelEvent[]> {
  const all: ModelEvent[] = [];
  for await (const some of events) all.push(...some);
  return all;
}

const failureOf = (promise: Promise<unknown>) => promise.catch((error: unknown) => error);
const asked = () => server.ledger.map(({ path }) => path);
const native = "/foundationModels/v1/completion";
const chat = "/v1/chat/completions";

const add = tool({
  name: "add",
  description: "Adds.",
  inputSchema: {
    type: "object",
    properties: { a: { type: "integer" }, b: { type: "integer" } },
    required: ["a", "b"],
  },
  execute: ({ a, b }) => Number(a) + Number(b),
});
const definition = { name: "add", description: "Adds.", inputSchema: { type: "object" }, examples: [] };
const calling = {
  toolCalls: [
    { name: "add", arguments: { a: 1, b: 2 } },
    { name: "add", arguments: { a: 3, b: 4 } },
  ],
};
const onePixel =
  "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

describe("yandex()", () => {
  it("takes any name of a model, and asks it through the API that has it", async () => {
    const { account } = await start({
      models: [
        ...defaultModels,
        { scheme: "gpt", tail: "m1.a/v-2", ownedBy: "Alibaba", context: 4_096, isNative: false },
      ],
    });
    const uri = (tail: string) => `gpt://${account.folderId}/${tail}`;
    server.models.addTuned(uri("yandexgpt-lite/latest@tamrabc"));
    for (const [name, tail, path] of [
      ["yandexgpt", "yandexgpt/latest", native],
      ["yandexgpt/rc", "yandexgpt/rc", native],
      [uri("aliceai-llm/latest"), "aliceai-llm/latest", native],
      ["yandexgpt-lite/latest@tamrabc", "yandexgpt-lite/latest@tamrabc", native],
      ["qwen3-235b-a22b-fp8", "qwen3-235b-a22b-fp8/latest", chat],
      [uri("m1.a/v-2"), "m1.a/v-2", chat],
    ] as const) {
      const one = model(name);
      expect(one).toMatchObject({ provider: "yandex", modelId: tail });
      await drain(one.stream(ask()));
      expect(server.ledger.at(-1)).toMatchObject({
        path,
        status: 200,
        body: { [path === chat ? "model" : "modelUri"]: uri(tail) },
      });
    }
    await drain(model("yandexgpt", { api: "openai" }).stream(ask()));
    expect(server.ledger.at(-1)).toMatchObject({ path: chat, headers: { "openai-project": account.folderId } });
  });

  it("takes key, folder and addresses from the environment where nothing is said", async () => {
    const { settings, origin } = await start();
    vi.stubEnv("YC_API_KEY", settings.apiKey);
    vi.stubEnv("YC_FOLDER_ID", settings.folderId);
    vi.stubEnv("YC_LLM_ENDPOINT", origin);
    const events = await drain(yandex("yandexgpt/latest").stream(ask()));
    expect(events.at(-1)).toMatchObject({ finishReason: "stop" });
  });

  it("can say beforehand what tokens cost, by the way in which they are asked for, where the table has a price", async () => {
    await start();
    const { costOf } = model("yandexgpt/rc");
    const usage = { inputTokens: 1_500, outputTokens: 500, totalTokens: 2_000 };
    expect([costOf?.(usage, "sync"), costOf?.(usage, "async")]).toEqual([{ RUB: 1.6 }, { RUB: 0.8 }]);
    expect(costOf?.(usage, "batch")).toBeUndefined();
    // No batch is billed for less than 200,000 tokens.
    expect(model("gemma-3-27b-it").costOf?.(usage, "batch")).toEqual({ RUB: 80 });
    expect(model("yandexgpt/rc", { prices: false }).costOf?.(usage, "sync")).toBeUndefined();
  });

  it("tells at the end what the reply has cost, which version answered, and its id for the support", async () => {
    const usage = { input: 1_000, output: 500 };
    await start({ replies: Array(5).fill({ text: "Hi", usage, modelVersion: "09.02.2025" }) });
    const finishOf = async (one: LanguageModel, streamed: boolean) =>
      (await drain(one.stream(ask(), { streamed }))).at(-1);
    const cost = { RUB: 1.8 };
    const requestId = expect.stringMatching(/^[\w-]{36}$/);
    for (const streamed of [true, false]) {
      expect(await finishOf(model("yandexgpt/latest"), streamed)).toEqual({
        type: "finish",
        finishReason: "stop",
        usage: { inputTokens: 1_000, outputTokens: 500, totalTokens: 1_500, cost },
        response: { requestId, modelVersion: "09.02.2025" },
      });
    }
    expect(await finishOf(model("yandexgpt/latest", { api: "openai" }), false)).toMatchObject({
      usage: { cost },
      response: { requestId },
    });
    expect(await finishOf(model("gemma-3-27b-it"), true)).toMatchObject({
      usage: { cost: { RUB: 0.6 } },
      response: { requestId: expect.any(String) },
    });
    expect(await finishOf(model("yandexgpt/latest", { prices: false }), true)).not.toHaveProperty("usage.cost");
  });

  it.each([{}, { api: "openai" }, { via: "async", pollMs: 1 }] as const)(
    "calls tools side by side and hears their results, with %j",
    async (options) => {
      await start({ replies: [calling, { text: "3 and 7" }] });
      const agent = new Agent({ model: model("yandexgpt/latest", options), tools: [add] });
      const { text, steps } = await agent.generate("1 + 2? 3 + 4?");
      expect(text).toBe("3 and 7");
      expect(steps).toHaveLength(2);
      expect(server.script.requests[1]?.messages.flatMap(({ toolResults = [] }) => toolResults)).toEqual([
        { name: "add", content: "3" },
        { name: "add", content: "7" },
      ]);
      expect(server.ledger.every(({ status }) => status === 200)).toBe(true);
    },
  );

  it("asks for one call at a time, and for JSON, over both APIs", async () => {
    await start({ replies: [calling, calling, { text: "{}" }, { text: "{}" }] });
    for (const api of ["native", "openai"] as const) {
      const one = model("yandexgpt/latest", { api, parallelToolCalls: false });
      const events = await drain(one.stream(ask({ tools: [definition] })));
      expect(events.filter(({ type }) => type === "tool-call")).toHaveLength(1);
    }
    for (const api of ["native", "openai"] as const) {
      await drain(model("yandexgpt/latest", { api, jsonObject: true }).stream(ask()));
      expect(server.script.requests.at(-1)?.json).toBe("any");
    }
  });

  it("holds answers to a schema over both APIs", async () => {
    const schema = { type: "object", properties: { n: { type: "integer" } }, required: ["n"] };
    await start({ respond: () => ({ text: '{"n":1}' }) });
    for (const api of ["native", "openai"] as const) {
      const one = model("yandexgpt/latest", { api });
      expect(one.abilities).toMatchObject({ outputSchema: "without-tools" });
      await drain(one.stream(ask({ outputSchema: schema })));
      expect(server.script.requests.at(-1)?.json).toMatchObject({ schema });
    }
  });

  it("shows images to a model that takes them, and sends none to the native API", async () => {
    await start({ replies: [{ text: "A dot." }] });
    const messages = [{ role: "user" as const, content: [{ type: "image" as const, image: onePixel }] }];
    const events = await drain(model("gemma-3-27b-it").stream(ask({ messages })));
    expect(events).toContainEqual({ type: "text-delta", text: "A dot." });
    expect(await failureOf(drain(model("yandexgpt").stream(ask({ messages }))))).toMatchObject({ code: "unsupported" });
    expect(asked()).toEqual([chat]);
  });

  it("refuses what cannot be right before anything is sent: a temperature of 2, no name, another kind of model", async () => {
    await start();
    for (const streamed of [true, false]) {
      const hot = model("yandexgpt").stream(ask({ settings: { temperature: 2 } }), { streamed });
      expect(await failureOf(drain(hot))).toMatchObject({ code: "invalid-argument" });
    }
    const hot = model("yandexgpt").operations?.submit(ask({ settings: { temperature: 2 } }));
    expect(await failureOf(Promise.resolve(hot))).toMatchObject({ code: "invalid-argument" });
    expect(server.ledger).toEqual([]);
    expect(() => model("")).toThrow(expect.objectContaining({ code: "invalid-argument" }));
    expect(() => model("emb://b1g/text-search-doc/latest")).toThrow(
      expect.objectContaining({ code: "invalid-argument" }),
    );
  });

  it("passes on a text that the model rewrites, and what a filter puts in its place, as such", async () => {
    await start({
      replies: [
        { rewrites: ["One, to", "One, two", "One, two."] },
        { text: ["How to", "No."], finish: "content-filter" },
      ],
    });
    const agent = new Agent({ model: model("yandexgpt") });
    expect((await agent.generate("Count")).text).toBe("One, two.");
    expect(await agent.generate("Do harm")).toMatchObject({ text: "No.", finishReason: "content-filter" });
  });

  it("takes replies of more bytes than others may have: every line holds the whole text", async () => {
    const text = "Ж".repeat(200_000);
    const line = (status: string) =>
      `${JSON.stringify({ result: { alternatives: [{ message: { text }, status: `ALTERNATIVE_STATUS_${status}` }] } })}\n`;
    await start({
      routes: [
        {
          method: "POST",
          path: /completion$/,
          errors: "streaming",
          answer: ({ response }) => {
            for (let count = 0; count < 90; count++) response.write(line("PARTIAL"));
            response.end(line("FINAL"));
          },
        },
      ],
    });
    const [first, ...others] = await drain(model("yandexgpt").stream(ask()));
    expect(first).toEqual({ type: "text-delta", text });
    expect(others).toEqual([{ type: "finish", finishReason: "stop", response: { requestId: expect.any(String) } }]);
  });

  it("lists the models of the service, tuned ones among them", async () => {
    const { account, settings } = await start();
    const tuned = `gpt://${account.folderId}/yandexgpt-lite/latest@tamrabc`;
    server.models.addTuned(tuned);
    const models = await yandex.models(settings);
    expect(models).toContainEqual({ id: `gpt://${account.folderId}/yandexgpt/latest`, ownedBy: "Yandex" });
    expect(models.at(-1)?.id).toBe(tuned);
    expect(await failureOf(yandex.models({ ...settings, apiKey: "AQVNwrong" }))).toMatchObject({
      code: "unauthorized",
    });
  });

  it("has batches for the models that the service takes them for, and asynchronous replies for its own", async () => {
    await start();
    expect(model("yandexgpt")).toMatchObject({ operations: expect.any(Object) });
    expect(model("yandexgpt")).not.toHaveProperty("batches");
    expect(model("gemma-3-27b-it")).toMatchObject({ batches: { start: expect.any(Function) } });
    expect(model("gemma-3-27b-it").operations).toBeUndefined();
    expect(() => model("gemma-3-27b-it", { via: "async" })).toThrow(expect.objectContaining({ code: "unsupported" }));
    expect(model("my-own/1", { quirks: { batches: false } })).not.toHaveProperty("batches");
  });
});

describe("an asynchronous reply", () => {
  it("is what the stream would have given, however often and by whom it is asked after, at its own price", async () => {
    await start({ replies: [{ ...calling, usage: { input: 1_000, output: 500 } }] });
    const { operations } = model("yandexgpt");
    const begun = await operations?.submit(ask({ tools: [definition] }), { key: "Заказ 1\n" });
    expect(begun).toMatchObject({ id: expect.stringMatching(/^d7q/), done: false, createdAt: expect.any(String) });
    expect(server.ledger[0]).toMatchObject({
      path: `${native}Async`,
      headers: { "idempotency-key": digestOf("Заказ 1\n") },
      body: { completionOptions: {} },
    });
    const id = begun?.id ?? "";
    const first = await operations?.poll(id);
    expect(first?.response).toEqual([
      { type: "tool-call", toolCallId: `${id}-1`, toolName: "add", input: '{"a":1,"b":2}' },
      { type: "tool-call", toolCallId: `${id}-2`, toolName: "add", input: '{"a":3,"b":4}' },
      {
        type: "finish",
        finishReason: "tool-calls",
        usage: { inputTokens: 1_000, outputTokens: 500, totalTokens: 1_500, cost: { RUB: 0.9 } },
        response: { requestId: id, modelVersion: "09.02.2025" },
      },
    ]);
    expect(await model("yandexgpt").operations?.poll(id)).toEqual(first);
  });

  it("that has failed says why; one that is lost, that results are kept for three days", async () => {
    await start({ operations: { error: { code: 3, message: "text length is 0" } } });
    const { operations } = model("yandexgpt");
    const { id = "" } = (await operations?.submit(ask())) ?? {};
    expect(await operations?.poll(id)).toMatchObject({ done: true, error: { code: "rejected" } });
    server.operations.lose(id);
    expect(await failureOf(Promise.resolve(operations?.poll(id)))).toMatchObject({
      code: "not-found",
      message: expect.stringContaining(id),
      hint: expect.stringContaining("three days"),
    });
    const requests = server.ledger.length;
    for (const bad of ["", "..", "a/b", "a:cancel", "a?b"]) {
      expect(await failureOf(Promise.resolve(operations?.poll(bad)))).toMatchObject({ code: "invalid-argument" });
    }
    expect(server.ledger).toHaveLength(requests);
  });

  it("can be called off", async () => {
    await start({ operations: { unfinished: "never" } });
    const { operations } = model("yandexgpt");
    const { id = "" } = (await operations?.submit(ask())) ?? {};
    expect(await operations?.cancel(id)).toMatchObject({ id, done: true, error: expect.anything() });
    expect(server.ledger.at(-1)).toMatchObject({ method: "GET", path: `/operations/${id}:cancel` });
    expect(server.operations.orphans).toEqual([]);
  });

  it('of a model via: "async" is called off when the run is stopped', async () => {
    await start({ operations: { unfinished: "never" } });
    const stop = new AbortController();
    const events = model("yandexgpt", { via: "async", pollMs: 1 }).stream(ask(), { signal: stop.signal });
    const reading = failureOf(drain(events));
    await vi.waitFor(() => expect(asked().length).toBeGreaterThan(2));
    stop.abort("enough");
    expect(await reading).toBe("enough");
    await vi.waitFor(() => expect(server.operations.all.map(({ isCancelled }) => isCancelled)).toEqual([true]));
  });
});

describe("a model whose context is known", () => {
  const long = (words: number) => ask({ messages: [{ role: "user", content: "word ".repeat(words) }] });
  const counted = "/foundationModels/v1/tokenizeCompletion";

  it("counts only what may be too long, and refuses what is before it is billed", async () => {
    await start({ respond: () => ({ text: "Hi" }) });
    for (const options of [{}, { api: "openai" }, { via: "async", pollMs: 1 }] as const) {
      const before = server.ledger.length;
      const one = model("yandexgpt", { contextTokens: 400, ...options });
      await drain(one.stream(long(10)));
      expect(asked().slice(before)).not.toContain(counted);
      await drain(one.stream(long(300)));
      expect(asked().filter((path) => path === counted)).toHaveLength(1);
      expect(await failureOf(drain(one.stream(long(800))))).toMatchObject({
        code: "too-large",
        message: expect.stringMatching(/The request has 8\d\d tokens; the context of the model has 400\./),
      });
      expect(server.ledger.slice(before).filter(({ billed }) => billed)).toHaveLength(2);
      server.ledger.length = 0;
    }
  });

  it("leaves room for the answer", async () => {
    await start();
    const one = model("yandexgpt", { contextTokens: 400 });
    const request = { ...long(200), settings: { maxOutputTokens: 300 } };
    expect(await failureOf(drain(one.stream(request)))).toMatchObject({
      code: "too-large",
      message: expect.stringContaining("300 more"),
    });
    expect(asked()).toEqual([counted]);
  });

  it("is asked anyway where it cannot be counted, and counts nothing for nobody", async () => {
    await start();
    server.faults.add({ path: counted, refuse: { code: 14, message: "busy" } });
    const one = model("yandexgpt", { contextTokens: 400 });
    one.stream(long(800));
    expect(server.ledger).toEqual([]);
    await drain(one.stream(long(800)));
    expect(asked()).toEqual([counted, native]);
  });
});
