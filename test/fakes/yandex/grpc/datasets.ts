// Datasets of the fake: what becomes of one, from draft to deleted.

import { type FakeState, Refusal } from "../fake-service.ts";
import type { OperationPlan } from "../operation-store.ts";
import type { FakeStorage } from "../storage.ts";
import { datasetBucket, draftBucket } from "../storage-routes.ts";
import { toParquet } from "./dataset-parquet.ts";
import { type RowError, readRows, rowChecks } from "./dataset-rows.ts";
import type { Json } from "./proto-json.ts";

export type DatasetStatus = "DRAFT" | "VALIDATING" | "READY" | "INVALID" | "DELETING";

export type FakeDataset = {
  readonly id: string;
  name: string;
  description: string;
  readonly metadata: string;
  readonly taskType: string;
  readonly allowDataLog: boolean;
  labels: Record<string, string>;
  readonly createdAt: number;
  updatedAt: number;
  status: DatasetStatus;
  /** What was uploaded, once it has been found good. */
  rows: readonly Json[];
  /** Absent from the descriptions of batch results. */
  countsRows: boolean;
  sizeBytes: number;
  errors: readonly RowError[];
  /** Of its validation. */
  operationId?: string;
  /** A multipart upload that goes on. */
  upload?: { id: string; sizeBytes: number };
  isSeenGoing?: boolean;
};

const gigabyte = 1024 ** 3;
const room = "type.googleapis.com/yandex.cloud.ai.dataset.v1";

export class FakeDatasets {
  /** How many there may be in the folder; those that are going are not counted. */
  limit = 100;
  /** Taken one by one by the validations that are begun. Default: two polls find it unfinished, the second with row counts. */
  readonly plans: OperationPlan[] = [];
  /** Rows in one file of a download; more of them are spread over `1.parquet`, `2.parquet` … */
  rowsPerFile = 100_000;
  /** One that is worked with cannot be deleted, which is not verified. */
  isUsed: (dataset: FakeDataset) => boolean = () => false;
  readonly #kept = new Map<string, FakeDataset>();
  readonly #state: FakeState;
  readonly #storage: FakeStorage;

  constructor(state: FakeState, storage: FakeStorage) {
    this.#state = state;
    this.#storage = storage;
  }

