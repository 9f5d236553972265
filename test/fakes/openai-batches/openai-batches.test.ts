// A client that others have made holds the fake to the truth: what OpenAI's own package sends and expects.
import OpenAI, { AuthenticationError, BadRequestError, ConflictError, NotFoundError, toFile } from "openai";
import { afterEach, describe, expect, it } from "vitest";
import {
  type OpenAIBatchesOptions,
  type OpenAIBatchesServer,
  startOpenAIBatchesServer,
} from "./openai-batches-server.ts";

let server: OpenAIBatchesServer;
afterEach(() => server.close());

async function start(options: OpenAIBatchesOptions = {}): Promise<OpenAI> {
  server = await startOpenAIBatchesServer(options);
  return new OpenAI({ apiKey: server.apiKey, baseURL: server.url, maxRetries: 0 });
}

function lineOf(text: string, more: Record<string, unknown> = {}, body: Record<string, unknown> = {}): string {
  const messages = [{ role: "user", content: text }];
  const line = { custom_id: text, method: "POST", url: "/v1/chat/completions" };
  return JSON.stringify({ ...line, body: { model: "test-model", messages, ...body }, ...more });
}

const upload = async (openai: OpenAI, content: string, name = "requests.jsonl") =>
  openai.files.create({ file: await toFile(Buffer.from(content), name), purpose: "batch" });

async function begin(openai: OpenAI, lines: readonly string[]) {
  const file = await upload(openai, lines.map((line) => `${line}\n`).join(""));
  const wish = { input_file_id: file.id, endpoint: "/v1/chat/completions", completion_window: "24h" } as const;
  return openai.batches.create({ ...wish, metadata: { job: "1" } });
}

async function done(openai: OpenAI, id: string) {
  for (;;) {
    const batch = await openai.batches.retrieve(id);
    if (["completed", "failed", "expired", "cancelled"].includes(batch.status)) return batch;
  }
}

async function linesOf(openai: OpenAI, fileId: string | undefined): Promise<Record<string, unknown>[]> {
  if (!fileId) return [];
  const text = await (await openai.files.content(fileId)).text();
  return text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
}

