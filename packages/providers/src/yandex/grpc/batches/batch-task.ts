// Batches as the service keeps them: their state, what went wrong, and where the results are.
import { BesedaError, type OperationCallOptions } from "@beseda/core";
import type { YandexConnection, YandexSettings } from "../../connection/connection.ts";
import { connectionOf } from "../../connection/connection-of.ts";
import { grpcChannel } from "../channel.ts";
import { folderOf } from "../datasets/dataset.ts";
import { deleteDataset } from "../datasets/put-dataset.ts";
import { grpcError } from "../grpc-error.ts";
import { fromTimestamp, type PlainMessage, type Timestamp } from "../plain-message.ts";
import type { LineProblem } from "./batch-replies.ts";

export type BatchTaskStatus =
  | "STATUS_UNSPECIFIED"
  | "CREATED"
  | "PENDING"
  | "IN_PROGRESS"
  | "COMPLETED"
  | "FAILED"
  | "CANCELED";

export type BatchTask = {
  id: string;
  /** Another one than `id`. */
  operationId: string;
  modelUri: string;
  sourceDatasetId: string;
  /** What all of its requests share, where the service says. */
  temperature?: number | undefined;
  maxOutputTokens?: number | undefined;
  /** There before the results are. */
  resultDatasetId?: string | undefined;
  status: BatchTaskStatus;
  createdAt?: string | undefined;
  startedAt?: string | undefined;
  finishedAt?: string | undefined;
  labels: Readonly<Record<string, string>>;
  /** Why it failed as a whole. */
  error?: BesedaError | undefined;
  /** What went wrong with single lines of the source. */
  lineProblems: readonly LineProblem[];
};

export interface YandexBatchTasks {
  describe(taskId: string, options?: OperationCallOptions): Promise<BatchTask>;
  /** Page after page, as far as it is read. */
  list(options?: OperationCallOptions): AsyncIterable<BatchTask>;
  /** @throws BesedaError `rejected` for one that is not `IN_PROGRESS`: the service cancels no others. */
  cancel(taskId: string, options?: OperationCallOptions): Promise<void>;
  /**
   * Of one that has ended. `datasets` takes its requests and its results along, which nobody else deletes, and of which a
   * folder can have only so many. Without them a `start` with its key does not know any more that there was a batch, and
   * begins another, which is billed.
   */
  delete(taskId: string, options?: OperationCallOptions & { datasets?: true | undefined }): Promise<void>;
}

/** Looks after batches of any model; to begin one, use `batches` of the model. */
export function yandexBatchTasks(
  options: YandexSettings & { connection?: YandexConnection | undefined } = {},
): YandexBatchTasks {
  const connection = connectionOf(options);
  return {
    describe: (id, { signal } = {}) => describeTask(connection, id, signal),
    list: ({ signal } = {}) => listTasks(connection, signal),
    async cancel(id, { signal } = {}) {
      await cancelTask(connection, await describeTask(connection, id, signal), signal);
    },
    async delete(taskId, { datasets, signal } = {}) {
      const task = await describeTask(connection, taskId, signal);
      // The task last: by it the others are found again where this breaks off. One that goes on keeps them.
      if (datasets && isOver(task)) {
        for (const id of [task.sourceDatasetId, task.resultDatasetId])
          if (id) await ensureDeleted(connection, id, signal);
      }
      await callTasks(connection, "Delete", { taskId }, { kind: "write", signal });
    },
  };
}

async function ensureDeleted(connection: YandexConnection, datasetId: string, signal: AbortSignal | undefined) {
  try {
    await deleteDataset(connection, datasetId, signal);
  } catch (error) {
    if (!(error instanceof BesedaError) || error.code !== "not-found") throw error;
  }
}

export function isOver({ status }: BatchTask): boolean {
  return status === "COMPLETED" || status === "FAILED" || status === "CANCELED";
}

