import type { BesedaError } from "@beseda/core";
import { waitForOperation } from "@beseda/core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startYandexServer } from "../../../../../../test/fakes/yandex/yandex-server.ts";
import { yandexConnection } from "../../connection/connection.ts";
import { yandexDatasets } from "../datasets/datasets.ts";
import { yandexGrpcOperations } from "../operations.ts";
import { type Tuning, type YandexTuning, yandexTuning } from "./tuning.ts";

const start = () => startYandexServer({ grpc: true });
let server: Awaited<ReturnType<typeof start>>;
let tuning: YandexTuning;
let train: string;

beforeEach(async () => {
  server = await start();
  const connection = yandexConnection(server.settings);
  tuning = yandexTuning({ connection });
  const rows = Array.from({ length: 10 }, (_, index) => ({
    request: [{ role: "user", text: `question ${index}` }],
    response: `answer ${index}`,
  }));
  const dataset = { name: "lessons", taskType: "TextToTextGeneration", rows };
  train = (await yandexDatasets({ connection }).put(dataset, { pollMs: 1 })).id;
});
afterEach(() => server.close());

async function failureOf(promise: Promise<unknown>): Promise<BesedaError> {
  return (await promise.then(
    () => undefined,
    (error: unknown) => error,
  )) as BesedaError;
}

const request = () => ({
  baseModel: "yandexgpt-lite",
  task: "generation" as const,
  train: [train],
  validation: train,
  name: "my tuning",
  params: { lr: 0.001, lora: { rank: 8 } },
});
const tunes = () => server.ledger.filter(({ path }) => path.endsWith("/Tune")).length;

describe("a tuning", () => {
  it("ends in a model that can be used at once, and tells its progress on the way", async () => {
    const begun = await tuning.submit(request());
    expect(begun).toMatchObject({ done: false, metadata: { taskId: begun.id, status: "CREATED" } });
    const seen: unknown[] = [];
    const { modelId } = await waitForOperation(tuning, begun.id, {
      pollMs: 1,
      onProgress: ({ metadata }) => seen.push(metadata?.status),
    });
    expect(seen).toEqual(["PENDING", "IN_PROGRESS", "COMPLETED"]);
    expect(modelId).toMatch(/^gpt:\/\/b1g\w+\/yandexgpt-lite\/latest@tamr\w+$/);
    expect(server.models.find(modelId, "gpt")).toMatchObject({ uri: modelId });
    expect(await tuning.describe(begun.id)).toMatchObject({
      id: begun.id,
      status: "COMPLETED",
      modelId,
      name: "my tuning",
    });
    expect(await tuning.metricsUrl(begun.id)).toMatch(/^http/);
    const options = await tuning.options(begun.id);
    expect(options).toMatchObject({ task: "generation", train: [{ datasetId: train, weight: 1 }] });
    expect(options.params).toMatchObject({ lr: 0.001, lora: { rank: 8 } });
  });

  it("is found by its task when the service has forgotten the operation, after two weeks", async () => {
    const { id } = await tuning.submit(request());
    const { modelId } = await waitForOperation(tuning, id, { pollMs: 1 });
    server.faults.add({ path: "OperationService/Get", refuse: { code: 5, message: "Operation not found" } });
    expect(await tuning.poll(id)).toMatchObject({
      done: true,
      response: { modelId },
      metadata: { status: "COMPLETED" },
    });
    expect(await failureOf(tuning.poll("ftnnone"))).toMatchObject({ code: "not-found", status: 404 });
  });

  it("is begun once for a key, however often it is asked for", async () => {
    const first = await tuning.submit(request(), { key: "spring lessons" });
    const again = await tuning.submit(request(), { key: "spring lessons" });
    expect([again.id, tunes()]).toEqual([first.id, 1]);
    await expect(tuning.submit({ ...request(), params: { seed: 7 } }, { key: "spring lessons" })).rejects.toMatchObject(
      {
        code: "invalid-argument",
        message: expect.stringContaining(first.id),
      },
    );
    await tuning.submit(request(), { key: "autumn lessons" });
    expect(tunes()).toBe(2);
  });

  it("is begun once for a key, however many submit it at the same moment", async () => {
    const begun = await Promise.all([1, 2, 3].map(() => tuning.submit(request(), { key: "spring lessons" })));
    expect(new Set(begun.map(({ id }) => id)).size).toBe(1);
    expect(tunes()).toBe(1);
  });

  it("that fails says why, by its operation and by its task", async () => {
    server.grpc.tunings.plans.push({ unfinished: 1, error: { code: 3, message: "Loss is not a number" } });
    const { id } = await tuning.submit(request());
    const error = await failureOf(waitForOperation(tuning, id, { pollMs: 1 }));
    expect(error).toMatchObject({ code: "rejected", message: expect.stringContaining("Loss is not a number") });
    server.faults.add({ path: "OperationService/Get", refuse: { code: 5, message: "Operation not found" } });
    const told = await tuning.poll(id);
    expect(told).toMatchObject({ done: true, error: { message: expect.stringContaining("Loss is not a number") } });
    expect(await tuning.errors(id)).toEqual([{ message: "Loss is not a number", type: "PUBLIC" }]);
    expect(await tuning.metricsUrl(id)).toBeUndefined();
  });

  it("can be called off, listed and put away", async () => {
    server.grpc.tunings.plans.push({ unfinished: "never" });
    const { id } = await tuning.submit(request());
    expect(await tuning.cancel(id)).toMatchObject({ done: true, error: expect.anything() });
    const listed: Tuning[] = [];
    for await (const each of tuning.list()) listed.push(each);
    expect(listed).toMatchObject([{ id, status: "CANCELED" }]);
    await tuning.archive(id);
    expect(await tuning.describe(id)).toMatchObject({ status: "ARCHIVED" });
  });

  it("that the service would refuse is refused with the next step", async () => {
    const params = { learningRate: 1 } as object;
    expect(await failureOf(tuning.submit({ ...request(), params }))).toMatchObject({ code: "invalid-argument" });
    expect(tunes()).toBe(0);
    const unknown = await failureOf(tuning.submit({ ...request(), train: ["fdsnone"] }));
    expect(unknown).toMatchObject({ code: "not-found", message: expect.stringContaining("fdsnone") });
  });
});

describe("operations over gRPC", () => {
  it("are told as JSON, whatever they are about", async () => {
    const { id } = await tuning.submit(request());
    const operations = yandexGrpcOperations(server.settings);
    expect(await operations.poll(id)).toMatchObject({
      id,
      done: false,
      metadata: { tuningTaskId: id, totalSteps: 100 },
    });
    await operations.poll(id);
    const { response, createdAt } = await operations.poll(id);
    expect(response).toMatchObject({ tuningTaskId: id, status: "COMPLETED" });
    expect(createdAt).toMatch(/^\d{4}-\d\d-\d\dT/);
  });
});