  get all(): readonly FakeDataset[] {
    return [...this.#kept.values()];
  }

  create(fields: Pick<FakeDataset, "name" | "taskType"> & Partial<FakeDataset>): FakeDataset {
    if (this.all.filter(({ status }) => status !== "DELETING").length >= this.limit) {
      throw new Refusal(8, `ai.datasetsCount.count gauge quota limit exceed: allowed ${this.limit} requests`);
    }
    const now = this.#state.clock.now();
    const dataset: FakeDataset = {
      id: this.#state.operations.newId("fds"),
      description: "",
      metadata: "",
      allowDataLog: false,
      labels: {},
      createdAt: now,
      updatedAt: now,
      status: "DRAFT",
      rows: [],
      countsRows: true,
      sizeBytes: 0,
      errors: [],
      ...fields,
    };
    this.#kept.set(dataset.id, dataset);
    return dataset;
  }

  /** @throws Refusal 404 */
  find(id: unknown): FakeDataset {
    const dataset = this.#kept.get(required(id, "dataset_id"));
    if (!dataset) throw new Refusal(5, `Dataset ${String(id)} not found`);
    return dataset;
  }

  /** For tuning and batches. @throws Refusal 404 or 400 */
  findReady(id: unknown, taskTypes: readonly string[]): FakeDataset {
    const dataset = this.find(id);
    if (dataset.status !== "READY") throw new Refusal(9, `Dataset ${dataset.id} is not ready: ${dataset.status}`);
    if (taskTypes.includes(dataset.taskType)) return dataset;
    throw new Refusal(3, `Dataset ${dataset.id} has type ${dataset.taskType}, expected ${taskTypes.join(" or ")}`);
  }

  /** Once more it is seen, as one that is going; then nobody knows it. */
  describe(id: unknown): FakeDataset {
    const dataset = this.find(id);
    if (dataset.status === "DELETING") this.#kept.delete(dataset.id);
    return dataset;
  }

  /** For a list, which tells of those that are going once; they go before the next list, not between its pages. */
  listed(isFirstPage: boolean): readonly FakeDataset[] {
    for (const dataset of isFirstPage ? this.all : []) {
      if (dataset.isSeenGoing) this.#kept.delete(dataset.id);
      dataset.isSeenGoing = dataset.status === "DELETING";
    }
    return this.all;
  }

  delete(id: unknown): void {
    const dataset = this.find(id);
    if (this.isUsed(dataset)) throw new Refusal(9, `Dataset ${dataset.id} is in use`);
    dataset.status = "DELETING";
    this.#storage.remove(this.draftKey(dataset));
  }

  uploadUrl(id: unknown, sizeBytes: number): string {
    const dataset = this.#draft(id);
    checkSize(sizeBytes);
    if (sizeBytes > 5 * gigabyte) throw new Refusal(3, "Datasets above 5GB have to be uploaded in parts");
    return this.#storage.presign({ method: "PUT", key: this.draftKey(dataset), size: sizeBytes });
  }

  /** `parts` 0 lets the service choose. */
  startUpload(id: unknown, sizeBytes: number, parts: number): string[] {
    const dataset = this.#draft(id);
    checkSize(sizeBytes);
    const { leastPartBytes } = this.#storage;
    const count = parts || Math.max(1, Math.floor(sizeBytes / (20 * leastPartBytes)));
    if (count > 10_000) throw new Refusal(3, "parts must be at most 10000");
    if (sizeBytes <= (count - 1) * leastPartBytes) {
      throw new Refusal(3, `part size must be at least ${leastPartBytes} bytes`);
    }
    const key = this.draftKey(dataset);
    const upload = this.#storage.beginUpload(key);
    dataset.upload = { id: upload, sizeBytes };
    return Array.from({ length: count }, (_, index) =>
      this.#storage.presign({ method: "PUT", key, part: { upload, number: index + 1 } }),
    );
  }

  finishUpload(id: unknown, parts: readonly { number: number; etag: string }[]): void {
    const dataset = this.#draft(id);
    const { upload } = dataset;
    if (!upload) throw new Refusal(9, `Dataset ${dataset.id} has no multipart upload`);
    const wrong = parts.find(({ number }) => !(number >= 1 && number <= 10_000));
    if (wrong) throw new Refusal(3, "part_num must be in the range 1-10000");
    this.#storage.finishUpload(upload.id, parts);
    const { length = 0 } = this.#storage.object(this.draftKey(dataset)) ?? {};
    if (length !== upload.sizeBytes) {
      this.#storage.remove(this.draftKey(dataset));
      throw new Refusal(3, `uploaded ${length} bytes, expected ${upload.sizeBytes}`);
    }
    delete dataset.upload;
  }

  validate(id: unknown): Json {
    const dataset = this.#draft(id);
    const bytes = this.#storage.object(this.draftKey(dataset));
    if (!bytes) throw new Refusal(9, `Dataset ${dataset.id} has no uploaded data`);
    const { rows, total, errors } = readRows(dataset.taskType, bytes);
    this.#change(dataset, "VALIDATING");
    const datasetId = dataset.id;
    const operation = this.#state.operations.begin({
      prefix: "fds",
      description: "Validate dataset",
      plan: this.plans.shift() ?? { unfinished: 2 },
      metadata: (polls) =>
        polls < 2
          ? null
          : {
              "@type": `${room}.ValidateDatasetMetadata`,
              datasetId,
              validRows: String(rows.length),
              processedRows: String(total),
              totalRows: String(total),
            },
      response: () => {
        const isValid = errors.length === 0;
        this.#change(dataset, isValid ? "READY" : "INVALID");
        Object.assign(dataset, isValid ? { rows, sizeBytes: bytes.length } : { errors });
        return { "@type": `${room}.ValidateDatasetResponse`, datasetId, isValid, errors };
      },
    });
    dataset.operationId = operation.id;
    return operation;
  }

  /** One that somebody else has filled: the result of a batch. */
  fill(dataset: FakeDataset, rows: readonly Json[]): void {
    dataset.rows = rows;
    this.#change(dataset, "READY");
  }

  downloads(id: unknown): { key: string; url: string }[] {
    const dataset = this.find(id);
    if (dataset.status !== "READY") throw new Refusal(9, `Dataset ${dataset.id} is not ready: ${dataset.status}`);
    const files = Math.max(1, Math.ceil(dataset.rows.length / this.rowsPerFile));
    const written = Array.from({ length: files }, (_, index) => {
      const rows = dataset.rows.slice(index * this.rowsPerFile, (index + 1) * this.rowsPerFile);
      const name = files === 1 ? "main" : `${index + 1}.parquet`;
      const key = `${datasetBucket}/${this.#state.account.folderId}/${dataset.id}/${name}`;
      this.#storage.write(key, toParquet(rows));
      return { key: name, url: this.#storage.presign({ method: "GET", key }) };
    });
    // As names are sorted: 10 before 2.
    return written.toSorted((one, other) => (one.key < other.key ? -1 : 1));
  }

  draftKey({ id }: FakeDataset): string {
    return `${draftBucket}/${this.#state.account.folderId}/${id}`;
  }

  #draft(id: unknown): FakeDataset {
    const dataset = this.find(id);
    if (dataset.status === "DRAFT") return dataset;
    throw new Refusal(9, `Dataset ${dataset.id} is no draft: ${dataset.status}`);
  }

  #change(dataset: FakeDataset, status: DatasetStatus): void {
    dataset.status = status;
    dataset.updatedAt = this.#state.clock.now();
  }
}

export function checkTaskType(taskType: unknown): string {
  const name = required(taskType, "task_type", 50);
  if (!(name in rowChecks)) throw new Refusal(3, `Unknown task type ${name}`);
  return name;
}

/** @throws Refusal 400 for a text that is empty or too long */
export function required(value: unknown, name: string, longest = Number.POSITIVE_INFINITY): string {
  if (typeof value !== "string" || value === "") throw new Refusal(3, `${name}: field is required`);
  if (value.length > longest) throw new Refusal(3, `${name}: length must be at most ${longest}`);
  return value;
}

function checkSize(sizeBytes: number): void {
  if (!(sizeBytes > 0)) throw new Refusal(3, "size_bytes: value must be greater than 0");
}
