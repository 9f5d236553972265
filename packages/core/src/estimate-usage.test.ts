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
    const file = (mediaType: string, bytes: number) => {
      const content = `data:${mediaType};base64,${"A".repeat((bytes * 4) / 3)}`;
      return messageTokens({ role: "user", content: [{ type: "file", mediaType, file: content }] });
    };
    expect(file("image/png", 300_000)).toBe(1_504);
    expect(file("text/plain", 300)).toBe(4 + 75);
    expect(file("application/pdf", 99_000)).toBe(4 + 4_000);
    expect(file("audio/wav", 48_000)).toBe(4 + 30);
    const thought = { type: "reasoning", text: "a".repeat(40) } as const;
    const call = { type: "tool-call", toolCallId: "1", toolName: "look", input: { a: 1 } } as const;
    expect(messageTokens({ role: "assistant", content: [thought, call] })).toBe(4 + 10 + 3);
  });
});
