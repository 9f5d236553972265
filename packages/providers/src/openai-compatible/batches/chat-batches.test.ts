import { writeFile } from "node:fs/promises";
import {
  type BatchReply,
  type BesedaError,
  type LanguageModel,
  type ModelBatches,
  type ModelRequest,
  waitForOperation,
} from "@beseda/core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  type OpenAIBatchesOptions,
  type OpenAIBatchesServer,
  startOpenAIBatchesServer,
} from "../../../../../test/fakes/openai-batches/openai-batches-server.ts";
import { openaiCompatible } from "../openai-compatible.ts";

let server: OpenAIBatchesServer;
const start = async (options: OpenAIBatchesOptions = {}) => {
  await server?.close();
  server = await startOpenAIBatchesServer(options);
};
beforeEach(() => start());
afterEach(() => server.close());

function model(name = "test-model", retries = 0): LanguageModel {
  const { url: baseURL, apiKey } = server;
  return openaiCompatible({ baseURL, apiKey, model: name, batches: true, retry: { retries } });
}

function batches(name?: string, retries?: number): ModelBatches {
  const { batches: found } = model(name, retries);
  if (!found) throw new Error("The model has no batches.");
  return found;
}

function asked(text: string, more: Partial<ModelRequest> = {}): ModelRequest {
  const messages = [{ role: "user" as const, content: text }];
  return {
    instructions: "Be brief.",
    messages,
    tools: [],
    toolChoice: "auto",
    reasoning: "off",
    settings: {},
    ...more,
  };
}

const requests = ["one", "two", "three"].map((text) => asked(text));
const done = (id: string) => waitForOperation(batches(), id, { pollMs: 1 });
const posts = (path: string) =>
  server.ledger.filter((entry) => entry.method === "POST" && entry.path === `/v1/${path}`);

async function repliesOf(id: string, given = requests): Promise<BatchReply[]> {
  const replies: BatchReply[] = [];
  for await (const reply of batches().replies(id, given)) replies.push(reply);
  return replies.sort((a, b) => a.index - b.index);
}

async function failureOf(promise: Promise<unknown>): Promise<BesedaError> {
  return (await promise.then(
    () => undefined,
    (error: unknown) => error,
  )) as BesedaError;
}

