import { afterEach, describe, expect, it } from "vitest";
import { FakeClock } from "../fake-clock.ts";
import { ask, complete, completeAsync, user, yandexGpt } from "./ask-fake.ts";
import { startYandexServer, type YandexServer, type YandexServerOptions } from "./yandex-server.ts";

let server: YandexServer;
const start = async (options: YandexServerOptions = {}) => {
  server = await startYandexServer(options);
};
afterEach(() => server.close());

const completion = "/foundationModels/v1/completion";
const tokenize = "/foundationModels/v1/tokenize";
const question = { modelUri: yandexGpt, messages: [user("hi")] };
const as = (authorization: string, path = completion, body: object = question) =>
  ask(server, path, body, { headers: { authorization } });

describe("the fake of Yandex AI Studio", () => {
  it("lets in API keys and IAM tokens, an API key as a Bearer only at the OpenAI-compatible door", async () => {
    await start();
    const { apiKey } = server.account;
    const chat = { model: yandexGpt, messages: [{ role: "user", content: "hi" }] };
    server.identities.tokens.set("t1.token", { expiresAt: Date.now() + 60_000, owner: "service-account" });
    expect((await as(`Api-Key ${apiKey}`)).status).toBe(200);
    expect((await as("Bearer t1.token")).status).toBe(200);
    expect((await as(`Bearer ${apiKey}`)).status).toBe(401);
    expect((await as(`Bearer ${apiKey}`, "/v1/chat/completions", chat)).status).toBe(200);
    expect((await as(`Api-Key ${apiKey}`, "/v1/chat/completions", chat)).status).toBe(200);
  });

  it("refuses another key in the shape of each door", async () => {
    await start();
    const message = "Unknown api key";
    expect(await as("Api-Key wrong")).toMatchObject({
      status: 401,
      body: { error: { grpcCode: 16, httpCode: 401, message, httpStatus: "Unauthorized", details: [] } },
    });
    expect(await as("Api-Key wrong", tokenize)).toMatchObject({
      status: 401,
      body: { error: message, code: 16, message, details: [] },
    });
    expect(await as("Bearer wrong", "/v1/chat/completions")).toMatchObject({
      status: 401,
      body: { error: { message, type: "authentication_error" } },
    });
    expect(server.ledger.every(({ billed }) => !billed)).toBe(true);
  });

  it("refuses what is no JSON and what it does not serve", async () => {
    await start();
    const broken = await ask(server, completion, "{not json");
    expect(broken).toMatchObject({ status: 400, body: { error: { message: expect.stringContaining("no JSON") } } });
    expect((await ask(server, completion, "[]")).status).toBe(400);
    expect((await ask(server, completion)).status).toBe(501);
    expect((await ask(server, "/foundationModels/v2/completion", question)).status).toBe(404);
    expect((await ask(server, "/v1/batches", {})).body).toMatchObject({ error: { message: expect.any(String) } });
  });

  it("names each request, and repeats the name that the client gave it", async () => {
    await start();
    const { headers } = await ask(server, completion, question, { headers: { "x-client-request-id": "mine" } });
    expect(headers.get("x-client-request-id")).toBe("mine");
    expect(headers.get("x-request-id")).toMatch(/^[\w-]{36}$/);
    expect(headers.get("x-server-trace-id")).toMatch(/^\w{32}$/);
    const other = await ask(server, completion, question);
    expect(other.headers.get("x-request-id")).not.toBe(headers.get("x-request-id"));
    expect(other.headers.has("x-client-request-id")).toBe(false);
  });

  it("has room for ten generations at once, over both APIs, and frees it when one ends or is left", async () => {
    const held = { text: "hi", holdAt: 0 };
    await start({ replies: Array.from({ length: 10 }, () => held) });
    const running = Array.from({ length: 10 }, () => complete(server));
    await server.script.untilHeld(10);
    const message = "ai.textGenerationCompletionSessionsCount.count gauge quota limit exceed: allowed 10 requests";
    expect(await complete(server)).toMatchObject({
      status: 429,
      body: { error: { grpcCode: 8, httpCode: 429, message, httpStatus: "Too Many Requests" } },
    });
    const chat = await ask(server, "/v1/chat/completions", {
      model: yandexGpt,
      messages: [{ role: "user", content: "hi" }],
    });
    expect(chat).toMatchObject({ status: 429, body: { error: { message } } });
    server.script.release(1);
    await Promise.race(running);
    await expect.poll(() => server.quotas.running("completion")).toBe(9);
    expect((await complete(server)).status).toBe(200);
    server.script.release();
    await Promise.all(running);
    expect(server.quotas.mostAtOnce("completion")).toBe(10);
    expect(server.ledger.filter(({ billed }) => billed)).toHaveLength(11);
  });

  it("has room again as soon as an answer is read to its end", async () => {
    await start({ quotas: { completion: { atOnce: 1 } } });
    const statuses = new Set<number>();
    for (let time = 0; time < 30; time++) statuses.add((await complete(server)).status);
    expect([...statuses]).toEqual([200]);
  });

  it("takes so many in a second, and in an hour, of its own clock", async () => {
    const clock = new FakeClock();
    await start({ clock, quotas: { "completion-async": { perSecond: 2, perHour: 3 } } });
    const status = async () => (await completeAsync(server)).status;
    expect([await status(), await status()]).toEqual([200, 200]);
    const message =
      "ai.textGenerationAsyncCompletionRequestsPerSecond.rate rate quota limit exceed: allowed 2 requests";
    expect(await completeAsync(server)).toMatchObject({ status: 429, body: { error: message, code: 8 } });
    await clock.wait(1_000);
    expect(await status()).toBe(200);
    expect((await completeAsync(server)).body.error).toContain(
      "RequestsPerHour.rate rate quota limit exceed: allowed 3",
    );
    await clock.wait(3_600_000);
    expect(await status()).toBe(200);
  });

  it("can be told to refuse, in any shape, and to let some through before", async () => {
    await start();
    server.faults.add(
      { path: completion, refuse: { code: 14, message: "busy" }, times: 2, after: 2 },
      { path: completion, refuse: { code: 8, message: "slow", shape: "general" }, headers: { "retry-after": "3" } },
    );
    const first = [await complete(server), await complete(server)];
    const refused = [await complete(server), await complete(server), await complete(server)];
    expect(first.map(({ status }) => status)).toEqual([200, 200]);
    expect(refused.map(({ status }) => status)).toEqual([503, 503, 429]);
    expect(refused[2]?.body).toMatchObject({ code: 8, message: "slow", details: [{ requestId: expect.any(String) }] });
    expect(refused[2]?.headers.get("retry-after")).toBe("3");
    server.faults.add({ raw: { status: 502, body: "<h1>Bad Gateway</h1>" }, headers: { "content-type": "text/html" } });
    await expect(complete(server)).rejects.toThrow("not valid JSON");
    expect((await complete(server)).status).toBe(200);
    expect(server.ledger.map(({ billed }) => billed)).toEqual([true, true, false, false, false, false, true]);
  });

  it("can break the connection before the work, after it, and in the middle of its answer", async () => {
    await start();
    server.faults.add({ cut: "request" }, { cut: "answer" }, { cut: 20 });
    for (const _ of [1, 2, 3]) await expect(completeAsync(server)).rejects.toThrow();
    expect(server.ledger.map(({ ended, billed }) => [ended, billed])).toEqual([
      ["cut", false],
      ["cut", true],
      ["cut", true],
    ]);
    expect(server.operations.all).toHaveLength(2);
  });

  it("sends just so many bytes of an answer before it breaks", async () => {
    await start({ replies: [{ text: ["One,", " two,", " three."] }] });
    server.faults.add({ cut: 300 });
    const headers = { authorization: `Api-Key ${server.account.apiKey}`, "content-type": "application/json" };
    const body = JSON.stringify({ ...question, completionOptions: { stream: true } });
    const response = await fetch(server.origin + completion, { method: "POST", headers, body });
    let received = 0;
    const read = async () => {
      for await (const bytes of response.body ?? []) received += bytes.length;
    };
    await expect(read()).rejects.toThrow();
    expect(received).toBe(300);
  });

  it("takes JSON alone in a body, and only where the body is said to be JSON", async () => {
    await start();
    const sent = (type: string) => ask(server, completion, question, { headers: { "content-type": type } });
    const message = expect.stringContaining("content type 'text/plain'");
    expect(await sent("text/plain")).toMatchObject({ status: 400, body: { error: { message } } });
    expect((await sent("application/jsonlines")).status).toBe(400);
    expect(server.script.requests).toEqual([]);
    expect((await sent("application/json; charset=utf-8")).status).toBe(200);
  });

  it("can answer late what it has done and charged for", async () => {
    await start();
    let send = () => {};
    server.faults.add({
      answerAfter: new Promise<void>((resolve) => {
        send = resolve;
      }),
    });
    let isAnswered = false;
    const late = completeAsync(server).then((asked) => {
      isAnswered = true;
      return asked;
    });
    await expect.poll(() => server.operations.all.length).toBe(1);
    // Another one is asked and answered meanwhile.
    expect((await completeAsync(server)).status).toBe(200);
    expect(server.ledger[0]).toMatchObject({ billed: true, status: undefined });
    expect(isAnswered).toBe(false);
    send();
    expect((await late).body).toMatchObject({ id: server.operations.all[0]?.id });
  });

  it("can hold a request back", async () => {
    await start();
    let open = () => {};
    const door = new Promise<void>((resolve) => {
      open = resolve;
    });
    server.faults.add({ until: door });
    const held = complete(server);
    await expect.poll(() => server.ledger.length).toBe(1);
    expect(server.script.requests).toEqual([]);
    open();
    expect((await held).status).toBe(200);
  });
});
