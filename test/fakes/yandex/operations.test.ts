import { afterEach, describe, expect, it } from "vitest";
import { FakeClock } from "../fake-clock.ts";
import { ask, completeAsync, folder, user } from "./ask-fake.ts";
import { startYandexServer, type YandexServer, type YandexServerOptions } from "./yandex-server.ts";

let server: YandexServer;
const start = async (options: YandexServerOptions = {}) => {
  server = await startYandexServer({ clock: new FakeClock(), ...options });
};
afterEach(() => server.close());

const poll = (id: unknown) => ask(server, `/operations/${id}`);
const cancel = (id: unknown, method = "GET") => ask(server, `/operations/${id}:cancel`, undefined, { method });

describe("operations of the fake", () => {
  it("begin bare, and end with the response and its type", async () => {
    await start({ replies: [{ text: "4" }] });
    const { body: begun } = await completeAsync(server);
    expect(begun).toEqual({
      id: expect.stringMatching(/^d7q\w{17}$/),
      description: "Async GPT Completion",
      createdAt: "2030-01-01T00:00:00Z",
      createdBy: server.account.serviceAccountId,
      modifiedAt: "2030-01-01T00:00:00Z",
      done: false,
      metadata: null,
    });
    expect(server.operations.orphans).toHaveLength(1);
    const { body: ended } = await poll(begun.id);
    expect(ended).toMatchObject({
      ...begun,
      done: true,
      response: {
        "@type": "type.googleapis.com/yandex.cloud.ai.foundation_models.v1.CompletionResponse",
        alternatives: [{ message: { text: "4" }, status: "ALTERNATIVE_STATUS_FINAL" }],
      },
    });
    expect(server.operations.orphans).toEqual([]);
    expect(server.ledger).toMatchObject([{ billed: true }, { billed: false }]);
  });

  it("are finished after some polls, when they are released, or never", async () => {
    await start({ operations: { unfinished: "never" } });
    server.operations.plans.push({ unfinished: 2 }, { unfinished: "release" });
    const ids: unknown[] = [];
    for (const _ of [1, 2, 3]) ids.push((await completeAsync(server)).body.id);
    const round = async () => (await Promise.all(ids.map(poll))).map(({ body }) => body.done);
    expect(await round()).toEqual([false, false, false]);
    server.operations.release();
    expect(await round()).toEqual([false, true, false]);
    expect(await round()).toEqual([true, true, false]);
  });

  it("fail with an error in them, by their plan or by the model", async () => {
    await start({ replies: [{ text: "4" }, { breaksOff: { code: 13, message: "the model broke" } }] });
    server.operations.plans.push({ error: { code: 8, message: "no room" } });
    const ids = [(await completeAsync(server)).body.id, (await completeAsync(server)).body.id];
    const { body } = await poll(ids[0]);
    expect(body).toMatchObject({ done: true, error: { code: 8, message: "no room", details: [] } });
    expect(body).not.toHaveProperty("response");
    expect((await poll(ids[1])).body).toMatchObject({ done: true, error: { code: 13, message: "the model broke" } });
  });

  it("are lost by their plan, and when they are three days old", async () => {
    const clock = new FakeClock();
    await start({ clock });
    server.operations.plans.push({ lost: true }, { lost: 1, unfinished: "never" });
    const [lost, later, kept] = [
      (await completeAsync(server)).body.id,
      (await completeAsync(server)).body.id,
      (await completeAsync(server)).body.id,
    ];
    const gone = {
      status: 404,
      body: { error: `Operation ${lost} not found`, code: 5, message: `Operation ${lost} not found` },
    };
    expect(await poll(lost)).toMatchObject(gone);
    expect((await poll(later)).status).toBe(200);
    expect((await poll(later)).status).toBe(404);
    await clock.wait(3 * 86_400_000);
    expect((await poll(kept)).status).toBe(200);
    await clock.wait(1_000);
    expect((await poll(kept)).status).toBe(404);
    expect((await poll("d7qnobody00000000000")).status).toBe(404);
  });

  it("are called off with GET, and with nothing else", async () => {
    await start({ operations: { unfinished: "never" } });
    const { body: begun } = await completeAsync(server);
    expect((await cancel(begun.id, "POST")).status).toBe(501);
    expect((await cancel(begun.id)).body).toMatchObject({ id: begun.id, done: true, error: { code: 1 } });
    expect(server.operations.all).toMatchObject([{ isCancelled: true }]);
    expect((await poll(begun.id)).body).toMatchObject({ done: true, error: { code: 1 } });
  });

  it("count on one quota where they are asked after and where they are called off", async () => {
    await start({ operations: { unfinished: "never" }, quotas: { operation: { perSecond: 1 } } });
    const { body: begun } = await completeAsync(server);
    expect((await poll(begun.id)).status).toBe(200);
    expect((await cancel(begun.id)).status).toBe(429);
    expect(server.operations.all).toMatchObject([{ isCancelled: false }]);
  });

  it("that are done stay as they are when they are called off", async () => {
    await start();
    const { body: begun } = await completeAsync(server);
    await poll(begun.id);
    expect((await cancel(begun.id)).body).toMatchObject({ done: true, response: {} });
  });

  it("take no stream and no model of others, and refuse in the shape of unary methods", async () => {
    await start();
    const stream = await completeAsync(server, { completionOptions: { stream: true } });
    const message = expect.stringContaining("stream");
    expect(stream).toMatchObject({ status: 400, body: { error: message, code: 3, message, details: [] } });
    const others = await completeAsync(server, { modelUri: `gpt://${folder}/gpt-oss-20b/latest` });
    expect(others).toMatchObject({ status: 400, body: { error: expect.stringContaining("Failed to get model") } });
    expect(server.operations.all).toEqual([]);
  });

  it("are begun anew for a repeated idempotency key, but where the fake is told to honour it", async () => {
    await start();
    const ids = async (key: string) => (await completeAsync(server, {}, { "idempotency-key": key })).body.id;
    expect(await ids("a")).not.toBe(await ids("a"));
    expect(server.ledger[0]?.headers["idempotency-key"]).toBe("a");
    await server.close();
    await start({ honoursIdempotencyKeys: true });
    expect(await ids("a")).toBe(await ids("a"));
    expect(await ids("b")).not.toBe(await ids("a"));
    expect(server.ledger.filter(({ billed }) => billed)).toHaveLength(2);
  });
});

