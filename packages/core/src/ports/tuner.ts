// The port for services that teach a model from examples.
import type { JsonValue } from "../message.ts";
import type { Operations } from "./operation.ts";

export type TuningRequest = {
  /** The model that is taught. */
  baseModel: string;
  /** What it is taught: to answer, to choose one of several labels, to choose any of them, to tell which texts belong together. */
  task: "generation" | "classification" | "multilabel-classification" | "embedding-pairs" | "embedding-triplets";
  /** Datasets by their ids; `weight` is relative. */
  train: readonly (string | { datasetId: string; weight: number })[];
  validation?: string | undefined;
  test?: readonly string[] | undefined;
  name?: string | undefined;
  description?: string | undefined;
  labels?: Readonly<Record<string, string>> | undefined;
  /** Learning rate and the like, in the provider's own words. */
  params?: Readonly<Record<string, JsonValue>> | undefined;
};

/** `modelId` can be used at once, wherever the name of a model is asked for. */
export type TunedModel = { modelId: string };

export interface Tuner extends Operations<TuningRequest, TunedModel> {
  readonly provider: string;
}
