// The embedded model: rules instead of weights, so that everything runs with no key and no network.

import {
  type AssistantPart,
  estimateUsage,
  type LanguageModel,
  type ModelEvent,
  type ModelRequest,
  thinkClose,
  thinkOpen,
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
 * Its usage is an estimate by `estimateUsage`, and says so.
 */
export function offline({ now = () => new Date(), delayMs = 0 }: OfflineOptions = {}): LanguageModel {
  return {
    provider: "offline",
    modelId: "offline",
    costOf: () => ({}),
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
  const content = contentOf(decision, request);
  const finishReason = decision.calls.length > 0 ? "tool-calls" : "stop";
  const usage = estimateUsage(request, { role: "assistant", content });
  return [...content.flatMap(eventsOfPart), { type: "finish", finishReason, usage }];
}

function contentOf({ thoughts, text, calls }: Decision, request: ModelRequest): AssistantPart[] {
  const content: AssistantPart[] = [];
  const thinking = thoughts.join("\n");
  const isPrompted = request.instructions.includes(thinkOpen) && request.instructions.includes(thinkClose);
  if (thinking !== "" && isPrompted) {
    content.push({ type: "text", text: `${thinkOpen}${thinking}${thinkClose}\n\n${text}` });
  } else {
    if (thinking !== "" && request.reasoning === "native") content.push({ type: "reasoning", text: thinking });
    if (text !== "") content.push({ type: "text", text });
  }
  const freeId = idsAfter(request);
  for (const call of calls) content.push({ type: "tool-call", toolCallId: freeId(), ...call });
  return content;
}

function eventsOfPart(part: AssistantPart): ModelEvent[] {
  switch (part.type) {
    case "text":
      return piecesOf(part.text).map((text) => ({ type: "text-delta", text }));
    case "reasoning":
      return piecesOf(part.text).map((text) => ({ type: "reasoning-delta", text }));
    case "tool-call": {
      const { toolCallId, toolName } = part;
      const input = JSON.stringify(part.input);
      return [
        { type: "tool-input-start", toolCallId, toolName },
        ...(input.match(/.{1,8}/gsu) ?? []).map(
          (delta): ModelEvent => ({ type: "tool-input-delta", toolCallId, delta }),
        ),
        { type: "tool-call", toolCallId, toolName, input },
      ];
    }
  }
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
