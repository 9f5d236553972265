// The events of one reply out of the lines of its stream, or out of the whole reply. A line holds all of the text so far.
import { BesedaError, type FinishReason, type ModelEvent, type Usage } from "@beseda/core";
import { cutOff, type JsonLinesSink } from "@beseda/core/http";
import { errorOf } from "../connection/error-of.ts";
import { fromInt64 } from "../int64.ts";
import type { CompletionResponse, CompletionUsage } from "./completion-wire.ts";

export type FinishEvent = Extract<ModelEvent, { type: "finish" }>;

export type CompletionReplyOptions = {
  /** The wire has no ids: these tell the calls of a reply apart, from 0. Default: ids that nobody else has. */
  callId?: ((index: number) => string) | undefined;
  /** Adds to the end what the reply itself does not say. */
  finished?: ((finish: FinishEvent) => FinishEvent) | undefined;
};

/** One for each attempt. The `finish` is the last event; without it the reply was not whole, and an error was thrown. */
export class CompletionReply implements JsonLinesSink<ModelEvent> {
  readonly #callId: (index: number) => string;
  readonly #finished: (finish: FinishEvent) => FinishEvent;
  readonly #text = new TextSoFar();
  /** Calls come in one piece. Should they be said again, the last time counts. */
  #calls: { name: string; input: string }[] = [];
  #status = "";
  #heardAnything = false;
  #usage: CompletionUsage | undefined;
  #modelVersion: string | undefined;

  constructor({ callId = newCallId, finished = (finish) => finish }: CompletionReplyOptions = {}) {
    this.#callId = callId;
    this.#finished = finished;
  }

  /** After the last line only the end of the body is to come. */
  get isComplete(): boolean {
    return isFinal(this.#status);
  }

  /** One line. The reference shows replies without the `result` around them. */
  value(line: unknown, events: ModelEvent[]): void {
    if (typeof line !== "object" || line === null) return;
    const error = errorOf(line);
    if (error) throw error;
    const { result = line } = line as { result?: CompletionResponse | null };
    if (result) this.#add(result, events);
  }

  /** The stream is over. */
  end(events: ModelEvent[]): void {
    if (!this.#heardAnything) throw empty();
    if (this.#status.endsWith("_PARTIAL")) throw cutOff();
    this.#finish(events);
  }

  /** A reply that came in one piece, or stood in an operation. */
  whole(body: unknown): ModelEvent[] {
    const events: ModelEvent[] = [];
    this.value(body, events);
    this.end(events);
    return events;
  }

  #add({ alternatives, usage, modelVersion }: CompletionResponse, events: ModelEvent[]): void {
    if (usage) this.#usage = usage;
    if (modelVersion) this.#modelVersion = modelVersion;
    // Always one, in every recording.
    const alternative = alternatives?.[0];
    if (!alternative) return;
    this.#heardAnything = true;
    // JSON of protobuf has the number of a value that has no name as yet.
    this.#status = String(alternative.status ?? "");
    const { text = null, toolCallList } = alternative.message ?? {};
    const calls = toolCallList?.toolCalls;
    if ((calls && !Array.isArray(calls)) || (text !== null && typeof text !== "string")) throw empty();
    if (calls?.length) this.#calls = calls.map((call) => toCall(call?.functionCall));
    // Either text or calls. Text that came before the calls stays said. An empty text after another one takes that back, as
    // every other text would: it is what the same reply in one piece would hold.
    if (text !== null && !(text === "" && calls)) this.#text.is(text, events);
  }

  #finish(events: ModelEvent[]): void {
    this.#text.end(events);
    for (const [index, { name, input }] of this.#calls.entries()) {
      events.push({ type: "tool-call", toolCallId: this.#callId(index), toolName: name, input });
    }
    const finish: FinishEvent = {
      type: "finish",
      finishReason: toFinishReason(this.#status, this.#calls.length > 0),
      ...(this.#usage && { usage: toUsage(this.#usage) }),
      ...(this.#modelVersion && { response: { modelVersion: this.#modelVersion } }),
    };
    events.push(this.#finished(finish));
  }
}

/** Cuts what is new out of a text that is sent whole each time, and notices when what was sent is rewritten. */
class TextSoFar {
  /** As it was sent, but for half of a character at its end. */
  #shown = "";
  #half = "";

  is(text: string, events: ModelEvent[]): void {
    const hasHalf = isHighHalf(text.charCodeAt(text.length - 1));
    const shown = hasHalf ? text.slice(0, -1) : text;
    this.#half = hasHalf ? text.slice(-1) : "";
    if (!shown.startsWith(this.#shown)) events.push({ type: "text-replace", text: copied(shown) });
    else if (shown.length > this.#shown.length) {
      events.push({ type: "text-delta", text: copied(shown.slice(this.#shown.length)) });
    }
    this.#shown = shown;
  }

  end(events: ModelEvent[]): void {
    if (this.#half !== "") events.push({ type: "text-delta", text: copied(this.#half) });
  }
}

/** Of a pair of surrogates, the first. */
function isHighHalf(unit: number): boolean {
  return unit >= 0xd800 && unit < 0xdc00;
}

/**
 * A text of its own. What slice() gives keeps the text alive that it is cut from: here the whole reply so far, once for each
 * line of it. Halves of characters become U+FFFD.
 */
function copied(text: string): string {
  return Buffer.from(text).toString();
}

function newCallId(): string {
  return `call_${crypto.randomUUID().replaceAll("-", "").slice(0, 24)}`;
}

/** The arguments are an object, of which a model could write nothing that is no JSON. */
function toCall(call: { name?: string; arguments?: unknown } | null | undefined): { name: string; input: string } {
  const { name = "", arguments: input } = call ?? {};
  return { name, input: typeof input === "string" ? input : JSON.stringify(input ?? {}) };
}

function isFinal(status: string): boolean {
  return /_(FINAL|CONTENT_FILTER|TOOL_CALLS)$/.test(status);
}

/** A status that is not known, or none, ends a reply like any other. */
function toFinishReason(status: string, hasCalls: boolean): FinishReason {
  if (status.endsWith("_TRUNCATED_FINAL")) return "length";
  if (status.endsWith("_CONTENT_FILTER")) return "content-filter";
  return hasCalls ? "tool-calls" : "stop";
}

/** Whether `completionTokens` hold those of reasoning is not documented; the total holds all that is billed. */
function toUsage(wire: CompletionUsage): Usage {
  const inputTokens = fromInt64(wire.inputTextTokens) ?? 0;
  const completionTokens = fromInt64(wire.completionTokens) ?? 0;
  const totalTokens = Math.max(fromInt64(wire.totalTokens) ?? 0, inputTokens + completionTokens);
  const reasoningTokens = fromInt64(wire.completionTokensDetails?.reasoningTokens);
  return {
    inputTokens,
    outputTokens: totalTokens - inputTokens,
    totalTokens,
    ...(reasoningTokens && { reasoningTokens }),
  };
}

function empty(): BesedaError {
  return new BesedaError("The service answered, but sent no reply of a model.", {
    code: "bad-response",
    hint: "Try again; if it stays so, check the endpoint llm.",
    isRetryable: true,
  });
}
