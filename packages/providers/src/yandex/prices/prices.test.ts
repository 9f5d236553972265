import { BesedaError } from "@beseda/core";
import { describe, expect, it } from "vitest";
import { toPrices, yandexPrices } from "./prices.ts";

function problemOf(table: unknown): string {
  try {
    toPrices(table);
  } catch (error) {
    if (error instanceof BesedaError && error.code === "invalid-argument") return error.message;
  }
  return "none";
}

describe("the table of prices", () => {
  it("says since when it holds, and passes its own check", () => {
    expect(yandexPrices).toMatchObject({ date: "2026-03", currency: "RUB" });
    expect(toPrices(yandexPrices)).toBe(yandexPrices);
    expect(toPrices({ date: "2027-01", currency: "USD" })).toEqual({ date: "2027-01", currency: "USD" });
  });

  it.each<[string, unknown]>([
    ["it has to be an object", "2027"],
    ["currency is missing", { date: "2027-01" }],
    ["date has to be a text", { date: 2027, currency: "RUB" }],
    ["picture is not known; there are date, currency, source, text", { ...yandexPrices, picture: {} }],
    ["text.sycn is not known; there are sync, async", { ...yandexPrices, text: { sycn: {} } }],
    [
      'text.sync["yandexgpt"] has to name the model with its version',
      { ...yandexPrices, text: { sync: { yandexgpt: { input: 1, output: 1 } } } },
    ],
    ['text.async["a/b"].output is missing', { ...yandexPrices, text: { async: { "a/b": { input: 1 } } } }],
    ['batch.models["a/b"] has to be a number', { ...yandexPrices, batch: { fewestTokens: 1, models: { "a/b": "1" } } }],
    ['images["a/b"] has to be a number, not below 0', { ...yandexPrices, images: { "a/b": -1 } }],
    ['embeddings["a/b"] has to be a number', { ...yandexPrices, embeddings: { "a/b": Number.NaN } }],
    [
      'classification["tuned"].unitTokens has to be more than 0',
      { ...yandexPrices, classification: { tuned: { unitTokens: 0 } } },
    ],
    ["tools has to be an object", { ...yandexPrices, tools: [] }],
  ])("of a user is refused with its place where %s", (problem, table) => {
    expect(problemOf(table)).toContain(problem);
  });
});
