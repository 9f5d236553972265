// The suite of the LanguageModel port, over real sockets, against the strict fake: natively, by operations, and over the
// OpenAI-compatible API.
import { type LanguageModel, promptedTools } from "@beseda/core";
import { languageModelCases, promptedReply, type ScriptedReply, type Skipped } from "@beseda/core/testing";
import { afterEach, describe, it } from "vitest";
import type { Responder, TextReply } from "../../../../test/fakes/yandex/text/text-script.ts";
import { startYandexServer, type YandexServer } from "../../../../test/fakes/yandex/yandex-server.ts";
import { type YandexModelOptions, yandex } from "./yandex.ts";

let servers: YandexServer[] = [];

afterEach(async () => {
  await Promise.all(servers.map((server) => server.close()));
  servers = [];
});

type Way = { name: string; model: string; options: YandexModelOptions; skip: Skipped; holdAt?: number };

const noImages = { "takes a thread with images, calls, results and failures": "the native API takes text only" };
const noThinking = { "keeps thinking apart from the answer": "the native API tells nothing of it" };
const objectsOnly = {
  "hands over broken arguments as the model wrote them": "arguments are objects on the wire, and cannot be broken",
};
const textOrCalls = {
  "hands over text before the call that follows it": "YandexGPT's messages have either text or calls",
};
const inOnePiece = {
  "throws a BesedaError where the service fails in the middle, after what had arrived":
    "a reply in one piece has no middle",
  "throws the signal's reason when it is stopped in the middle, though the service goes on":
    "a reply in one piece has no middle",
};
const noUsage = { "reports the usage that the service reports": "YandexGPT sends none in a stream" };

const ways: readonly Way[] = [
  {
    name: "natively",
    model: "yandexgpt/latest",
    options: {},
    skip: { ...noImages, ...noThinking, ...objectsOnly, ...textOrCalls },
  },
  {
    name: "by operations",
    model: "yandexgpt/latest",
    options: { via: "async", pollMs: 1 },
    skip: { ...noImages, ...noThinking, ...objectsOnly, ...textOrCalls, ...inOnePiece },
  },
  {
    name: "over the OpenAI-compatible API",
    model: "yandexgpt/latest",
    options: { api: "openai" },
    skip: { ...noImages, ...noThinking, ...noUsage, ...objectsOnly, ...textOrCalls },
  },
  {
    name: "and a model of others",
    model: "gemma-3-27b-it/latest",
    options: {},
    skip: objectsOnly,
    // The first one only says who speaks.
    holdAt: 2,
  },
];

for (const { name, model, options, skip, holdAt = 1 } of ways) {
  const open = async (script: { replies?: readonly TextReply[]; respond?: Responder }): Promise<LanguageModel> => {
    const server = await startYandexServer(script);
    servers.push(server);
    return yandex(model, { ...server.settings, retry: { retries: 0 }, ...options });
  };

  describe(`yandex() is a LanguageModel, asked ${name}:`, () => {
    const answering = (replies: readonly ScriptedReply[]) =>
      open({ replies: replies.map((reply) => said(reply, holdAt)) });
    for (const each of languageModelCases({ answering, skip })) it(each.name, each.run);
  });
}

describe("and, by promptedTools(), natively, for models that call no tools:", () => {
  const answering = async (replies: readonly ScriptedReply[]) => {
    const server = await startYandexServer({ replies: replies.map((reply) => said(promptedReply(reply), 1)) });
    servers.push(server);
    return promptedTools(yandex("yandexgpt-lite", { ...server.settings, retry: { retries: 0 } }));
  };
  for (const each of languageModelCases({ answering, skip: { ...noImages, ...noThinking } })) it(each.name, each.run);
});

/** `holdAt`: before which piece it hangs, of the two that there are then. */
function said(
  { reasoning, text, toolCalls, finishReason, usage, error, hangs }: ScriptedReply,
  holdAt: number,
): TextReply {
  const pieces = text === undefined ? undefined : [text].flat();
  return {
    ...(reasoning !== undefined && { reasoning: [reasoning].flat().join("") }),
    ...(pieces && { text: pieces }),
    ...(toolCalls && {
      toolCalls: toolCalls.map(({ toolName, input }) => ({
        name: toolName,
        arguments: input as Record<string, unknown>,
      })),
    }),
    ...(finishReason && finishReason !== "stop" && { finish: finishReason as "length" }),
    ...(usage && { usage: { input: usage.inputTokens, output: usage.outputTokens } }),
    ...(error !== undefined && { breaksOff: { code: 14, message: "overloaded" } }),
    ...(hangs && { holdAt }),
  };
}
