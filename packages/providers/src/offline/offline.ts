// The embedded model: rules instead of weights, so that everything runs with no key and no network.

import {
  estimateTokens,
  type LanguageModel,
  type ModelEvent,
  type ModelRequest,
  textOf,
  thinkClose,
  thinkOpen,
  type Usage,
} from "@beseda/core";
import { type Decision, decide } from "./decide.ts";

export type OfflineOptions = {
  /** What "today" is counted from. Default: the clock. */
  now?: () => Date;
  /** Milliseconds between two pieces of text, for those who want to watch it stream. Default 0. */
  delayMs?: number;
};

/**
 * Deterministic: the same request on the same day gives the same events. It chooses tools by comparing the last message
 * with whatever tools the request holds, fills their arguments from the message, and answers from their results.
 * Its usage is an estimate by `estimateTokens`, and says so.
 */
export function offline({ now = () => new Date(), delayMs = 0 }: OfflineOptions = {}): LanguageModel {
  return {
    provider: "offline",
    modelId: "offline",
    stream: (request, { signal, streamed = true } = {}) => play(request, now(), { delayMs, signal, streamed }),
  };
}

type Playing = { delayMs: number; signal: AbortSignal | undefined; streamed: boolean };

async function* play(
  request: ModelRequest,
  now: Date,
  { delayMs, signal, streamed }: Playing,
): AsyncGenerator<ModelEvent[]> {
  signal?.throwIfAborted();
  const events = eventsOf(decide(request, now), request);
  if (!streamed) {
    yield events;
    return;
  }
  for (const event of events) {
    if (delayMs > 0) await pause(delayMs, signal);
    signal?.throwIfAborted();
    yield [event];
  }
}

/** Ends early when the signal says so. */
function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal?.addEventListener("abort", end);
  });
}

function eventsOf(decision: Decision, request: ModelRequest): ModelEvent[] {
  const thoughts = decision.thoughts.join("\n");
  const events: ModelEvent[] = [];
  const isPrompted = request.instructions.includes(thinkOpen) && request.instructions.includes(thinkClose);
  const isNative = request.reasoning === "native" && !isPrompted;
  if (isNative) for (const text of piecesOf(thoughts)) events.push({ type: "reasoning-delta", text });
  const spoken =
    isPrompted && thoughts !== "" ? `${thinkOpen}${thoughts}${thinkClose}\n\n${decision.text}` : decision.text;
  for (const text of piecesOf(spoken)) events.push({ type: "text-delta", text });
  const freeId = idsAfter(request);
  for (const { toolName, input } of decision.calls) {
    const toolCallId = freeId();
    const json = JSON.stringify(input);
    events.push({ type: "tool-input-start", toolCallId, toolName });
    events.push({ type: "tool-input-delta", toolCallId, delta: json });
    events.push({ type: "tool-call", toolCallId, toolName, input: json });
  }
  const usage = usageOf(request, events, isNative ? thoughts : "");
  return [...events, { type: "finish", finishReason: decision.calls.length > 0 ? "tool-calls" : "stop", usage }];
}

/** Word by word, the space with the word before it. */
function piecesOf(text: string): string[] {
  return text.match(/\S+\s*|\s+/g) ?? [];
}

/** Ids that no call of the thread has. */
function idsAfter({ messages }: ModelRequest): () => string {
  let last = 0;
  for (const message of messages) {
    if (message.role !== "assistant") continue;
    for (const part of message.content) {
      if (part.type === "tool-call") last = Math.max(last, Number(/^offline-(\d+)$/.exec(part.toolCallId)?.[1] ?? 0));
    }
  }
  return () => `offline-${++last}`;
}

function usageOf(
  { instructions, messages, tools }: ModelRequest,
  events: readonly ModelEvent[],
  thoughts: string,
): Usage {
  let inputTokens = estimateTokens(instructions);
  for (const message of messages) inputTokens += estimateTokens(textOf(message));
  for (const { name, description } of tools) inputTokens += estimateTokens(name + description);
  let outputTokens = 0;
  let said = "";
  for (const event of events) {
    if (event.type === "text-delta" || event.type === "reasoning-delta") said += event.text;
    if (event.type === "tool-call") said += event.input;
  }
  outputTokens += estimateTokens(said);
  const reasoningTokens = estimateTokens(thoughts);
  return { inputTokens, outputTokens, totalTokens: inputTokens + outputTokens, reasoningTokens, estimated: true };
}
