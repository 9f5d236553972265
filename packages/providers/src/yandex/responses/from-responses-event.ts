// The events of one reply out of the events of its stream, or out of the whole reply.
import { BesedaError, type ModelEvent } from "@beseda/core";
import { cutOff, parseEvent, type ReplyHead, requestIdOf, type SseSink } from "@beseda/core/http";
import { ToolCallPieces } from "../../openai-compatible/tool-call-pieces.ts";
import type { YandexPrices } from "../prices/prices.ts";
import { annotationsIn, answerIn, failureIn, reasoningIn, toFinishReason, toSource, toUsage } from "./from-response.ts";
import type { WireAnnotation, WireEvent, WireItem, WireResponse } from "./responses-wire.ts";

export type ResponsesReplyOptions = {
  toolNames: readonly string[];
  billing: Billing;
  /** Where the reply came with one of its own: the id of the request is in it. */
  head?: (() => ReplyHead) | undefined;
};

type Billing = { prices: YandexPrices | false; modelUri: string };

/**
 * One for each attempt. What a stream has shown is compared with the whole reply at its end: what was missing follows, and a
 * text that was rewritten is said anew. Calls of hosted tools show by their sources only.
 */
export class ResponsesReply implements SseSink<ModelEvent> {
  readonly #billing: Billing;
  readonly #head: ResponsesReplyOptions["head"];
  readonly #calls: ToolCallPieces;
  /** By their places; those of calls of hosted tools count for the bill. */
  readonly #items = new Map<number, WireItem>();
  /** The calls whose name was heard, and those of whose arguments something was heard. */
  readonly #named = new Set<number>();
  readonly #argued = new Set<number>();
  readonly #cited = new Set<string>();
  #text = "";
  #hasReasoning = false;
  #heardAnything = false;
  isComplete = false;

  constructor({ toolNames, billing, head }: ResponsesReplyOptions) {
    this.#calls = new ToolCallPieces(toolNames);
    this.#billing = billing;
    this.#head = head;
  }

  event(text: string, name: string, events: ModelEvent[]): void {
    // OpenAI ends its stream without [DONE]; others are used to it.
    if (this.isComplete || text === "" || text.startsWith("[DONE]")) return;
    const event = parseEvent(text) as WireEvent | null;
    if (typeof event !== "object" || event === null) return;
    this.#heardAnything = true;
    this.#event(event.type ?? name, event, events);
  }

  /** The stream is over. What held no event at all was no stream, but perhaps an error. */
  end(): void {
    if (!this.#heardAnything) throw noReply();
    if (!this.isComplete) throw cutOff();
  }

  /** A reply that came in one piece. */
  whole(body: unknown): ModelEvent[] {
    const events: ModelEvent[] = [];
    if (typeof body !== "object" || body === null || !("output" in body)) throw noReply();
    this.#finish(body as WireResponse, events);
    return events;
  }

  #event(type: string, event: WireEvent, events: ModelEvent[]): void {
    const index = event.output_index ?? 0;
    switch (type) {
      case "response.output_item.added":
        if (event.item) this.#call(index, event.item);
        return;
      case "response.output_item.done":
        if (event.item) this.#items.set(index, event.item);
        return;
      case "response.output_text.delta":
      case "response.refusal.delta":
        if (event.delta) this.#say(event.delta, events);
        return;
      case "response.output_text.annotation.added":
        if (event.annotation) this.#cite(event.annotation, events);
        return;
      case "response.reasoning_summary_text.delta":
      case "response.reasoning_text.delta":
        if (event.delta) this.#reason(event.delta, events);
        return;
      case "response.function_call_arguments.delta":
        if (event.delta) this.#argue(index, event.delta, events);
        return;
      case "response.completed":
      case "response.incomplete":
      case "response.failed":
      case "response.cancelled":
        this.#finish(event.response ?? {}, events);
        return;
      case "error":
        throw failureIn({ status: "failed", error: event.error ?? event });
      default:
        // Others say that something begins or goes on. A failure can stand in any of them.
        this.#check({ error: event.error ?? event.response?.error });
    }
  }

  #finish(response: WireResponse, events: ModelEvent[]): void {
    this.#check(response);
    // In some streams the reply at the end comes without what was in it.
    for (const [index, item] of (response.output ?? []).entries()) this.#items.set(index, item);
    const items = [...this.#items].sort(([a], [b]) => a - b);
    if (!this.#hasReasoning) this.#reason(items.map(([, item]) => reasoningIn(item)).join(""), events);
    const all = items.map(([, item]) => item);
    this.#settle(answerIn(all), events);
    for (const annotation of annotationsIn(all)) this.#cite(annotation, events);
    for (const [index, item] of items) {
      this.#call(index, item);
      if (item.type === "function_call" && item.arguments && !this.#argued.has(index)) {
        this.#argue(index, item.arguments, events);
      }
    }
    const calls: ModelEvent[] = [];
    this.#calls.finish(calls);
    const requestId = (this.#head && requestIdOf(this.#head().headers)) ?? response.id;
    events.push(...calls, {
      type: "finish",
      finishReason: toFinishReason(response, calls.length > 0),
      ...(response.usage && { usage: toUsage(response.usage, { items: all, ...this.#billing }) }),
      ...(requestId && { response: { requestId } }),
    });
    this.isComplete = true;
  }

  #check(response: WireResponse): void {
    const failure = failureIn(response);
    if (failure) throw failure;
  }

  #say(text: string, events: ModelEvent[]): void {
    this.#text += text;
    events.push({ type: "text-delta", text });
  }

  #settle(answer: string, events: ModelEvent[]): void {
    if (answer === "" || answer === this.#text) return;
    if (answer.startsWith(this.#text)) this.#say(answer.slice(this.#text.length), events);
    else events.push({ type: "text-replace", text: answer });
  }

  #reason(text: string, events: ModelEvent[]): void {
    if (text === "") return;
    this.#hasReasoning = true;
    events.push({ type: "reasoning-delta", text });
  }

  #cite(annotation: WireAnnotation, events: ModelEvent[]): void {
    const source = toSource(annotation);
    if (!source || this.#cited.has(source.id)) return;
    this.#cited.add(source.id);
    events.push({ type: "source", source });
  }

  #call(index: number, { type, call_id, name }: WireItem): void {
    if (type !== "function_call" || this.#named.has(index)) return;
    this.#named.add(index);
    this.#calls.add({ index, id: call_id ?? null, function: { name: name ?? null } }, []);
  }

  #argue(index: number, text: string, events: ModelEvent[]): void {
    // Of a call that was not begun the arguments come whole at the end.
    if (!this.#named.has(index)) return;
    this.#argued.add(index);
    this.#calls.add({ index, function: { arguments: text } }, events);
  }
}

function noReply(): BesedaError {
  return new BesedaError("The service answered, but sent no reply of a model.", {
    code: "bad-response",
    hint: "Check that the endpoint is that of Yandex AI Studio's OpenAI-compatible API.",
    isRetryable: true,
  });
}
