import { describe, expect, it } from "vitest";
import { addUsage, noUsage, type Usage } from "./message.ts";

const usage: Usage = { inputTokens: 2, outputTokens: 1, totalTokens: 3 };

describe("usage", () => {
  it("adds up, and has no cost where none is known", () => {
    expect(addUsage(usage, usage)).toEqual({ inputTokens: 4, outputTokens: 2, totalTokens: 6 });
    expect(addUsage(noUsage, { ...usage, estimated: true, reasoningTokens: 1, cachedInputTokens: 2 })).toEqual({
      ...usage,
      estimated: true,
      reasoningTokens: 1,
      cachedInputTokens: 2,
    });
  });

  it("adds money up by currency, that of one side alone too, and without dust", () => {
    const roubles = { ...usage, cost: { RUB: 0.1 } };
    expect(addUsage(roubles, usage).cost).toEqual({ RUB: 0.1 });
    expect(addUsage(usage, roubles).cost).toEqual({ RUB: 0.1 });
    expect(addUsage(roubles, { ...usage, cost: { RUB: 0.2, USD: 0.0000004 } }).cost).toEqual({
      RUB: 0.3,
      USD: 0.0000004,
    });
    expect(roubles.cost).toEqual({ RUB: 0.1 });
  });
});
