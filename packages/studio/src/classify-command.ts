// `beseda classify`: which of some labels a text deserves.
import { BesedaError } from "@beseda/core";
import type { ClassifierSample } from "@beseda/providers/yandex";
import { readText } from "./read-text.ts";
import { writeJson, writeLines } from "./write-lines.ts";
import { yandexModelName } from "./yandex-model-name.ts";

export type ClassifyOptions = {
  /** Parted by commas. */
  labels?: string;
  task?: string;
  /** Each `text=label`. */
  sample?: string[];
  model?: string;
  json?: boolean;
};

const usualTask = "Choose the label that fits the text best.";

/** Writes the likeliest label first. Resolves to the exit code. @throws BesedaError where it cannot be told */
export async function classify(argument: string | undefined, options: ClassifyOptions): Promise<number> {
  const { labels, task = usualTask, sample = [], json } = options;
  const model = yandexModelName(options.model);
  const { yandexClassifier } = await import("@beseda/providers/yandex");
  const classifier =
    labels === undefined
      ? yandexClassifier({ model: tunedName(model) })
      : yandexClassifier({ task, labels: labels.split(",").map(trimmed), samples: sample.map(toSample), model });
  const answer = await classifier.classify(await readText(argument, process.stdin));
  const sorted = answer.predictions.toSorted((a, b) => b.confidence - a.confidence);
  if (json) writeJson(answer);
  else writeLines(sorted.map(({ label, confidence }) => `${confidence.toFixed(2)}  ${label}`));
  return 0;
}

function tunedName(model: string | undefined): string {
  if (model?.includes("@")) return model;
  throw new BesedaError("No labels are given.", {
    code: "invalid-argument",
    hint: "Give two to twenty: --labels question,complaint,praise. Only a tuned classifier (--model …@tamr…) knows its own.",
  });
}

/** The text may have an equals sign in it. */
function toSample(written: string): ClassifierSample {
  const at = written.lastIndexOf("=");
  if (at > 0) return { text: trimmed(written.slice(0, at)), label: trimmed(written.slice(at + 1)) };
  throw new BesedaError(`“${written}” is no sample.`, {
    code: "invalid-argument",
    hint: "Write a text, an equals sign and its label: --sample “Where is my parcel?=delivery”.",
  });
}

function trimmed(text: string): string {
  return text.trim();
}
