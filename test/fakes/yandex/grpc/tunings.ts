// Tuning tasks of the fake: what they are taught from, how far they are, and the models that come of them.
import { type FakeState, Refusal } from "../fake-service.ts";
import type { OperationPlan } from "../operation-store.ts";
import type { FakeStorage } from "../storage.ts";
import { datasetBucket } from "../storage-routes.ts";
import type { FakeDatasets } from "./datasets.ts";
import type { Json } from "./proto-json.ts";

export type TuningStatus = "CREATED" | "PENDING" | "IN_PROGRESS" | "COMPLETED" | "FAILED" | "CANCELED" | "ARCHIVED";

/** What is taught, which parameters say so, and from which datasets. */
export type TuningKind = { params: string; scheme: string; taskType: string };

export type FakeTuning = {
  /** Of the operation, too. */
  readonly id: string;
  readonly kind: TuningKind;
  /** The request, as it came. */
  readonly request: Json;
  readonly plan: OperationPlan;
  readonly baseModelUri: string;
  readonly createdAt: number;
  startedAt?: number;
  finishedAt?: number;
  status: TuningStatus;
  targetModelUri: string;
  errors: { message: string; type: "PUBLIC" | "INTERNAL" }[];
};

const kinds: readonly TuningKind[] = [
  { params: "textToTextCompletion", scheme: "gpt", taskType: "TextToTextGeneration" },
  { params: "textClassificationMultilabel", scheme: "cls", taskType: "TextClassificationMultilabel" },
  { params: "textClassificationMulticlass", scheme: "cls", taskType: "TextClassificationMulticlass" },
  { params: "textEmbeddingPairParams", scheme: "emb", taskType: "TextEmbeddingsPair" },
  { params: "textEmbeddingTripletParams", scheme: "emb", taskType: "TextEmbeddingsTriplet" },
];

const totalSteps = 100;
const twoWeeks = 14 * 86_400_000;
const room = "type.googleapis.com/yandex.cloud.ai.tuning.v1";

export class FakeTunings {
  /** What can be taught. */
  tunable: readonly string[] = ["gpt:yandexgpt-lite", "cls:yandexgpt-lite", "emb:text-embeddings"];
  /** Rows, by the type of the dataset. */
  fewestRows: Record<string, number> = {
    TextToTextGeneration: 10,
    TextClassificationMultilabel: 100,
    TextClassificationMulticlass: 100,
  };
  /**
   * Taken one by one by the tasks that are begun. Default: pending at the first poll, in progress at the second, done at
   * the third; who asks the service instead of the operation polls too. `error` fails the task.
   */
  readonly plans: OperationPlan[] = [];
  readonly #kept = new Map<string, FakeTuning>();
  readonly #state: FakeState;
  readonly #storage: FakeStorage;
  readonly #datasets: FakeDatasets;

  constructor(state: FakeState, storage: FakeStorage, datasets: FakeDatasets) {
    this.#state = state;
    this.#storage = storage;
    this.#datasets = datasets;
  }

  get all(): readonly FakeTuning[] {
    return [...this.#kept.values()];
  }

  /** @returns the operation */
  start(request: Json): Json {
    const kind = kinds.find(({ params }) => request[params] !== undefined);
    if (!kind) throw new Refusal(3, "One of the options should be set: tuning_params");
    const base = this.#state.models.find(request.baseModelUri, kind.scheme);
    if (!this.tunable.includes(`${base.scheme}:${base.name}`) || base.tune !== undefined) {
      throw new Refusal(3, `Model ${base.uri} can not be tuned`);
    }
    this.#checkDatasets(request, kind);
    const plan = this.plans.shift() ?? { unfinished: 2 };
    // The callbacks are called before the task has its id, which is the operation's.
    let task: FakeTuning | undefined;
    const operation = this.#state.operations.begin({
      prefix: "ftn",
      description: "Tuning",
      plan,
      keptMs: twoWeeks,
      metadata: (polls, isDone) => {
        if (task) this.#follow(task, polls, isDone);
        return { "@type": `${room}.TuningMetadata`, tuningTaskId: task?.id ?? "", ...progress(task) };
      },
      response: () => (task ? this.#complete(task) : {}),
      cancelled: () => {
        if (task) this.#end(task, "CANCELED");
      },
    });
    const baseModelUri = `${base.scheme}://${this.#state.account.folderId}/${base.name}/${base.version}`;
    task = {
      id: operation.id,
      kind,
      request,
      plan,
      baseModelUri,
      createdAt: this.#state.clock.now(),
      status: "CREATED",
      targetModelUri: "",
      errors: [],
    };
    this.#kept.set(task.id, task);
    return { ...operation, metadata: { "@type": `${room}.TuningMetadata`, tuningTaskId: task.id, ...progress(task) } };
  }

