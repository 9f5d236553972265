import { parquetReadObjects } from "hyparquet";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startYandexServer, type YandexServer } from "../yandex-server.ts";
import { askGrpc, generationRows } from "./ask-grpc.ts";
import type { Json } from "./proto-json.ts";
import type { YandexGrpc } from "./yandex-grpc.ts";

const tasks = "batch_inference.v1.BatchInferenceService";
let server: YandexServer & { grpc: YandexGrpc };
let ask: ReturnType<typeof askGrpc>;
let sourceDatasetId: string;

const rowsOf = (...texts: string[]) => texts.map((text) => ({ request: [{ role: "user", text }] }));

beforeEach(async () => {
  server = await startYandexServer({
    grpc: true,
    respond: ({ messages }) => ({ text: `You said ${messages.at(-1)?.text}.` }),
  });
  ask = askGrpc(server);
  sourceDatasetId = await ask.dataset("TextToTextGenerationRequest", rowsOf("one", "two", "one"));
});
afterEach(async () => {
  ask.close();
  await server.close();
});

const start = (more: Json = {}) =>
  ask("foundation_models.v1.TextGenerationBatchService/Completion", {
    modelUri: `gpt://${server.account.folderId}/gemma-3-12b-it/latest`,
    sourceDatasetId,
    ...more,
  });
const taskIdOf = (operation: Json) => String((operation.metadata as Json).taskId);
const describeOf = async (taskId: string) => (await ask(`${tasks}/Describe`, { taskId })).task as Json;

async function resultOf(datasetId: unknown): Promise<unknown[]> {
  const { downloadUrls } = await ask("dataset.v1.DatasetService/GetDownloadUrls", { datasetId });
  const [{ url } = {}] = downloadUrls as Json[];
  return parquetReadObjects({ file: await (await fetch(String(url))).arrayBuffer() });
}

