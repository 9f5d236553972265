import { connect, type Socket } from "node:net";
import { afterEach, describe, expect, it, vi } from "vitest";
import { type CallPieces, callDeltas } from "./call-deltas.ts";
import { complaintAbout } from "./check-chat-request.ts";
import { type ModelServer, startModelServer } from "./model-server.ts";
import type { ServerReply } from "./server-reply.ts";

let server: ModelServer | undefined;

afterEach(() => server?.close());

const hi = { role: "user", content: "hi" };
const call = { id: "c1", type: "function", function: { name: "add", arguments: "{}" } };
const calling = { role: "assistant", content: null, tool_calls: [call] };
const result = { role: "tool", tool_call_id: "c1", content: "2" };
const tool = { type: "function", function: { name: "add", parameters: { type: "object" } } };

const said = (part: object) => ({ messages: [{ role: "user", content: [part] }] });
const strictly = (schema: object) => ({ type: "json_schema", json_schema: { name: "answer", schema, strict: true } });

describe("the fake model server refuses what real ones refuse", () => {
  it.each<[string, unknown]>([
    ["unknown fields", { messages: [hi], instructions: "no" }],
    ["unknown roles", { messages: [{ role: "human", content: "hi" }] }],
    ["unknown fields of a message", { messages: [{ ...hi, toolCallId: "x" }] }],
    ["missing content", { messages: [{ role: "user" }] }],
    ["null where nothing is called", { messages: [{ role: "assistant", content: null }] }],
    ["no messages", { messages: [] }],
    ["a result without a call", { messages: [hi, result] }],
    ["a second result", { messages: [hi, calling, result, result] }],
    ["a call that stays unanswered", { messages: [hi, calling, hi] }],
    ["a call at the end", { messages: [hi, calling] }],
    [
      "arguments that are no JSON",
      { messages: [{ ...calling, tool_calls: [{ ...call, function: { name: "add", arguments: "{" } }] }, result] },
    ],
    [
      "arguments that are no object",
      { messages: [{ ...calling, tool_calls: [{ ...call, function: { name: "add", arguments: "[]" } }] }, result] },
    ],
    ["two calls with one id", { messages: [{ ...calling, tool_calls: [call, call] }, result] }],
    ["a tool without a schema", { messages: [hi], tools: [{ type: "function", function: { name: "add" } }] }],
    ["two tools with one name", { messages: [hi], tools: [tool, tool] }],
    ["a choice without tools", { messages: [hi], tool_choice: "required" }],
    [
      "a choice that is not among the tools",
      { messages: [hi], tools: [tool], tool_choice: { type: "function", function: { name: "sub" } } },
    ],
    ["stream_options without stream", { messages: [hi], stream_options: { include_usage: true } }],
    ["half an emoji", { messages: [{ role: "user", content: "\ud83d" }] }],
    [
      "an image that is no URL",
      { messages: [{ role: "user", content: [{ type: "image_url", image_url: { url: "cat.png" } }] }] },
    ],
    ["a file without a name", said({ type: "file", file: { file_data: "data:application/pdf;base64,AAAA" } })],
    ["the address of a file", said({ type: "file", file: { filename: "a.pdf", file_data: "https://a.example" } })],
    ["a sound of another format", said({ type: "input_audio", input_audio: { data: "AAAA", format: "ogg" } })],
    ["a sound that is no base64", said({ type: "input_audio", input_audio: { data: "data:,", format: "wav" } })],
    ["a mark that it does not know", said({ type: "text", text: "a", cache_control: { type: "ephemeral" } })],
    ["a schema without a name", { messages: [hi], response_format: { type: "json_schema", json_schema: {} } }],
    ["an open schema that is to be strict", { messages: [hi], response_format: strictly({ type: "object" }) }],
    [
      "a strict schema with a field that may be missing",
      {
        messages: [hi],
        response_format: strictly({ type: "object", properties: { a: {} }, additionalProperties: false }),
      },
    ],
  ])("%s", (_name, body) => {
    expect(complaintAbout({ model: "m", ...(body as object) }, "openai")).toEqual(expect.any(String));
  });

  it("but nothing that is right", () => {
    const body = { model: "m", messages: [hi, calling, result], tools: [tool], tool_choice: "auto" };
    expect(complaintAbout(body, "openai")).toBeUndefined();
    expect(complaintAbout({ ...body, stop: ["x"] }, "openai")).toBeUndefined();
    expect(complaintAbout({ ...body, stop: ["x"] }, "yandex")).toContain("stop");
  });

  it("and one request more than the script has", async () => {
    const { head } = await asked([]);
    expect(head).toContain("HTTP/1.1 500 ");
    expect(server?.requests).toMatchObject([
      { method: "POST", path: "/v1/chat/completions", body: { model: "test-model" }, billed: false },
    ]);
  });
});

