// The port for models that say which of some labels a text deserves.
import type { Usage } from "../message.ts";

export type Prediction = {
  label: string;
  /** From 0 to 1. They add up to 1, but for classifiers that may give several labels. */
  confidence: number;
};

export type Classification = {
  /** The most likely one. */
  label: string;
  confidence: number;
  /** All of them, in the order of the service. */
  predictions: readonly Prediction[];
  usage: Usage;
};

export interface TextClassifier {
  readonly provider: string;
  readonly modelId: string;
  classify(text: string, options?: { signal?: AbortSignal | undefined }): Promise<Classification>;
}
