// What Yandex AI Studio costs: a dated table, which users can replace, and nothing that is guessed.
import { BesedaError } from "@beseda/core";
import table from "./prices-2026-03.json" with { type: "json" };

/**
 * Models are named by name and version, such as `yandexgpt/latest`: another version can have another price, and a dedicated
 * instance, which has versions of its own, is not billed by tokens. What is not in the table has no price.
 */
export type YandexPrices = {
  /** Since when they hold, such as `2026-03`. */
  date: string;
  /** Where they were read. */
  source?: string | undefined;
  /** ISO 4217, of every price. */
  currency: string;
  text?: { sync?: ByModel<TextRates> | undefined; async?: ByModel<TextRates> | undefined } | undefined;
  /** For 1,000 tokens, in or out; a run is billed as `fewestTokens` at least. */
  batch?: { fewestTokens: number; models: ByModel<number> } | undefined;
  /** For a picture. */
  images?: ByModel<number> | undefined;
  /** For 1,000 tokens. */
  embeddings?: ByModel<number> | undefined;
  /** `tuned` is every classifier that was tuned. */
  classification?: ByModel<ClassificationRate> | undefined;
  /** For 1,000 calls, by the type of the tool: `web_search`, `file_search`. */
  tools?: Readonly<Record<string, number>> | undefined;
};

export type ByModel<Rate> = Readonly<Record<string, Rate>>;

/** For 1,000 tokens. `cached` is `input` where it is not said. */
export type TextRates = { input: number; output: number; cached?: number | undefined };

/** A request of up to `unitTokens` is one unit, a larger one is several; `unit` is what one costs, where that is known. */
export type ClassificationRate = { unitTokens: number; unit?: number | undefined };

/** The prices of March 2026. Newer ones: `prices: { ...yandexPrices, … }`. */
export const yandexPrices: YandexPrices = table;

/**
 * A table of prices from anywhere, such as a file of JSON.
 * @throws BesedaError `invalid-argument` with the place of what cannot be
 */
export function toPrices(given: unknown): YandexPrices {
  const prices = fieldsOf(
    given,
    "",
    ["date", "currency"],
    ["source", "text", "batch", "images", "embeddings", "classification", "tools"],
  );
  for (const name of ["date", "currency", "source"]) {
    if (prices[name] !== undefined && typeof prices[name] !== "string") throw unfit(name, "has to be a text");
  }
  if (prices.text !== undefined) {
    const modes = fieldsOf(prices.text, "text", [], ["sync", "async"]);
    for (const [mode, models] of Object.entries(modes)) eachModel(models, `text.${mode}`, checkTextRates);
  }
  if (prices.batch !== undefined) {
    const { fewestTokens, models } = fieldsOf(prices.batch, "batch", ["fewestTokens", "models"], []);
    checkNumber(fewestTokens, "batch.fewestTokens");
    eachModel(models, "batch.models", checkNumber);
  }
  if (prices.images !== undefined) eachModel(prices.images, "images", checkNumber);
  if (prices.embeddings !== undefined) eachModel(prices.embeddings, "embeddings", checkNumber);
  if (prices.classification !== undefined) eachModel(prices.classification, "classification", checkUnits, ["tuned"]);
  if (prices.tools !== undefined) eachEntry(prices.tools, "tools", checkNumber);
  return prices as YandexPrices;
}

type Check = (value: unknown, place: string) => void;

function eachModel(models: unknown, place: string, check: Check, alsoNamed: readonly string[] = []): void {
  eachEntry(models, place, (rate, at, name) => {
    if (!/^[\w.-]+\/[\w.-]+$/.test(name) && !alsoNamed.includes(name)) {
      throw unfit(at, "has to name the model with its version, such as yandexgpt/latest");
    }
    check(rate, at);
  });
}

function eachEntry(record: unknown, place: string, check: (value: unknown, at: string, name: string) => void): void {
  for (const [name, value] of Object.entries(objectAt(record, place))) check(value, `${place}["${name}"]`, name);
}

function checkTextRates(rates: unknown, place: string): void {
  for (const [name, rate] of Object.entries(fieldsOf(rates, place, ["input", "output"], ["cached"]))) {
    checkNumber(rate, `${place}.${name}`);
  }
}

function checkUnits(rate: unknown, place: string): void {
  const { unitTokens, unit } = fieldsOf(rate, place, ["unitTokens"], ["unit"]);
  checkNumber(unitTokens, `${place}.unitTokens`);
  if (unitTokens === 0) throw unfit(`${place}.unitTokens`, "has to be more than 0");
  if (unit !== undefined) checkNumber(unit, `${place}.unit`);
}

function checkNumber(value: unknown, place: string): void {
  if (typeof value !== "number" || !Number.isFinite(value) || value < 0) {
    throw unfit(place, "has to be a number, not below 0");
  }
}

function fieldsOf(
  value: unknown,
  place: string,
  needed: readonly string[],
  possible: readonly string[],
): Record<string, unknown> {
  const object = objectAt(value, place);
  const at = (name: string) => (place === "" ? name : `${place}.${name}`);
  for (const name of needed) if (object[name] === undefined) throw unfit(at(name), "is missing");
  const known = [...needed, ...possible];
  for (const name of Object.keys(object)) {
    if (!known.includes(name)) throw unfit(at(name), `is not known; there are ${known.join(", ")}`);
  }
  return object;
}

function objectAt(value: unknown, place: string): Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw unfit(place, "has to be an object");
  return value as Record<string, unknown>;
}

function unfit(place: string, problem: string): BesedaError {
  return new BesedaError(`The table of prices cannot be read: ${place === "" ? "it" : place} ${problem}.`, {
    code: "invalid-argument",
    hint: "Begin with a copy of yandexPrices, and change what is different; prices: false does without.",
  });
}
