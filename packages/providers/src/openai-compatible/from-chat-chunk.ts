// The events of one reply out of the chunks of its stream, or out of the whole reply: tolerant of what servers really send.
import { BesedaError, type FinishReason, type ModelEvent, ThinkSplitter, type Usage } from "@beseda/core";
import { cutOff, errorInBody, parseEvent, type SseSink } from "@beseda/core/http";
import type { ChatChoice, ChatChunk, ChatCount, ChatDelta, ChatUsage, ReasoningDetail } from "./chat-wire.ts";
import type { Quirks } from "./quirks.ts";
import { ToolCallPieces } from "./tool-call-pieces.ts";

export type FinishEvent = Extract<ModelEvent, { type: "finish" }>;

/** One for each attempt. The `finish` is the last event; without it the reply was not whole, and an error was thrown. */
export class ChatReply implements SseSink<ModelEvent> {
  readonly #quirks: Quirks;
  readonly #calls: ToolCallPieces;
  readonly #finished: (finish: FinishEvent) => FinishEvent;
  readonly #splitter: ThinkSplitter | undefined;
  readonly #details: ReasoningDetail[] = [];
  #finishReason: string | undefined;
  #usage: ChatUsage | undefined;
  #heardAnything = false;
  /** Set by [DONE]. */
  isComplete = false;

  /** @param finished adds to the end what the reply itself does not say */
  constructor(
    quirks: Quirks,
    toolNames: readonly string[],
    finished: (finish: FinishEvent) => FinishEvent = (finish) => finish,
  ) {
    this.#quirks = quirks;
    this.#finished = finished;
    this.#calls = new ToolCallPieces(toolNames);
    if (quirks.thinkTags !== "none") this.#splitter = new ThinkSplitter({ startsInside: quirks.thinkTags === "open" });
  }

  /** One server-sent event. */
  event(text: string, name: string, events: ModelEvent[]): void {
    if (this.isComplete || text === "") return;
    if (text.startsWith("[DONE]")) {
      this.isComplete = true;
    } else {
      const chunk = parseEvent(text) as ChatChunk | null;
      // Some name the event and leave the envelope out.
      this.add(name === "error" && chunk && !chunk.error ? { error: chunk } : chunk, events);
    }
  }

  /** The stream is over. Either of [DONE] and a finish reason is enough. */
  end(events: ModelEvent[]): void {
    if (!this.#heardAnything) throw empty();
    if (!this.isComplete && this.#finishReason === undefined) throw cutOff();
    this.#finish(events);
  }

  /** A reply that came in one piece. */
  whole(body: unknown): ModelEvent[] {
    const events: ModelEvent[] = [];
    this.add(body as ChatChunk | null, events);
    if (!this.#heardAnything) throw empty();
    this.#finish(events);
    return events;
  }

  add(chunk: ChatChunk | null, events: ModelEvent[]): void {
    if (typeof chunk !== "object" || chunk === null) return;
    if (chunk.error) throwErrorIn(chunk);
    if (chunk.usage) this.#usage = chunk.usage;
    const choice = chunk.choices?.[0];
    if (!choice) return;
    this.#heardAnything = true;
    // Where OpenRouter tells of a provider that failed, if it was not streamed.
    if (choice.error) throwErrorIn(choice);
    if (choice.finish_reason) this.#finishReason = choice.finish_reason;
    if (choice.usage) this.#usage = choice.usage;
    const delta = choice.delta ?? choice.message;
    if (delta) this.#delta(delta, choice.finish_reason === "content_filter", events);
    if (choice.finish_reason && failures.has(choice.finish_reason)) throw brokenOff(choice.finish_reason);
  }

  #delta(delta: ChatDelta, isFiltered: boolean, events: ModelEvent[]): void {
    const reasoning = delta.reasoning_content || delta.reasoning;
    if (reasoning) events.push({ type: "reasoning-delta", text: reasoning });
    if (delta.reasoning_details) this.#addDetails(delta.reasoning_details);
    const text = this.#withoutStray(textIn(delta.content) || delta.refusal);
    if (text) {
      const isAnew = isFiltered && this.#quirks.filterReplacesText;
      this.#put({ type: isAnew ? "text-replace" : "text-delta", text }, events);
    }
    if (delta.tool_calls) for (const piece of delta.tool_calls) if (piece) this.#calls.add(piece, events);
  }

  #withoutStray(text: string | null | undefined): string | null | undefined {
    const { strayText } = this.#quirks;
    return strayText !== undefined && text?.includes(strayText) ? text.replaceAll(strayText, "") : text;
  }

  #put(event: ModelEvent, events: ModelEvent[]): void {
    if (this.#splitter) events.push(...this.#splitter.split([event]));
    else events.push(event);
  }

  /** Pieces of one block come one after another, with the same index; what is text in them is joined. */
  #addDetails(pieces: readonly ReasoningDetail[]): void {
    for (const piece of pieces) {
      const last = this.#details.at(-1);
      if (!last || last.type !== piece.type || last.index !== piece.index) this.#details.push({ ...piece });
      else {
        for (const [field, value] of Object.entries(piece)) {
          const before = last[field];
          const isText = field === "text" || field === "summary" || field === "data";
          if (isText && typeof before === "string" && typeof value === "string") last[field] = before + value;
          else if (value !== null && value !== undefined) last[field] = value;
        }
      }
    }
  }

