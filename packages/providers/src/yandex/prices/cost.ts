// What a call costs, by the billing rule of its mode. Undefined where the table has no price: nothing is guessed.
import type { Usage } from "@beseda/core";
import { parseModelUri } from "../model-uri.ts";
import type { ByModel, YandexPrices } from "./prices.ts";

/** By currency, such as `{ RUB: 0.42 }`, to the millionth. */
export type Cost = Readonly<Record<string, number>>;

/** `prices` is false where nobody wants to know. */
type Priced = { prices: YandexPrices | false; modelUri: string };

/**
 * One reply. (input − cached) × rate + cached × its rate + output × its rate, each rate for 1,000 tokens; tokens of
 * reasoning are part of the output. A tuned model costs what its base does. Instructions, history and the schemas of tools
 * are part of the input. What hosted tools brought in has a rate of its own in the pricing policy, but no reply says how much
 * it was: it is counted as input, which is never less. A reply of a batch: all its tokens × the rate of batches, without the
 * minimum, which is one of the whole run.
 *
 * Rules: pricing policy of Yandex AI Studio, since 2026-03-03. That reasoning is billed as output is inferred: it raises the
 * number of tokens.
 */
export function textCost({
  prices,
  modelUri,
  mode,
  usage,
}: Priced & { mode: "sync" | "async" | "batch"; usage: Usage }): Cost | undefined {
  if (!prices) return undefined;
  const { inputTokens, outputTokens, cachedInputTokens = 0 } = usage;
  if (mode === "batch") {
    return money(prices, rateOf(prices.batch?.models, modelUri), (inputTokens + outputTokens) / 1_000);
  }
  const rates = rateOf(prices.text?.[mode], modelUri);
  if (!rates) return undefined;
  const { input, output, cached = input } = rates;
  const thousandfold = (inputTokens - cachedInputTokens) * input + cachedInputTokens * cached + outputTokens * output;
  return money(prices, thousandfold / 1_000);
}

/** A whole batch run: all its tokens, in and out, but at least 200,000 of them (same policy) × the rate for 1,000. */
export function batchRunCost({ prices, modelUri, tokens }: Priced & { tokens: number }): Cost | undefined {
  if (!prices || prices.batch === undefined) return undefined;
  const { models, fewestTokens } = prices.batch;
  return money(prices, rateOf(models, modelUri), Math.max(tokens, fewestTokens) / 1_000);
}

/** Pictures are billed one by one, whatever is in them (same policy). */
export function imageCost({ prices, modelUri }: Priced): Cost | undefined {
  if (!prices) return undefined;
  return money(prices, rateOf(prices.images, modelUri));
}

/**
 * One classification, in units: a request of up to 1,000 tokens is one with Lite, of up to 250 with Pro and with every tuned
 * classifier; larger ones are several, rounded up (same policy).
 */
export function classificationCost({ prices, modelUri, tokens }: Priced & { tokens: number }): Cost | undefined {
  if (!prices) return undefined;
  const isTuned = parseModelUri(modelUri)?.tune !== undefined;
  const rate = isTuned ? prices.classification?.tuned : rateOf(prices.classification, modelUri);
  if (!rate) return undefined;
  return money(prices, rate.unit, Math.max(1, Math.ceil(tokens / rate.unitTokens)));
}

/** Texts as vectors: tokens × the rate for 1,000 (same policy: a unit is a token). */
export function embeddingCost({ prices, modelUri, tokens }: Priced & { tokens: number }): Cost | undefined {
  if (!prices) return undefined;
  return money(prices, rateOf(prices.embeddings, modelUri), tokens / 1_000);
}

/**
 * Calls of hosted tools by their type, such as `{ web_search: 2 }`: calls × the price of 1,000 (same policy). One without a
 * price leaves all of it without: what is not known is not counted as free.
 */
export function toolCallsCost({
  prices,
  calls,
}: {
  prices: YandexPrices | false;
  calls: Readonly<Record<string, number>>;
}): Cost | undefined {
  if (!prices) return undefined;
  let thousandfold = 0;
  for (const [tool, count] of Object.entries(calls)) {
    const rate = prices.tools && Object.hasOwn(prices.tools, tool) ? prices.tools[tool] : undefined;
    if (rate === undefined) return undefined;
    thousandfold += count * rate;
  }
  return money(prices, thousandfold / 1_000);
}

function rateOf<Rate>(rates: ByModel<Rate> | undefined, modelUri: string): Rate | undefined {
  const uri = parseModelUri(modelUri);
  return uri && rates?.[`${uri.name}/${uri.version}`];
}

/** To the millionth, so that 0.1 and 0.2 are 0.3. */
function money({ currency }: YandexPrices, rate: number | undefined, times = 1): Cost | undefined {
  return rate === undefined ? undefined : { [currency]: Math.round(rate * times * 1e6) / 1e6 };
}
