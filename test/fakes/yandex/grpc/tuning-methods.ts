// TuningService of the fake. Drafts and billing have no answer: the description calls them not implemented.
import { type FakeState, Refusal } from "../fake-service.ts";
import { checkFolder } from "./dataset-methods.ts";
import { type Methods, methodsOf } from "./method-call.ts";
import { pageOf } from "./page.ts";
import type { Json } from "./proto-json.ts";
import type { FakeTuning, FakeTunings } from "./tunings.ts";

export function tuningMethods({ account }: FakeState, tunings: FakeTunings): Methods {
  return methodsOf("yandex.cloud.ai.tuning.v1.TuningService", {
    tune: {
      quota: "tuning",
      answer: (request) => {
        const { name } = request;
        if (typeof name === "string" && name !== "" && !/^[A-Za-z0-9 _-]{3,100}$/.test(name)) {
          throw new Refusal(3, "name: must match the pattern ^[A-Za-z0-9 _-]{3,100}$");
        }
        return tunings.start(request);
      },
    },
    describe: ({ tuningTaskId }) => ({ tuningTask: describe(tunings.describe(tuningTaskId)) }),
    list: (request) => {
      checkFolder(request.folderId, account.folderId);
      const matching = tunings.all.filter(({ status }) => isUnsaid(request.status) || status === request.status);
      const { items, nextPageToken } = pageOf(matching, request);
      return { tuningTasks: items.map(describe), nextPageToken };
    },
    cancel: ({ tuningTaskId }) => {
      tunings.cancel(tuningTaskId);
      return { tuningTaskId };
    },
    getMetricsUrl: ({ taskId }) => ({ loadUrl: tunings.metricsUrl(taskId) }),
    getOptions: ({ taskId }) => {
      const { id, baseModelUri, request, kind } = tunings.find(taskId);
      const { trainDatasets, validationDataset } = request;
      const validationDatasets = validationDataset ? [validationDataset] : request.validationDatasets;
      return { taskId: id, baseModelUri, trainDatasets, validationDatasets, [kind.params]: request[kind.params] };
    },
    listErrors: ({ tuningTaskId }) => {
      const { id, errors } = tunings.find(tuningTaskId);
      return { tuningError: errors.map((error) => ({ tuningTaskId: id, ...error })) };
    },
    archive: ({ tuningTaskId }) => tunings.archive(tuningTaskId),
  });

  function describe(task: FakeTuning): Json {
    const { name = "", description = "", labels = {} } = task.request;
    return {
      taskId: task.id,
      operationId: task.id,
      status: task.status,
      folderId: account.folderId,
      createdBy: account.serviceAccountId,
      createdAt: timeOf(task.createdAt),
      startedAt: timeOf(task.startedAt),
      finishedAt: timeOf(task.finishedAt),
      // As recorded: the folder is lost.
      sourceModelUri: task.baseModelUri.replace(`//${account.folderId}/`, "//"),
      targetModelUri: task.targetModelUri,
      name,
      description,
      labels,
    };
  }
}

export function isUnsaid(status: unknown): boolean {
  return status === undefined || status === "STATUS_UNSPECIFIED";
}

export function timeOf(ms: number | undefined): string | undefined {
  return ms === undefined ? undefined : new Date(ms).toISOString();
}
