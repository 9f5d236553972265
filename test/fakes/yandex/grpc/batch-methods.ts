// The two services of batches of the fake: one begins them, the other looks after them.
import type { FakeState } from "../fake-service.ts";
import type { FakeBatch, FakeBatches } from "./batches.ts";
import { checkFolder } from "./dataset-methods.ts";
import { type Methods, methodsOf } from "./method-call.ts";
import { pageOf } from "./page.ts";
import type { Json } from "./proto-json.ts";
import { isUnsaid, timeOf } from "./tuning-methods.ts";

export function batchMethods({ account }: FakeState, batches: FakeBatches): Methods {
  return {
    ...methodsOf("yandex.cloud.ai.foundation_models.v1.TextGenerationBatchService", {
      completion: { quota: "batch", answer: (request, { entry }) => batches.start(request, entry) },
    }),
    ...methodsOf("yandex.cloud.ai.batch_inference.v1.BatchInferenceService", {
      describe: ({ taskId }) => ({ task: describe(batches.describe(taskId)) }),
      list: (request) => {
        checkFolder(request.folderId, account.folderId);
        const matching = batches.all.filter(({ status }) => isUnsaid(request.status) || status === request.status);
        const { items, nextPageToken } = pageOf(matching, request);
        return { tasks: items.map(describe), nextPageToken };
      },
      cancel: ({ taskId }) => {
        batches.cancel(taskId);
        return { taskId };
      },
      delete: ({ taskId }) => {
        batches.delete(taskId);
        return { taskId };
      },
    }),
  };

  function describe(task: FakeBatch): Json {
    const { status, error, lineErrors } = task;
    return {
      taskId: task.id,
      operationId: task.operationId,
      folderId: account.folderId,
      modelUri: task.model.uri,
      sourceDatasetId: task.source.id,
      completionRequest: requestOf(task.request),
      status,
      resultDatasetId: task.result?.id ?? "",
      labels: {},
      createdBy: account.serviceAccountId,
      createdAt: timeOf(task.createdAt),
      startedAt: timeOf(task.startedAt),
      finishedAt: timeOf(task.finishedAt),
      // A success, too, has a status: an empty one.
      errors: { status: error ?? {}, lineErrors },
    };
  }
}

/** `stream` means nothing here, and is not told. */
function requestOf({ completionOptions, ...request }: Json): Json {
  const { stream: _, ...options } = (completionOptions ?? {}) as Json;
  return { ...request, completionOptions: options, dataLoggingEnabled: true };
}
