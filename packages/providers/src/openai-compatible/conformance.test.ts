// The suite of the LanguageModel port, over real sockets, against strict servers of several kinds.
import { promptedTools } from "@beseda/core";
import {
  languageModelCases,
  type ModelServer,
  type ModelServerOptions,
  promptedReply,
  type ReceivedRequest,
  type ScriptedReply,
  type ServerReply,
  startModelServer,
} from "@beseda/core/testing";
import { afterEach, describe, it } from "vitest";
import { openaiCompatible } from "./openai-compatible.ts";
import { quirks } from "./quirks.ts";

let servers: ModelServer[] = [];

afterEach(async () => {
  await Promise.all(servers.map((server) => server.close()));
  servers = [];
});

for (const style of ["openai", "yandex", "ollama", "vllm", "deepseek", "openrouter"] as const) {
  // A server says nothing of usage where it has none to say.
  const skip: Record<string, string> =
    style === "yandex" ? { "reports the usage that the service reports": "YandexGPT sends none in a stream" } : {};
  const open = async (options: ModelServerOptions) => {
    const server = await startModelServer({ style, ...options });
    servers.push(server);
    return openaiCompatible({ baseURL: server.url, model: "test-model", quirks: quirks[style], retry: { retries: 0 } });
  };

  describe(`openaiCompatible() is a LanguageModel over a server like ${style}:`, () => {
    const answering = (replies: readonly ScriptedReply[]) => open({ replies: replies.map(served) });
    for (const { name, run } of languageModelCases({ answering, skip })) it(name, run);
  });

  describe(`and, by promptedTools(), over a server like ${style} whose model knows of no tools:`, () => {
    const answering = async (replies: readonly ScriptedReply[]) => {
      const written = replies.map((reply) => served(promptedReply(reply)));
      return promptedTools(
        await open({ respond: (request, number) => refusal(request) ?? written[number] ?? tooMany }),
      );
    };
    for (const { name, run } of languageModelCases({ answering, skip })) it(name, run);
  });
}

const tooMany: ServerReply = { status: 500 };

/** What a server without a tool parser says, and chat templates that know only turns. */
function refusal({ body }: ReceivedRequest): ServerReply | undefined {
  const messages = (body.messages as { role: string; tool_calls?: unknown }[]).filter(({ role }) => role !== "system");
  const isTurns = messages.every(({ role }, index) => role === (index % 2 === 0 ? "user" : "assistant"));
  const knowsTools = "tools" in body || "tool_choice" in body || messages.some((each) => each.tool_calls !== undefined);
  return isTurns && !knowsTools ? undefined : { status: 400, body: { error: { message: "unsupported" } } };
}

function served({ reasoning, text, toolCalls, finishReason, usage, error, hangs }: ScriptedReply): ServerReply {
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
function brokenOff(pieces: readonly string[]): ServerReply {
  const chunks = pieces.map((content) => ({ choices: [{ index: 0, delta: { content } }] }));
  const failure = { error: { message: "The engine is overloaded.", type: "server_error", code: 503 } };
  return { raw: [...chunks, failure].map((event) => `data: ${JSON.stringify(event)}\n\n`) };
}
