// A dataset as the service tells of it.
import { BesedaError } from "@beseda/core";
import type { YandexConnection } from "../../connection/connection.ts";
import { grpcChannel } from "../channel.ts";
import { fromTimestamp, type PlainMessage, type Timestamp } from "../plain-message.ts";

/** `VALIDATING` has been asked for; `READY` can be used; `INVALID` has `rowErrors`. */
export type DatasetStatus = "STATUS_UNSPECIFIED" | "DRAFT" | "VALIDATING" | "READY" | "INVALID" | "DELETING";

/** What the service found wrong; `rows` as it numbers them. */
export type DatasetRowError = { error: string; description: string; rows: readonly number[] };

export type Dataset = {
  id: string;
  folderId: string;
  name: string;
  description: string;
  /** Such as `TextToTextGeneration`. */
  taskType: string;
  status: DatasetStatus;
  /** Where the service says: it does not of the results of batches. */
  rows?: number | undefined;
  sizeBytes?: number | undefined;
  createdAt?: string | undefined;
  updatedAt?: string | undefined;
  createdBy?: string | undefined;
  labels: Readonly<Record<string, string>>;
  rowErrors: readonly DatasetRowError[];
  /** Whether the service may learn from it. */
  allowDataLog: boolean;
};

export type WireDataset = {
  datasetId: string;
  folderId: string;
  name: string;
  description: string;
  status: DatasetStatus;
  taskType: string;
  createdAt: Timestamp | null;
  updatedAt: Timestamp | null;
  rows: number;
  sizeBytes: number;
  labels: Record<string, string>;
  createdBy: string;
  validationError: WireRowError[];
  allowDataLog: boolean;
};

export type WireRowError = { error: string; errorDescription: string; rowNumbers: number[] };

export function fromDataset(wire: WireDataset | null): Dataset {
  if (!wire?.datasetId) {
    throw new BesedaError("Yandex AI Studio answered without the dataset.", {
      code: "bad-response",
      hint: "Check the endpoint grpc.",
    });
  }
  const { datasetId, folderId, name, description, taskType, status, labels, allowDataLog } = wire;
  return {
    id: datasetId,
    folderId,
    name,
    description,
    taskType,
    status,
    rows: wire.rows || undefined,
    sizeBytes: wire.sizeBytes || undefined,
    createdAt: fromTimestamp(wire.createdAt),
    updatedAt: fromTimestamp(wire.updatedAt),
    createdBy: wire.createdBy || undefined,
    labels,
    rowErrors: wire.validationError.map(fromRowError),
    allowDataLog,
  };
}

export function fromRowError({ error, errorDescription, rowNumbers }: WireRowError): DatasetRowError {
  return { error, description: errorDescription, rows: rowNumbers };
}

/** A call of the service of datasets. */
export function callDatasets<Reply>(
  connection: YandexConnection,
  method: string,
  request: PlainMessage,
  { kind = "read", signal }: { kind?: "read" | "write" | undefined; signal?: AbortSignal | undefined } = {},
): Promise<Reply> {
  const name = `yandex.cloud.ai.dataset.v1.DatasetService/${method}`;
  return grpcChannel(connection).call<Reply>({ method: name, request, kind, signal });
}

export async function describeDataset(connection: YandexConnection, id: string, signal?: AbortSignal) {
  const request = { datasetId: id };
  const { dataset } = await callDatasets<{ dataset: WireDataset | null }>(connection, "Describe", request, { signal });
  return fromDataset(dataset);
}

/** @throws BesedaError `missing-setting` where it is not known */
export function folderOf({ folderId }: YandexConnection): string {
  if (folderId) return folderId;
  throw new BesedaError("The folder of datasets, tunings and batches is not known.", {
    code: "missing-setting",
    hint: "Set folderId or YC_FOLDER_ID.",
  });
}
