import { type BatchReply, type BesedaError, type ModelRequest, waitForOperation } from "@beseda/core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startYandexServer } from "../../../../../../test/fakes/yandex/yandex-server.ts";
import { type YandexConnection, yandexConnection } from "../../connection/connection.ts";
import { type BatchTask, cancelTask, yandexBatchTasks } from "./batch-task.ts";
import { yandexBatches } from "./batches.ts";

const start = () =>
  startYandexServer({ grpc: true, respond: ({ messages }) => ({ text: `re: ${messages.at(-1)?.text}` }) });
let server: Awaited<ReturnType<typeof start>>;
let connection: YandexConnection;

beforeEach(async () => {
  server = await start();
  connection = yandexConnection({ ...server.settings, retry: { retries: 0 } });
});
afterEach(() => server.close());

const batches = () => yandexBatches("qwen3-8b", { connection, pollMs: 1 });

function asked(text: string, more: Partial<ModelRequest> = {}): ModelRequest {
  const messages = [{ role: "user" as const, content: text }];
  const settings = { temperature: 0.2, maxOutputTokens: 50 };
  return { instructions: "Be brief.", messages, tools: [], toolChoice: "auto", reasoning: "off", settings, ...more };
}

const requests = ["one", "two", "one", "three"].map((text) => asked(text));

async function repliesOf(id: string, given = requests): Promise<BatchReply[]> {
  const replies: BatchReply[] = [];
  for await (const reply of batches().replies(id, given)) replies.push(reply);
  return replies.sort((a, b) => a.index - b.index);
}

const done = (id: string) => waitForOperation(batches(), id, { pollMs: 1 });
const billed = () => server.ledger.filter((entry) => entry.billed).length;

async function failureOf(promise: Promise<unknown>): Promise<BesedaError> {
  return (await promise.then(
    () => undefined,
    (error: unknown) => error,
  )) as BesedaError;
}

