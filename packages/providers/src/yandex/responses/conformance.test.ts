// The suite of the LanguageModel port, over the Responses API: in turn, and in the background.
import { languageModelCases, type ScriptedReply } from "@beseda/core/testing";
import { afterEach, describe, it } from "vitest";
import type { TextReply } from "../../../../../test/fakes/yandex/text/text-script.ts";
import { startYandexServer, type YandexServer } from "../../../../../test/fakes/yandex/yandex-server.ts";
import { yandexResponses } from "./yandex-responses.ts";

let servers: YandexServer[] = [];

afterEach(async () => {
  await Promise.all(servers.map((server) => server.close()));
  servers = [];
});

async function answering(replies: readonly ScriptedReply[], via?: "async") {
  const server = await startYandexServer({ replies: replies.map(served) });
  servers.push(server);
  return yandexResponses("gemma-3-27b-it/latest", { ...server.settings, via, pollMs: 1, retry: { retries: 0 } });
}

describe("yandexResponses() is a LanguageModel:", () => {
  for (const { name, run } of languageModelCases({ answering: (replies) => answering(replies) })) it(name, run);
});

describe("and so it is when its replies are made in the background:", () => {
  const whole = "nothing is heard of a reply in the background before it is whole";
  const skip = {
    "throws a BesedaError where the service fails in the middle, after what had arrived": whole,
    "throws the signal's reason when it is stopped in the middle, though the service goes on": whole,
  };
  const cases = languageModelCases({ answering: (replies) => answering(replies, "async"), skip });
  for (const { name, run } of cases) it(name, run);
});

function served({ reasoning, text, toolCalls, finishReason, usage, error, hangs }: ScriptedReply): TextReply {
  const pieces = text === undefined ? [] : [text].flat();
  return {
    ...(reasoning !== undefined && { reasoning: [reasoning].flat().join("") }),
    ...(text !== undefined && { text: pieces }),
    // Broken arguments are texts on this wire, so a script may have them.
    ...(toolCalls && {
      toolCalls: toolCalls.map(({ toolName, input }) => ({
        name: toolName,
        arguments: input as Record<string, unknown>,
      })),
    }),
    ...(finishReason && { finish: finishReason as NonNullable<TextReply["finish"]> }),
    ...(usage && { usage: { input: usage.inputTokens, output: usage.outputTokens } }),
    ...(error !== undefined && { breaksOff: { code: 14, message: "The engine is overloaded." } }),
    ...(hangs && { holdAt: pieces.length }),
  };
}
