// The events of one reply out of the events of its stream, or out of the whole reply.
import { BesedaError, type ModelEvent } from "@beseda/core";
import { cutOff, parseEvent, type ReplyHead, requestIdOf, type SseSink } from "@beseda/core/http";
import { ToolCallPieces } from "../../openai-compatible/tool-call-pieces.ts";
import type { YandexPrices } from "../prices/prices.ts";
import {
  annotationsIn,
  answerIn,
  failureIn,
  objectsIn,
  reasoningIn,
  toFinishReason,
  toSource,
  toUsage,
} from "./from-response.ts";
import type { WireAnnotation, WireEvent, WireItem, WireResponse } from "./responses-wire.ts";

export type ResponsesReplyOptions = {
  toolNames: readonly string[];
  billing: Billing;
  /** Where the reply came with one of its own: the id of the request is in it. */
  head?: (() => ReplyHead) | undefined;
};

/** A call that was begun, perhaps long before it is whole. Its arguments belong to the last one at their place. */
type BegunCall = { place: number | undefined; callId: string; argued: string; isSettled: boolean };

type Billing = { prices: YandexPrices | false; modelUri: string };

/**
 * One for each attempt. What a stream has shown is compared with the whole reply at its end: what was missing follows, and a
 * text that was rewritten is said anew. Calls of hosted tools show by their sources only.
 */
export class ResponsesReply implements SseSink<ModelEvent> {
  readonly #billing: Billing;
  readonly #head: ResponsesReplyOptions["head"];
  readonly #calls: ToolCallPieces;
  /** By their places in the stream, for replies whose end does not repeat them. Those of hosted tools count for the bill. */
  readonly #items = new Map<number, WireItem>();
  /** In the order in which they were begun. */
  readonly #begun: BegunCall[] = [];
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
    const { output, status } = (body ?? {}) as WireResponse;
    if (!Array.isArray(output)) throw noReply();
    // One that is still to be made is none either: nobody asks after it again.
    const isUnmade = status === "queued" || status === "in_progress";
    if (objectsIn(output).length === 0 && (isUnmade || output.length > 0)) throw noReply();
    this.#finish(body as WireResponse, events);
    return events;
  }

  #event(type: string, event: WireEvent, events: ModelEvent[]): void {
    const index = event.output_index ?? 0;
    switch (type) {
      case "response.output_item.added":
        // Told twice at one place it is the same call.
        if (event.item?.type === "function_call" && this.#begunAt(index)?.callId !== (event.item.call_id ?? "")) {
          this.#begin(event.item, index);
        }
        return;
      case "response.output_item.done":
        if (event.item) this.#items.set(event.output_index ?? this.#items.size, event.item);
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
        if (event.delta) this.#argue(this.#begunAt(index), event.delta, events);
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
    const items = this.#itemsOf(response);
    if (!this.#hasReasoning) this.#reason(items.map(reasoningIn).join(""), events);
    this.#settle(answerIn(items), events);
    for (const annotation of annotationsIn(items)) this.#cite(annotation, events);
    for (const item of items) if (item.type === "function_call") this.#settleCall(item, events);
    const calls: ModelEvent[] = [];
    this.#calls.finish(calls);
    const requestId = (this.#head && requestIdOf(this.#head().headers)) ?? response.id;
    events.push(...calls, {
      type: "finish",
      finishReason: toFinishReason(response, calls.length > 0),
      ...(response.usage && { usage: toUsage(response.usage, { items, ...this.#billing }) }),
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

  /**
   * What the reply at the end holds, and only that: a place in it need not be the place in the stream. In some streams it
   * comes without what was in it.
   */
  #itemsOf({ output }: WireResponse): WireItem[] {
    const items = objectsIn<WireItem>(output);
    if (items.length > 0) return items;
    return [...this.#items].sort(([a], [b]) => a - b).map(([, item]) => item);
  }

  #begunAt(place: number): BegunCall | undefined {
    return this.#begun.findLast((call) => call.place === place);
  }

  #begin({ call_id, name }: WireItem, place?: number): BegunCall {
    const callId = call_id ?? "";
    const call: BegunCall = { place, callId, argued: "", isSettled: false };
    const index = this.#begun.push(call) - 1;
    this.#calls.add({ index, id: callId, function: { name: name ?? null } }, []);
    return call;
  }

  /** A whole call: by its id one that was begun, else a new one. Several have one id where the function's name is the id. */
  #settleCall(item: WireItem, events: ModelEvent[]): void {
    const id = item.call_id ?? "";
    const same = this.#begun.find(
      ({ callId, isSettled }) => !isSettled && (callId === id || callId === "" || id === ""),
    );
    const call = same ?? this.#begin(item);
    call.isSettled = true;
    const { arguments: whole } = item;
    if (whole && call.argued === "") this.#argue(call, whole, events);
    else if (whole?.startsWith(call.argued)) this.#argue(call, whole.slice(call.argued.length), events);
  }

  #argue(call: BegunCall | undefined, text: string, events: ModelEvent[]): void {
    // Of a call that was not begun the arguments come whole at the end.
    if (!call) return;
    call.argued += text;
    this.#calls.add({ index: this.#begun.indexOf(call), function: { arguments: text } }, events);
  }
}

function noReply(): BesedaError {
  return new BesedaError("The service answered, but sent no reply of a model.", {
    code: "bad-response",
    hint: "Check that the endpoint is that of Yandex AI Studio's OpenAI-compatible API.",
    isRetryable: true,
  });
}
