// Batches of the fake: a dataset of requests in, a dataset of answers out, and what is said of them on the way.
import { type FakeState, type KnownModel, type LedgerEntry, Refusal } from "../fake-service.ts";
import type { OperationPlan } from "../operation-store.ts";
import { planTextReply } from "../text/plan-text-reply.ts";
import type { TextMessage, TextRequest } from "../text/text-script.ts";
import type { FakeDataset, FakeDatasets } from "./datasets.ts";
import type { Json } from "./proto-json.ts";

export type BatchStatus = "CREATED" | "PENDING" | "IN_PROGRESS" | "COMPLETED" | "FAILED" | "CANCELED";

export type FakeBatch = {
  readonly id: string;
  operationId: string;
  readonly model: KnownModel;
  readonly source: FakeDataset;
  /** The request, as it came. */
  readonly request: Json;
  readonly plan: OperationPlan;
  readonly createdAt: number;
  startedAt?: number;
  finishedAt?: number;
  status: BatchStatus;
  /** There from PENDING on. */
  result?: FakeDataset;
  /** From 1, which is not verified. */
  lineErrors: { lineNumber: string; message: string }[];
  error?: { code: number; message: string };
};

const room = "type.googleapis.com/yandex.cloud.ai.foundation_models.v1";

/** Tokens: what a run costs at least. */
const leastBilled = 200_000;

const qwen3 = ["0.6b", "1.7b", "4b", "8b", "14b", "32b", "30b-a3b", "235b-a22b"].map((size) => `qwen3-${size}`);
const gemma3 = ["1b", "4b", "12b", "27b"].map((size) => `gemma-3-${size}-it`);
const qwen2 = ["7b", "32b", "72b"].map((size) => `qwen2.5-${size}-instruct`);
const llama = ["llama3.1-70b-instruct", "llama3.3-70b-instruct"];
const deepseek = ["deepseek-r1-distill-llama-70b", "deepseek-r1-distill-qwen-32b"];
const vision = ["qwen2-vl-7b", "qwen2.5-vl-7b", "qwen2.5-vl-32b"].map((name) => `${name}-instruct`);
/** Those that take datasets with images. */
const sees = [...vision, "deepseek-vl2", "deepseek-vl2-tiny", ...gemma3.slice(1)];

export class FakeBatches {
  /** Models of others, by their bare names: Yandex's own are not among them. */
  models: readonly string[] = [...qwen3, ...qwen2, "qwq-32b", ...llama, ...deepseek, "phi-4", ...gemma3, ...sees];
  /**
   * Taken one by one by the tasks that are begun. Default: pending at the first poll, in progress at the second, done at
   * the third; who asks the service instead of the operation polls too. `error` fails the task.
   */
  readonly plans: OperationPlan[] = [];
  /** Nobody promises that results stand in the order of the requests. */
  order: "as-sent" | "reversed" = "as-sent";
  readonly #kept = new Map<string, FakeBatch>();
  readonly #state: FakeState;
  readonly #datasets: FakeDatasets;

  constructor(state: FakeState, datasets: FakeDatasets) {
    this.#state = state;
    this.#datasets = datasets;
    datasets.isUsed = ({ id }) => this.all.some((task) => !isEnded(task) && task.source.id === id);
  }