describe("a batch", () => {
  it("answers each request at its own place, though the service numbers nothing and turns the order round", async () => {
    server.grpc.batches.order = "reversed";
    const begun = await batches().start(requests, { key: "a" });
    expect(begun).toMatchObject({ done: false, metadata: { leastCost: { RUB: expect.any(Number) } } });
    const seen: unknown[] = [];
    const outcome = await waitForOperation(batches(), begun.id, {
      pollMs: 1,
      onProgress: ({ metadata }) => seen.push(metadata?.status),
    });
    expect(outcome).toEqual({ answered: 4, failed: 0 });
    expect(seen.at(-1)).toBe("COMPLETED");
    const replies = await repliesOf(begun.id);
    expect(replies.map(({ events }) => events)).toEqual(
      ["one", "two", "one", "three"].map((text) => [
        { type: "text-delta", text: `re: ${text}` },
        { type: "finish", finishReason: "stop" },
      ]),
    );
    const [request] = server.grpc.batches.all;
    expect(request?.request).toMatchObject({ completionOptions: { temperature: 0.2, maxTokens: "50" } });
  });

  it("is begun once for a key, even where the reply to its beginning was lost", async () => {
    server.faults.add({ path: "BatchService/Completion", cut: "answer" });
    const lost = await failureOf(batches().start(requests, { key: "a" }));
    expect(lost).toMatchObject({ code: "unavailable", isRetryable: false });
    const found = await batches().start(requests, { key: "a" });
    const again = await batches().start(requests, { key: "a" });
    expect(again.id).toBe(found.id);
    expect(billed()).toBe(1);
    const other = await failureOf(batches().start([asked("another")], { key: "a" }));
    expect(other).toMatchObject({ code: "invalid-argument" });
    const warmer = requests.map((request) => ({ ...request, settings: { ...request.settings, temperature: 1 } }));
    expect(await failureOf(batches().start(warmer, { key: "a" }))).toMatchObject({
      code: "invalid-argument",
      message: expect.stringContaining("temperature 0.2"),
    });
    await batches().start([asked("another")], { key: "b" });
    expect(billed()).toBe(2);
  });

  it("tells of the rows that could not be answered, and of requests that are not its own", async () => {
    server.script.add({ text: "first" }, { refuse: { code: 3, message: "number of input tokens is too large" } });
    const { id } = await batches().start(requests, { key: "a" });
    expect(await done(id)).toEqual({ answered: 3, failed: 1 });
    const replies = await repliesOf(id);
    expect(replies.filter(({ error }) => error).map(({ index }) => index)).toEqual([1]);
    expect(replies[1]?.error).toMatchObject({ code: "rejected", message: expect.stringContaining("input tokens") });
    const [stranger] = await repliesOf(id, [asked("never asked")]);
    expect(stranger?.error?.message).toContain("belong to none of the 1 requests");
  });

  it("is refused before anything is sent where its rows differ, or have tools", async () => {
    const other = await failureOf(batches().start([asked("a"), asked("b", { settings: {} })], { key: "a" }));
    expect(other).toMatchObject({ code: "invalid-argument", message: expect.stringContaining("Row 2") });
    const tools = [{ name: "t", description: "", inputSchema: { type: "object" }, examples: [] }];
    expect(await failureOf(batches().start([asked("a", { tools })], { key: "a" }))).toMatchObject({
      code: "unsupported",
    });
    expect(server.ledger).toEqual([]);
  });

  it("can be called off while it is worked on", async () => {
    server.grpc.batches.plans.push({ unfinished: "never" });
    const { id } = await batches().start(requests, { key: "a" });
    for (;;) {
      const { status } = await yandexBatchTasks({ connection }).describe(id);
      if (status === "IN_PROGRESS") break;
    }
    const cancelled = await batches().cancel(id);
    expect(cancelled).toMatchObject({ id, done: true, error: { code: "aborted" }, metadata: { status: "CANCELED" } });
    expect(await batches().cancel(id)).toMatchObject({ done: true });
    expect(await failureOf(repliesOf(id))).toMatchObject({ code: "aborted" });
  });

  it("that fails or is not done yet has no replies", async () => {
    server.grpc.batches.plans.push({ unfinished: 3, error: { code: 13, message: "no room" } });
    const { id } = await batches().start(requests, { key: "a" });
    expect(await failureOf(repliesOf(id))).toMatchObject({
      code: "invalid-argument",
      hint: expect.stringContaining("poll()"),
    });
    const failed = await failureOf(done(id));
    expect(failed.message).toContain("no room");
    expect((await failureOf(repliesOf(id))).message).toContain("no room");
  });

  it("holds the answers to a schema where all requests have the same", async () => {
    const outputSchema = { type: "object", properties: { city: { type: "string" } }, required: ["city"] };
    server.script.add({ text: '{"city":"Kazan"}' });
    const { id } = await batches().start([asked("where?", { outputSchema })], { key: "a" });
    await done(id);
    expect(server.grpc.batches.all[0]?.request).toMatchObject({ jsonSchema: { schema: outputSchema } });
  });
});

describe("the tasks of batches", () => {
  it("are listed and deleted", async () => {
    const { id } = await batches().start(requests, { key: "a" });
    await done(id);
    const tasks = yandexBatchTasks({ connection });
    const listed = [];
    for await (const task of tasks.list()) listed.push(task);
    expect(listed).toMatchObject([{ id, status: "COMPLETED", resultDatasetId: expect.stringMatching(/^fds/) }]);
    expect(listed[0]?.operationId).not.toBe(id);
    await expect(tasks.cancel(id)).rejects.toMatchObject({
      code: "rejected",
      message: expect.stringContaining("COMPLETED"),
    });
    const pending = { ...(listed[0] as BatchTask), status: "PENDING" as const };
    await expect(cancelTask(connection, pending)).rejects.toThrow("only one that is IN_PROGRESS can be cancelled");
    expect(server.ledger.some(({ path }) => path.endsWith("/Cancel"))).toBe(false);
    await tasks.delete(id, { datasets: true });
    expect(server.grpc.datasets.all.map(({ status }) => status)).toEqual(["DELETING", "DELETING"]);
    await expect(tasks.describe(id)).rejects.toMatchObject({ code: "not-found" });
  });
});
