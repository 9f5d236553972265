import type { ModelRequest } from "@beseda/core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startYandexServer, type YandexServer } from "../../../../../test/fakes/yandex/yandex-server.ts";
import { yandexTokenizer } from "./tokenizer.ts";

let server: YandexServer;
beforeAll(async () => {
  server = await startYandexServer();
});
afterAll(() => server.close());

const request: ModelRequest = {
  instructions: "Answer briefly.",
  messages: [{ role: "user", content: [{ type: "text", text: "ping" }] }],
  tools: [],
  toolChoice: "auto",
  reasoning: "off",
  settings: {},
};

describe("the tokenizer of a model of Yandex AI Studio", () => {
  it("tells the tokens of a text: number, text, and whether it is a mark of the template", async () => {
    const tokens = await yandexTokenizer("yandexgpt/latest", server.settings).tokenize("ping\npong");
    expect(tokens.map(({ text }) => text)).toEqual(["<s>", "▁ping", "[NL]", expect.stringContaining("pong")]);
    expect(tokens.map(({ isSpecial }) => isSpecial)).toEqual([true, false, true, false]);
    expect(tokens.every(({ id }) => Number.isSafeInteger(id) && id > 0)).toBe(true);
  });

  it("counts a whole request, instructions and template included, as many tokens as the reply is billed for", async () => {
    const tokens = await yandexTokenizer("yandexgpt", server.settings).tokenizeRequest(request);
    const alone = await yandexTokenizer("yandexgpt", server.settings).tokenize("ping");
    expect(tokens.length).toBeGreaterThan(alone.length);
    expect(tokens.map(({ text }) => text).join("")).toContain("Answer");
    expect(server.ledger.every(({ billed }) => !billed)).toBe(true);
    const entry = server.ledger.findLast(({ path }) => path.endsWith("/tokenizeCompletion"));
    expect(entry?.body).toMatchObject({ modelUri: `gpt://${server.account.folderId}/yandexgpt/latest` });
  });

  it("asks nobody about no text, and refuses one that is too long before it is sent", async () => {
    const before = server.ledger.length;
    const tokenizer = yandexTokenizer("yandexgpt/latest", server.settings);
    expect(await tokenizer.tokenize("")).toEqual([]);
    for (const text of ["x", "😀"]) {
      await expect(tokenizer.tokenize(text.repeat(100_001))).rejects.toMatchObject({ code: "too-large" });
    }
    expect(server.ledger).toHaveLength(before);
    // Characters, not units of UTF-16.
    expect((await tokenizer.tokenize("😀".repeat(60_000))).length).toBeGreaterThan(0);
  });

  it("says what is wrong where the model is not known", async () => {
    const tokenizer = yandexTokenizer("nonsense/latest", server.settings);
    await expect(tokenizer.tokenize("ping")).rejects.toMatchObject({ code: "not-found" });
  });

  it("says so where the answer has no tokens", async () => {
    server.faults.add({ path: "/tokenize", raw: { status: 200, body: { text: "?" } } });
    await expect(yandexTokenizer(undefined, server.settings).tokenize("ping")).rejects.toMatchObject({
      code: "bad-response",
    });
  });
});
