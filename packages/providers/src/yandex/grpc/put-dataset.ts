// A dataset from its rows in one call: checked, created, uploaded, validated. Called again it goes on where it was.
import { BesedaError, type OperationCallOptions } from "@beseda/core";
import type { YandexConnection } from "../connection.ts";
import {
  callDatasets,
  type Dataset,
  type DatasetRowError,
  describeDataset,
  folderOf,
  fromDataset,
  type WireDataset,
} from "./dataset.ts";
import { type DatasetRows, prepareRows, type RowsFile } from "./dataset-rows.ts";
import { uploadFile } from "./upload-dataset.ts";
import { type ValidationProgress, validateDataset } from "./validate-dataset.ts";

export type NewDataset = {
  /** At most 63 characters. */
  name: string;
  /** Such as `TextToTextGeneration`: what its rows are. */
  taskType: string;
  description?: string | undefined;
  labels?: Readonly<Record<string, string>> | undefined;
  /** `true` lets the service learn from it. Default `false`. */
  allowDataLog?: boolean | undefined;
};

export type PutProgress =
  | { step: "checked"; rows: number; sizeBytes: number }
  | { step: "created"; datasetId: string; isFound: boolean }
  | { step: "uploaded"; datasetId: string; sentBytes: number; sizeBytes: number }
  | ({ step: "validating"; datasetId: string } & ValidationProgress);

export type PutOptions = OperationCallOptions & {
  onProgress?: ((progress: PutProgress) => void) | undefined;
  /**
   * Leaves a dataset that the service refused where it is, to be looked at. Default `false`: it is deleted. One that was
   * stopped, or whose connection failed, is left in any case: the next call goes on with it.
   */
  keepFailed?: boolean | undefined;
  /** Between two questions whether it is validated. Milliseconds, default 1,000, growing to ten times that. */
  pollMs?: number | undefined;
};

/** The service has looked through the rows and found some that it does not take. */
export class InvalidDatasetError extends BesedaError {
  readonly datasetId: string;
  readonly rowErrors: readonly DatasetRowError[];

  constructor(datasetId: string, rowErrors: readonly DatasetRowError[]) {
    const [first] = rowErrors;
    const where = first?.rows.length ? ` in row ${first.rows.slice(0, 5).join(", ")}` : "";
    const what = first ? `: ${first.description || first.error}${where}` : "";
    super(`Yandex AI Studio does not take the rows of the dataset ${datasetId}${what}.`, {
      code: "rejected",
      hint: "Correct the rows (rowErrors has all of what it found) and put them as a dataset of another name.",
    });
    this.datasetId = datasetId;
    this.rowErrors = rowErrors;
  }
}

/** By a dataset with other rows. */
export class NameTakenError extends BesedaError {
  constructor(name: string, datasetId: string) {
    super(`There is another dataset of the name ${name}: ${datasetId}.`, {
      code: "invalid-argument",
      hint: "Its rows or its type are others: take another name, or delete it.",
    });
  }
}

/** Kept in the labels: by it a dataset that was begun is known again, and other rows of the same name are told from it. */
export const digestLabel = "beseda-digest";

export async function putDataset(
  connection: YandexConnection,
  { rows, ...dataset }: NewDataset & { rows: DatasetRows },
  options: PutOptions = {},
): Promise<Dataset> {
  checkNames(dataset);
  const { signal, onProgress } = options;
  const file = await prepareRows(rows, dataset.taskType, signal);
  try {
    onProgress?.({ step: "checked", rows: file.rows, sizeBytes: file.size });
    const found = await foundDataset(connection, dataset, file.digest, signal);
    const labels = { ...dataset.labels, [digestLabel]: file.digest };
    const begun = found ?? (await createDataset(connection, { ...dataset, labels }, signal));
    onProgress?.({ step: "created", datasetId: begun.id, isFound: found !== undefined });
    return await finished(connection, { begun, file, options });
  } finally {
    await file.remove();
  }
}

