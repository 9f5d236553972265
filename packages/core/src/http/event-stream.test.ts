import { afterEach, describe, expect, it, vi } from "vitest";
import { type ModelServer, type ServerReply, startModelServer } from "../testing/index.ts";
import { type RetriedRequest, replyEvents, requestJson, streamEvents } from "./event-stream.ts";
import { parseEvent } from "./read-json-lines.ts";
import { sseDecoder } from "./read-sse.ts";
import { errorInBody } from "./reply-error.ts";

let server: ModelServer | undefined;

afterEach(async () => {
  vi.useRealTimers();
  await server?.close();
});

async function open(
  replies: ServerReply[],
  { signal, untilSent, retry }: Pick<RetriedRequest, "signal" | "untilSent" | "retry"> = {},
) {
  server = await startModelServer({ replies });
  const body = JSON.stringify({ model: "test-model", messages: [{ role: "user", content: "hi" }], stream: true });
  return streamEvents({
    url: `${server.url}/chat/completions`,
    headers: { authorization: "Bearer sk-very-secret" },
    body,
    signal,
    untilSent,
    // no wait, so that no test has to
    retry: { longestWaitMs: 0, ...retry },
    accept: "text/event-stream",
    decoder: () =>
      sseDecoder<string>({
        event(text, _name, events) {
          const error = text.startsWith("{") ? errorInBody(parseEvent(text)) : undefined;
          if (error) throw error;
          events.push(text);
        },
        end() {},
      }),
  });
}

async function drain(stream: AsyncIterable<string[]>): Promise<{ events: string[]; error?: unknown }> {
  const events: string[] = [];
  try {
    for await (const some of stream) events.push(...some);
    return { events };
  } catch (error) {
    return { events, error };
  }
}

const busy: ServerReply = { status: 503, body: { error: { message: "busy" } } };
const fine: ServerReply = { raw: ["data: fine\n\n"] };
const errorEvent = 'data: {"error":{"message":"overloaded, sk-very-secret","type":"server_error"}}\n\n';

describe("a streamed reply", () => {
  it("is asked for once somebody reads, and not before", async () => {
    const stream = await open([fine]);
    expect(server?.requests).toHaveLength(0);
    expect(await drain(stream)).toEqual({ events: ["fine"] });
    expect(await stream.next()).toEqual({ done: true, value: undefined });
    expect(server?.requests).toHaveLength(1);
  });

  it("is asked for again after a failing status, a lost connection and an error before the first event", async () => {
    const stream = await open([busy, { raw: [], ends: "reset" }, { raw: [": comment\n\n", errorEvent] }, fine], {
      retry: { retries: 3 },
    });
    expect(await drain(stream)).toEqual({ events: ["fine"] });
    const keys = server?.requests.map(({ headers }) => headers["idempotency-key"]);
    expect(new Set(keys).size).toBe(1);
    expect(keys).toEqual(Array(4).fill(expect.stringMatching(/^[0-9a-f-]{36}$/)));
  });

  it("is never asked for again once an event was handed over", async () => {
    for (const last of [
      { raw: ["data: one\n\n"], ends: "reset" },
      { raw: ["data: one\n\n", errorEvent] },
    ] as ServerReply[]) {
      const { events, error } = await drain(await open([last, fine]));
      expect(events).toEqual(["one"]);
      expect(error).toMatchObject({ code: "unavailable", isRetryable: true });
      expect(server?.requests).toHaveLength(1);
      await server?.close();
    }
  });

  it("that keeps failing is asked for three times in all", async () => {
    expect((await drain(await open([busy, busy, busy, fine]))).error).toMatchObject({ status: 503 });
    expect(server?.requests).toHaveLength(3);
  });

  it("never shows the key in an error that the stream holds", async () => {
    const { error } = await drain(await open([{ raw: ["data: one\n\n", errorEvent] }]));
    expect(error).toMatchObject({ message: "The service reported an error: overloaded, ***" });
  });

  it("that turns out to be a page or a whole JSON is a bad response with its beginning, or the error in it", async () => {
    const page = { raw: [`<html>${"x".repeat(300)}`], headers: { "content-type": "text/html" } };
    expect(await drain(await open([page]))).toMatchObject({
      events: [],
      error: { code: "bad-response", status: 200, message: expect.stringContaining("<html>xxx") },
    });
    await server?.close();
    const limit = { status: 200, body: { error: { message: "slow down", type: "rate_limit_error" } } };
    const json = await drain(await open([limit], { retry: { retries: 0 } }));
    expect(json.error).toMatchObject({ code: "rate-limited" });
  });

  it("that is left closes the socket, whether it has begun or not", async () => {
    const begun = await open([{ raw: ["data: one\n\n"], ends: "never" }]);
    await begun.next();
    expect(await begun.return?.()).toEqual({ done: true, value: undefined });
    expect(await begun.next()).toEqual({ done: true, value: undefined });
    expect(await server?.requests[0]?.over).toBe("left");
    await server?.close();

    const silent = await open([{ raw: [], ends: "never" }]);
    const first = silent.next();
    await vi.waitFor(() => expect(server?.requests).toHaveLength(1));
    await silent.return?.();
    expect(await first).toEqual({ done: true, value: undefined });
    expect(await server?.requests[0]?.over).toBe("left");
  });

  it("that is aborted throws the reason, closes the socket and forgets what was unread", async () => {
    const controller = new AbortController();
    const many = Array.from({ length: 100 }, (_, index) => `data: ${index}\n\n`).join("");
    const stream = await open([{ raw: [many], ends: "never" }], { signal: controller.signal });
    expect((await stream.next()).value).toHaveLength(32);
    controller.abort("enough");
    await expect(async () => {
      await stream.next();
      await stream.next();
    }).rejects.toBe("enough");
    expect(await server?.requests[0]?.over).toBe("left");
    expect(await stream.next()).toEqual({ done: true, value: undefined });
  });

  it("of which nothing more is to be sent comes to its end where it is on its way, and is not asked for again", async () => {
    const closing = new AbortController();
    const { signal: untilSent } = closing;
    const [onItsWay, failing] = [
      await open([{ raw: ["data: 1\n\n", "data: 2\n\n"], pauseMs: 20 }], { untilSent }),
      await open([{ status: 429, headers: { "retry-after": "30" }, body: {} }, fine], {
        untilSent,
        retry: { longestWaitMs: 60_000 },
      }),
    ];
    const whole = drain(onItsWay);
    const cut = drain(failing);
    await vi.waitUntil(() => server?.requests.length === 1);
    closing.abort("closing");
    expect(await cut).toEqual({ events: [], error: "closing" });
    expect(server?.requests).toHaveLength(1);
    expect(await whole).toEqual({ events: ["1", "2"] });
    expect(await drain(await open([fine], { untilSent }))).toEqual({ events: [], error: "closing" });
    expect(server?.requests).toHaveLength(0);
  });

  it("answers overlapping calls in their order, also while it is being opened", async () => {
    const stream = await open([{ raw: ["data: 1\n\n", "data: 2\n\n", "data: 3\n\n"], pauseMs: 1 }]);
    const results = await Promise.all([stream.next(), stream.next(), stream.next(), stream.next()]);
    expect(results.flatMap((result) => result.value ?? [])).toEqual(["1", "2", "3"]);
    expect(results.at(-1)?.done).toBe(true);
  });
});

