// What a number counts: percents, money, time, weight. A rate is no term, though both are numbers.

import { wordsOf } from "../language/words.ts";
import type { Field } from "../read/read-field.ts";
import type { NumberSpan } from "./find-numbers.ts";
import type { Values } from "./find-values.ts";

/** By the sign or the unit beside it; undefined for a bare number. */
export function quantityOf({ start, end }: NumberSpan, { text, names }: Values): string | undefined {
  if (/^\s*(?:%|percent|per cent|процент|п\.п\.)/i.test(text.slice(end))) return "percent";
  const beside = names.filter((name) => (name.start >= end && name.start - end <= 1) || name.end === start);
  if (beside.some((name) => name.kind === "currency") && !beside.some((name) => name.kind === "unit")) return "money";
  return beside.find((name) => name.kind === "unit")?.detail;
}

/** What a parameter wants counted, by its name, or else by its description; empty where neither says. */
export function quantitiesFor(field: Field): readonly string[] {
  const known = wanted.get(field);
  if (known) return known;
  const named = among(field.keys);
  const found = named.length > 0 ? named : among(new Set(wordsOf(field.description).flatMap((word) => word.keys)));
  wanted.set(field, found);
  return found;
}

const wanted = new WeakMap<Field, readonly string[]>();

function among(keys: ReadonlySet<string>): string[] {
  return quantities.filter(([key]) => keys.has(key)).map(([, quantity]) => quantity);
}

const quantities: readonly [key: string, quantity: string][] = [
  ["@percent", "percent"],
  ["rat", "percent"],
  ["interest", "percent"],
  ["@tip", "percent"],
  ["@tax", "percent"],
  ["@discount", "percent"],
  ["@price", "money"],
  ["@payment", "money"],
  ["@budget", "money"],
  ["@income", "money"],
  ["@balance", "money"],
  ["principal", "money"],
  ["bill", "money"],
  ["@second", "time"],
  ["@minute", "time"],
  ["@hour", "time"],
  ["@days", "time"],
  ["@week", "time"],
  ["@month", "time"],
  ["@year", "time"],
  ["@weight", "weight"],
  ["@height", "distance"],
  ["@distance", "distance"],
  ["@temperature", "temperature"],
];