describe("the ledger of the fake model server", () => {
  it("tells each request, its idempotency key, what was billed, how much was sent and how it ended", async () => {
    await asked([{ text: "hi" }], { "idempotency-key": "key-1" });
    expect(server?.requests[0]).toMatchObject({ requestId: "req-1", idempotencyKey: "key-1", billed: true });
    expect(server?.requests[0]).toMatchObject({ ended: "done", receivedAt: expect.any(Number) });
    expect(server?.requests[0]?.bytesSent).toBeGreaterThan(200);
    await asked([{ status: 503 }]);
    expect(server?.requests[0]).toMatchObject({ billed: false, bytesSent: 2, ended: "done" });
    await asked([{ text: "hi", stopsAfter: 7 }]);
    expect(server?.requests[0]).toMatchObject({ billed: true, bytesSent: 7, ended: "cut" });
    expect(await server?.requests[0]?.over).toBe("cut");
  });

  it("tells a client that left, whatever the server was doing then", async () => {
    const pauses: ServerReply[] = [
      { text: "hi", delayMs: 60_000 },
      { text: "hi", pauseMs: 60_000 },
      { text: "hi", ends: "never" },
      { text: "hi", stopsAfter: "request", ends: "never" },
      { raw: ["x".repeat(65_536)], repeats: 1e9 },
    ];
    server = await startModelServer({ replies: pauses });
    for (const [index] of pauses.entries()) {
      const socket = ask(server.url);
      const received = await vi.waitUntil(() => server?.requests[index]);
      socket.destroy();
      expect(await received.over).toBe("left");
    }
    expect(server).toMatchObject({ connections: pauses.length, openConnections: 0, mostConnections: 1 });
  });

  it("counts what close() breaks off as cut", async () => {
    server = await startModelServer({ replies: [{ text: "hi", ends: "never" }] });
    ask(server.url).on("error", () => {});
    const received = await vi.waitUntil(() => server?.requests[0]);
    await server.close();
    expect(await received.over).toBe("cut");
  });
});

describe("a scripted fault", () => {
  const whole = "0\r\n\r\n";
  it.each<[string, ServerReply, Partial<Heard>]>([
    ["a reset after so many bytes", { raw: ["one", "two"], stopsAfter: 4 }, { body: "onet", ending: "ECONNRESET" }],
    ["a reset after no bytes", { raw: ["one"], stopsAfter: 0 }, { body: "", ending: "ECONNRESET" }],
    ["a close after so many bytes", { raw: ["one"], stopsAfter: 2, ends: "close" }, { body: "on", ending: "end" }],
    ["an early end", { raw: ["one"], stopsAfter: 2, ends: "whole" }, { body: `on${whole}`, ending: "end" }],
    ["a reset at the end", { raw: ["one"], ends: "reset" }, { body: "one", ending: "ECONNRESET" }],
    ["a reset before the headers", { text: "hi", stopsAfter: "request" }, { head: "", ending: "ECONNRESET" }],
    ["a close before the headers", { text: "hi", stopsAfter: "request", ends: "close" }, { head: "", ending: "end" }],
    [
      "a reset in the headers",
      { text: "hi", stopsAfter: "half-headers" },
      { head: "HTTP/1.1 200 OK\r\ncontent-type: text/even", ending: "ECONNRESET" },
    ],
    ["pieces of one byte", { raw: ["яd"], pieces: 1, headers: { "x-a": "b" } }, { body: `яd${whole}`, writes: 3 }],
    ["pieces at offsets", { raw: ["one", "two"], pieces: [0, 1, 5, 5] }, { body: `onetwo${whole}`, writes: 3 }],
    ["repeated bytes", { raw: ["ab", "c"], repeats: 3 }, { body: `abcabcabc${whole}`, writes: 6 }],
    ["bytes that are no text", { raw: [Uint8Array.of(0xff)] }, { body: `\ufffd${whole}`, writes: 1 }],
    ["an empty body", { raw: [] }, { body: whole, writes: 0 }],
  ])("%s", async (_name, reply, expected) => {
    expect(await asked([reply])).toMatchObject(expected);
  });

  it("is a status with headers and a body", async () => {
    const limit = { status: 429, headers: { "retry-after": "20" }, body: { error: { message: "slow down" } } };
    const { head, body } = await asked([limit]);
    expect(head).toContain("HTTP/1.1 429 ");
    expect(head).toContain("retry-after: 20");
    expect(body).toContain('{"error":{"message":"slow down"}}');
  });

  it("is a body that is compressed, and cut where it is told to be", async () => {
    server = await startModelServer({ replies: [{ raw: [" ".repeat(65_536)], repeats: 32, gzip: true }] });
    const reply = await fetch(`${server.url}/chat/completions`, { method: "POST", headers: json, body: question });
    expect((await reply.text()).length).toBe(32 * 65_536);
    expect(server.requests[0]?.bytesSent).toBeLessThan(10_000);
    await server.close();
    await asked([{ text: "hi", gzip: true, stopsAfter: 20, ends: "whole" }]);
    expect(server?.requests[0]).toMatchObject({ bytesSent: 20, ended: "cut" });
  });

  it("is late and slow where it says so", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    try {
      server = await startModelServer({ replies: [{ raw: ["a", "b"], delayMs: 1_000, pauseMs: 10_000 }] });
      ask(server.url).on("error", () => {});
      const turn = () => new Promise<void>((resolve) => setImmediate(resolve));
      while (!server.requests[0] || vi.getTimerCount() === 0) await turn();
      vi.advanceTimersByTime(999);
      expect(vi.getTimerCount()).toBe(1);
      vi.advanceTimersByTime(1);
      while (vi.getTimerCount() === 0) await turn();
      expect(server.requests[0].bytesSent).toBe(1);
      vi.advanceTimersByTime(10_000);
      while (server.requests[0].ended === undefined && server.requests[0].bytesSent < 2) await turn();
    } finally {
      vi.useRealTimers();
    }
  });

  it("is calls cut into odd deltas, which a whole reply holds unchanged", async () => {
    const toolCalls = [{ name: "add", arguments: { a: 1 } }, { name: "weather" }];
    const deltas = (callPieces: CallPieces) =>
      callDeltas(toolCalls, "openai", callPieces).map(({ tool_calls: calls }) => JSON.stringify(calls[0]));
    expect(deltas("interleaved").map((delta) => delta.slice(0, 10))).toEqual(
      [0, 1, 0, 1].map((index) => `{"index":${index}`),
    );
    expect(deltas("no-index").join()).not.toContain("index");
    expect(deltas("no-id").join()).not.toContain('"id"');
    expect(deltas("empty-id").filter((delta) => delta.includes('"id":""'))).toHaveLength(4);
    expect(deltas("reused-index").join()).not.toContain('"index":1');
    expect(deltas("name-in-pieces").join()).toContain('"wea"');
    expect(deltas("all-repeated").filter((delta) => delta.includes('"add"'))).toHaveLength(2);
    expect(deltas("whole")).toHaveLength(2);
    expect(deltas("arguments-as-object")[0]).toContain('"arguments":{"a":1}');
  });
});