describe("the fake of OpenAI's batches", () => {
  it("does a whole batch for the openai package, and bills each request that was answered", async () => {
    const openai = await start({
      respond: ({ customId }) =>
        customId === "c"
          ? { status: 400, message: "too long", code: "context_length_exceeded" }
          : { text: `to ${customId}` },
    });
    const begun = await begin(
      openai,
      ["a", "b", "c"].map((text) => lineOf(text)),
    );
    expect(begun).toMatchObject({ status: "validating", metadata: { job: "1" } });
    const batch = await done(openai, begun.id);
    expect(batch).toMatchObject({ status: "completed", request_counts: { total: 3, completed: 2, failed: 1 } });
    const replies = await linesOf(openai, batch.output_file_id);
    expect(replies.map(({ custom_id }) => custom_id)).toEqual(["b", "a"]);
    expect(replies[1]).toMatchObject({
      error: null,
      response: { status_code: 200, body: { choices: [{ message: { content: "to a" } }] } },
    });
    expect(await linesOf(openai, batch.error_file_id)).toMatchObject([
      { custom_id: "c", response: { status_code: 400, body: { error: { code: "context_length_exceeded" } } } },
    ]);
    expect(server.billed.map(({ customId }) => customId)).toEqual(["a", "b"]);
  });

  it("lists files and batches in pages", async () => {
    const openai = await start({ mostListed: 2 });
    const begun: string[] = [];
    for (const text of ["a", "b", "c", "d", "e"]) begun.unshift((await begin(openai, [lineOf(text)])).id);
    const batches: string[] = [];
    for await (const { id } of openai.batches.list()) batches.push(id);
    expect(batches).toEqual(begun);
    const files: string[] = [];
    for await (const { id } of openai.files.list({ purpose: "batch", order: "asc" })) files.push(id);
    expect(files).toEqual(server.files.map(({ id }) => id));
  });

  it("expires and cancels with what was answered until then", async () => {
    const openai = await start();
    const lines = ["a", "b", "c"].map((text) => lineOf(text));
    server.plans.push(
      { steps: ["validating", "in_progress", "expired"], answered: 1 },
      { steps: ["in_progress"], answered: 2 },
    );
    const expired = await done(openai, (await begin(openai, lines)).id);
    expect(expired).toMatchObject({ status: "expired", request_counts: { total: 3, completed: 1 } });
    expect((await linesOf(openai, expired.error_file_id))[0]).toMatchObject({ error: { code: "batch_expired" } });
    const { id } = await begin(openai, lines);
    await openai.batches.retrieve(id);
    expect(await openai.batches.cancel(id)).toMatchObject({ status: "cancelling" });
    const cancelled = await done(openai, id);
    expect(cancelled.status).toBe("cancelled");
    expect(await linesOf(openai, cancelled.output_file_id)).toHaveLength(2);
    await expect(openai.batches.cancel(id)).rejects.toBeInstanceOf(ConflictError);
    expect(server.billed).toHaveLength(3);
  });

  it.each([
    ["no JSON", ["{"], "invalid_json_line"],
    ["an unknown field", [lineOf("a", { note: 1 })], "unknown_parameter"],
    ["one id twice", [lineOf("a"), lineOf("a")], "duplicate_custom_id"],
    ["another endpoint", [lineOf("a", { url: "/v1/embeddings" })], "mismatched_endpoint"],
    ["two models", [lineOf("a"), lineOf("b", {}, { model: "other-model" })], "mismatched_model"],
    ["a model that is not there", [lineOf("a", {}, { model: "none" })], "model_not_found"],
    ["too many lines", ["a", "b", "c"].map((text) => lineOf(text)), "too_many_requests"],
  ])("fails for a file with %s, and bills nothing", async (_, lines, code) => {
    const openai = await start({ mostLines: 2 });
    const batch = await done(openai, (await begin(openai, lines)).id);
    expect(batch).toMatchObject({ status: "failed", errors: { data: [{ code }] } });
    expect(server.billed).toEqual([]);
  });

  it("refuses what the service refuses: keys, purposes, names, fields, windows", async () => {
    const openai = await start();
    const stranger = new OpenAI({ apiKey: "wrong", baseURL: server.url, maxRetries: 0 });
    await expect(stranger.files.list()).rejects.toBeInstanceOf(AuthenticationError);
    await expect(upload(openai, lineOf("a"), "requests.txt")).rejects.toThrow(".jsonl");
    const file = await toFile(Buffer.from("a"), "a.txt");
    await expect(openai.files.create({ file, purpose: "poetry" as "evals" })).rejects.toBeInstanceOf(BadRequestError);
    const other = await openai.files.create({ file, purpose: "user_data" });
    const wish = { endpoint: "/v1/chat/completions", completion_window: "24h" } as const;
    await expect(openai.batches.create({ ...wish, input_file_id: other.id })).rejects.toThrow("must be 'batch'");
    const { id } = await upload(openai, lineOf("a"));
    await expect(openai.batches.create({ ...wish, input_file_id: "file-0" })).rejects.toBeInstanceOf(NotFoundError);
    const hour = { ...wish, input_file_id: id, completion_window: "1h" as "24h" };
    await expect(openai.batches.create(hour)).rejects.toThrow("'24h'");
    const more = { ...wish, input_file_id: id, priority: "high" };
    await expect(openai.batches.create(more)).rejects.toThrow("'priority'");
    await openai.files.delete(id);
    await expect(openai.files.content(id)).rejects.toBeInstanceOf(NotFoundError);
    expect(server.batches).toEqual([]);
  });

  it("takes no form that is not whole", async () => {
    await start();
    const headers = { authorization: `Bearer ${server.apiKey}`, "content-type": "multipart/form-data; boundary=b" };
    const part = '--b\r\ncontent-disposition: form-data; name="file"; filename="a.jsonl"\r\n\r\n{}';
    for (const body of ["", part, `${part}\r\n--c--`, `${part}\r\n--b--\r\nmore`, `${part}\r\n--b--`]) {
      const { status } = await fetch(`${server.url}/files`, { method: "POST", headers, body });
      // The last one is whole, but does not say what it is for.
      expect(status).toBe(400);
    }
    expect(server.files).toEqual([]);
  });

  it("answers the same requests at once, whole and as a stream", async () => {
    const openai = await start({ respond: () => ({ toolCalls: [{ name: "add", arguments: { a: 1 } }] }) });
    const tools = [{ type: "function" as const, function: { name: "add", parameters: { type: "object" } } }];
    const messages = [{ role: "user" as const, content: "1 + 1?" }];
    const asked = { model: "test-model", messages, tools };
    const whole = await openai.chat.completions.create(asked);
    expect(whole.choices[0]).toMatchObject({ finish_reason: "tool_calls" });
    const streamed = await openai.chat.completions.stream(asked).finalChatCompletion();
    expect(streamed.choices[0]?.message.tool_calls).toMatchObject([
      { function: { name: "add", arguments: '{"a":1}' } },
    ]);
    expect(server.billed).toHaveLength(2);
  });
});