describe("a batch of the fake", () => {
  it("is refused for Yandex's own models, other folders, datasets that are not ready or of another type", async () => {
    server.quotas.limit("batch", {});
    const { folderId } = server.account;
    const refused = async (more: Json, code: number, details = "") =>
      await expect(start(more)).rejects.toMatchObject({ code, details: expect.stringContaining(details) });
    await refused({ modelUri: `gpt://${folderId}/yandexgpt/latest` }, 3, "Failed to get model");
    await refused({ modelUri: "gpt://b1gother/gemma-3-12b-it" }, 3, "folder ID");
    await refused({ modelUri: "gemma-3-12b-it" }, 3, "parse");
    await refused({ sourceDatasetId: "fdsother" }, 5);
    const picture = { request: [{ role: "user", content: [{ type: "image", image: "aGk=" }] }] };
    const seen = { sourceDatasetId: await ask.dataset("ImageTextToTextGenerationRequest", [picture]) };
    await refused({ ...seen, modelUri: `gpt://${folderId}/phi-4` }, 3, "has type");
    expect(await start({ ...seen, modelUri: `gpt://${folderId}/deepseek-vl2-tiny` })).toMatchObject({ done: false });
    server.ledger.length = 0;
    await refused({ completionOptions: { temperature: 2 } }, 3, "temperature");
    await refused({ sourceDatasetId: await ask.dataset("TextToTextGeneration", generationRows(1)) }, 3, "has type");
    await refused({ sourceDatasetId: await ask.dataset("TextToTextGenerationRequest", ["x"]) }, 9, "INVALID");
    expect(server.ledger.some(({ billed }) => billed)).toBe(false);
  });

  it("goes from created to completed, with its result announced while it is pending", async () => {
    const started = await start({ modelUri: `gpt://${server.account.folderId}/gemma-3-12b-it` });
    const taskId = taskIdOf(started);
    expect(taskId).not.toBe(started.id);
    expect(started).toMatchObject({ done: false, metadata: { taskStatus: "CREATED" } });
    expect(await ask.poll(started.id)).toMatchObject({ metadata: { taskStatus: "PENDING" } });
    const running = await describeOf(taskId);
    expect(running).toMatchObject({ status: "IN_PROGRESS", resultDatasetId: expect.stringMatching(/^fds/) });
    expect(await ask.poll(started.id)).toMatchObject({
      done: true,
      metadata: { taskStatus: "COMPLETED", completedBatches: "2", totalBatches: "2" },
      response: { taskId, resultDatasetId: running.resultDatasetId },
    });
    const done = await describeOf(taskId);
    expect(done).toMatchObject({ status: "COMPLETED", operationId: started.id, errors: { status: {} } });
    expect(await ask("dataset.v1.DatasetService/Describe", { datasetId: done.resultDatasetId })).toMatchObject({
      dataset: {
        name: `Batch inference ${taskId} result`,
        labels: { foundation_models_batch_task_id: taskId, foundation_models_source_dataset: sourceDatasetId },
      },
    });
    expect(await resultOf(done.resultDatasetId)).toEqual(
      ["one", "two", "one"].map((text) => ({ ...rowsOf(text)[0], response: `You said ${text}.` })),
    );
  });

  it("keeps its dataset from being deleted as long as it goes on", async () => {
    const { id } = await start();
    const remove = () => ask("dataset.v1.DatasetService/Delete", { datasetId: sourceDatasetId });
    await expect(remove()).rejects.toMatchObject({ code: 9 });
    await ask.poll(id, 3);
    await remove();
  });

  it("costs 200,000 tokens at least", async () => {
    await ask.poll((await start()).id, 3);
    expect(server.ledger.filter(({ billed }) => billed)).toMatchObject([{ billedTokens: 200_000 }]);
    server.script.add({ text: "long", usage: { input: 300_000, output: 7 } });
    await ask.poll((await start()).id, 3);
    const dear = server.ledger.filter(({ billed }) => billed).at(-1);
    expect(dear?.billedTokens).toBeGreaterThan(300_007);
  });

  it("answers in another order when it is told to, and leaves out the lines that failed", async () => {
    server.grpc.batches.order = "reversed";
    server.script.add({ text: "first" }, { refuse: { code: 3, message: "empty message text" } }, { text: "third" });
    const started = await start();
    await ask.poll(started.id, 3);
    const { resultDatasetId, errors } = await describeOf(taskIdOf(started));
    expect(errors).toMatchObject({ lineErrors: [{ lineNumber: "2", message: "empty message text" }] });
    expect(await resultOf(resultDatasetId)).toMatchObject([{ response: "third" }, { response: "first" }]);
  });

  it("can be cancelled only while it runs, and deleted only afterwards", async () => {
    const { id, ...started } = await start();
    const taskId = taskIdOf(started);
    const cancel = () => ask(`${tasks}/Cancel`, { taskId });
    await expect(cancel()).rejects.toMatchObject({ code: 9 });
    await ask.poll(id, 2);
    await expect(ask(`${tasks}/Delete`, { taskId })).rejects.toMatchObject({ code: 9 });
    expect(await cancel()).toEqual({ taskId });
    expect(await describeOf(taskId)).toMatchObject({ status: "CANCELED" });
    await expect(cancel()).rejects.toMatchObject({ code: 9 });
    await ask(`${tasks}/Delete`, { taskId });
    await expect(describeOf(taskId)).rejects.toMatchObject({ code: 5 });
  });

  it("fails by script, and says why", async () => {
    server.grpc.batches.plans.push({ unfinished: 2, error: { code: 13, message: "out of machines" } });
    const started = await start();
    expect(await ask.poll(started.id, 3)).toMatchObject({ done: true, error: { code: 13 } });
    expect(await describeOf(taskIdOf(started))).toMatchObject({
      status: "FAILED",
      errors: { status: { code: 13, message: "out of machines" } },
    });
  });

  it("is the tenth in an hour, and there is no eleventh", async () => {
    for (let count = 0; count < 10; count++) await start();
    await expect(start()).rejects.toMatchObject({ code: 8, details: expect.stringContaining("allowed 10 requests") });
    const listed = await ask(`${tasks}/List`, { folderId: server.account.folderId, pageSize: 4 });
    expect(listed).toMatchObject({ tasks: { length: 4 }, nextPageToken: expect.stringMatching(/./) });
  });
});