const json = { "content-type": "application/json" };
const question = JSON.stringify({ model: "test-model", messages: [hi], stream: true });

/** What came over the wire: the head, the body without the sizes of its chunks, how many there were, and the end. */
type Heard = { head: string; body: string; writes: number; ending: string };

/** A client that notices everything. */
async function asked(replies: ServerReply[], headers: Record<string, string> = {}): Promise<Heard> {
  await server?.close();
  server = await startModelServer({ replies });
  const socket = ask(server.url, headers);
  const received: Buffer[] = [];
  socket.on("data", (bytes) => received.push(bytes));
  const ending = await new Promise<string>((resolve) => {
    socket.on("end", () => resolve("end"));
    socket.on("error", (error: NodeJS.ErrnoException) => resolve(String(error.code)));
  });
  socket.destroy();
  await server.requests[0]?.over;
  const text = Buffer.concat(received).toString();
  const at = text.indexOf("\r\n\r\n");
  const head = at < 0 ? text : text.slice(0, at);
  const { body, writes } = unchunked(at < 0 ? Buffer.alloc(0) : Buffer.concat(received).subarray(at + 4));
  return { head, body, writes, ending };
}

/** The last chunk, which is empty, stays in the body: by it a client knows that the body is whole. */
function unchunked(bytes: Buffer): { body: string; writes: number } {
  const pieces: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const lineEnd = bytes.indexOf("\r\n", at);
    const size = Number.parseInt(bytes.toString("latin1", at, lineEnd), 16);
    if (size === 0) return { body: Buffer.concat([...pieces, bytes.subarray(at)]).toString(), writes: pieces.length };
    pieces.push(bytes.subarray(lineEnd + 2, lineEnd + 2 + size));
    at = lineEnd + 2 + size + 2;
  }
  return { body: Buffer.concat(pieces).toString(), writes: pieces.length };
}

function ask(url: string, headers: Record<string, string> = {}): Socket {
  const { port, pathname } = new URL(url);
  const sent = { host: "x", connection: "close", "content-length": question.length, ...json, ...headers };
  const head = Object.entries(sent).map(([name, value]) => `${name}: ${value}\r\n`);
  const socket = connect(Number(port), "127.0.0.1");
  socket.write(`POST ${pathname}/chat/completions HTTP/1.1\r\n${head.join("")}\r\n${question}`);
  return socket;
}