describe("a whole reply", () => {
  it("is one array of events, and is asked for again like a stream", async () => {
    server = await startModelServer({ replies: [busy, { status: 200, body: { answer: 42 } }] });
    const body = JSON.stringify({ model: "test-model", messages: [{ role: "user", content: "hi" }] });
    const stream = replyEvents({
      url: `${server.url}/chat/completions`,
      body,
      retry: { longestWaitMs: 0 },
      read: (reply) => [reply],
    });
    expect(await stream.next()).toEqual({ done: false, value: [{ answer: 42 }] });
    expect(await stream.next()).toEqual({ done: true, value: undefined });
  });

  it("is read with its headers at hand, and so is a stream", async () => {
    const headers = { "x-server-trace-id": "trace-1", "content-type": "text/event-stream" };
    server = await startModelServer({
      replies: [
        { status: 200, body: {}, headers },
        { raw: ["data: hi\n\n"], headers },
      ],
    });
    const body = JSON.stringify({ model: "test-model", messages: [{ role: "user", content: "hi" }] });
    const request = { url: `${server.url}/chat/completions`, body };
    const whole = replyEvents({ ...request, read: (_body, head) => [head.headers["x-server-trace-id"]] });
    expect(await whole.next()).toEqual({ done: false, value: ["trace-1"] });
    const streamed = streamEvents<unknown>({
      ...request,
      accept: "text/event-stream",
      decoder: (head) =>
        sseDecoder({ event: (_text, _name, events) => events.push(head().headers["x-server-trace-id"]), end() {} }),
    });
    expect(await streamed.next()).toEqual({ done: false, value: ["trace-1"] });
  });
});

describe("a reply in one piece", () => {
  it("that its caller gives up ends with the caller's reason, and leaves no socket", async () => {
    server = await startModelServer({ replies: [{ raw: [], ends: "never" }] });
    const leaving = new AbortController();
    const body = JSON.stringify({ model: "test-model", messages: [{ role: "user", content: "hi" }] });
    const { signal } = leaving;
    const events = replyEvents({ url: `${server.url}/chat/completions`, body, signal, read: () => [] }).next();
    events.catch(() => {});
    await vi.waitFor(() => expect(server?.requests).toHaveLength(1));
    leaving.abort("enough");
    await expect(events).rejects.toBe("enough");
    await vi.waitFor(() => expect(server?.openConnections).toBe(0));
  });

  it("that does not come in time has failed, is asked for again, and leaves no socket", async () => {
    server = await startModelServer({
      replies: [
        { raw: [], ends: "never" },
        { raw: [], ends: "never" },
      ],
    });
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const body = JSON.stringify({ model: "test-model", messages: [{ role: "user", content: "hi" }] });
    const replyMs = 60_000;
    const retry = { retries: 1, longestWaitMs: 0 };
    const asked = requestJson({ url: `${server.url}/chat/completions`, body, replyMs, retry });
    asked.catch(() => {});
    for (const attempt of [1, 2]) {
      await vi.waitFor(() => expect(server?.requests).toHaveLength(attempt));
      await vi.advanceTimersByTimeAsync(replyMs);
    }
    await expect(asked).rejects.toMatchObject({ code: "timeout", isRetryable: true, hint: expect.any(String) });
    expect(server.requests).toHaveLength(2);
    await vi.waitFor(() => expect(server?.openConnections).toBe(0));
  });
});
