import { Agent, type ModelRequest, tool, waitForOperation } from "@beseda/core";
import { afterEach, describe, expect, it } from "vitest";
import {
  startYandexServer,
  type YandexServer,
  type YandexServerOptions,
} from "../../../../../test/fakes/yandex/yandex-server.ts";
import { fileSearch, webSearch } from "./hosted-tools.ts";
import { type YandexResponsesOptions, yandexResponses } from "./yandex-responses.ts";

let server: YandexServer;

afterEach(async () => {
  await server.close();
});

async function open(options: YandexServerOptions = {}, asked: Partial<YandexResponsesOptions> = {}) {
  server = await startYandexServer(options);
  return yandexResponses("yandexgpt/latest", { ...server.settings, retry: { longestWaitMs: 0 }, ...asked });
}

const question: ModelRequest = {
  instructions: "",
  messages: [{ role: "user", content: "What is new?" }],
  tools: [],
  toolChoice: "auto",
  reasoning: "off",
  settings: {},
};

const double = tool({
  name: "double",
  description: "Doubles a number.",
  inputSchema: { type: "object", properties: { x: { type: "number" } }, required: ["x"] },
  execute: (input) => 2 * (input as { x: number }).x,
});

describe("yandexResponses()", () => {
  it("brings the sources of an answer, and its cost with that of the search", async () => {
    const sources = [
      { url: "www.rbc.ru" },
      { url: "https://ria.ru/1", title: "RIA" },
      { fileId: "fvt1", filename: "a.pdf" },
    ];
    const usage = { input: 800, output: 200 };
    const model = await open(
      { replies: [{ text: ["Snow ", "fell."], sources, usage }] },
      { hostedTools: [webSearch({ allowedDomains: ["rbc.ru"] }), fileSearch({ vectorStoreIds: ["fvt"] })] },
    );
    const result = await new Agent({ name: "researcher", instructions: "Search.", model }).generate("What is new?");
    expect(result.text).toBe("Snow fell.");
    const [answer] = result.messages.filter(({ role }) => role === "assistant");
    expect(answer).toMatchObject({
      sources: [
        { id: "https://www.rbc.ru", url: "https://www.rbc.ru" },
        { id: "https://ria.ru/1", url: "https://ria.ru/1", title: "RIA" },
        { id: "fvt1", filename: "a.pdf" },
      ],
      response: { requestId: expect.stringMatching(/./) },
    });
    // 1 × 1.20, a web search for 0.915 and a file search for 0.30
    expect(result.usage.cost).toEqual({ RUB: 2.415 });
    expect(server.ledger[0]).toMatchObject({ path: "/v1/responses", billed: true });
  });

  it("runs the agent's own tools between two requests, the thread whole in the second", async () => {
    const model = await open({
      replies: [{ toolCalls: [{ name: "double", arguments: { x: 21 } }] }, { text: "It is 42." }],
    });
    const result = await new Agent({ name: "a", model, tools: [double] }).generate("Double 21.");
    expect(result.text).toBe("It is 42.");
    expect(server.ledger[1]?.body).toMatchObject({
      input: [
        { role: "user", content: "Double 21." },
        { type: "function_call", name: "double", arguments: '{"x":21}' },
        { type: "function_call_output", output: "42" },
      ],
    });
  });

  it("tells a failure that came with status 200, and does not repeat what cannot help", async () => {
    const model = await open();
    const messages = [{ role: "user" as const, content: "word ".repeat(40_000) }];
    for (const streamed of [true, false]) {
      const before = server.ledger.length;
      const reply = model.stream({ ...question, messages }, { streamed });
      await expect(reply[Symbol.asyncIterator]().next()).rejects.toMatchObject({
        code: "too-large",
        message: expect.stringContaining("no more than 32768"),
        isRetryable: false,
      });
      expect(server.ledger.length - before).toBe(1);
    }
  });

  it("brings an answer whose whole at the end of the stream is larger than most events", async () => {
    const text = "Вся книга. ".repeat(60_000);
    await open({ replies: [{ text }] });
    const model = yandexResponses("qwen3-235b-a22b-fp8/latest", server.settings);
    const { text: told } = await new Agent({ model }).generate("Read it out.");
    expect(told === text).toBe(true);
  });

  it("refuses a temperature of 2 before anything is sent", async () => {
    const model = await open();
    const reply = model.stream({ ...question, settings: { temperature: 2 } });
    await expect(reply[Symbol.asyncIterator]().next()).rejects.toMatchObject({ code: "invalid-argument" });
    expect(server.ledger).toEqual([]);
  });
});

