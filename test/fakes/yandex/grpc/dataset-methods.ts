// DatasetService of the fake: requests in, what the datasets say of themselves out.
import { type FakeState, Refusal } from "../fake-service.ts";
import { rowChecks } from "./dataset-rows.ts";
import { checkTaskType, type FakeDataset, type FakeDatasets, required } from "./datasets.ts";
import { type Methods, methodsOf } from "./method-call.ts";
import { pageOf } from "./page.ts";
import type { Json } from "./proto-json.ts";

export function datasetMethods(state: FakeState, datasets: FakeDatasets): Methods {
  const { account } = state;
  return methodsOf("yandex.cloud.ai.dataset.v1.DatasetService", {
    create: (request) => {
      const { description = "", metadata = "", labels = {}, allowDataLog = false } = request as Partial<FakeDataset>;
      const name = required(request.name, "name", 63);
      checkFolder(request.folderId, account.folderId);
      const taskType = checkTaskType(request.taskType);
      const format = required(request.uploadFormat, "upload_format", 50);
      if (format !== "jsonlines") throw new Refusal(3, `Unsupported upload format ${format} for task type ${taskType}`);
      const dataset = datasets.create({ name, taskType, description, metadata, labels, allowDataLog });
      return { datasetId: dataset.id, dataset: describe(dataset) };
    },
    describe: ({ datasetId }) => ({ dataset: describe(datasets.describe(datasetId)) }),
    update: (request) => ({ dataset: describe(update(datasets.find(request.datasetId), request)) }),
    list: (request) => {
      checkFolder(request.folderId, account.folderId);
      const listed = datasets.listed(!request.pageToken).filter(matching(request));
      const { items, nextPageToken } = pageOf(listed, request);
      return { datasets: items.map(describe), nextPageToken };
    },
    delete: ({ datasetId }) => {
      datasets.delete(datasetId);
      return {};
    },
    getUploadDraftUrl: ({ datasetId, sizeBytes }) => ({
      datasetId,
      uploadUrl: datasets.uploadUrl(datasetId, Number(sizeBytes ?? 0)),
    }),
    startMultipartUploadDraft: ({ datasetId, sizeBytes, parts }) => ({
      datasetId,
      multipartUploadUrls: datasets.startUpload(datasetId, Number(sizeBytes ?? 0), Number(parts ?? 0)),
    }),
    finishMultipartUploadDraft: ({ datasetId, uploadedParts = [] }) => {
      const parts = (uploadedParts as Json[]).map(({ partNum, etag }) => ({
        number: Number(partNum ?? 0),
        etag: required(etag, "etag"),
      }));
      datasets.finishUpload(datasetId, parts);
      return { datasetId };
    },
    validate: ({ datasetId }) => datasets.validate(datasetId),
    getDownloadUrls: ({ datasetId }) => ({ datasetId, downloadUrls: datasets.downloads(datasetId) }),
    getPreview: ({ datasetId }) => ({
      datasetId,
      previewLines: datasets
        .find(datasetId)
        .rows.slice(0, 10)
        .map((row) => JSON.stringify(row)),
    }),
    listTypes: () => ({ types: Object.keys(rowChecks) }),
    listUploadSchemas: ({ taskType }) => {
      const name = checkTaskType(taskType);
      const schema = JSON.stringify({ type: "object" });
      return { schemas: [{ taskType: name, uploadFormat: "jsonlines", schema }] };
    },
    listUploadFormats: ({ taskType }) => {
      checkTaskType(taskType);
      return { formats: ["jsonlines"] };
    },
    listOperationsIds: ({ datasetId = [] }) => ({
      datasetIdToOperationId: Object.fromEntries(
        (datasetId as string[]).flatMap((id) => {
          const { operationId } = datasets.find(id);
          return operationId === undefined ? [] : [[id, operationId]];
        }),
      ),
    }),
  });

  function describe(dataset: FakeDataset): Json {
    const { id, name, description, metadata, status, taskType, labels, errors, allowDataLog } = dataset;
    return {
      datasetId: id,
      folderId: account.folderId,
      name,
      description,
      metadata,
      status,
      taskType,
      createdAt: new Date(dataset.createdAt).toISOString(),
      updatedAt: new Date(dataset.updatedAt).toISOString(),
      ...(dataset.countsRows && status === "READY" && { rows: String(dataset.rows.length) }),
      sizeBytes: String(dataset.sizeBytes),
      createdById: account.serviceAccountId,
      labels,
      createdBy: account.serviceAccountId,
      updatedBy: account.serviceAccountId,
      validationError: errors,
      allowDataLog,
    };
  }
}

/** @throws Refusal 400 where none is given, 403 for that of somebody else */
export function checkFolder(folderId: unknown, own: string): void {
  if (required(folderId, "folder_id", 50) !== own) throw new Refusal(7, "Permission denied");
}

/** Only what the mask names is changed; without one, what was sent. */
function update(dataset: FakeDataset, { updateMask, name, description, labels }: Json): FakeDataset {
  const fields = typeof updateMask === "string" && updateMask !== "" ? updateMask.split(",") : undefined;
  const stray = fields?.find((field) => !["name", "description", "labels"].includes(field));
  if (stray) throw new Refusal(3, `update_mask: unknown field '${stray}'`);
  const isMeant = (field: string, value: unknown) => fields?.includes(field) ?? value !== undefined;
  if (isMeant("name", name)) dataset.name = required(name, "name", 63);
  if (isMeant("description", description)) dataset.description = String(description ?? "");
  if (isMeant("labels", labels)) dataset.labels = (labels ?? {}) as Record<string, string>;
  return dataset;
}

function matching({ status, datasetNamePattern, taskTypeFilter, datasetIds }: Json): (dataset: FakeDataset) => boolean {
  const isIn = (list: unknown, value: string) => !Array.isArray(list) || list.length === 0 || list.includes(value);
  return (dataset) =>
    isIn(status, dataset.status) &&
    isIn(taskTypeFilter, dataset.taskType) &&
    isIn(datasetIds, dataset.id) &&
    dataset.name.includes(String(datasetNamePattern ?? ""));
}