  #finish(events: ModelEvent[]): void {
    if (this.#details.length > 0) {
      this.#put({ type: "reasoning-data", providerData: JSON.parse(JSON.stringify(this.#details)) }, events);
    }
    const calls: ModelEvent[] = [];
    this.#calls.finish(calls);
    for (const call of calls) this.#put(call, events);
    const finishReason = toFinishReason(this.#finishReason, calls.length > 0);
    const usage = this.#usage && toUsage(this.#usage);
    this.#put(this.#finished({ type: "finish", finishReason, ...(usage && { usage }) }), events);
  }
}

/** Of parts, which some models send, the texts are the answer. */
function textIn(content: ChatDelta["content"]): string {
  if (typeof content === "string") return content;
  return Array.isArray(content) ? content.map((part) => part?.text ?? "").join("") : "";
}

function throwErrorIn(body: ChatChunk | ChatChoice): void {
  const error = errorInBody(body);
  if (error) throw error;
}

/** With these the server gives a reply up: OpenRouter and Mistral, vLLM and SGLang, DeepSeek. */
const failures = new Set(["error", "abort", "insufficient_system_resource"]);

/** Servers that do not know `tool_calls` say `stop`; some that have nothing to call say `tool_calls`. */
function toFinishReason(reason: string | undefined, hasCalls: boolean): FinishReason {
  switch (reason) {
    case "length":
    case "max_tokens":
    case "model_length":
      return "length";
    case "content_filter":
      return "content-filter";
    default:
      return hasCalls ? "tool-calls" : "stop";
  }
}

function toUsage(wire: ChatUsage): Usage {
  const inputTokens = toCount(wire.prompt_tokens);
  const outputTokens = toCount(wire.completion_tokens);
  const reasoningTokens = toCount(wire.completion_tokens_details?.reasoning_tokens);
  const cachedInputTokens = toCount(wire.prompt_tokens_details?.cached_tokens ?? wire.prompt_cache_hit_tokens);
  return {
    inputTokens,
    outputTokens,
    totalTokens: toCount(wire.total_tokens) || inputTokens + outputTokens,
    ...(reasoningTokens && { reasoningTokens }),
    ...(cachedInputTokens && { cachedInputTokens }),
  };
}

function toCount(wire: ChatCount): number {
  return Math.max(0, Number(wire) || 0);
}

function brokenOff(reason: string): BesedaError {
  return new BesedaError(`The service broke the reply off (${reason}).`, {
    code: "unavailable",
    hint: "Try again.",
    isRetryable: true,
  });
}

function empty(): BesedaError {
  return new BesedaError("The service answered, but sent no reply of a model.", {
    code: "bad-response",
    hint: "Try again, and check that the address is that of an OpenAI-compatible API; it often ends with /v1.",
    isRetryable: true,
  });
}
