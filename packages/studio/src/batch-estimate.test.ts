import type { BatchEstimate } from "@beseda/jobs";
import { describe, expect, it } from "vitest";
import { costLimit } from "./batch-cost-limit.ts";
import { estimateLines, isMuch } from "./batch-estimate.ts";

const estimate: BatchEstimate = {
  rows: 1_000,
  badRows: 0,
  inputTokens: 40_000,
  outputTokens: 60_000,
  basis: "guessed",
  time: { basis: "assumed", seconds: 438 },
  calls: "sync",
};
const model = "openai:gpt-5-mini";

describe("the estimate of a batch", () => {
  it("tells rows, tokens, cost and time, what is not known as such, and where it comes from", () => {
    expect(estimateLines({ ...estimate, badRows: 2 }, model)).toEqual([
      "1,000 rows for openai:gpt-5-mini, each reply asked for at once, 2 rows left out as no rows",
      "about 40k tokens in and 60k out, cost unknown (a guess, one reply a row)",
      "about 7 min 18 s (assumed: 1 s to the first token, then 50 tokens a second; tools take more)",
    ]);
    const time = { basis: "measured", seconds: 125 } as const;
    const measured = { ...estimate, cost: { RUB: 12.5 }, time, basis: "measured", calls: "batch" } as const;
    expect(estimateLines(measured, "yandex:yandexgpt/latest")).toEqual([
      "1,000 rows for yandex:yandexgpt/latest, in batches of the service",
      "about 40k tokens in and 60k out, about 12.50 RUB (by the last batch of the same agent)",
      "about 2 min 5 s (by the last batch of the same agent)",
    ]);
  });

  it("says by what the time is known, and where it is not", () => {
    const timeOf = (time: BatchEstimate["time"], of = model) => estimateLines({ ...estimate, time }, of).at(-1);
    expect(timeOf({ basis: "same-model", seconds: 60 })).toBe("about 1 min 0 s (by the last batch of the same model)");
    expect(timeOf({ basis: "unknown" })).toBe("time unknown, maybe hours");
    expect(timeOf({ basis: "unknown", windowHours: 24 })).toBe(
      "time unknown, maybe hours, up to 24 h for each step, as the service says",
    );
    expect(timeOf({ basis: "assumed", seconds: 438 }, "offline:offline")).toMatch(
      /^time unknown: no batch of this model/,
    );
    expect(timeOf({ basis: "rate-limits", seconds: 600 }, "offline:offline")).toBe(
      "about 10 min 0 s (as the rate limits let it)",
    );
  });

  it("asks above 100,000 tokens or 1,000 rows of unknown cost, above 100 RUB, 1 USD or 1 EUR, and never for the embedded model", () => {
    expect(isMuch(estimate, model)).toBe(false);
    expect(isMuch({ ...estimate, outputTokens: 60_001 }, model)).toBe(true);
    expect(isMuch({ ...estimate, rows: 1_001 }, model)).toBe(true);
    expect(isMuch({ ...estimate, rows: 1_000_000, cost: { RUB: 100 } }, model)).toBe(false);
    expect(isMuch({ ...estimate, cost: { RUB: 100.01 } }, model)).toBe(true);
    expect(isMuch({ ...estimate, cost: { USD: 1.01 } }, model)).toBe(true);
    expect(isMuch({ ...estimate, cost: { JPY: 1 } }, model)).toBe(true);
    expect(isMuch({ ...estimate, rows: 1_000_000 }, "offline:offline")).toBe(false);
  });
});

describe("--max-cost", () => {
  it("takes an amount with its currency, and without one where the provider's prices have one", () => {
    expect(costLimit("500RUB", "openai")).toEqual({ RUB: 500 });
    expect(costLimit("RUB=499.5", "openai")).toEqual({ RUB: 499.5 });
    expect(costLimit("500", "yandex")).toEqual({ RUB: 500 });
    expect(() => costLimit("500", "openai")).toThrow("names no currency");
  });

  it.each(["", "0", "-5RUB", "5 roubles", "RUB", "1e3RUB", "RUB=5USD", "5rub"])("refuses “%s”", (text) => {
    expect(() => costLimit(text, "yandex")).toThrow(expect.objectContaining({ code: "invalid-argument" }));
  });
});
