// The suite of the LanguageModel port, with real providers of the AI SDK, over real sockets, against strict servers.
import { createAnthropic } from "@ai-sdk/anthropic";
import { createOpenAI } from "@ai-sdk/openai";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import {
  languageModelCases,
  type ModelServer,
  type ScriptedReply,
  type ServerReply,
  startModelServer,
} from "@beseda/core/testing";
import { createOpenAICompatible as createOpenAICompatibleV2 } from "ai-sdk-openai-compatible-v2";
import { afterEach, describe, it } from "vitest";
import { type AnthropicReply, startAnthropicServer } from "../../../../test/fakes/anthropic-server.ts";
import type { AiSdkModel } from "./ai-sdk-wire.ts";
import { fromAiSdk } from "./index.ts";

const closing: (() => Promise<void>)[] = [];

afterEach(async () => {
  await Promise.all(closing.splice(0).map((close) => close()));
});

const settings = { name: "fake", apiKey: "sk-fake", includeUsage: true };
const providers: Record<string, (baseURL: string) => AiSdkModel> = {
  "@ai-sdk/openai-compatible 1, specification v2": (baseURL) =>
    createOpenAICompatibleV2({ ...settings, baseURL })("test-model"),
  "@ai-sdk/openai-compatible 2, specification v3": (baseURL) =>
    createOpenAICompatible({ ...settings, baseURL })("test-model"),
  "@ai-sdk/openai 3, specification v3": (baseURL) => createOpenAI({ apiKey: "sk-fake", baseURL }).chat("test-model"),
};

for (const [name, create] of Object.entries(providers)) {
  describe(`fromAiSdk() makes a LanguageModel of ${name}:`, () => {
    const answering = async (replies: readonly ScriptedReply[]) => {
      const server: ModelServer = await startModelServer({ replies: replies.map(served) });
      closing.push(() => server.close());
      return fromAiSdk(create(server.url), { retry: { retries: 0 } });
    };
    const skip: Record<string, string> = name.includes("openai 3")
      ? { "keeps thinking apart from the answer": "chat completions of OpenAI itself show no thinking" }
      : {};
    for (const { name, run } of languageModelCases({ answering, skip })) it(name, run);
  });
}

describe("fromAiSdk() makes a LanguageModel of @ai-sdk/anthropic 3, specification v3:", () => {
  const answering = async (replies: readonly ScriptedReply[]) => {
    const server = await startAnthropicServer(replies.map(servedByAnthropic));
    closing.push(() => server.close());
    const model = createAnthropic({ apiKey: server.key, baseURL: server.url })("claude-sonnet-4-5");
    return fromAiSdk(model, { retry: { retries: 0 } });
  };
  for (const { name, run } of languageModelCases({ answering })) it(name, run);
});

function servedByAnthropic(reply: ScriptedReply): AnthropicReply {
  const { reasoning, text, toolCalls, finishReason, usage, error, hangs } = reply;
  const stopReasons: Record<string, string> = { length: "max_tokens", "content-filter": "refusal" };
  const stopReason = finishReason && stopReasons[finishReason];
  return {
    ...(reasoning !== undefined && { thinking: reasoning }),
    ...(text !== undefined && { text }),
    ...(toolCalls && {
      toolUse: toolCalls.map(({ toolName, input }, index) => ({ id: `toolu_${index}`, name: toolName, input })),
    }),
    ...(stopReason && { stopReason }),
    ...(usage && { usage: { input_tokens: usage.inputTokens, output_tokens: usage.outputTokens } }),
    ...(error !== undefined && { error: "Overloaded" }),
    ...(hangs && { hangs }),
  };
}

function served({ reasoning, text, toolCalls, finishReason, usage, error, hangs }: ScriptedReply): ServerReply {
  if (error !== undefined) return brokenOff([text ?? []].flat());
  return {
    ...(reasoning !== undefined && { reasoning }),
    ...(text !== undefined && { text }),
    ...(toolCalls && { toolCalls: toolCalls.map(({ toolName, input }) => ({ name: toolName, arguments: input })) }),
    ...(finishReason && { finishReason: finishReason.replace("-", "_") }),
    ...(usage && {
      usage: {
        prompt_tokens: usage.inputTokens,
        completion_tokens: usage.outputTokens,
        total_tokens: usage.totalTokens,
      },
    }),
    ends: hangs ? "never" : "whole",
  };
}

/** Servers tell of a failure in a stream of status 200, after what they had sent. */
function brokenOff(pieces: readonly string[]): ServerReply {
  const chunks = pieces.map((content) => ({ choices: [{ index: 0, delta: { content } }] }));
  const failure = { error: { message: "The engine is overloaded.", type: "server_error", code: 503 } };
  return { raw: [...chunks, failure].map((event) => `data: ${JSON.stringify(event)}\n\n`) };
}
