// Datasets of Yandex AI Studio: what models are tuned with, what batches are asked, and what they answered.
import type { OperationCallOptions } from "@beseda/core";
import type { YandexConnection, YandexSettings } from "../../connection/connection.ts";
import { connectionOf } from "../../connection/connection-of.ts";
import { callDatasets, type Dataset, describeDataset, folderOf, fromDataset, type WireDataset } from "./dataset.ts";
import { type DatasetRows, prepareRows } from "./dataset-rows.ts";
import { type DownloadOptions, downloadDataset } from "./download-dataset.ts";
import {
  createDataset,
  type DatasetFilter,
  deleteDataset,
  listDatasets,
  type NewDataset,
  type PutOptions,
  putDataset,
} from "./put-dataset.ts";
import { uploadFile } from "./upload-dataset.ts";
import { type DatasetVerdict, type ValidateOptions, validateDataset } from "./validate-dataset.ts";

/** `schema` is the text of a JSON Schema. */
export type DatasetSchema = { taskType: string; uploadFormat: string; schema: string };

export type DatasetChanges = {
  name?: string | undefined;
  description?: string | undefined;
  labels?: Readonly<Record<string, string>> | undefined;
};

export interface YandexDatasets {
  /**
   * From rows to a dataset that can be used: checked here, created, uploaded, validated. Called again with the same name
   * and rows, such as after a crash, it goes on with what was begun. What the service refuses is deleted.
   * @throws BesedaError `invalid-argument` with the first row that is wrong, before anything is sent, or where the name is
   * taken by other rows; `InvalidDatasetError` where the service does not take them
   */
  put(dataset: NewDataset & { rows: DatasetRows }, options?: PutOptions): Promise<Dataset>;
  /** An empty one, `DRAFT`. */
  create(dataset: NewDataset, options?: OperationCallOptions): Promise<Dataset>;
  /** The rows of a draft, checked before: up to 100 MB in one piece, above that in parts of 100 to 200 MB. */
  upload(
    id: string,
    rows: DatasetRows,
    options?: OperationCallOptions & { onProgress?: ((sentBytes: number) => void) | undefined },
  ): Promise<void>;
  /** Waits until the service has looked through the rows: a minute or two for few. */
  validate(id: string, options?: ValidateOptions): Promise<DatasetVerdict>;
  describe(id: string, options?: OperationCallOptions): Promise<Dataset>;
  /** Page after page, as far as it is read. */
  list(filter?: DatasetFilter, options?: OperationCallOptions): AsyncIterable<Dataset>;
  /** `labels` are replaced as a whole; those by which `put` finds it again stay. */
  update(id: string, changes: DatasetChanges, options?: OperationCallOptions): Promise<Dataset>;
  delete(id: string, options?: OperationCallOptions): Promise<void>;
  /** Its first rows, as lines of text. */
  preview(id: string, options?: OperationCallOptions): Promise<string[]>;
  /** What `taskType` can be. */
  types(options?: OperationCallOptions): Promise<string[]>;
  /** In which formats rows of a type can be uploaded. */
  schemas(taskType: string, options?: OperationCallOptions): Promise<DatasetSchema[]>;
  /** As Parquet files; gives their paths. */
  download(id: string, directory: string, options?: DownloadOptions): Promise<string[]>;
}

export function yandexDatasets(
  options: YandexSettings & { connection?: YandexConnection | undefined } = {},
): YandexDatasets {
  const connection = connectionOf(options);
  return {
    put: (dataset, putOptions) => putDataset(connection, dataset, putOptions),
    create: (dataset, { signal } = {}) => createDataset(connection, dataset, signal),
    async upload(datasetId, rows, { signal, onProgress } = {}) {
      const { taskType } = await describeDataset(connection, datasetId, signal);
      const file = await prepareRows(rows, taskType, signal);
      try {
        await uploadFile({ connection, datasetId, ...file, signal, onProgress });
      } finally {
        await file.remove();
      }
    },
    validate: (id, validateOptions) => validateDataset(connection, id, validateOptions),
    describe: (id, { signal } = {}) => describeDataset(connection, id, signal),
    list: (filter, { signal } = {}) => listDatasets(connection, filter, signal),
    async update(datasetId, changes, { signal } = {}) {
      const paths = Object.entries(changes).flatMap(([name, value]) => (value === undefined ? [] : name));
      if (paths.length === 0) return describeDataset(connection, datasetId, signal);
      const labels = changes.labels && { ...changes.labels, ...(await ownLabels(connection, datasetId, signal)) };
      const request = { datasetId, ...changes, labels, updateMask: { paths } };
      const { dataset } = await callDatasets<{ dataset: WireDataset | null }>(connection, "Update", request, {
        kind: "write",
        signal,
      });
      return fromDataset(dataset);
    },
    delete: (id, { signal } = {}) => deleteDataset(connection, id, signal),
    async preview(datasetId, { signal } = {}) {
      const request = { datasetId };
      const reply = await callDatasets<{ previewLines: string[] }>(connection, "GetPreview", request, { signal });
      return reply.previewLines;
    },
    async types({ signal } = {}) {
      const request = { folderId: folderOf(connection) };
      const { types } = await callDatasets<{ types: string[] }>(connection, "ListTypes", request, { signal });
      return types;
    },
    async schemas(taskType, { signal } = {}) {
      const request = { taskType, folderId: folderOf(connection) };
      const reply = await callDatasets<{ schemas: DatasetSchema[] }>(connection, "ListUploadSchemas", request, {
        signal,
      });
      return reply.schemas;
    },
    download: (id, directory, downloadOptions) => downloadDataset(connection, id, directory, downloadOptions),
  };
}

async function ownLabels(connection: YandexConnection, id: string, signal: AbortSignal | undefined) {
  const { labels } = await describeDataset(connection, id, signal);
  return Object.fromEntries(Object.entries(labels).filter(([name]) => name.startsWith("beseda-")));
}
