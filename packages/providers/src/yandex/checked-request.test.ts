import type { LanguageModel, ModelCallOptions, ModelEvent, ModelRequest } from "@beseda/core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startYandexServer, type YandexServer } from "../../../../test/fakes/yandex/yandex-server.ts";
import { yandexArt, yandexClassifier, yandexEmbeddings, yandexResponses, yandexTokenizer } from "./index.ts";
import { yandex } from "./yandex.ts";

let server: YandexServer;
beforeAll(async () => {
  server = await startYandexServer();
});
afterAll(() => server.close());

const ways: Record<string, (name: string) => LanguageModel> = {
  "the native API": (name) => yandex(name, { ...server.settings, api: "native" }),
  "the OpenAI-compatible API": (name) => yandex(name, { ...server.settings, api: "openai" }),
  "the Responses API": (name) => yandexResponses(name, server.settings),
};

async function reply(
  model: LanguageModel,
  request: Partial<ModelRequest>,
  options?: ModelCallOptions,
): Promise<ModelEvent[]> {
  const all: ModelEvent[] = [];
  const whole: ModelRequest = {
    instructions: "",
    messages: [{ role: "user", content: "Hi" }],
    tools: [],
    toolChoice: "auto",
    reasoning: "off",
    settings: {},
    ...request,
  };
  for await (const events of model.stream(whole, options)) all.push(...events);
  return all;
}

describe.each(Object.entries(ways))("a request over %s", (_name, make) => {
  it("with settings out of range is refused before anything is sent", async () => {
    const before = server.ledger.length;
    for (const settings of [{ temperature: 1.5 }, { temperature: -1 }, { maxOutputTokens: 0 }]) {
      await expect(reply(make("yandexgpt"), { settings })).rejects.toMatchObject({ code: "invalid-argument" });
    }
    expect(server.ledger).toHaveLength(before);
  });

  it("is not sent where nothing more is to be sent", async () => {
    const before = server.ledger.length;
    for (const streamed of [true, false]) {
      const untilSent = AbortSignal.abort(new Error("closing"));
      await expect(reply(make("yandexgpt"), {}, { untilSent, streamed })).rejects.toThrow("closing");
    }
    expect(server.ledger).toHaveLength(before);
  });

  it("is answered though there are messages without a word in the thread", async () => {
    const messages: ModelRequest["messages"] = [
      { role: "user", content: "Hi" },
      { role: "assistant", content: [] },
      { role: "user", content: "" },
      { role: "assistant", content: [{ type: "reasoning", text: "Hm." }] },
      { role: "assistant", content: [{ type: "text", text: "" }] },
      { role: "user", content: "Are you there?" },
    ];
    expect((await reply(make("yandexgpt"), { messages })).at(-1)).toMatchObject({ finishReason: "stop" });
  });
});

describe("models of Yandex AI Studio", () => {
  it("that others made may be asked at a temperature of up to 2", async () => {
    const model = yandex("qwen3-235b-a22b-fp8", server.settings);
    expect((await reply(model, { settings: { temperature: 1.5 } })).at(-1)).toMatchObject({ finishReason: "stop" });
    await expect(reply(model, { settings: { temperature: 2.5 } })).rejects.toMatchObject({ code: "invalid-argument" });
  });

  it("are called by name and version, however they were named", () => {
    const { settings } = server;
    const uri = (scheme: string, tail: string) => `${scheme}://${server.account.folderId}/${tail}`;
    const task = { task: "What is it about?", labels: ["a", "b"] };
    expect([
      yandexResponses(uri("gpt", "yandexgpt/rc"), settings).modelId,
      yandexResponses("yandexgpt", settings).modelId,
      yandexTokenizer(uri("gpt", "yandexgpt/latest"), settings).modelId,
      yandexClassifier({ ...task, ...settings, model: uri("cls", "yandexgpt/latest") }).modelId,
      yandexEmbeddings({ ...settings, document: uri("emb", "text-search-doc/latest") }).modelId,
      yandexArt({ ...settings, model: uri("art", "yandex-art/latest") }).modelId,
    ]).toEqual([
      "yandexgpt/rc",
      "yandexgpt/latest",
      "yandexgpt/latest",
      "yandexgpt/latest",
      "text-search-doc/latest",
      "yandex-art/latest",
    ]);
  });

  it("have a context of some length, where one is said", () => {
    for (const contextTokens of [0, -1, Number.NaN]) {
      expect(() => yandex("yandexgpt", { ...server.settings, contextTokens })).toThrow(
        expect.objectContaining({ code: "invalid-argument" }),
      );
    }
  });

  it("take what a configuration says of calls and JSON, yes or no", async () => {
    for (const on of [true, false]) {
      const model = yandex("yandexgpt", { ...server.settings, parallelToolCalls: on, jsonObject: on });
      await reply(model, { instructions: "Answer in JSON." });
      const { body } = server.ledger.at(-1) ?? {};
      expect((body as { jsonObject?: boolean }).jsonObject).toBe(on || undefined);
    }
  });
});
