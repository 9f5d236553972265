import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startYandexServer, type YandexServer } from "../yandex-server.ts";
import { askGrpc, generationRows } from "./ask-grpc.ts";
import type { Json } from "./proto-json.ts";
import type { YandexGrpc } from "./yandex-grpc.ts";

const clock = { ms: Date.UTC(2026, 0, 15), now: () => clock.ms };
const service = "tuning.v1.TuningService";
let server: YandexServer & { grpc: YandexGrpc };
let ask: ReturnType<typeof askGrpc>;
let datasetId: string;

beforeEach(async () => {
  server = await startYandexServer({ grpc: true, clock });
  ask = askGrpc(server);
  datasetId = await ask.dataset("TextToTextGeneration", generationRows(10));
});
afterEach(async () => {
  ask.close();
  await server.close();
});

const tune = (more: Json = {}) =>
  ask(`${service}/Tune`, {
    baseModelUri: `gpt://${server.account.folderId}/yandexgpt-lite/latest`,
    trainDatasets: [{ datasetId, weight: 1 }],
    textToTextCompletion: {},
    ...more,
  });
const describeOf = async (tuningTaskId: unknown) =>
  (await ask(`${service}/Describe`, { tuningTaskId })).tuningTask as Json;

describe("a tuning task of the fake", () => {
  it("is refused without parameters, with a dataset that does not fit, and for what cannot be tuned", async () => {
    server.quotas.limit("tuning", {});
    const { folderId } = server.account;
    const refused = async (more: Json, code: number, details = "") =>
      await expect(tune(more)).rejects.toMatchObject({ code, details: expect.stringContaining(details) });
    await refused({ textToTextCompletion: undefined }, 3, "tuning_params");
    await refused({ trainDatasets: [] }, 3, "train_datasets");
    await refused({ trainDatasets: [{ datasetId: "fdsother" }] }, 5);
    await refused({ name: "ü" }, 3, "name");
    await refused({ baseModelUri: `gpt://${folderId}/yandexgpt/latest` }, 3, "can not be tuned");
    await refused({ baseModelUri: "gpt://b1gother/yandexgpt-lite/latest" }, 3, "folder ID");
    await refused({ baseModelUri: `gpt://${folderId}/other/latest` }, 3, "Failed to get model");
    const pairs = await ask.dataset("TextEmbeddingsPair", [{ anchor: "a", positive: "b" }]);
    await refused({ trainDatasets: [{ datasetId: pairs }] }, 3, "has type TextEmbeddingsPair");
    const few = await ask.dataset("TextToTextGeneration", generationRows(9));
    await refused({ trainDatasets: [{ datasetId: few }] }, 3, "at least 10 examples");
    const bad = await ask.dataset("TextToTextGeneration", ["no row"]);
    await refused({ trainDatasets: [{ datasetId: bad }] }, 9, "INVALID");
    expect(server.grpc.tunings.all).toEqual([]);
  });

  it("goes from created to completed, and its model is there at once, over REST too", async () => {
    const started = await tune({ name: "hotel bot", labels: { a: "1" } });
    const { id } = started;
    expect(started).toMatchObject({ done: false, metadata: { tuningTaskId: id, status: "CREATED" } });
    expect(await ask.poll(id)).toMatchObject({ metadata: { status: "PENDING", currentStep: "0" } });
    expect(await ask.poll(id)).toMatchObject({
      metadata: { status: "IN_PROGRESS", totalSteps: "100", currentStep: "50" },
    });
    await expect(ask(`${service}/GetMetricsUrl`, { taskId: id })).rejects.toMatchObject({ code: 5 });
    const { response } = await ask.poll(id);
    const { targetModelUri } = response as Json;
    const { folderId, apiKey } = server.account;
    expect(targetModelUri).toMatch(new RegExp(`^gpt://${folderId}/yandexgpt-lite/latest@tamr\\w+$`));
    expect(await describeOf(id)).toMatchObject({
      taskId: id,
      operationId: id,
      status: "COMPLETED",
      sourceModelUri: "gpt://yandexgpt-lite/latest",
      targetModelUri,
      name: "hotel bot",
      labels: { a: "1" },
    });
    const reply = await fetch(`${server.origin}/foundationModels/v1/completion`, {
      method: "POST",
      headers: { authorization: `Api-Key ${apiKey}`, "content-type": "application/json" },
      body: JSON.stringify({ modelUri: targetModelUri, messages: [{ role: "user", text: "Hi" }] }),
    });
    expect(reply.status).toBe(200);
    const { loadUrl } = await ask(`${service}/GetMetricsUrl`, { taskId: id });
    expect((await fetch(String(loadUrl))).status).toBe(200);
    expect(await ask(`${service}/GetOptions`, { taskId: id })).toMatchObject({ textToTextCompletion: {}, taskId: id });
    const validationDataset = { datasetId, weight: 1 };
    const validated = await tune({ validationDataset });
    expect(await ask(`${service}/GetOptions`, { taskId: validated.id })).toMatchObject({
      validationDatasets: [{ datasetId }],
    });
  });

  it("outlives its operation, which is gone after two weeks", async () => {
    const { id } = await tune();
    await ask.poll(id, 3);
    clock.ms += 15 * 86_400_000;
    await expect(ask.poll(id)).rejects.toMatchObject({ code: 5 });
    expect(await describeOf(id)).toMatchObject({
      status: "COMPLETED",
      targetModelUri: expect.stringContaining("@tamr"),
    });
  });

  it("goes on when its operation is lost, and who asks after the task learns how it ends", async () => {
    server.grpc.tunings.plans.push(
      { unfinished: 2, lost: true },
      { lost: true, error: { code: 3, message: "bad data" } },
    );
    const [good, bad] = [await tune(), await tune()];
    await expect(ask.poll(good.id)).rejects.toMatchObject({ code: 5 });
    expect(await describeOf(good.id)).toMatchObject({ status: "COMPLETED" });
    expect(await describeOf(bad.id)).toMatchObject({ status: "FAILED", targetModelUri: "" });
  });

  it("fails by script, and says why", async () => {
    server.grpc.tunings.plans.push({ unfinished: 1, error: { code: 3, message: "The data is too odd" } });
    const { id } = await tune();
    expect(await ask.poll(id, 2)).toMatchObject({ done: true, error: { code: 3 }, metadata: { status: "FAILED" } });
    const errors = await ask(`${service}/ListErrors`, { tuningTaskId: id });
    expect(errors).toEqual({ tuningError: [{ tuningTaskId: id, message: "The data is too odd", type: "PUBLIC" }] });
  });

  it("can be cancelled until it ends", async () => {
    const { id } = await tune();
    expect(await ask(`${service}/Cancel`, { tuningTaskId: id })).toEqual({ tuningTaskId: id });
    expect(await describeOf(id)).toMatchObject({ status: "CANCELED" });
    await expect(ask(`${service}/Cancel`, { tuningTaskId: id })).rejects.toMatchObject({ code: 9 });
    const listed = await ask(`${service}/List`, { folderId: server.account.folderId, status: "CANCELED" });
    expect(listed.tuningTasks).toMatchObject([{ taskId: id }]);
  });

  it("is the third in an hour, and there is no fourth", async () => {
    for (let count = 0; count < 3; count++) await tune();
    await expect(tune()).rejects.toMatchObject({ code: 8, details: expect.stringContaining("allowed 3 requests") });
    clock.ms += 3_600_001;
    await tune();
    expect(server.ledger.some(({ billed }) => billed)).toBe(false);
  });
});
