// `beseda tune`: models of Yandex AI Studio taught from a dataset. Each function resolves to the exit code.
import { BesedaError, type Operation, type TunedModel, type TuningRequest, waitForOperation } from "@beseda/core";
import type { Tuning, YandexTuning, YandexTuningParams } from "@beseda/providers/yandex/grpc";
import { ProgressLine } from "./progress-line.ts";
import { untilStopped } from "./until-stopped.ts";
import { writeJson, writeLines } from "./write-lines.ts";

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

/** The same command again asks after what it has begun: only so many tunings are allowed in an hour. */
export async function tune(datasetId: string | undefined, options: TuneOptions): Promise<number> {
  const { model, name, validation, wait, json } = options;
  if (!datasetId || !model || isMistyped(datasetId)) throw unclear(datasetId);
  const params = toParams(options.params);
  const task = await taskOf(datasetId);
  const tuning = await tuner();
  const request = { baseModel: model, task, train: [datasetId], validation, name, params };
  const known = new Set<string>();
  for await (const { id } of tuning.list()) known.add(id);
  const begun = await tuning.submit(request, { key: JSON.stringify(request) });
  const isFound = known.has(begun.id);
  const what = isFound
    ? `Found ${begun.id}, which the same command has begun before; with another --name it begins a new one.`
    : `Began ${begun.id}.`;
  writeLines([`${what} “beseda tune status ${begun.id}” asks after it from anywhere.`], process.stderr);
  return told(wait ? await waitedFor(tuning, begun, json) : begun, { json, isFound });
}

function isMistyped(datasetId: string): boolean {
  return /^[a-z]{1,10}$/i.test(datasetId) && !datasetId.startsWith("fds");
}

function unclear(datasetId: string | undefined): BesedaError {
  const example = "Such as: beseda tune fds… --model yandexgpt-lite. “beseda dataset list” tells the datasets.";
  if (!datasetId) return new BesedaError("No dataset is named.", { code: "invalid-argument", hint: example });
  return isMistyped(datasetId)
    ? new BesedaError(`“${datasetId}” is neither a dataset nor a command.`, {
        code: "invalid-argument",
        hint: "The commands of tune are list, status and cancel; datasets are called fds….",
      })
    : new BesedaError("No model is named.", { code: "invalid-argument", hint: example });
}

/** What it is in the end, failed or not. Where it cannot be waited for, what was known last is told to programs. */
async function waitedFor(
  tuning: YandexTuning,
  begun: Operation<TunedModel>,
  json: boolean | undefined,
): Promise<Operation<TunedModel>> {
  const progress = new ProgressLine();
  let last = begun;
  const onProgress = (operation: Operation<TunedModel>) => {
    last = operation;
    progress.show(stateOf(operation));
  };
  try {
    if (!begun.done) {
      await untilStopped(
        (signal) => waitForOperation(tuning, begun.id, { signal, pollMs: 5_000, onProgress }),
        () => `The tuning goes on: “beseda tune status ${begun.id}” asks after it, “beseda tune cancel” calls it off.`,
      );
    }
  } catch (thrown) {
    if (!last.done) {
      if (json) told(last, { json });
      throw thrown;
    }
  } finally {
    progress.clear();
  }
  return last;
}

export async function status(id: string, { json }: Json): Promise<number> {
  return told(await (await tuner()).poll(id), { json });
}

export async function cancel(id: string, { json }: Json): Promise<number> {
  const operation = await (await tuner()).cancel(id);
  // That it was called off is what was wanted.
  told(operation, { json });
  return 0;
}

export async function list({ json }: Json): Promise<number> {
  const found: Tuning[] = [];
  for await (const tuning of (await tuner()).list()) found.push(tuning);
  const line = ({ id, status: state, name, modelId, sourceModel }: Tuning) =>
    `${id}  ${state.padEnd(11)}  ${modelId ?? sourceModel}  ${name}`;
  if (json) writeJson(found);
  else writeLines(found.map(line));
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
function told(
  operation: Operation<TunedModel>,
  { json, isFound }: { json: boolean | undefined; isFound?: boolean },
): number {
  const { id, done, metadata, response, error } = operation;
  if (json) {
    const failure = error && { code: error.code, message: error.message, hint: error.hint };
    writeJson({ id, isFound, done, metadata, response, error: failure });
  } else {
    writeLines([`${id}: ${stateOf(operation)}`]);
    if (response) writeLines([howToUse(response.modelId)], process.stderr);
  }
  return error ? 1 : 0;
}

function howToUse(modelId: string): string {
  if (modelId.startsWith("cls:")) return `Ask it: beseda classify --model "${modelId}" "a text"`;
  if (modelId.startsWith("emb:")) return `Use it: yandexEmbeddings({ document: "${modelId}", query: "${modelId}" })`;
  return `Talk to it: beseda chat --model "yandex:${modelId}"`;
}

function stateOf({ done, metadata = {}, response, error }: Operation<TunedModel>): string {
  if (error?.code === "aborted") return "called off; no model came of it";
  if (error) return error.advice;
  if (response) return response.modelId;
  const { status: state, currentStep, totalSteps } = metadata;
  const steps = totalSteps ? `, step ${currentStep ?? 0} of ${totalSteps}` : "";
  return done ? "done" : `${state ?? "begun"}${steps}`;
}