export async function describeTask(connection: YandexConnection, taskId: string, signal?: AbortSignal) {
  const { task } = await callTasks<{ task: WireTask | null }>(connection, "Describe", { taskId }, { signal });
  if (task) return fromTask(task);
  throw new BesedaError(`Yandex AI Studio answered without the batch ${taskId}.`, {
    code: "bad-response",
    hint: "Check the endpoint grpc.",
  });
}

export async function* listTasks(connection: YandexConnection, signal?: AbortSignal): AsyncGenerator<BatchTask> {
  const folderId = folderOf(connection);
  for (let pageToken = ""; ; ) {
    const request = { folderId, pageSize: 100, pageToken };
    const page: { tasks: WireTask[]; nextPageToken: string } = await callTasks(connection, "List", request, { signal });
    for (const task of page.tasks) yield fromTask(task);
    if (page.nextPageToken === "" || page.nextPageToken === pageToken) return;
    pageToken = page.nextPageToken;
  }
}

/** @throws BesedaError `rejected` where it is not `IN_PROGRESS`; nothing is asked of the service then */
export async function cancelTask(connection: YandexConnection, { id, status }: BatchTask, signal?: AbortSignal) {
  if (status !== "IN_PROGRESS") {
    throw new BesedaError(`The batch ${id} is ${status}: only one that is IN_PROGRESS can be cancelled.`, {
      code: "rejected",
      hint: "Wait until the service works on it, and cancel it then; one that has ended stays as it is.",
    });
  }
  await callTasks(connection, "Cancel", { taskId: id }, { kind: "write", signal });
}

type WireTask = {
  taskId: string;
  operationId: string;
  modelUri: string;
  sourceDatasetId: string;
  status: BatchTaskStatus;
  resultDatasetId: string;
  completionRequest?: { completionOptions: WireBatchSettings | null } | null;
  labels: Record<string, string>;
  createdAt: Timestamp | null;
  startedAt: Timestamp | null;
  finishedAt: Timestamp | null;
  errors: WireErrors | null;
};

type WireBatchSettings = { temperature: { value: number } | null; maxTokens: { value: number } | null };

/** A success has an empty `status`. */
type WireErrors = {
  status: { code: number; message: string } | null;
  lineErrors: { lineNumber: number; message: string }[];
  batchErrors: { firstLine: number; lastLine: number; message: string }[];
};

function fromTask(wire: WireTask): BatchTask {
  const { taskId: id, operationId, modelUri, sourceDatasetId, status, labels, errors } = wire;
  const lines =
    errors?.lineErrors.map(({ lineNumber, message }) => ({ first: lineNumber, last: lineNumber, message })) ?? [];
  const spans =
    errors?.batchErrors.map(({ firstLine, lastLine, message }) => ({
      first: firstLine,
      last: lastLine,
      message,
      isOfMany: true,
    })) ?? [];
  return {
    id,
    operationId,
    modelUri,
    sourceDatasetId,
    temperature: wire.completionRequest?.completionOptions?.temperature?.value,
    maxOutputTokens: wire.completionRequest?.completionOptions?.maxTokens?.value,
    resultDatasetId: wire.resultDatasetId || undefined,
    status,
    createdAt: fromTimestamp(wire.createdAt),
    startedAt: fromTimestamp(wire.startedAt),
    finishedAt: fromTimestamp(wire.finishedAt),
    labels,
    ...(errors?.status?.code && { error: grpcError(errors.status, `The batch ${id}`) }),
    lineProblems: [...lines, ...spans],
  };
}

function callTasks<Reply>(
  connection: YandexConnection,
  method: string,
  request: PlainMessage,
  { kind = "read", signal }: { kind?: "read" | "write" | undefined; signal?: AbortSignal | undefined } = {},
): Promise<Reply> {
  const name = `yandex.cloud.ai.batch_inference.v1.BatchInferenceService/${method}`;
  return grpcChannel(connection).call<Reply>({ method: name, request, kind, signal });
}
