import { type BesedaError, type ModelRequest, waitForOperation } from "@beseda/core";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { startYandexServer } from "../../../../../../test/fakes/yandex/yandex-server.ts";
import { type YandexConnection, yandexConnection } from "../../connection/connection.ts";
import { yandex } from "../../yandex.ts";
import { yandexBatchTasks } from "./batch-task.ts";
import { yandexBatches } from "./batches.ts";

const start = () => startYandexServer({ grpc: true });
let server: Awaited<ReturnType<typeof start>>;
let connection: YandexConnection;

beforeEach(async () => {
  server = await start();
  connection = yandexConnection({ ...server.settings, retry: { retries: 0 } });
});
afterEach(() => server.close());

const batches = () => yandexBatches("qwen3-8b", { connection, pollMs: 1 });
const completions = () => server.ledger.filter(({ path }) => path.endsWith("BatchService/Completion"));

function asked(text: string, more: Partial<ModelRequest> = {}): ModelRequest {
  const messages = [{ role: "user" as const, content: text }];
  return { instructions: "", messages, tools: [], toolChoice: "auto", reasoning: "off", settings: {}, ...more };
}

async function failureOf(promise: Promise<unknown>): Promise<BesedaError> {
  return (await promise.then(
    () => undefined,
    (error: unknown) => error,
  )) as BesedaError;
}

describe("the start of a batch", () => {
  it("is one for a key, however many start it at the same moment", async () => {
    const begun = await Promise.all([1, 2, 3].map(() => batches().start([asked("one")], { key: "k" })));
    expect(new Set(begun.map(({ id }) => id)).size).toBe(1);
    expect(completions()).toHaveLength(1);
  });

  it("is left by whoever waits for another of the key, and begun by the next where that one fails", async () => {
    let goOn = () => {};
    const until = new Promise<void>((resolve) => (goOn = resolve));
    server.faults.add({ path: "DatasetService/List", until }, { path: "DatasetService/Create", cut: "request" });
    const first = failureOf(batches().start([asked("one")], { key: "k" }));
    await vi.waitFor(() => expect(server.ledger).toHaveLength(1));
    const stop = new AbortController();
    const left = failureOf(batches().start([asked("one")], { key: "k", signal: stop.signal }));
    let isRead = false;
    async function* requests() {
      isRead = true;
      yield asked("one");
    }
    const next = batches().start(requests(), { key: "k" });
    stop.abort("enough");
    expect(await left).toBe("enough");
    for (let trips = 0; trips < 5; trips++) await failureOf(batches().poll("fbinone"));
    expect(isRead).toBe(false);
    goOn();
    expect(await first).toMatchObject({ code: "unavailable" });
    expect(await next).toMatchObject({ id: expect.stringMatching(/^fbi/) });
    expect(completions()).toHaveLength(1);
  });

  it("takes no other settings under its key, whichever they are", async () => {
    const { id } = await batches().start([asked("one")], { key: "k" });
    const outputSchema = { type: "object", properties: { a: { type: "string" } } };
    for (const other of [{ settings: { temperature: 0.9 } }, { outputSchema }]) {
      const error = await failureOf(batches().start([asked("one", other)], { key: "k" }));
      expect(error).toMatchObject({ code: "invalid-argument", message: expect.stringContaining("other settings") });
    }
    expect((await batches().start([asked("one")], { key: "k" })).id).toBe(id);
    expect(completions()).toHaveLength(1);
  });

  it("can be tried with other settings where the service has refused the first", async () => {
    server.faults.add({ path: "BatchService/Completion", refuse: { code: 3, message: "Invalid temperature value" } });
    await failureOf(batches().start([asked("one", { settings: { temperature: 0.9 } })], { key: "k" }));
    const cooler = [asked("one", { settings: { temperature: 0.1 } })];
    const { id } = await batches().start(cooler, { key: "k" });
    expect((await batches().start(cooler, { key: "k" })).id).toBe(id);
    expect(server.grpc.batches.all).toHaveLength(1);
  });

  it("is refused for a model without batches before anything is sent", async () => {
    const error = await failureOf(yandexBatches("yandexgpt/latest", { connection }).start([asked("a")], { key: "k" }));
    expect(error).toMatchObject({ code: "unsupported", message: expect.stringContaining("yandexgpt") });
    expect(server.ledger).toEqual([]);
  });

  it("asks for JSON where the model was told to", async () => {
    const model = yandex("qwen3-8b", { connection, jsonObject: true, pollMs: 1 });
    await model.batches?.start([asked("one")], { key: "k" });
    expect(server.grpc.batches.all[0]?.request).toMatchObject({ jsonObject: true });
  });

  it.each([["\ud800"], ["я".repeat(20_000)], ["ann@example.org"]])(
    "goes with any key, and shows it to nobody",
    async (key) => {
      await batches().start([asked("one")], { key });
      const [completion] = completions();
      expect(completion?.headers["idempotency-key"]).toMatch(/^[0-9a-f]{64}$/);
    },
  );
});

describe("a batch that has ended", () => {
  it("says after a failure that another key is needed, and that the same call will not help", async () => {
    server.grpc.batches.plans.push({ unfinished: 1, error: { code: 13, message: "no room" } });
    const { id } = await batches().start([asked("one")], { key: "k" });
    const error = await failureOf(waitForOperation(batches(), id, { pollMs: 1 }));
    expect(error).toMatchObject({ isRetryable: false, hint: expect.stringContaining("another key") });
    expect(error.message).toContain("no room");
  });

  it("is deleted with its datasets, also where some are gone or it broke off before", async () => {
    const { id } = await batches().start([asked("one")], { key: "k" });
    await waitForOperation(batches(), id, { pollMs: 1 });
    const tasks = yandexBatchTasks({ connection });
    server.faults.add({ path: "DatasetService/Delete", refuse: { code: 14, message: "busy" }, after: 1 });
    expect(await failureOf(tasks.delete(id, { datasets: true }))).toMatchObject({ code: "unavailable" });
    server.faults.add({ path: "DatasetService/Delete", refuse: { code: 5, message: "Dataset not found" } });
    await tasks.delete(id, { datasets: true });
    expect(server.grpc.datasets.all.every(({ status }) => status === "DELETING")).toBe(true);
    expect(server.grpc.batches.all).toEqual([]);
  });
});