describe("a batch of OpenAI's", () => {
  it("answers each request at its own place, as the model does at once, with its usage and its ids", async () => {
    const begun = await batches().start(requests, { key: "a" });
    expect(begun).toMatchObject({ done: false, metadata: { status: "validating", expiresAt: expect.any(String) } });
    const seen: unknown[] = [];
    const onProgress = ({ metadata }: { metadata?: unknown }) => seen.push(metadata);
    expect(await waitForOperation(batches(), begun.id, { pollMs: 1, onProgress })).toEqual({ answered: 3, failed: 0 });
    expect(seen).toContainEqual(expect.objectContaining({ status: "in_progress", total: 3 }));
    const replies = await repliesOf(begun.id);
    expect(replies.map(({ events }) => events)).toEqual(
      ["one", "two", "three"].map((text) => [
        { type: "text-delta", text: `re: ${text}` },
        {
          type: "finish",
          finishReason: "stop",
          usage: { inputTokens: 10, outputTokens: 5, totalTokens: 15 },
          response: { requestId: expect.stringMatching(/^req_batch/), modelVersion: "test-model-2026-01-01" },
        },
      ]),
    );
    expect(server.billed.map(({ body }) => body)).toMatchObject(
      requests.map(() => ({ model: "test-model", stream: false })),
    );
  });

  it("takes tools and schemas, and gives the calls", async () => {
    await start({ respond: () => ({ toolCalls: [{ name: "lookup", arguments: { query: "x" } }] }) });
    const inputSchema = { type: "object", properties: { query: { type: "string" } } };
    const tools = [{ name: "lookup", description: "Looks up.", inputSchema, examples: [] }];
    const given = [asked("x?", { tools, outputSchema: { type: "object", properties: {} } })];
    const { id } = await batches().start(given, { key: "a" });
    await done(id);
    const [reply] = await repliesOf(id, given);
    expect(reply?.events?.slice(-2)).toMatchObject([
      { type: "tool-call", toolName: "lookup", input: '{"query":"x"}' },
      { type: "finish", finishReason: "tool-calls" },
    ]);
    expect(server.billed[0]?.body).toMatchObject({ response_format: { type: "json_schema" } });
  });

  it("tells of each request that was not answered why, and whether another batch may", async () => {
    await start({
      respond: ({ customId }) => {
        if (customId === "0") return { status: 400, message: "too long", code: "context_length_exceeded" };
        if (customId === "1") return { status: 429, message: "slow down" };
        return { text: "hello" };
      },
    });
    const { id } = await batches().start(requests, { key: "a" });
    expect(await done(id)).toEqual({ answered: 1, failed: 2 });
    const [tooLong, slow, answered] = await repliesOf(id);
    expect(tooLong?.error).toMatchObject({
      code: "too-large",
      isRetryable: false,
      status: 400,
      requestId: "req_batch_0",
    });
    expect(slow?.error).toMatchObject({ code: "rate-limited", isRetryable: true });
    expect(answered?.events).toBeDefined();
  });

  it("that expires keeps what was answered; the others may be put into another batch", async () => {
    server.plans.push({ steps: ["in_progress", "expired"], answered: 1 });
    const { id } = await batches().start(requests, { key: "a" });
    expect(await done(id)).toEqual({ answered: 1, failed: 2 });
    const [first, ...others] = await repliesOf(id);
    expect(first?.events?.[0]).toEqual({ type: "text-delta", text: "re: one" });
    for (const { error } of others) {
      expect(error).toMatchObject({
        code: "unavailable",
        isRetryable: true,
        message: expect.stringContaining("expired"),
      });
    }
  });

  it("is cancelled, and gives what was answered before", async () => {
    server.plans.push({ steps: ["in_progress", "in_progress", "in_progress"], answered: 2 });
    const { id } = await batches().start(requests, { key: "a" });
    await batches().poll(id);
    expect(await batches().cancel(id)).toMatchObject({ done: false, metadata: { status: "cancelling" } });
    expect(await failureOf(done(id))).toMatchObject({ code: "aborted" });
    expect(await batches().cancel(id)).toMatchObject({ done: true, metadata: { status: "cancelled" } });
    expect(posts(`batches/${id}/cancel`)).toHaveLength(1);
    const replies = await repliesOf(id);
    expect(replies.map(({ events }) => events !== undefined)).toEqual([true, true, false]);
    expect(replies[2]?.error).toMatchObject({ code: "aborted", isRetryable: true });
  });

  it("that fails as a whole says which request is at fault, and its key may be used again", async () => {
    server.plans.push({ failure: { code: "invalid_json_line", message: "not valid JSON", line: 2 } });
    const { id } = await batches().start(requests, { key: "a" });
    const failed = await failureOf(done(id));
    expect(failed).toMatchObject({ code: "rejected", isRetryable: false });
    expect(failed.message).toContain("request 2: not valid JSON");
    expect(await failureOf(repliesOf(id))).toMatchObject({ code: "rejected" });
    const again = await batches().start(requests, { key: "a" });
    expect(again.id).not.toBe(id);
    expect(server.files.filter(({ purpose }) => purpose === "batch")).toHaveLength(1);
    server.plans.push({ failure: { code: "token_limit_exceeded", message: "Enqueued token limit reached" } });
    const full = await batches().start(requests, { key: "b" });
    expect(await failureOf(done(full.id))).toMatchObject({ code: "rate-limited", isRetryable: true });
  });

  it("has no replies while it goes on, nor for requests that are not its own, nor one that is not there", async () => {
    const { id } = await batches().start(requests, { key: "a" });
    expect(await failureOf(repliesOf(id))).toMatchObject({
      code: "invalid-argument",
      hint: expect.stringContaining("poll()"),
    });
    await done(id);
    expect(await failureOf(repliesOf(id, requests.slice(1)))).toMatchObject({
      code: "invalid-argument",
      message: expect.stringContaining("3 requests, but 2"),
    });
    expect(await failureOf(batches().poll("batch_none"))).toMatchObject({ code: "not-found" });
  });
});

