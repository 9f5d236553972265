// What a reply of the Responses API means, wherever it came from: its usage, its reason to end, its sources, its failure.
import { BesedaError, type FinishReason, type Source, type Usage } from "@beseda/core";
import { errorInBody } from "@beseda/core/http";
import { toYandexError } from "../connection/yandex-error.ts";
import { fromInt64 } from "../int64.ts";
import { type Cost, textCost, toolCallsCost } from "../prices/cost.ts";
import type { YandexPrices } from "../prices/prices.ts";
import type { WireAnnotation, WireItem, WirePart, WireResponse, WireUsage } from "./responses-wire.ts";

/** Why it ended, of one that has. */
export function toFinishReason({ status, incomplete_details }: WireResponse, hasCalls: boolean): FinishReason {
  if (incomplete_details?.reason === "content_filter") return "content-filter";
  if (status === "incomplete") return "length";
  return hasCalls ? "tool-calls" : "stop";
}

/**
 * With what it costs, calls of hosted tools included, where all of that has a price: one call of a tool without a price, as
 * of one that is newer than the table, leaves the cost of the whole reply out. No price of their own is documented for
 * replies that are made in the background: they are counted like others.
 */
export function toUsage(
  wire: WireUsage,
  { items, prices, modelUri }: { items: readonly WireItem[]; prices: YandexPrices | false; modelUri: string },
): Usage {
  const inputTokens = fromInt64(wire.input_tokens) ?? 0;
  const outputTokens = fromInt64(wire.output_tokens) ?? 0;
  const cachedInputTokens = fromInt64(wire.input_tokens_details?.cached_tokens);
  const reasoningTokens = fromInt64(wire.output_tokens_details?.reasoning_tokens);
  const usage: Usage = {
    inputTokens,
    outputTokens,
    totalTokens: fromInt64(wire.total_tokens) ?? inputTokens + outputTokens,
    ...(reasoningTokens && { reasoningTokens }),
    ...(cachedInputTokens && { cachedInputTokens }),
  };
  const text = textCost({ prices, modelUri, mode: "sync", usage });
  const tools = toolCallsCost({ prices, calls: hostedCallsIn(items) });
  return text && tools ? { ...usage, cost: sumOf(text, tools) } : usage;
}

/** By the type of the tool: items of other types are no calls of hosted tools. */
function hostedCallsIn(items: readonly WireItem[]): Record<string, number> {
  const calls = new Map<string, number>();
  for (const { type } of items) {
    const [, tool] = /^(\w+)_call$/.exec(type ?? "") ?? [];
    if (tool !== undefined && tool !== "function") calls.set(tool, (calls.get(tool) ?? 0) + 1);
  }
  return Object.fromEntries(calls);
}

function sumOf(a: Cost, b: Cost): Cost {
  const currencies = Object.keys(a);
  return Object.fromEntries(
    currencies.map((name) => [name, Math.round(((a[name] ?? 0) + (b[name] ?? 0)) * 1e6) / 1e6]),
  );
}

/** What of a list is an object: the service is not the only one that can answer. */
export function objectsIn<Wire extends object>(list: readonly Wire[] | null | undefined): Wire[] {
  return Array.isArray(list) ? list.filter((each) => typeof each === "object" && each !== null) : [];
}

/** The texts of the answer, those in which the model declines among them. */
export function answerIn(items: readonly WireItem[]): string {
  return items
    .filter(({ type }) => type === "message")
    .flatMap((item) => objectsIn(item.content))
    .map((part) => part.text ?? part.refusal ?? "")
    .join("");
}

export function reasoningIn({ type, summary, content }: WireItem): string {
  if (type !== "reasoning") return "";
  const parts: WirePart[] = [...objectsIn(summary), ...objectsIn(content)];
  return parts.map((part) => part.text ?? "").join("");
}

export function annotationsIn(items: readonly WireItem[]): WireAnnotation[] {
  return items.flatMap((item) => objectsIn(item.content)).flatMap((part) => objectsIn(part.annotations));
}

/** A page or a file. Its id is the same wherever it is cited. */
export function toSource({ url, title, file_id, filename }: WireAnnotation): Source | undefined {
  if (url) {
    const whole = /^[a-z][\w+.-]*:/i.test(url) ? url : `https://${url}`;
    return { id: whole, url: whole, ...(title && { title }) };
  }
  return file_id ? { id: file_id, ...(filename && { filename }) } : undefined;
}

/**
 * The failure that a reply, an event or a whole body holds, if it holds one: the service reports some with HTTP 200 and
 * `{"error": {…}, "output": []}`.
 */
export function failureIn({ status, error }: WireResponse): BesedaError | undefined {
  const told = errorInBody({ error });
  if (told) return understood(told);
  if (status === "cancelled") {
    return new BesedaError("The reply was called off.", { code: "aborted", hint: "Ask again, if it is still wanted." });
  }
  if (status !== "failed") return undefined;
  return new BesedaError("The service could not finish the reply, and did not say why.", {
    code: "unavailable",
    hint: "Ask again.",
    isRetryable: true,
  });
}

/** What the service has refused for a reason that is known stays refused, though the failure has no status to tell. */
function understood(error: BesedaError): BesedaError {
  const meant = toYandexError(error, "responses");
  const mayPass = meant.code === "unavailable" || meant.code === "rate-limited";
  return meant.with({ isRetryable: meant.isRetryable && mayPass });
}
