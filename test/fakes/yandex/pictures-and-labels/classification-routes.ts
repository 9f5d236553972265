// The doors of the fake that classify. What fits is told by the words that text, labels and samples have in common.
import { type FakeRoute, type FakeState, Refusal } from "../fake-service.ts";
import { countTokens } from "../text/fake-tokenizer.ts";
import { readFields, type WireShape } from "../wire-fields.ts";
import { commonStems } from "./word-vector.ts";

/**
 * Tuned classifiers are told apart by their name: with `multilabel` in it they give each label a confidence of its own,
 * with `binary` a single one, otherwise all of them together add up to 1.
 */
export const tunedLabels: readonly string[] = ["delivery", "payment", "complaint"];

export function classificationRoutes(state: FakeState): FakeRoute[] {
  return [
    {
      method: "POST",
      path: /^\/foundationModels\/v1\/fewShotTextClassification$/,
      errors: "unary",
      quota: "classification",
      isBilled: true,
      answer: ({ body }) => {
        const request = readFields<FewShotRequest>(body, fewShotRequest);
        // Nothing says that the service needs a task description: it may be left out.
        const { modelUri, taskDescription = "", labels = [], text = "", samples = [] } = request;
        const model = state.models.find(modelUri, "cls");
        if (model.tune !== undefined) throw new Refusal(3, `Failed to get model ${modelUri}`);
        if (labels.length < 2 || labels.length > 20) {
          throw new Refusal(3, `number of labels is ${labels.length}, which is outside the range [2, 20]`);
        }
        if (new Set(labels).size < labels.length || labels.includes("")) throw new Refusal(3, "labels must be unique");
        const stray = samples.find(({ label = "" }) => !labels.includes(label));
        if (stray) throw new Refusal(3, `unknown label ${stray.label} in samples`);
        const inputTokens = countAll([taskDescription, text, ...labels, ...samples.map((each) => each.text ?? "")]);
        checkText(text, inputTokens, 6_000);
        const known = (label: string) => samples.filter((each) => each.label === label).map((each) => each.text ?? "");
        const scores = labels.map((label) => commonStems(text, [label, ...known(label)].join(" ")));
        return { predictions: sharedOut(labels, scores), modelVersion: "23.10.2024", inputTokens: `${inputTokens}` };
      },
    },
    {
      method: "POST",
      path: /^\/foundationModels\/v1\/textClassification$/,
      errors: "unary",
      quota: "classification",
      isBilled: true,
      answer: ({ body }) => {
        const { modelUri, text = "" } = readFields<TunedRequest>(body, tunedRequest);
        const { tune } = state.models.find(modelUri, "cls");
        if (tune === undefined) throw new Refusal(3, `Failed to get model ${modelUri}`);
        const inputTokens = countAll([text]);
        checkText(text, inputTokens, 8_000);
        const scores = tunedLabels.map((label) => commonStems(text, label));
        return { predictions: learnt(tune, scores), modelVersion: "", inputTokens: `${inputTokens}` };
      },
    },
  ];
}

type FewShotRequest = {
  modelUri?: string;
  taskDescription?: string;
  labels?: string[];
  text?: string;
  samples?: { text?: string; label?: string }[];
};

const fewShotRequest: WireShape = {
  name: "FewShotTextClassificationRequest",
  fields: {
    modelUri: "string",
    taskDescription: "string",
    labels: { list: "string" },
    text: "string",
    samples: { list: { message: { name: "ClassificationSample", fields: { text: "string", label: "string" } } } },
  },
};

type TunedRequest = { modelUri?: string; text?: string };

const tunedRequest: WireShape = {
  name: "TextClassificationRequest",
  fields: { modelUri: "string", text: "string" },
};

function learnt(tune: string, scores: readonly number[]): { label: string; confidence: number }[] {
  const own = scores.map((score) => (score > 0 ? 0.9 : 0.1));
  if (tune.includes("binary")) return [{ label: tunedLabels[0] ?? "", confidence: own[0] ?? 0 }];
  if (tune.includes("multilabel")) return tunedLabels.map((label, index) => ({ label, confidence: own[index] ?? 0 }));
  return sharedOut(tunedLabels, scores);
}

/** Each word in common makes a label five times as likely. */
function sharedOut(labels: readonly string[], scores: readonly number[]): { label: string; confidence: number }[] {
  const weights = labels.map((_, index) => 5 ** (scores[index] ?? 0));
  const sum = weights.reduce((total, each) => total + each, 0);
  return labels.map((label, index) => ({ label, confidence: (weights[index] ?? 0) / sum }));
}

function countAll(texts: readonly string[]): number {
  return texts.reduce((sum, text) => sum + countTokens(text), 0);
}

function checkText(text: string, tokens: number, most: number): void {
  if (text === "") throw new Refusal(3, "empty message text");
  if (tokens > most) throw new Refusal(3, `number of input tokens must be no more than ${most}, got ${tokens}`);
}
