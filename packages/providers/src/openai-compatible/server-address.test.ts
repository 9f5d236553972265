import { expect, it } from "vitest";
import { endpoint, toServer } from "./server-address.ts";

it("An address without a path, such as DeepSeek's, has its endpoints one slash away", () => {
  for (const [baseURL, url] of [
    ["https://api.deepseek.com", "https://api.deepseek.com/chat/completions"],
    ["https://api.deepseek.com/", "https://api.deepseek.com/chat/completions"],
    ["https://api.deepseek.com/chat/completions", "https://api.deepseek.com/chat/completions"],
    ["https://api.openai.com/v1/", "https://api.openai.com/v1/chat/completions"],
    [
      "https://me.openai.azure.com/openai?api-version=1",
      "https://me.openai.azure.com/openai/chat/completions?api-version=1",
    ],
  ] as const) {
    expect(endpoint(toServer({ baseURL }), "chat/completions")).toBe(url);
  }
});