describe("a reply in the background", () => {
  it("has an id that cannot lead to another path", async () => {
    const { operations } = await open();
    for (const id of ["..", ".", "", "a/b"]) {
      await expect(operations?.poll(id)).rejects.toMatchObject({ code: "invalid-argument" });
      await expect(operations?.cancel(id)).rejects.toMatchObject({ code: "invalid-argument" });
    }
    expect(server.ledger).toEqual([]);
  });

  it("that is done and holds nothing has failed for good: it is neither asked after again nor called off", async () => {
    const model = await open({}, { via: "async", pollMs: 1 });
    const body = { id: "resp1", status: "completed", output: null };
    server.faults.add({ path: "/v1/responses", raw: { status: 200, body: { id: "resp1", status: "queued" } } });
    server.faults.add({ path: "/v1/responses", raw: { status: 200, body } });
    await expect(model.stream(question)[Symbol.asyncIterator]().next()).rejects.toMatchObject({
      code: "bad-response",
      isRetryable: false,
      requestId: "resp1",
    });
    expect(server.ledger).toHaveLength(2);
  });

  it("is asked after by its id, from another process too", async () => {
    const model = await open({ operations: { unfinished: 1 }, replies: [{ text: "Done." }] });
    const begun = await model.operations?.submit(question);
    expect(begun).toMatchObject({
      done: false,
      metadata: { status: "queued" },
      createdAt: expect.stringMatching(/Z$/),
    });
    const other = yandexResponses("yandexgpt/latest", server.settings).operations;
    const states: unknown[] = [];
    const events =
      other &&
      (await waitForOperation(other, begun?.id ?? "", {
        pollMs: 1,
        onProgress: ({ metadata }) => states.push(metadata?.status),
      }));
    expect(states).toEqual(["queued", "completed"]);
    expect(events).toContainEqual({ type: "text-delta", text: "Done." });
    expect(server.ledger.filter(({ billed }) => billed)).toHaveLength(1);
  });

  it("answers an agent as any other, tools included, with via: async", async () => {
    const replies = [{ toolCalls: [{ name: "double", arguments: { x: 4 } }] }, { text: "Eight." }];
    const model = await open({ operations: { unfinished: 1 }, replies }, { via: "async", pollMs: 1 });
    expect((await new Agent({ name: "a", model, tools: [double] }).generate("Double 4.")).text).toBe("Eight.");
    const asked = server.ledger.filter(({ method, path }) => method === "POST" && path === "/v1/responses");
    expect(asked.map(({ body }) => (body as { background?: boolean }).background)).toEqual([true, true]);
  });

  it("can be called off; one that is done stays as it is", async () => {
    const model = await open({ operations: { unfinished: "never" } });
    const id = (await model.operations?.submit(question))?.id ?? "";
    expect(await model.operations?.cancel(id)).toMatchObject({ done: true, error: { code: "aborted" } });
    expect(await model.operations?.poll(id)).toMatchObject({ done: true, metadata: { status: "cancelled" } });
    expect(server.operations.orphans).toEqual([]);
  });

  it("that failed says why, and is not asked after again and again", async () => {
    const model = await open({
      operations: { error: { code: 13, message: "number of input tokens must be no more than 8, got 9" } },
    });
    const id = (await model.operations?.submit(question))?.id ?? "";
    expect(await model.operations?.poll(id)).toMatchObject({
      done: true,
      error: { code: "too-large", isRetryable: false },
    });
    expect(server.ledger).toHaveLength(2);
  });

  it("that is not known any more is not found, with the reason", async () => {
    const model = await open();
    await expect(model.operations?.poll("resp-of-last-year")).rejects.toMatchObject({
      code: "not-found",
      message: expect.stringContaining("resp-of-last-year"),
      hint: expect.stringContaining("30 days"),
    });
  });

  it("is not asked for twice where nobody knows whether the first request was accepted", async () => {
    const model = await open();
    server.faults.add({ path: "/v1/responses", cut: "answer" });
    await expect(model.operations?.submit(question)).rejects.toMatchObject({
      code: "unavailable",
      hint: expect.stringContaining("billed"),
    });
    expect(server.ledger).toHaveLength(1);
  });
});
