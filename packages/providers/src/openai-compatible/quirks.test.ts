import { describe, expect, it } from "vitest";
import { quirks, quirksFor } from "./quirks.ts";

describe("the quirks of a server", () => {
  it.each([
    ["https://api.openai.com/v1", quirks.openai],
    ["https://ai.api.cloud.yandex.net/v1", quirks.yandex],
    ["https://llm.api.cloud.yandex.net/v1", quirks.yandex],
    ["https://api.deepseek.com", quirks.deepseek],
    ["https://openrouter.ai/api/v1", quirks.openrouter],
    ["http://localhost:11434/v1", quirks.ollama],
    ["http://gpu-7:8000/v1", quirks.standard],
    ["https://api.openai.com.evil.example/v1", quirks.standard],
  ])("are known for %s", (address, expected) => {
    expect(quirksFor(new URL(address))).toEqual(expected);
  });

  it("are what the user declares, wholly or in part", () => {
    const openai = new URL("https://api.openai.com/v1");
    expect(quirksFor(openai, quirks.vllm)).toEqual(quirks.vllm);
    expect(quirksFor(openai, { maxTokensField: "max_tokens" })).toEqual({
      ...quirks.openai,
      maxTokensField: "max_tokens",
    });
  });
});
