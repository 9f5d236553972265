// A dataset from its rows in one call: checked, created, uploaded, validated. Called again it goes on where it was.
import { BesedaError, type OperationCallOptions } from "@beseda/core";
import type { YandexConnection } from "../../connection/connection.ts";
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
import { FailedValidationError, type ValidationProgress, validateDataset } from "./validate-dataset.ts";

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
   * Leaves what this call has made and the service has refused where it is, to be looked at. Default `false`: it is deleted.
   * What was stopped, what failed in passing and what was there before is left in any case: the next call goes on with it.
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
const digestLabel = "beseda-digest";

export type PutRows = NewDataset & {
  rows: DatasetRows;
  /** More labels, which are known when the rows have been read. */
  labelsOfRows?: (() => Readonly<Record<string, string>>) | undefined;
};

export async function putDataset(
  connection: YandexConnection,
  { rows, labelsOfRows, ...dataset }: PutRows,
  options: PutOptions = {},
): Promise<Dataset> {
  checkNames(dataset);
  const { signal, onProgress } = options;
  const file = await prepareRows(rows, dataset.taskType, signal);
  try {
    onProgress?.({ step: "checked", rows: file.rows, sizeBytes: file.size });
    const { name, taskType } = dataset;
    const ours = { name, taskType, digest: file.digest };
    const found = await foundDataset(connection, ours, signal);
    const labels = { ...dataset.labels, ...labelsOfRows?.(), [digestLabel]: file.digest };
    const { begun, isFound } = found
      ? { begun: found, isFound: true }
      : await madeDataset(connection, { ...dataset, labels }, ours, signal);
    onProgress?.({ step: "created", datasetId: begun.id, isFound });
    return await finished(connection, { begun, isFound, file, options });
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

type Ours = { name: string; taskType: string; digest: string };

/**
 * The dataset that an earlier call has begun with the same name and rows.
 * @throws NameTakenError where there are others of that name only
 */
async function foundDataset(
  connection: YandexConnection,
  { name, taskType, digest }: Ours,
  signal: AbortSignal | undefined,
): Promise<Dataset | undefined> {
  let other: Dataset | undefined;
  const found: Dataset[] = [];
  for await (const dataset of listDatasets(connection, { name }, signal)) {
    if (dataset.name !== name || dataset.status === "DELETING") continue;
    if (dataset.taskType === taskType && dataset.labels[digestLabel] === digest) found.push(dataset);
    else other ??= dataset;
  }
  if (found.length === 0 && other) throw new NameTakenError(name, other.id);
  // Every process comes to the same one: what is ready, or else what was first.
  const place = ({ status, createdAt, id }: Dataset) => `${status === "READY" ? 0 : 1} ${createdAt} ${id}`;
  return found.sort((a, b) => (place(a) < place(b) ? -1 : 1))[0];
}

/** Another process may make the same at the same time: then that goes which was made later, and both go on with the other. */
async function madeDataset(
  connection: YandexConnection,
  dataset: NewDataset,
  ours: Ours,
  signal: AbortSignal | undefined,
): Promise<{ begun: Dataset; isFound: boolean }> {
  const made = await createDataset(connection, dataset, signal);
  const first = await foundDataset(connection, ours, signal);
  if (!first || first.id === made.id) return { begun: made, isFound: false };
  await deleteDataset(connection, made.id, signal).catch(() => {});
  return { begun: first, isFound: true };
}

type Begun = { begun: Dataset; isFound: boolean; file: RowsFile; options: PutOptions };

async function finished(connection: YandexConnection, { begun, isFound, file, options }: Begun): Promise<Dataset> {
  const { signal, onProgress, keepFailed, pollMs } = options;
  const { id: datasetId, status } = begun;
  if (status === "READY") return begun;
  try {
    if (status !== "VALIDATING" && status !== "INVALID") {
      const sent = (sentBytes: number) =>
        onProgress?.({ step: "uploaded", datasetId, sentBytes, sizeBytes: file.size });
      await uploadFile({ connection, datasetId, ...file, signal, onProgress: sent }).catch(async (error) => {
        // Somebody else has gone on with it meanwhile.
        if (!isRefusal(error) || (await isDraft(connection, datasetId, signal))) throw error;
      });
    }
    const { isValid, rowErrors } = await validateDataset(connection, datasetId, {
      signal,
      pollMs,
      onProgress: (progress) => onProgress?.({ step: "validating", datasetId, ...progress }),
    });
    if (!isValid) throw new InvalidDatasetError(datasetId, rowErrors);
    return await describeDataset(connection, datasetId, signal);
  } catch (error) {
    if (keepFailed || signal?.aborted) throw error;
    const isUseless =
      error instanceof FailedValidationError ||
      (!isFound &&
        (error instanceof InvalidDatasetError ||
          (isRefusal(error) && (await isDraft(connection, datasetId, signal).catch(() => false)))));
    if (isUseless) await deleteDataset(connection, datasetId, signal).catch(() => {});
    throw error;
  }
}

/** The service has heard it, and does not want it: no failure that passes. */
function isRefusal(error: unknown): boolean {
  return error instanceof BesedaError && ["rejected", "invalid-argument", "too-large"].includes(error.code);
}

async function isDraft(connection: YandexConnection, id: string, signal: AbortSignal | undefined): Promise<boolean> {
  return (await describeDataset(connection, id, signal)).status === "DRAFT";
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
