import { describe, expect, it } from "vitest";
import { batchRunCost, classificationCost, embeddingCost, imageCost, textCost, toolCallsCost } from "./cost.ts";
import { type YandexPrices, yandexPrices } from "./prices.ts";

const prices = yandexPrices;
const usage = { inputTokens: 1_500, outputTokens: 500, totalTokens: 2_000 };

function text(model: string, mode: "sync" | "async" | "batch", more = {}) {
  return textCost({ prices, modelUri: `gpt://b1gfolder/${model}`, mode, usage: { ...usage, ...more } });
}

describe("what a reply costs", () => {
  it("is its input and its output, each at its own rate for 1,000 tokens", () => {
    // 1.5 × 0.50 + 0.5 × 1.20
    expect(text("aliceai-llm/latest", "sync")).toEqual({ RUB: 1.35 });
    // 1.5 × 0.25 + 0.5 × 1.00
    expect(text("aliceai-llm/latest", "async")).toEqual({ RUB: 0.875 });
  });

  it("differs between the versions of one model, and a version without a price has none", () => {
    expect(text("yandexgpt/latest", "sync")).toEqual({ RUB: 2.4 });
    expect(text("yandexgpt", "sync")).toEqual({ RUB: 2.4 });
    expect(text("yandexgpt/rc", "sync")).toEqual({ RUB: 1.6 });
    expect(text("yandexgpt/rc", "async")).toEqual({ RUB: 0.8 });
    expect(text("yandexgpt/deprecated", "sync")).toBeUndefined();
  });

  it("of a tuned model is that of its base", () => {
    expect(text("yandexgpt-lite/latest@tamrsuffix", "sync")).toEqual({ RUB: 0.4 });
  });

  it("counts cached input at its own rate, and reasoning as the output that it is part of", () => {
    // 0.5 × 0.50 + 1 × 0.13 + 0.5 × 0.80
    expect(text("deepseek-v32/latest", "sync", { cachedInputTokens: 1_000 })).toEqual({ RUB: 0.78 });
    expect(text("gpt-oss-120b/latest", "sync", { reasoningTokens: 400 })).toEqual({ RUB: 0.6 });
  });

  it("in a batch is all its tokens at the rate of batches", () => {
    expect(text("gemma-3-12b-it/latest", "batch")).toEqual({ RUB: 0.4 });
    expect(text("qwen3-235b-a22b/latest", "batch")).toEqual({ RUB: 12 });
  });

  it("is not guessed for a mode, a model or a dedicated instance without a price", () => {
    expect(text("qwen3-235b-a22b-fp8/latest", "async")).toBeUndefined();
    expect(text("yandexgpt/latest", "batch")).toBeUndefined();
    expect(text("a-model-of-tomorrow/latest", "sync")).toBeUndefined();
    expect(text("gemma-3-27b-it/bt1ofmyown", "sync")).toBeUndefined();
    expect(textCost({ prices, modelUri: "no uri", mode: "sync", usage })).toBeUndefined();
  });

  it("is not told to those who do not want to know", () => {
    expect(
      textCost({ prices: false, modelUri: "gpt://b1gfolder/yandexgpt/latest", mode: "sync", usage }),
    ).toBeUndefined();
  });

  it("has no dust of floating-point numbers in it", () => {
    expect(text("gpt-oss-20b/latest", "sync", { inputTokens: 1_000, outputTokens: 2_000 })).toEqual({ RUB: 0.3 });
    expect(text("gpt-oss-20b/latest", "sync", { inputTokens: 7, outputTokens: 0 })).toEqual({ RUB: 0.0007 });
  });
});

describe("what else is billed", () => {
  it("a batch run is 200,000 tokens at least", () => {
    const modelUri = "gpt://b1gfolder/gemma-3-27b-it";
    expect(batchRunCost({ prices, modelUri, tokens: 900 })).toEqual({ RUB: 80 });
    expect(batchRunCost({ prices, modelUri, tokens: 300_000 })).toEqual({ RUB: 120 });
    expect(batchRunCost({ prices, modelUri: "gpt://b1gfolder/yandexgpt", tokens: 900 })).toBeUndefined();
  });

  it("a classification is as many units as its tokens fill, rounded up", () => {
    const own: YandexPrices = {
      ...prices,
      classification: {
        "yandexgpt-lite/latest": { unitTokens: 1_000, unit: 0.1 },
        "yandexgpt/latest": { unitTokens: 250, unit: 0.3 },
        tuned: { unitTokens: 250, unit: 0.2 },
      },
    };
    const cost = (model: string, tokens: number) =>
      classificationCost({ prices: own, modelUri: `cls://b1gfolder/${model}`, tokens });
    expect([0, 1, 1_000, 1_001].map((tokens) => cost("yandexgpt-lite/latest", tokens)?.RUB)).toEqual([
      0.1, 0.1, 0.1, 0.2,
    ]);
    expect([250, 251, 751].map((tokens) => cost("yandexgpt/latest", tokens)?.RUB)).toEqual([0.3, 0.6, 1.2]);
    expect(cost("yandexgpt-lite/latest@tamrsuffix", 251)).toEqual({ RUB: 0.4 });
    expect(cost("another/latest", 1)).toBeUndefined();
  });

  it("classifications and pictures have no price of ours, for none was published; users can give one", () => {
    const modelUri = "art://b1gfolder/yandex-art/latest";
    expect(classificationCost({ prices, modelUri: "cls://b1gfolder/yandexgpt/latest", tokens: 1 })).toBeUndefined();
    expect(imageCost({ prices, modelUri })).toBeUndefined();
    expect(imageCost({ prices: { ...prices, images: { "yandex-art/latest": 2.2 } }, modelUri })).toEqual({ RUB: 2.2 });
  });

  it("vectors are paid for by their tokens", () => {
    const modelUri = "emb://b1gfolder/text-search-doc/latest";
    expect(embeddingCost({ prices, modelUri, tokens: 1_234 })).toEqual({ RUB: 0.01234 });
    const tuned = "emb://b1gfolder/text-embeddings/latest@tamrsuffix";
    expect(embeddingCost({ prices, modelUri: tuned, tokens: 1_000 })).toEqual({ RUB: 0.01 });
    expect(embeddingCost({ prices: { ...prices, currency: "USD" }, modelUri, tokens: 500 })).toEqual({ USD: 0.005 });
  });

  it("hosted tools are paid for by the call, unless one of them has no price", () => {
    expect(toolCallsCost({ prices, calls: { web_search: 2, file_search: 1 } })).toEqual({ RUB: 2.13 });
    expect(toolCallsCost({ prices, calls: { code_interpreter: 5 } })).toEqual({ RUB: 0 });
    expect(toolCallsCost({ prices, calls: { web_search: 1, image_generation: 1 } })).toBeUndefined();
    expect(toolCallsCost({ prices, calls: { toString: 1 } })).toBeUndefined();
  });
});