  get all(): readonly FakeBatch[] {
    return [...this.#kept.values()];
  }

  /** @returns the operation */
  start(request: Json, entry: LedgerEntry): Json {
    const model = this.#findModel(request.modelUri);
    const { temperature, maxTokens } = (request.completionOptions ?? {}) as Json;
    if (temperature !== undefined && !(Number(temperature) >= 0 && Number(temperature) <= 1)) {
      throw new Refusal(3, "Invalid temperature value");
    }
    if (maxTokens !== undefined && !(Number(maxTokens) > 0)) throw new Refusal(3, "Invalid max_tokens value");
    const source = this.#datasets.findReady(request.sourceDatasetId, [
      "TextToTextGenerationRequest",
      ...(sees.includes(model.name) ? ["ImageTextToTextGenerationRequest"] : []),
    ]);
    const { operations, clock } = this.#state;
    const plan = this.plans.shift() ?? { unfinished: 2 };
    const task: FakeBatch = {
      id: operations.newId("fbi"),
      operationId: "",
      model,
      source,
      request,
      plan,
      createdAt: clock.now(),
      status: "CREATED",
      lineErrors: [],
    };
    const operation = operations.begin({
      prefix: "fbi",
      plan,
      metadata: (polls, isDone) => {
        this.#follow(task, polls, isDone);
        return { "@type": `${room}.BatchCompletionMetadata`, taskId: task.id, ...progress(task) };
      },
      response: () => this.#complete(task, entry),
      cancelled: () => this.#end(task, "CANCELED"),
    });
    task.operationId = operation.id;
    this.#kept.set(task.id, task);
    entry.billed = true;
    entry.billedTokens = leastBilled;
    return operation;
  }

  find(id: unknown): FakeBatch {
    const task = this.#kept.get(String(id ?? ""));
    if (!task) throw new Refusal(5, `Batch inference task ${String(id)} not found`);
    return task;
  }

  /** Time has passed since. A task outlives its operation, and is done when that is gone. @throws Refusal 404 */
  describe(id: unknown): FakeBatch {
    const task = this.find(id);
    if (isEnded(task)) return task;
    try {
      this.#state.operations.poll(task.operationId);
    } catch {
      this.#state.operations.release(task.operationId);
      this.#follow(task, 1, true);
    }
    return task;
  }

  /** @throws Refusal 400 for one that is not running: not yet, or not any more */
  cancel(id: unknown): void {
    const task = this.find(id);
    if (task.status !== "IN_PROGRESS") throw new Refusal(9, `Task ${task.id} can not be canceled: ${task.status}`);
    this.#state.operations.cancel(task.operationId);
  }

  delete(id: unknown): void {
    const task = this.find(id);
    if (!isEnded(task)) throw new Refusal(9, `Task ${task.id} can not be deleted: ${task.status}`);
    this.#kept.delete(task.id);
  }

  #findModel(uri: unknown): KnownModel {
    const { folderId } = this.#state.account;
    const [, folder, name] = /^gpt:\/\/([\w.-]+)\/([\w.-]+)(?:\/latest)?$/.exec(String(uri ?? "")) ?? [];
    if (folder === undefined || name === undefined) throw new Refusal(3, `Failed to parse model URI ${String(uri)}`);
    if (folder !== folderId) {
      throw new Refusal(
        3,
        `Specified folder ID '${folder}' does not match with service account folder ID '${folderId}'`,
      );
    }
    if (!this.models.includes(name)) throw new Refusal(3, `Failed to get model ${String(uri)}`);
    const others = { ownedBy: "Alibaba", context: 32_768, isNative: false } as const;
    return {
      ...others,
      scheme: "gpt",
      tail: `${name}/latest`,
      uri: String(uri),
      name,
      version: "latest",
      tune: undefined,
    };
  }

  #follow(task: FakeBatch, polls: number, isDone: boolean): void {
    if (isEnded(task)) return;
    const { error } = task.plan;
    if (polls > 0) task.result ??= this.#resultOf(task);
    if (isDone && error) {
      task.error = error;
      this.#end(task, "FAILED");
      return;
    }
    task.status = polls === 0 ? "CREATED" : polls === 1 ? "PENDING" : "IN_PROGRESS";
    if (task.status === "IN_PROGRESS") task.startedAt ??= this.#state.clock.now();
  }

  #resultOf(task: FakeBatch): FakeDataset {
    return this.#datasets.create({
      name: `Batch inference ${task.id} result`,
      taskType: task.source.taskType.replace(/Request$/, ""),
      countsRows: false,
      labels: {
        foundation_models_batch_task_id: task.id,
        foundation_models_source_dataset: task.source.id,
      },
    });
  }

  /** The same script as of all other modes says what is answered; a row that it refuses is a line error. */
  #complete(task: FakeBatch, entry: LedgerEntry): Json {
    let tokens = 0;
    const rows = task.source.rows.flatMap((row, index): Json[] => {
      try {
        const { texts, usage } = planTextReply(this.#state, requestOf(task, row), task.model);
        tokens += usage.input + usage.output;
        return [{ request: row.request, response: texts.at(-1) ?? "" }];
      } catch (refusal) {
        if (!(refusal instanceof Refusal)) throw refusal;
        task.lineErrors.push({ lineNumber: String(index + 1), message: refusal.message });
        return [];
      }
    });
    task.result ??= this.#resultOf(task);
    this.#datasets.fill(task.result, this.order === "reversed" ? rows.toReversed() : rows);
    entry.billedTokens = Math.max(leastBilled, tokens);
    this.#end(task, "COMPLETED");
    const { id: taskId, status: taskStatus, result } = task;
    return { "@type": `${room}.BatchCompletionResponse`, taskId, taskStatus, resultDatasetId: result.id };
  }

  #end(task: FakeBatch, status: BatchStatus): void {
    task.status = status;
    task.finishedAt = this.#state.clock.now();
  }
}

function requestOf({ model, request }: FakeBatch, row: Json): TextRequest {
  const { maxTokens } = (request.completionOptions ?? {}) as Json;
  const { schema } = (request.jsonSchema ?? {}) as { schema?: Json };
  const messages = (row.request as Json[]).map(({ role, text, content }) => ({
    role: role as TextMessage["role"],
    text: typeof text === "string" ? text : textIn(content as Json[]),
  }));
  return {
    api: "batch",
    modelUri: model.uri,
    messages,
    tools: [],
    toolChoice: "none",
    ...(schema ? { json: { schema } } : request.jsonObject === true && { json: "any" as const }),
    ...(maxTokens !== undefined && { maxTokens: Number(maxTokens) }),
  };
}

/** Of an image there is nothing to say. */
function textIn(pieces: readonly Json[]): string {
  return pieces.flatMap(({ text }) => (typeof text === "string" ? [text] : [])).join("\n");
}

function isEnded({ status }: FakeBatch): boolean {
  return !["CREATED", "PENDING", "IN_PROGRESS"].includes(status);
}

function progress({ status }: FakeBatch): Json {
  const completedBatches = { IN_PROGRESS: "1", COMPLETED: "2" }[status as string] ?? "0";
  return { taskStatus: status, completedBatches, totalBatches: status === "CREATED" ? "0" : "2" };
}
