import { describe, expect, it } from "vitest";
import { estimateTokens, messageTokens } from "./estimate-usage.ts";

describe("an estimate of tokens", () => {
  it("knows that Russian takes more of them than English, and Chinese more than both", () => {
    expect(estimateTokens("a".repeat(12))).toBe(3);
    expect(estimateTokens("я".repeat(12))).toBe(4);
    expect(estimateTokens("字".repeat(12))).toBe(12);
  });

  it("counts the role, the reasoning, the calls, and an image by what it costs and not by its bytes", () => {
    expect(messageTokens({ role: "user", content: "" })).toBe(4);
    const image = `data:image/png;base64,${"A".repeat(1_000_000)}`;
    expect(messageTokens({ role: "user", content: [{ type: "image", image }] })).toBe(1_504);
    const thought = { type: "reasoning", text: "a".repeat(40) } as const;
    const call = { type: "tool-call", toolCallId: "1", toolName: "look", input: { a: 1 } } as const;
    expect(messageTokens({ role: "assistant", content: [thought, call] })).toBe(4 + 10 + 3);
  });
});
