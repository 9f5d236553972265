// A scripted answer in the words of one kind of server: the chunks of its stream, or its whole reply.
import { type CallPieces, callDeltas, type ScriptedCall, wireCall } from "./call-deltas.ts";
import type { ServerStyle } from "./check-chat-request.ts";

/**
 * What the model is to say. Each string of a list is a chunk of its own.
 * `{ text: ["It is ", "open."] }`, `{ toolCalls: [{ name: "add", arguments: { a: 2, b: 2 } }], callPieces: "interleaved" }`
 */
export type ScriptedAnswer = {
  reasoning?: string | readonly string[];
  text?: string | readonly string[];
  toolCalls?: readonly ScriptedCall[];
  callPieces?: CallPieces;
  /** Default: `tool_calls` where there are calls, otherwise `stop`. */
  finishReason?: string;
  /** `null`: the server keeps it to itself. */
  usage?: Record<string, unknown> | null;
  /** What the reply says that its model is. Default: the one that was asked for. */
  model?: string;
};

type Wire = Record<string, unknown>;

/** The chunks of a stream, without the closing [DONE]. */
export function chunksOf(answer: ScriptedAnswer, style: ServerStyle, asked: { model: string; usage: boolean }): Wire[] {
  const deltas: Wire[] = [];
  if (style !== "yandex") deltas.push({ role: "assistant", content: "" });
  for (const piece of list(answer.reasoning)) deltas.push({ [reasoningField(style)]: piece });
  for (const piece of list(answer.text)) deltas.push({ content: piece });
  deltas.push(...callDeltas(answer.toolCalls ?? [], style, answer.callPieces));
  const isFinishApart = style !== "yandex" || deltas.length === 0;
  if (isFinishApart) deltas.push({});
  if (style === "yandex" && deltas[0]) deltas[0] = { role: "assistant", ...deltas[0] };
  const wantsUsage = asked.usage && answer.usage !== null;
  const chunks = deltas.map((delta, index): Wire => {
    const isLast = index === deltas.length - 1;
    const choice = { index: 0, delta, logprobs: null, finish_reason: isLast ? finishReasonOf(answer) : null };
    return { ...envelope(asked.model, ".chunk"), choices: [choice], ...(wantsUsage && { usage: null }) };
  });
  if (wantsUsage) chunks.push({ ...envelope(asked.model, ".chunk"), choices: [], usage: usageOf(answer) });
  return chunks;
}

export function wholeReplyOf(answer: ScriptedAnswer, style: ServerStyle, model: string): Wire {
  const calls = answer.toolCalls?.map((call, index) => ({ ...wireCall(call, index, style), index: undefined }));
  const message = {
    role: "assistant",
    content: list(answer.text).join("") || (calls ? null : ""),
    ...(answer.reasoning && { [reasoningField(style)]: list(answer.reasoning).join("") }),
    ...(calls && { tool_calls: calls }),
  };
  const choices = [{ index: 0, message, finish_reason: finishReasonOf(answer), logprobs: null }];
  return { ...envelope(model, ""), choices, ...(answer.usage !== null && { usage: usageOf(answer) }) };
}

function reasoningField(style: ServerStyle): string {
  return style === "ollama" || style === "openrouter" ? "reasoning" : "reasoning_content";
}

function finishReasonOf({ finishReason, toolCalls }: ScriptedAnswer): string {
  return finishReason ?? (toolCalls?.length ? "tool_calls" : "stop");
}

function usageOf(answer: ScriptedAnswer): Wire {
  return answer.usage ?? { prompt_tokens: 9, completion_tokens: 3, total_tokens: 12 };
}

function envelope(model: string, suffix: string): Wire {
  return { id: "chatcmpl-fake", object: `chat.completion${suffix}`, created: 1_700_000_000, model };
}

function list(text: string | readonly string[] | undefined): readonly string[] {
  return text === undefined ? [] : typeof text === "string" ? [text] : text;
}
