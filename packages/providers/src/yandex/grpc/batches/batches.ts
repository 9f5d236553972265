// The batches of a model: its requests as a dataset, the service's own run over it, and the replies out of another dataset.
import { rm } from "node:fs/promises";
import {
  type BatchOutcome,
  type BatchRequests,
  BesedaError,
  type JsonValue,
  type ModelBatches,
  type Operation,
} from "@beseda/core";
import { digestOf } from "../../../digest-of.ts";
import { temporaryFolder } from "../../../written-files.ts";
import type { YandexConnection, YandexSettings } from "../../connection/connection.ts";
import { connectionOf } from "../../connection/connection-of.ts";
import { toModelUri } from "../../model-uri.ts";
import { batchRunCost } from "../../prices/cost.ts";
import { type DeclaredQuirks, quirksFor } from "../../quirks.ts";
import { grpcChannel } from "../channel.ts";
import { callDatasets, type Dataset, describeDataset } from "../datasets/dataset.ts";
import { downloadDataset } from "../datasets/download-dataset.ts";
import { NameTakenError, putDataset } from "../datasets/put-dataset.ts";
import { oneAtATime } from "../one-at-a-time.ts";
import { askOperation, fromOperation, type WireOperation } from "../operations.ts";
import type { PlainMessage } from "../plain-message.ts";
import { matchReplies, type ResultRow } from "./batch-replies.ts";
import { type BatchOptions, batchRows, toBatchOptions } from "./batch-rows.ts";
import { type BatchTask, cancelTask, describeTask, isOver, listTasks } from "./batch-task.ts";
import { parquetRows } from "./parquet.ts";

export type YandexBatchesOptions = YandexSettings & {
  connection?: YandexConnection | undefined;
  quirks?: DeclaredQuirks | undefined;
  /** As the model has it. */
  jsonObject?: boolean | undefined;
  /** Between two questions whether the dataset of the requests is validated. Milliseconds, default 1,000. */
  pollMs?: number | undefined;
};

/**
 * Batches of a model, for plain text without tools. The `id` of an operation is that of the batch task. Its metadata has
 * `status`, `completed` and `total` (parts of the batch, while the service tells), `sourceDatasetId`, `resultDatasetId`, and
 * `leastCost`: a run costs at least so much, however small it is. Replies have no usage: the service counts none. Of the
 * settings the service knows `temperature` and `maxOutputTokens`; the others are left out.
 *
 * A batch of a key is known again by its dataset and by its task. Delete neither as long as the key may be used again: it
 * would be begun and billed anew.
 */