export async function createDataset(
  connection: YandexConnection,
  dataset: NewDataset,
  signal?: AbortSignal,
): Promise<Dataset> {
  checkNames(dataset);
  const request = { ...dataset, folderId: folderOf(connection), uploadFormat: "jsonlines" };
  const created = await callDatasets<{ dataset: WireDataset | null; datasetId: string }>(
    connection,
    "Create",
    request,
    {
      kind: "write",
      signal,
    },
  );
  // The reply has the whole of it; where it should not, the id is enough.
  return created.dataset ? fromDataset(created.dataset) : describeDataset(connection, created.datasetId, signal);
}

export async function deleteDataset(connection: YandexConnection, id: string, signal?: AbortSignal): Promise<void> {
  await callDatasets(connection, "Delete", { datasetId: id }, { kind: "write", signal });
}

export type DatasetFilter = {
  /** A part of the name. */
  name?: string | undefined;
  status?: readonly Exclude<Dataset["status"], "STATUS_UNSPECIFIED">[] | undefined;
  taskTypes?: readonly string[] | undefined;
};

export async function* listDatasets(
  connection: YandexConnection,
  { name, status = [], taskTypes = [] }: DatasetFilter = {},
  signal?: AbortSignal,
): AsyncGenerator<Dataset> {
  const filter = { datasetNamePattern: name, status, taskTypeFilter: taskTypes, pageSize: 100 };
  for (let pageToken = ""; ; ) {
    const request = { folderId: folderOf(connection), ...filter, pageToken };
    const page: ListReply = await callDatasets(connection, "List", request, { signal });
    for (const wire of page.datasets) yield fromDataset(wire);
    if (page.nextPageToken === "" || page.nextPageToken === pageToken) return;
    pageToken = page.nextPageToken;
  }
}

type ListReply = { datasets: WireDataset[]; nextPageToken: string };

/** The dataset that an earlier call has begun with the same name and rows. */
async function foundDataset(
  connection: YandexConnection,
  { name, taskType }: NewDataset,
  digest: string,
  signal: AbortSignal | undefined,
): Promise<Dataset | undefined> {
  for await (const dataset of listDatasets(connection, { name }, signal)) {
    if (dataset.name !== name || dataset.status === "DELETING") continue;
    if (dataset.taskType === taskType && dataset.labels[digestLabel] === digest) return dataset;
    throw new NameTakenError(name, dataset.id);
  }
  return undefined;
}

type Begun = { begun: Dataset; file: RowsFile; options: PutOptions };

async function finished(connection: YandexConnection, { begun, file, options }: Begun): Promise<Dataset> {
  const { signal, onProgress, keepFailed, pollMs } = options;
  const { id: datasetId, status } = begun;
  if (status === "READY") return begun;
  try {
    if (status !== "VALIDATING" && status !== "INVALID") {
      const sent = (sentBytes: number) =>
        onProgress?.({ step: "uploaded", datasetId, sentBytes, sizeBytes: file.size });
      await uploadFile({ connection, datasetId, file: file.file, size: file.size, signal, onProgress: sent });
    }
    const { isValid, rowErrors } = await validateDataset(connection, datasetId, {
      signal,
      pollMs,
      onProgress: (progress) => onProgress?.({ step: "validating", datasetId, ...progress }),
    });
    if (!isValid) throw new InvalidDatasetError(datasetId, rowErrors);
    return await describeDataset(connection, datasetId, signal);
  } catch (error) {
    if (!keepFailed && !mayGoOn(error, signal)) await deleteDataset(connection, datasetId, signal).catch(() => {});
    throw error;
  }
}

/** What was stopped, or failed for a reason that passes, is found and gone on with by the next call. */
function mayGoOn(error: unknown, signal: AbortSignal | undefined): boolean {
  return signal?.aborted || !(error instanceof BesedaError) || error.isRetryable || error.code === "timeout";
}

function checkNames({ name, taskType }: NewDataset): void {
  const problem =
    name.trim() === ""
      ? "has no name"
      : name.length > 63
        ? `has a name of ${name.length} characters, and 63 are allowed`
        : taskType.trim() === ""
          ? "has no task type"
          : undefined;
  if (!problem) return;
  throw new BesedaError(`The dataset ${problem}.`, {
    code: "invalid-argument",
    hint: "Give it a name of up to 63 characters and a taskType, such as TextToTextGeneration.",
  });
}