  /** Time has passed since. A task outlives its operation, and is done when that is gone. @throws Refusal 404 */
  describe(id: unknown): FakeTuning {
    const task = this.find(id);
    if (isEnded(task)) return task;
    try {
      this.#state.operations.poll(task.id);
    } catch {
      this.#state.operations.release(task.id);
      this.#follow(task, 1, true);
    }
    return task;
  }

  find(id: unknown): FakeTuning {
    const task = this.#kept.get(String(id ?? ""));
    if (!task) throw new Refusal(5, `Tuning task ${String(id)} not found`);
    return task;
  }

  cancel(id: unknown): void {
    const task = this.find(id);
    if (isEnded(task)) throw new Refusal(9, `Tuning task ${task.id} can not be canceled: ${task.status}`);
    this.#state.operations.cancel(task.id);
  }

  archive(id: unknown): Json {
    const task = this.find(id);
    if (!isEnded(task)) throw new Refusal(9, `Tuning task ${task.id} can not be archived: ${task.status}`);
    task.status = "ARCHIVED";
    return this.#state.operations.begin({
      prefix: "ftn",
      plan: {},
      metadata: () => ({ "@type": `${room}.ArchiveTuningMetadata` }),
      response: () => ({ "@type": `${room}.ArchiveTuningResponse`, tuningTaskId: task.id }),
    });
  }

  /** Of the archive for TensorBoard. @throws Refusal 404 until there is one */
  metricsUrl(id: unknown): string {
    const task = this.find(id);
    if (task.status !== "COMPLETED") throw new Refusal(5, `Metrics of tuning task ${task.id} not found`);
    const key = `${datasetBucket}/${this.#state.account.folderId}/metrics/${task.id}.zip`;
    // An empty archive.
    this.#storage.write(key, Buffer.concat([Buffer.from("PK\u0005\u0006"), Buffer.alloc(18)]));
    return this.#storage.presign({ method: "GET", key });
  }

  #checkDatasets(request: Json, { taskType }: TuningKind): void {
    const listOf = (name: string) => (request[name] ?? []) as Json[];
    const train = listOf("trainDatasets");
    if (train.length === 0) throw new Refusal(3, "train_datasets: size must be greater than 0");
    const validation = request.validationDataset ? [request.validationDataset as Json] : [];
    for (const { datasetId } of [...listOf("validationDatasets"), ...validation, ...listOf("testDatasets")]) {
      this.#datasets.findReady(datasetId, [taskType]);
    }
    const rows = train.map(({ datasetId }) => this.#datasets.findReady(datasetId, [taskType]).rows.length);
    const total = rows.reduce((sum, count) => sum + count, 0);
    const fewest = this.fewestRows[taskType] ?? 1;
    if (total < fewest) throw new Refusal(3, `train_datasets: at least ${fewest} examples are needed, got ${total}`);
  }

  #follow(task: FakeTuning, polls: number, isDone: boolean): void {
    if (isEnded(task)) return;
    const { error } = task.plan;
    if (isDone && error) {
      task.errors.push({ message: error.message, type: error.code === 13 ? "INTERNAL" : "PUBLIC" });
      this.#end(task, "FAILED");
      return;
    }
    task.status = polls === 0 ? "CREATED" : polls === 1 ? "PENDING" : "IN_PROGRESS";
    if (task.status === "IN_PROGRESS") task.startedAt ??= this.#state.clock.now();
  }

  #complete(task: FakeTuning): Json {
    task.targetModelUri = `${task.baseModelUri}@${this.#state.operations.newId("tamr")}`;
    this.#state.models.addTuned(task.targetModelUri);
    this.#end(task, "COMPLETED");
    const { id: tuningTaskId, status, targetModelUri } = task;
    return { "@type": `${room}.TuningResponse`, tuningTaskId, status, targetModelUri };
  }

  #end(task: FakeTuning, status: TuningStatus): void {
    task.status = status;
    task.startedAt ??= this.#state.clock.now();
    task.finishedAt = this.#state.clock.now();
  }
}

function isEnded({ status }: FakeTuning): boolean {
  return !["CREATED", "PENDING", "IN_PROGRESS"].includes(status);
}

function progress(task: FakeTuning | undefined): Json {
  const { status = "CREATED" } = task ?? {};
  const currentStep = { IN_PROGRESS: totalSteps / 2, COMPLETED: totalSteps }[status as string] ?? 0;
  return { status, totalSteps: String(totalSteps), currentStep: String(currentStep) };
}
