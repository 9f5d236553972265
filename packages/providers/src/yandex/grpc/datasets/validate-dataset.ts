// A dataset that was uploaded, looked through by the service: it takes a minute or two, and longer for many rows.
import { BesedaError, type OperationCallOptions, type WaitOptions, waitForOperation } from "@beseda/core";
import { waited } from "@beseda/core/http";
import type { YandexConnection } from "../../connection/connection.ts";
import { askOperation, fromOperation, type MessageJson, type WireOperation } from "../operations.ts";
import { callDatasets, type DatasetRowError, describeDataset, fromRowError, type WireRowError } from "./dataset.ts";

export type DatasetVerdict = { isValid: boolean; rowErrors: readonly DatasetRowError[] };

/** Numbers are missing in the first answers. */
export type ValidationProgress = {
  validRows?: number | undefined;
  processedRows?: number | undefined;
  totalRows?: number | undefined;
};

export type ValidateOptions = OperationCallOptions & {
  onProgress?: ((progress: ValidationProgress) => void) | undefined;
  /** As `waitForOperation` has it. Milliseconds, default 1,000. */
  pollMs?: number | undefined;
};

/**
 * Waits until the service has looked through all rows. One whose validation was begun before, such as by a process that
 * is gone, is waited for; one that is `READY` or `INVALID` is told of at once.
 */
export async function validateDataset(
  connection: YandexConnection,
  id: string,
  options: ValidateOptions = {},
): Promise<DatasetVerdict> {
  const { signal, onProgress, pollMs } = options;
  const { status, rowErrors } = await describeDataset(connection, id, signal);
  if (status === "READY" || status === "INVALID") return { isValid: status === "READY", rowErrors };
  const operationId =
    status === "VALIDATING" ? await begunOperation(connection, id, signal) : await begin(connection, id, signal);
  // Without its operation a validation can still be asked after by the dataset.
  if (operationId === undefined) return settled(connection, id, options);
  const wait: WaitOptions<MessageJson> = {
    signal,
    pollMs,
    onProgress: ({ metadata = {} }) => onProgress?.(metadata as ValidationProgress),
  };
  let ended: BesedaError | undefined;
  const poll = async (operation: string) => {
    const asked = await askOperation(connection, "Get", operation, signal);
    ended = asked.error;
    return asked;
  };
  try {
    const verdict = fromVerdict(await waitForOperation({ poll }, operationId, wait));
    return verdict ?? settled(connection, id, options);
  } catch (error) {
    // Its own error may have any code: only an operation that is gone is asked after by the dataset.
    if (ended) return failedVerdict(connection, id, ended, signal);
    if (!(error instanceof BesedaError) || error.code !== "not-found") throw error;
    return settled(connection, id, options);
  }
}

/** The service could not look through the rows: whatever they are, this dataset will not be ready. */
export class FailedValidationError extends BesedaError {
  constructor(datasetId: string, { message, code, status }: BesedaError) {
    super(`The validation of the dataset ${datasetId} failed: ${message}`, {
      code,
      status,
      hint: "Delete the dataset and put its rows again.",
    });
  }
}

async function failedVerdict(
  connection: YandexConnection,
  id: string,
  error: BesedaError,
  signal: AbortSignal | undefined,
): Promise<DatasetVerdict> {
  const { status, rowErrors } = await describeDataset(connection, id, signal);
  if (status === "READY" || status === "INVALID") return { isValid: status === "READY", rowErrors };
  throw new FailedValidationError(id, error);
}

async function begin(connection: YandexConnection, datasetId: string, signal: AbortSignal | undefined) {
  try {
    const wire = await callDatasets<WireOperation>(connection, "Validate", { datasetId }, { kind: "write", signal });
    return (await fromOperation(wire)).id;
  } catch (error) {
    if (!(error instanceof BesedaError) || error.code !== "rejected") throw error;
    // Another process may have begun it since.
    const { status } = await describeDataset(connection, datasetId, signal);
    if (status === "DRAFT") throw error;
    return begunOperation(connection, datasetId, signal);
  }
}

async function begunOperation(connection: YandexConnection, id: string, signal: AbortSignal | undefined) {
  const request = { datasetId: [id] };
  const { datasetIdToOperationId } = await callDatasets<{ datasetIdToOperationId: Record<string, string> }>(
    connection,
    "ListOperationsIds",
    request,
    { signal },
  );
  return datasetIdToOperationId[id];
}

async function settled(connection: YandexConnection, id: string, options: ValidateOptions): Promise<DatasetVerdict> {
  const { signal, pollMs = 1_000 } = options;
  for (let waitMs = pollMs; ; waitMs = Math.min(waitMs * 1.5, pollMs * 10)) {
    const { status, rowErrors } = await describeDataset(connection, id, signal);
    if (status === "READY" || status === "INVALID") return { isValid: status === "READY", rowErrors };
    if (status !== "VALIDATING") {
      throw new BesedaError(`The dataset ${id} is ${status} after its validation.`, {
        code: "rejected",
        hint: "Upload its rows, and validate it again.",
      });
    }
    await waited(waitMs, signal);
  }
}

/** Nothing for a response that cannot be read. */
function fromVerdict(response: MessageJson): DatasetVerdict | undefined {
  const { isValid, errors = [] } = response as { isValid?: boolean; errors?: WireRowError[] };
  return typeof isValid === "boolean" ? { isValid, rowErrors: errors.map(fromRowError) } : undefined;
}
