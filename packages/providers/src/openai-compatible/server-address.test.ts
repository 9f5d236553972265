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

it("A header that is given takes the place of the one that is set here, however its name is written", () => {
  const { headers } = toServer({
    baseURL: "https://api.openai.com/v1",
    apiKey: "sk-own",
    headers: { Authorization: "Basic b3Nt", "X-Folder-Id": "b1g" },
  });
  expect(headers).toEqual({ authorization: "Basic b3Nt", "x-folder-id": "b1g" });
});

it("A name and a password in the address are refused, and in no text of the error", () => {
  expect(() => toServer({ baseURL: "https://me:pass-word@models.example/v1" })).toThrow(
    expect.objectContaining({
      code: "invalid-argument",
      message: expect.not.stringContaining("pass-word"),
      hint: expect.stringContaining("authorization"),
    }),
  );
});
