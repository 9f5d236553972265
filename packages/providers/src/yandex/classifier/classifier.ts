// A classifier: labels told when it is made, or learnt in a tuning.
import { BesedaError, type Classification, type TextClassifier } from "@beseda/core";
import { requestJson } from "@beseda/core/http";
import { wellFormedJson } from "../../wire-text.ts";
import type { YandexConnection, YandexSettings } from "../connection/connection.ts";
import { connectionOf } from "../connection/connection-of.ts";
import { parseModelUri, toModelUri } from "../model-uri.ts";
import { classificationCost } from "../prices/cost.ts";
import { tailOf } from "../quirks.ts";
import { fromClassification } from "./from-classification.ts";

export type ClassifierSample = { text: string; label: string };

/** What a classifier that was not tuned goes by: the labels, and perhaps texts that have theirs already. */
export type ClassifierTask = {
  /** What is to be told apart, such as `What does the customer write about?` */
  task: string;
  /** From 2 to 20, each of them once. They are read by the model: words that mean something do better than numbers. */
  labels: readonly string[];
  /** With the text at most 6,000 tokens, by the service's documentation. */
  samples?: readonly ClassifierSample[] | undefined;
  /** Default `yandexgpt-lite/latest`. */
  model?: string | undefined;
};

/** A tuned one, `yandexgpt-lite/latest@tamr…`, has learnt its task and its labels. */
export type TunedClassifier = { model: string; task?: undefined; labels?: undefined; samples?: undefined };

export type YandexClassifierOptions = YandexSettings & { connection?: YandexConnection | undefined } & (
    | ClassifierTask
    | TunedClassifier
  );

/**
 * A text classifier of Yandex AI Studio. Where several labels may hold at once (a tuned multi-label classifier), the
 * confidences are independent of each other; `label` is the most likely one all the same.
 * @throws BesedaError `invalid-argument` for labels or samples that the service would refuse
 */
export function yandexClassifier(options: YandexClassifierOptions): TextClassifier {
  const { model = "yandexgpt-lite/latest" } = options;
  const connection = connectionOf(options);
  const modelUri = toModelUri(model, "cls", connection.folderId);
  const asked = options.labels === undefined ? tunedTask(modelUri) : toldTask(options);
  return {
    provider: "yandex",
    modelId: tailOf(modelUri),
    async classify(text, { signal } = {}): Promise<Classification> {
      if (text.trim() === "") {
        throw new BesedaError("The text to classify is empty.", {
          code: "invalid-argument",
          hint: "Give a text with at least one word.",
        });
      }
      const body = wellFormedJson({ modelUri, ...asked.task, text });
      const request = connection.request({ at: "llm", path: asked.path, body, quota: "classification", signal });
      const answer = fromClassification(await requestJson(request));
      const cost = classificationCost({ prices: connection.prices, modelUri, tokens: answer.usage.inputTokens });
      return cost ? { ...answer, usage: { ...answer.usage, cost } } : answer;
    },
  };
}

type AskedTask = { path: string; task: Readonly<Record<string, unknown>> };

function tunedTask(modelUri: string): AskedTask {
  if (parseModelUri(modelUri)?.tune === undefined) {
    throw new BesedaError(`${modelUri} is not tuned, and no labels are given.`, {
      code: "invalid-argument",
      hint: "Give task and labels, or the URI of a tuned classifier, which ends in @tamr….",
    });
  }
  return { path: "/foundationModels/v1/textClassification", task: {} };
}

function toldTask({ task, labels, samples = [] }: ClassifierTask): AskedTask {
  checkTask(task);
  checkLabels(labels);
  for (const [index, sample] of samples.entries()) checkSample(sample, index, labels);
  return {
    path: "/foundationModels/v1/fewShotTextClassification",
    task: { taskDescription: task, labels, ...(samples.length > 0 && { samples }) },
  };
}

function checkTask(task: string): void {
  if (task.trim() !== "") return;
  throw new BesedaError("The task of the classifier is empty.", {
    code: "invalid-argument",
    hint: "Say what is to be told apart, such as “What does the customer write about?”.",
  });
}

function checkLabels(labels: readonly string[]): void {
  const problem = labelProblem(labels);
  if (!problem) return;
  throw new BesedaError(problem, {
    code: "invalid-argument",
    hint: "A classifier takes 2 to 20 labels, each of them once. For more of them tune one: it takes up to 100.",
  });
}

function labelProblem(labels: readonly string[]): string | undefined {
  if (labels.length < 2 || labels.length > 20) return `The number of labels is ${labels.length}.`;
  if (labels.some((label) => label.trim() === "")) return "There is an empty label.";
  const twice = labels.find((label, index) => labels.indexOf(label) !== index);
  return twice === undefined ? undefined : `The label “${twice}” is there twice.`;
}

function checkSample({ text, label }: ClassifierSample, index: number, labels: readonly string[]): void {
  if (text.trim() !== "" && labels.includes(label)) return;
  throw new BesedaError(
    text.trim() === ""
      ? `Sample ${index + 1} has no text.`
      : `Sample ${index + 1} has the label “${label}”, which is not among the labels.`,
    { code: "invalid-argument", hint: `Give it a text, and one of the labels: ${labels.join(", ")}.` },
  );
}
