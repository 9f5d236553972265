// The suite of the LanguageModel port, over real sockets, against strict servers of several kinds.
import { languageModelCases, type ScriptedReply } from "@beseda/core/testing";
import { afterEach, describe, it } from "vitest";
import { type FakeReply, type ModelServer, startModelServer } from "../../../../test/fakes/model-server.ts";
import { openaiCompatible } from "./openai-compatible.ts";
import { quirks } from "./quirks.ts";

let servers: ModelServer[] = [];

afterEach(async () => {
  await Promise.all(servers.map((server) => server.close()));
  servers = [];
});

for (const style of ["openai", "yandex", "ollama", "vllm", "deepseek", "openrouter"] as const) {
  describe(`openaiCompatible() is a LanguageModel over a server like ${style}:`, () => {
    const answering = async (replies: readonly ScriptedReply[]) => {
      const server = await startModelServer({ style, replies: replies.map(served) });
      servers.push(server);
      return openaiCompatible({
        baseURL: server.url,
        model: "test-model",
        quirks: quirks[style],
        retry: { retries: 0 },
      });
    };
    // A server says nothing of usage where it has none to say.
    const skip: Record<string, string> =
      style === "yandex" ? { "reports the usage that the service reports": "YandexGPT sends none in a stream" } : {};
    for (const { name, run } of languageModelCases({ answering, skip })) it(name, run);
  });
}

function served({ reasoning, text, toolCalls, finishReason, usage, error, hangs }: ScriptedReply): FakeReply {
  if (error !== undefined) return brokenOff([text ?? []].flat());
  return {
    ...(reasoning !== undefined && { reasoning }),
    ...(text !== undefined && { text }),
    ...(toolCalls && { toolCalls: toolCalls.map(({ toolName, input }) => ({ name: toolName, arguments: input })) }),
    ...(finishReason && { finishReason: finishReason.replace("-", "_") }),
    usage: usage
      ? { prompt_tokens: usage.inputTokens, completion_tokens: usage.outputTokens, total_tokens: usage.totalTokens }
      : null,
    ends: hangs ? "never" : "whole",
  };
}

/** Servers tell of a failure in a stream of status 200, after what they had sent. */
function brokenOff(pieces: readonly string[]): FakeReply {
  const chunks = pieces.map((content) => ({ choices: [{ index: 0, delta: { content } }] }));
  const failure = { error: { message: "The engine is overloaded.", type: "server_error", code: 503 } };
  return { raw: [...chunks, failure].map((event) => `data: ${JSON.stringify(event)}\n\n`) };
}