describe("the tokenizer of the fake", () => {
  it("gives pieces with ids as strings, and marks", async () => {
    await start();
    const { body } = await ask(server, "/foundationModels/v1/tokenize", {
      modelUri: `gpt://${folder}/yandexgpt/latest`,
      text: "ping\nконституция",
    });
    expect(body).toEqual({
      tokens: [
        { id: "1", text: "<s>", special: true },
        { id: expect.stringMatching(/^\d+$/), text: "▁ping", special: false },
        { id: "3", text: "[NL]", special: true },
        { id: expect.any(String), text: "консти", special: false },
        { id: expect.any(String), text: "туция", special: false },
      ],
      modelVersion: expect.any(String),
    });
  });

  it("counts a whole request as the model is going to", async () => {
    await start();
    const request = { modelUri: `gpt://${folder}/yandexgpt/latest`, messages: [user("Сколько?")] };
    const { body } = await ask(server, "/foundationModels/v1/tokenizeCompletion", request);
    const answered = await ask(server, "/foundationModels/v1/completion", request);
    const { usage } = answered.body.result as { usage: { inputTextTokens: string } };
    expect((body.tokens as unknown[]).length).toBe(Number(usage.inputTextTokens));
    expect(server.ledger[0]).toMatchObject({ billed: false });
  });

  it("refuses unknown fields and models of others", async () => {
    await start();
    const tokenize = (body: object) => ask(server, "/foundationModels/v1/tokenize", body);
    expect((await tokenize({ modelUri: `gpt://${folder}/yandexgpt/latest`, texts: ["a"] })).status).toBe(400);
    expect((await tokenize({ modelUri: `gpt://${folder}/gemma-3-27b-it/latest`, text: "a" })).status).toBe(400);
  });
});
