// A planned reply in the words of the native API: CompletionResponse, once or for each piece of a stream.
import { countTokens } from "./fake-tokenizer.ts";
import type { PlannedReply } from "./plan-text-reply.ts";

type Json = Record<string, unknown>;

const finalStatus = {
  stop: "ALTERNATIVE_STATUS_FINAL",
  length: "ALTERNATIVE_STATUS_TRUNCATED_FINAL",
  "content-filter": "ALTERNATIVE_STATUS_CONTENT_FILTER",
  "tool-calls": "ALTERNATIVE_STATUS_TOOL_CALLS",
} as const;

/** The whole answer: the last message of a stream, and the only one without. */
export function finalResponse({ texts, toolCalls, finish, usage, modelVersion }: PlannedReply): Json {
  const calls = toolCalls.map(({ name, arguments: input = {} }) => ({ functionCall: { name, arguments: input } }));
  const content = calls.length > 0 ? { toolCallList: { toolCalls: calls } } : { text: texts.at(-1) ?? "" };
  return response(content, finalStatus[finish], usage, modelVersion);
}

/** What comes before it in a stream: the text so far, and what it has cost so far. A message has calls or a text, not both. */
export function partialResponses({ texts, toolCalls, usage, modelVersion, script }: PlannedReply): Json[] {
  if (toolCalls.length > 0) return [];
  const isWhole = !script.breaksOff && !script.cut;
  const before = texts.filter((text) => text !== "");
  // The last text is the final message's, unless that never comes.
  const partial = isWhole ? before.slice(0, -1) : before;
  return partial.map((text) => {
    const output = Math.min(countTokens(text), usage.output);
    return response({ text }, "ALTERNATIVE_STATUS_PARTIAL", { ...usage, output, reasoning: 0 }, modelVersion);
  });
}

function response(content: Json, status: string, usage: PlannedReply["usage"], modelVersion: string): Json {
  const { input, output, reasoning } = usage;
  return {
    alternatives: [{ message: { role: "assistant", ...content }, status }],
    usage: {
      inputTextTokens: String(input),
      completionTokens: String(output),
      totalTokens: String(input + output),
      completionTokensDetails: { reasoningTokens: String(reasoning) },
    },
    modelVersion,
  };
}