describe("the start of a batch of OpenAI's", () => {
  it("is one for a key, whenever it is begun again, however many other batches there are", async () => {
    await start({ mostListed: 2 });
    const first = await batches().start(requests, { key: "a" });
    for (const key of ["b", "c", "d", "e", "f"]) await batches().start(requests, { key });
    expect((await batches().start(requests, { key: "a" })).id).toBe(first.id);
    expect(server.batches).toHaveLength(6);
    expect(posts("files")).toHaveLength(6);
    expect((await batches("other-model").start(requests, { key: "a" })).id).not.toBe(first.id);
  });

  it("goes on with the file that an earlier one had uploaded before it died", async () => {
    server.faults.add({ method: "POST", path: "/batches", cut: "request" });
    expect(await failureOf(batches().start(requests, { key: "a" }))).toMatchObject({ code: "unavailable" });
    await batches().start(requests, { key: "a" });
    expect([server.files.length, server.batches.length]).toEqual([1, 1]);
  });

  it("finds what was begun though the answer was lost, by itself and in the next process", async () => {
    server.faults.add({ method: "POST", path: "/batches", cut: "answer" });
    const lost = await failureOf(batches().start(requests, { key: "a" }));
    expect(lost).toMatchObject({ code: "unavailable", isRetryable: true });
    const found = await batches().start(requests, { key: "a" });
    expect(server.batches.map(({ id }) => id)).toEqual([found.id]);
    server.faults.add(
      { method: "POST", path: "/files", cut: "answer" },
      { method: "POST", path: "/batches", cut: "answer" },
    );
    await batches("test-model", 2).start(requests, { key: "b" });
    expect([server.files.length, server.batches.length]).toEqual([2, 2]);
  });

  it("is tried again where the service was busy or the upload broke off", async () => {
    const busy = { status: 429, headers: { "retry-after-ms": "1" } };
    server.faults.add(
      { method: "POST", path: "/files", cut: "upload" },
      { method: "POST", path: "/files", status: 500, headers: { "retry-after-ms": "1" } },
    );
    server.faults.add({ method: "POST", path: "/batches", ...busy }, { method: "GET", path: "/files", ...busy });
    await batches("test-model", 2).start(requests, { key: "a" });
    expect([server.files.length, server.batches.length]).toEqual([1, 1]);
  });

  it("of a key with other requests is an error, and nothing is sent", async () => {
    const { id } = await batches().start(requests, { key: "a" });
    const other = await failureOf(batches().start([asked("another")], { key: "a" }));
    expect(other).toMatchObject({ code: "invalid-argument", message: expect.stringContaining(id) });
    expect([posts("files").length, posts("batches").length]).toEqual([1, 1]);
  });

  it("shows its key to nobody", async () => {
    await batches().start(requests, { key: "ann@example.org" });
    const told = JSON.stringify([server.files, server.batches]);
    expect(told).not.toContain("ann");
    expect(server.files[0]?.filename).toMatch(/^beseda-[0-9a-f]{32}-[0-9a-f]{32}\.jsonl$/);
  });

  it("refuses what is empty, cannot be sent or cannot be read before anything is sent", async () => {
    expect(await failureOf(batches().start([], { key: "a" }))).toMatchObject({ code: "invalid-argument" });
    const file = { type: "file" as const, file: "https://example.org/a.pdf", mediaType: "application/pdf" };
    const odd = asked("", { messages: [{ role: "user", content: [file] }] });
    const unsent = await failureOf(batches().start([asked("a"), odd], { key: "a" }));
    expect(unsent.message).toMatch(/^Request 2 of the batch: /);
    async function* lost() {
      yield asked("a");
      await writeFile("/nowhere/at/all", "");
    }
    expect(await failureOf(batches().start(lost(), { key: "a" }))).toMatchObject({ code: "ENOENT" });
    expect(server.ledger).toEqual([]);
  });

  it("says that the key is wrong, and does not repeat it", async () => {
    const { url: baseURL } = server;
    const stranger = openaiCompatible({ baseURL, apiKey: "sk-wrong-key", model: "test-model", batches: true });
    const error = await failureOf(Promise.resolve(stranger.batches?.start(requests, { key: "a" })));
    expect(error).toMatchObject({ code: "unauthorized" });
    expect(error.advice).not.toContain("sk-wrong");
  });

  it("ends with its signal", async () => {
    const stop = new AbortController();
    stop.abort("enough");
    expect(await failureOf(batches().start(requests, { key: "a", signal: stop.signal }))).toBe("enough");
    expect(server.ledger).toEqual([]);
  });
});

