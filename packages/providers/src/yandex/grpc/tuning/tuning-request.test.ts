import type { TuningRequest } from "@beseda/core";
import { describe, expect, it } from "vitest";
import { loadGrpc } from "../load-grpc.ts";
import { problemOf } from "../message.ts";
import { toTuningRequest, type YandexTuningParams } from "./tuning-request.ts";

const request: TuningRequest = { baseModel: "yandexgpt-lite", task: "generation", train: ["fds1"] };

describe("a tuning request", () => {
  it.each([
    ["generation", "textToTextCompletion", "gpt"],
    ["classification", "textClassificationMulticlass", "cls"],
    ["multilabel-classification", "textClassificationMultilabel", "cls"],
    ["embedding-pairs", "textEmbeddingPairParams", "emb"],
    ["embedding-triplets", "textEmbeddingTripletParams", "emb"],
  ] as const)("for %s has its own params and kind of model", async (task, field, scheme) => {
    const message = toTuningRequest({ ...request, task, train: ["fds1", { datasetId: "fds2", weight: 2 }] }, "b1g");
    expect(message).toMatchObject({
      baseModelUri: `${scheme}://b1g/yandexgpt-lite/latest`,
      trainDatasets: [
        { datasetId: "fds1", weight: 1 },
        { datasetId: "fds2", weight: 2 },
      ],
      [field]: {},
    });
    const { root } = await loadGrpc();
    expect(problemOf(root.lookupType("TuningRequest"), message)).toBeUndefined();
  });

  it("is refused here where the service would refuse it", () => {
    expect(() => toTuningRequest({ ...request, train: [] }, "b1g")).toThrow("no dataset");
    expect(() => toTuningRequest({ ...request, name: "x" }, "b1g")).toThrow("“x” cannot be the name");
    expect(() => toTuningRequest({ ...request, name: "Имя" }, "b1g")).toThrow("cannot be the name");
    expect(() => toTuningRequest({ ...request, task: "poetry" as "generation" }, "b1g")).toThrow(
      "no tuning for “poetry”",
    );
  });

  it("tells which of its params is not known, or does not fit", async () => {
    const { root } = await loadGrpc();
    const problem = (params: object) =>
      problemOf(root.lookupType("TuningRequest"), toTuningRequest({ ...request, params: { ...params } }, "b1g"));
    const right: YandexTuningParams = {
      seed: 1,
      lr: 0.001,
      lora: { rank: 8, alpha: 16 },
      scheduler: { cosine: { minLr: 0.0001 }, warmupRatio: 0.1 },
      optimizer: { adamw: { beta1: 0.9, weightDecay: 0.01 } },
    };
    expect(problem(right)).toBeUndefined();
    expect(problem({ learningRate: 1 })).toMatch(/textToTextCompletion\.learningRate is not known; there are .*lr/);
    expect(problem({ lora: { rank: 1.5 } })).toBe("textToTextCompletion.lora.rank has to be a whole number");
    expect(problem({ lora: {}, promptTune: {} })).toMatch(/only one of lora and promptTune/);
    expect(problem({ scheduler: { linear: {}, cosine: {} } })).toMatch(/only one of linear and cosine/);
    expect(problem({ embeddingDims: [256] })).toContain("embeddingDims is not known");
  });
});
