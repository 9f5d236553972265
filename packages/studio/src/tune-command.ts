// `beseda tune`: models of Yandex AI Studio taught from a dataset. Each function resolves to the exit code.
import { BesedaError, type Operation, type TunedModel, type TuningRequest, waitForOperation } from "@beseda/core";
import type { Tuning, YandexTuningParams } from "@beseda/providers/yandex/grpc";
import { ProgressLine } from "./progress-line.ts";

type Json = { json?: boolean };

export type TuneOptions = Json & {
  model?: string;
  name?: string;
  validation?: string;
  /** JSON. */
  params?: string;
  wait?: boolean;
};

const grpc = () => import("@beseda/providers/yandex/grpc");

async function tuner() {
  const { yandexTuning } = await grpc();
  return yandexTuning();
}

/** What a model learns from a dataset is told by the type of its rows. */
const tasks: Readonly<Record<string, TuningRequest["task"]>> = {
  TextToTextGeneration: "generation",
  TextClassificationMulticlass: "classification",
  TextClassificationMultilabel: "multilabel-classification",
  TextEmbeddingsPair: "embedding-pairs",
  TextEmbeddingsTriplet: "embedding-triplets",
};

export async function tune(datasetId: string | undefined, options: TuneOptions): Promise<number> {
  const { model, name, validation, wait, json } = options;
  if (!datasetId || !model) {
    throw new BesedaError(datasetId ? "No model is named." : "No dataset is named.", {
      code: "invalid-argument",
      hint: "Such as: beseda tune fds… --model yandexgpt-lite. “beseda dataset list” tells the datasets.",
    });
  }
  const params = toParams(options.params);
  const task = await taskOf(datasetId);
  const tuning = await tuner();
  const request = { baseModel: model, task, train: [datasetId], validation, name, params };
  // The same command again asks after what it began: only so many tunings are allowed in an hour.
  const begun = await tuning.submit(request, { key: JSON.stringify(request) });
  if (!wait || begun.done) return told(begun, json);
  process.stderr.write(`The tuning ${begun.id} has begun; “beseda tune status ${begun.id}” asks after it too.\n`);
  const progress = new ProgressLine();
  try {
    await waitForOperation(tuning, begun.id, {
      pollMs: 5_000,
      onProgress: (operation) => progress.show(stateOf(operation)),
    });
  } finally {
    progress.clear();
  }
  return told(await tuning.poll(begun.id), json);
}

export async function status(id: string, { json }: Json): Promise<number> {
  return told(await (await tuner()).poll(id), json);
}

export async function cancel(id: string, { json }: Json): Promise<number> {
  const operation = await (await tuner()).cancel(id);
  // That it was called off is what was wanted.
  told(operation, json);
  return 0;
}

export async function list({ json }: Json): Promise<number> {
  const found: Tuning[] = [];
  for await (const tuning of (await tuner()).list()) found.push(tuning);
  const line = ({ id, status: state, name, modelId, sourceModel }: Tuning) =>
    `${id}  ${state.padEnd(11)}  ${modelId ?? sourceModel}  ${name}\n`;
  process.stdout.write(json ? `${JSON.stringify(found)}\n` : found.map(line).join(""));
  if (found.length === 0 && !json)
    process.stderr.write("There are no tunings. Begin one: beseda tune DATASET --model …\n");
  return 0;
}

/** Looked at before anything is begun: only so many tunings are allowed in an hour. */
async function taskOf(datasetId: string): Promise<TuningRequest["task"]> {
  const { yandexDatasets } = await grpc();
  const { status: state, taskType } = await yandexDatasets().describe(datasetId);
  const task = tasks[taskType];
  if (state === "READY" && task) return task;
  const problem = task ? `is ${state}` : `has rows for ${taskType}, which no model is taught with`;
  throw new BesedaError(`The dataset ${datasetId} ${problem}.`, {
    code: "invalid-argument",
    hint: task
      ? `“beseda dataset validate ${datasetId}” makes it READY, or says what is wrong.`
      : `Types: ${Object.keys(tasks).join(", ")}.`,
  });
}

function toParams(text: string | undefined): YandexTuningParams | undefined {
  if (text === undefined) return undefined;
  try {
    const params: unknown = JSON.parse(text);
    if (typeof params === "object" && params !== null && !Array.isArray(params)) return params;
  } catch {}
  throw new BesedaError("--params has to be a JSON object.", {
    code: "invalid-argument",
    hint: `Such as --params '{"lr": 0.0001, "lora": {"rank": 8}}'.`,
  });
}

/** 1 where it has failed. */
function told(operation: Operation<TunedModel>, json: boolean | undefined): number {
  const { id, done, metadata, response, error } = operation;
  if (json) {
    const failure = error && { code: error.code, message: error.message, hint: error.hint };
    process.stdout.write(`${JSON.stringify({ id, done, metadata, response, error: failure })}\n`);
  } else {
    process.stdout.write(`${id}: ${stateOf(operation)}\n`);
    if (response?.modelId.startsWith("gpt:")) {
      process.stderr.write(`Talk to it: beseda chat --model "yandex:${response.modelId}"\n`);
    }
  }
  return error ? 1 : 0;
}

function stateOf({ done, metadata = {}, response, error }: Operation<TunedModel>): string {
  if (error) return error.advice;
  if (response) return response.modelId;
  const { status: state, currentStep, totalSteps } = metadata;
  const steps = totalSteps ? `, step ${currentStep ?? 0} of ${totalSteps}` : "";
  return done ? "done" : `${state ?? "begun"}${steps}`;
}
