// A tuning as the service is asked for it. Pure.
import { BesedaError, type JsonValue, type TuningRequest } from "@beseda/core";
import { type ModelScheme, toModelUri } from "../../model-uri.ts";
import type { PlainMessage } from "../plain-message.ts";

/**
 * How it learns. Everything may be left out: the service has defaults, which it does not publish. At most one of `lora` and
 * `promptTune`, and one kind of scheduler.
 */
export type YandexTuningParams = {
  seed?: number | undefined;
  /** The learning rate. */
  lr?: number | undefined;
  nSamples?: number | undefined;
  additionalArguments?: string | undefined;
  /** For embeddings: the sizes that their vectors can have. */
  embeddingDims?: readonly number[] | undefined;
  lora?: { rank?: number; alpha?: number; initialization?: string; type?: string } | undefined;
  promptTune?: { virtualTokens?: number } | undefined;
  scheduler?:
    | {
        linear?: { minLr?: number };
        constant?: Record<string, never>;
        cosine?: { minLr?: number };
        warmupRatio?: number;
      }
    | undefined;
  optimizer?: { adamw?: { beta1?: number; beta2?: number; eps?: number; weightDecay?: number } } | undefined;
};

export type YandexTuningRequest = Omit<TuningRequest, "params"> & { params?: YandexTuningParams | undefined };

type Task = TuningRequest["task"];

/** What each task is called on the wire, and what its models begin with. */
const tasks: Readonly<Record<Task, { field: string; scheme: ModelScheme }>> = {
  generation: { field: "textToTextCompletion", scheme: "gpt" },
  classification: { field: "textClassificationMulticlass", scheme: "cls" },
  "multilabel-classification": { field: "textClassificationMultilabel", scheme: "cls" },
  "embedding-pairs": { field: "textEmbeddingPairParams", scheme: "emb" },
  "embedding-triplets": { field: "textEmbeddingTripletParams", scheme: "emb" },
};

/**
 * @throws BesedaError `invalid-argument` for a name that the service does not take, and without datasets. What does not fit in
 * `params` is told when it is encoded.
 */
export function toTuningRequest(request: TuningRequest, folderId: string | undefined): PlainMessage {
  const { task, train, validation, test, name, description, labels, params = {} } = request;
  const kind = Object.hasOwn(tasks, task) ? tasks[task] : undefined;
  if (!kind) {
    throw refusal(`There is no tuning for “${task}”.`, `The tasks are ${Object.keys(tasks).join(", ")}.`);
  }
  if (train.length === 0) throw refusal("There is no dataset to learn from.", "Give at least one in train.");
  if (name !== undefined && !/^[A-Za-z0-9 _-]{3,100}$/.test(name)) {
    throw refusal(
      `“${name}” cannot be the name of a tuning.`,
      "It has 3 to 100 Latin letters, digits, spaces, _ and -.",
    );
  }
  return {
    baseModelUri: toModelUri(request.baseModel, kind.scheme, folderId),
    trainDatasets: train.map((each) => (typeof each === "string" ? weighted(each) : each)),
    ...(validation && { validationDataset: weighted(validation) }),
    testDatasets: (test ?? []).map(weighted),
    [kind.field]: params,
    name,
    description,
    labels: labels ?? {},
  };
}

function weighted(datasetId: string): { datasetId: string; weight: number } {
  return { datasetId, weight: 1 };
}

/** What a task was begun with; `params` are those that differ from nothing at all. */
export type TuningOptions = {
  taskId: string;
  baseModel: string;
  train: readonly { datasetId: string; weight: number }[];
  task?: Task | undefined;
  params: Readonly<Record<string, JsonValue>>;
};

export type WireOptions = {
  taskId: string;
  baseModelUri: string;
  trainDatasets: { datasetId: string; weight: number }[];
} & Record<string, unknown>;

export function fromTuningOptions(wire: WireOptions): TuningOptions {
  const { taskId, baseModelUri: baseModel, trainDatasets: train } = wire;
  const [task] = (Object.keys(tasks) as Task[]).filter((each) => wire[tasks[each].field]);
  const params = task ? (wire[tasks[task].field] as TuningOptions["params"]) : {};
  return { taskId, baseModel, train, task, params };
}

function refusal(problem: string, hint: string): BesedaError {
  return new BesedaError(problem, { code: "invalid-argument", hint });
}