export function yandexBatches(model: string, options: YandexBatchesOptions = {}): ModelBatches {
  const connection = connectionOf(options);
  const modelUri = toModelUri(model, "gpt", connection.folderId);
  const quirks = quirksFor(modelUri, options.quirks);
  const { jsonObject } = options;
  const told = (task: BatchTask, signal: AbortSignal | undefined) => toOperation(connection, task, signal);

  async function begin(sourceDatasetId: string, batch: PlainMessage, key: string, signal: AbortSignal | undefined) {
    const wire = await grpcChannel(connection).call<WireOperation>({
      method: "yandex.cloud.ai.foundation_models.v1.TextGenerationBatchService/Completion",
      request: { modelUri, sourceDatasetId, ...batch },
      kind: "write",
      key,
      signal,
    });
    const { metadata } = await fromOperation(wire);
    return typeof metadata?.taskId === "string" && metadata.taskId !== "" ? metadata.taskId : undefined;
  }

  async function start(requests: BatchRequests, name: string, key: string, signal: AbortSignal | undefined) {
    // There are rows, or `putDataset` refuses them.
    let settled: BatchOptions = { reasoning: "off" };
    const rows = batchRows(requests, (common) => {
      settled = common;
    });
    const wire = () => toBatchOptions(settled, { ...quirks, jsonObject });
    const labelsOfRows = () => ({ [settingsLabel]: digestOf(wire()) });
    const dataset = await putDataset(
      connection,
      { name, taskType: "TextToTextGenerationRequest", rows, labelsOfRows },
      { signal, pollMs: options.pollMs },
    ).catch((error) => {
      throw error instanceof NameTakenError ? usedKey(key, error) : error;
    });
    const settings = labelsOfRows()[settingsLabel];
    const begun = await taskOf(connection, dataset.id, signal);
    if (dataset.labels[settingsLabel] !== settings) {
      if (begun) throw otherSettings(begun, settled);
      // Nothing was begun with those, such as because the service refused them.
      await relabel(connection, dataset, { [settingsLabel]: settings }, signal);
    }
    if (begun) return told(begun, signal);
    const taskId = await begin(dataset.id, wire(), key, signal);
    const task = taskId ? await describeTask(connection, taskId, signal) : await taskOf(connection, dataset.id, signal);
    if (task) return told(task, signal);
    throw new BesedaError(`Yandex AI Studio has taken the batch of the dataset ${dataset.id}, but did not name it.`, {
      code: "bad-response",
      hint: "Start it again with the same key: it is found again then, and not billed twice.",
    });
  }

  return {
    async start(requests, { key, signal }) {
      if (!quirks.batches) throw batchless(modelUri);
      const name = datasetName(key, modelUri);
      return oneAtATime(name, signal, () => start(requests, name, key, signal));
    },

    poll: async (id, { signal } = {}) => told(await describeTask(connection, id, signal), signal),

    async cancel(id, { signal } = {}) {
      const task = await describeTask(connection, id, signal);
      if (isOver(task)) return told(task, signal);
      await cancelTask(connection, task, signal);
      return told(await describeTask(connection, id, signal), signal);
    },

    async *replies(id, requests, { signal } = {}) {
      const task = await describeTask(connection, id, signal);
      if (task.status !== "COMPLETED" || !task.resultDatasetId) throw withoutReplies(task);
      const { resultDatasetId } = task;
      const folder = await temporaryFolder("beseda-batch-");
      try {
        const files = await downloadDataset(connection, resultDatasetId, folder, { signal });
        yield* matchReplies({ requests, rows: () => rowsOf(files), problems: task.lineProblems, resultDatasetId });
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    },
  };
}

/** In the labels of the dataset: what all of its requests share. */
const settingsLabel = "beseda-settings";

/** The same key always gives the same name, by which a start that was interrupted is found again. */
function datasetName(key: string, modelUri: string): string {
  return `beseda-batch-${digestOf([key, modelUri])}`;
}

function batchless(modelUri: string): BesedaError {
  return new BesedaError(`Yandex AI Studio takes no batches for ${modelUri}.`, {
    code: "unsupported",
    hint: "Ask the model without a batch, or take an open model such as qwen3-8b; quirks: { batches: true } tells that it can.",
  });
}

function usedKey(key: string, cause: NameTakenError): BesedaError {
  return new BesedaError(`A batch with the key “${key}” was begun with other requests.`, {
    code: "invalid-argument",
    hint: "Give the same requests to go on with that one, or another key to begin a new one.",
    cause,
  });
}

/** The dataset is of this start alone: whatever works on it is the batch that was begun. */
async function taskOf(connection: YandexConnection, datasetId: string, signal: AbortSignal | undefined) {
  for await (const task of listTasks(connection, signal)) if (task.sourceDatasetId === datasetId) return task;
  return undefined;
}

/** A batch cannot be changed. */
function otherSettings(task: BatchTask, settled: BatchOptions): BesedaError {
  const names = ["temperature", "maxOutputTokens"] as const;
  const other = names.find((name) => task[name] !== undefined && task[name] !== settled[name]);
  const settings = other ? `the ${other} ${task[other]}` : "other settings";
  return new BesedaError(`The batch ${task.id} of this key was begun with ${settings}.`, {
    code: "invalid-argument",
    hint: "Start it with the same settings, or with another key.",
  });
}

async function relabel(
  connection: YandexConnection,
  { id: datasetId, labels }: Dataset,
  more: PlainMessage,
  signal: AbortSignal | undefined,
) {
  const request = { datasetId, labels: { ...labels, ...more }, updateMask: { paths: ["labels"] } };
  await callDatasets(connection, "Update", request, { kind: "write", signal });
}

async function toOperation(
  connection: YandexConnection,
  task: BatchTask,
  signal: AbortSignal | undefined,
): Promise<Operation<BatchOutcome>> {
  const { id, createdAt, sourceDatasetId, resultDatasetId, status } = task;
  const leastCost = batchRunCost({ prices: connection.prices, modelUri: task.modelUri, tokens: 0 });
  const metadata: Record<string, JsonValue> = {
    status,
    ...(await progress(connection, task, signal)),
    sourceDatasetId,
    ...(resultDatasetId && { resultDatasetId }),
    ...(leastCost && { leastCost: { ...leastCost } }),
  };
  const operation = { id, done: isOver(task), createdAt, modifiedAt: task.finishedAt ?? task.startedAt, metadata };
  if (status === "COMPLETED") return { ...operation, response: await outcomeOf(connection, task, signal) };
  return status === "FAILED" || status === "CANCELED" ? { ...operation, error: failureOf(task) } : operation;
}

/** Only its operation tells, which the service forgets earlier than the task. */
async function progress(connection: YandexConnection, task: BatchTask, signal: AbortSignal | undefined) {
  if (isOver(task) || task.operationId === "") return {};
  try {
    const { metadata = {} } = await askOperation(connection, "Get", task.operationId, signal);
    const { completedBatches, totalBatches } = metadata;
    return typeof totalBatches === "number" && totalBatches > 0
      ? { completed: Number(completedBatches), total: totalBatches }
      : {};
  } catch (error) {
    if (error instanceof BesedaError && error.code === "not-found") return {};
    throw error;
  }
}

async function outcomeOf(
  connection: YandexConnection,
  { sourceDatasetId, lineProblems }: BatchTask,
  signal: AbortSignal | undefined,
): Promise<BatchOutcome> {
  const failed = lineProblems.reduce((sum, { first, last }) => sum + last - first + 1, 0);
  const rows = await describeDataset(connection, sourceDatasetId, signal).then(
    (dataset) => dataset.rows,
    // It may have been deleted since.
    () => undefined,
  );
  return rows === undefined ? { failed } : { answered: Math.max(0, rows - failed), failed };
}

function failureOf({ id, status, error, lineProblems }: BatchTask): BesedaError {
  if (status === "CANCELED") {
    return new BesedaError(`The batch ${id} was cancelled.`, { code: "aborted", hint: "Start it with another key." });
  }
  const [first] = lineProblems;
  const why =
    error ??
    new BesedaError(`The batch ${id} failed${first ? `: ${first.message}` : " without saying why."}`, {
      code: "unavailable",
    });
  // With the same key it is this one that is found, for ever.
  const hint = "Start it again with another key; the service does not charge for its own failures.";
  return why.with({ hint, isRetryable: false });
}

function withoutReplies(task: BatchTask): BesedaError {
  if (task.status === "FAILED" || task.status === "CANCELED") return failureOf(task);
  return new BesedaError(`The batch ${task.id} is ${task.status}: there are no replies.`, {
    code: "invalid-argument",
    hint: "Ask for its replies when poll() says that it is done.",
  });
}

async function* rowsOf(files: readonly string[]): AsyncGenerator<ResultRow> {
  for (const file of files) yield* parquetRows(file);
}
