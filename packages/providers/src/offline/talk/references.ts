// "It", "the result", "there": words of a request that stand for what an earlier result said.
import { readable } from "./read-out.ts";

const results =
  /(?<!\p{L})(?:the (?:result|answer|output|outcome|sum|product|total)|(?:this|that) (?:result|number|value|text|answer)|результат(?:а|у|ом|е)?|ответ(?:а|у|ом|е)?|полученн\p{L}+ (?:число|результат|значение|сумму)|эт(?:о|от|у) (?:число|сумму|текст))(?!\p{L})/giu;
const pronouns = /(?<!\p{L})(?:it|this|that|them|это|его|ее|её|их)(?!\p{L}|'s)/giu;
/** "What time is it": a word that stands for nothing. */
const empty =
  /(?<!\p{L})(?:is it|was it|will it|does it|it is|it will|it was|that is|this is|is this|is that|это (?:что|кто|значит)|что это|remember that|that's|so that|note that|say that|says that|know that)(?!\p{L})|(?<!\p{L})(?:this|that) (?=\p{L})/giu;
const places = /(?<!\p{L})(?:there|over there|там|туда)(?!\p{L})/giu;

export function refersToResult(text: string): boolean {
  results.lastIndex = 0;
  pronouns.lastIndex = 0;
  return results.test(text) || pronouns.test(text.replaceAll(empty, " "));
}

/**
 * The text with the earlier result in the place of the word, as the number that it holds or, in quotation marks, as
 * text. Undefined where it holds no number.
 */
export function withResult(text: string, result: string, as: "number" | "text"): string | undefined {
  const value = as === "number" ? numberIn(result) : quoted(textIn(result));
  if (value === undefined) return undefined;
  const hidden: string[] = [];
  const open = text.replaceAll(empty, (said) => `‹${hidden.push(said) - 1}›`);
  const named = open.replaceAll(results, value);
  const written = named === open ? open.replace(pronouns, value) : named;
  return written.replace(/‹(\d+)›/g, (_, at: string) => hidden[Number(at)] ?? "");
}

export function refersToPlace(text: string): boolean {
  places.lastIndex = 0;
  return places.test(text);
}

export function withPlace(text: string, place: string): string {
  return text.replaceAll(places, `in ${place}`);
}

const mainKeys = /^(?:result|answer|value|total|sum|converted|output|text|translation|summary|url|id)$/i;

/** The number that a result is about: its only one, or the one with a telling name. */
export function numberIn(output: string): string | undefined {
  const value = parsed(output);
  if (typeof value === "number") return String(value);
  if (typeof value === "string") return /^-?\d+(?:\.\d+)?$/.test(value.trim()) ? value.trim() : undefined;
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  const numbers = Object.entries(value).filter(([, each]) => typeof each === "number");
  const main = numbers.find(([key]) => mainKeys.test(key)) ?? (numbers.length === 1 ? numbers[0] : undefined);
  return main && String(main[1]);
}

function textIn(output: string): string {
  const value = parsed(output);
  const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
  const main = isObject
    ? Object.entries(value).find(([key, each]) => mainKeys.test(key) && typeof each !== "object")
    : undefined;
  return main ? String(main[1]) : readable(output, "en");
}

function quoted(text: string): string {
  return `«${text.replaceAll("«", "“").replaceAll("»", "”")}»`;
}

function parsed(output: string): unknown {
  try {
    return JSON.parse(output);
  } catch {
    return output;
  }
}