describe("the replies of a batch of OpenAI's", () => {
  it("are fetched again where the connection broke off in their middle", async () => {
    const { id } = await batches().start(requests, { key: "a" });
    await done(id);
    server.faults.add({ path: "/content", cut: 100 });
    const replies: BatchReply[] = [];
    for await (const reply of batches("test-model", 1).replies(id, requests)) replies.push(reply);
    expect(replies.every(({ events }) => events)).toBe(true);
    expect(replies).toHaveLength(3);
  });

  it("are read but for a line that cannot be, which counts as not answered", async () => {
    const { id } = await batches().start(requests, { key: "a" });
    await done(id);
    const file = server.files.find(({ purpose }) => purpose === "batch_output");
    const headers = { authorization: `Bearer ${server.apiKey}` };
    const content = await (await fetch(`${server.url}/files/${file?.id}/content`, { headers })).text();
    server.faults.add({ path: "/content", status: 200, body: content.slice(0, -100) });
    const replies = await repliesOf(id);
    expect(replies.map(({ error }) => error?.code)).toEqual(["unavailable", undefined, undefined]);
    expect(replies[0]?.error).toMatchObject({ isRetryable: true });
  });

  it.each(["<html>\nSign in\n</html>", "", "{}"])("are not taken from what is no file of replies: %j", async (body) => {
    const { id } = await batches().start(requests, { key: "a" });
    await done(id);
    server.faults.add({ path: "/content", status: 200, body });
    expect(await failureOf(repliesOf(id))).toMatchObject({ code: "bad-response" });
    expect((await repliesOf(id)).every(({ events }) => events)).toBe(true);
  });

  it("are read though the server counts the requests otherwise, as long as they are the same", async () => {
    const { id } = await batches().start(requests, { key: "a" });
    await done(id);
    Object.assign(server.batches[0] ?? {}, { request_counts: { total: 2, completed: 2, failed: 0 } });
    expect((await repliesOf(id)).every(({ events }) => events)).toBe(true);
    expect(await failureOf(repliesOf(id, [...requests].reverse()))).toMatchObject({ code: "invalid-argument" });
  });

  it("hold texts of every kind, however long", async () => {
    const text = `\u2028 line\u2029\r\n"я" ${"long ".repeat(400_000)}`;
    await start({ respond: () => ({ text }) });
    const { id } = await batches().start([asked("a")], { key: "a" });
    await done(id);
    const [reply] = await repliesOf(id, [asked("a")]);
    expect(reply?.events?.[0]).toEqual({ type: "text-delta", text });
  });
});

describe("which servers have batches", () => {
  it.each([
    ["https://api.openai.com/v1", true],
    ["https://mine.openai.azure.com/openai/v1", false],
    ["http://localhost:8000/v1", false],
  ])("%s: %s, unless it is told otherwise", (baseURL, has) => {
    const told = (more: { batches?: boolean }) =>
      openaiCompatible({ baseURL, model: "m", ...more }).batches !== undefined;
    expect([told({}), told({ batches: true }), told({ batches: false })]).toEqual([has, true, false]);
  });
});
