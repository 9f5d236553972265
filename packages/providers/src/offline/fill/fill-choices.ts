// Parameters with a fixed set of values: the choice that the message names, in either language, and yes or no.

import { areSynonyms } from "../language/concepts.ts";
import { importanceOf } from "../language/stop-words.ts";
import { keysOf, lowered, soundsLike, type Word, wordsOf, wordsOfName } from "../language/words.ts";
import type { Field } from "../read/read-field.ts";
import type { NameSpan } from "../values/find-names.ts";
import { findNames } from "../values/find-names.ts";
import { assign } from "./fill-typed.ts";
import type { Filling, Span } from "./filling.ts";

export function fillChoices(filling: Filling): void {
  const fields = filling.open((field) => field.kind === "choice");
  const groups = new Map<string, Field[]>();
  // Two parameters with the same choices, such as units, are told apart by "from" and "to".
  for (const field of fields) {
    const key = JSON.stringify(field.choices);
    groups.set(key, [...(groups.get(key) ?? []), field]);
  }
  for (const group of groups.values()) {
    const [first] = group;
    if (!first) continue;
    const found = choicesIn(filling, first);
    if (group.length > 1)
      assign(
        filling,
        group,
        found.map((each) => ({ ...each, value: String(each.value) })),
      );
    else if (found[0]) putBest(filling, first, found);
  }
  for (const field of filling.open((each) => each.kind === "boolean")) fillBoolean(filling, field);
}

export type FoundChoice = Span & { value: string | number | boolean; strength: number };

/** In the order of the message. A place takes its strongest choice. */
export function choicesIn(filling: Filling, field: Field): FoundChoice[] {
  const found: FoundChoice[] = [];
  for (const choice of field.choices ?? []) {
    const matches = [
      ...literal(filling, choice),
      ...byOperator(filling, choice),
      ...byName(filling, choice),
      ...byMeaning(filling, choice),
    ];
    for (const match of matches) if (filling.isFree(match)) found.push({ ...match, value: choice });
  }
  return found
    .sort((a, b) => b.strength - a.strength || a.start - b.start)
    .filter((each, at, all) => !all.slice(0, at).some((other) => each.start < other.end && other.start < each.end))
    .sort((a, b) => a.start - b.start);
}

function putBest(filling: Filling, field: Field, found: readonly FoundChoice[]): void {
  const best = [...found].sort((a, b) => b.strength - a.strength)[0];
  if (!best) return;
  const word = filling.values.words.find((each) => each.start === best.start);
  // A command stays what it is: "add" can be the choice, and the word before the text as well.
  // What is searched for is not cut by what it is filed under, unless that is said apart: "headphones in electronics".
  const isApart = ["in", "within", "among", "в", "среди"].includes(filling.wordsBefore(best.start, 1)[0]?.lower ?? "");
  const isSearched = !isApart && filling.open(({ kind }) => kind === "text").some(({ keys }) => keys.has("@query"));
  const consumes =
    !isSearched && best.strength !== strengths.operator && !(word && filling.tool.nameKeys.has(word.keys[0] ?? ""));
  filling.put(field, best.value, consumes ? best : undefined);
  const category = filling.wordsBefore(best.start, 1)[0] ?? undefined;
  const after = filling.wordsAfter(best.end, 1)[0];
  for (const near of [category, after]) {
    if (consumes && near?.keys.some((key) => field.keys.has(key))) filling.take(near);
  }
}

const strengths = { literal: 3, name: 2.5, operator: 2.2, meaning: 1.5 };
type Match = Span & { strength: number };

/** The words of the choice themselves; "in-progress" is also "in progress". */
function literal(filling: Filling, choice: string | number | boolean): Match[] {
  const wanted = wordsOfName(String(choice));
  const { words } = filling.values;
  const matches: Match[] = [];
  if (wanted.length === 0) return [];
  const parts = words.flatMap((word) => partsOf(word));
  for (const [at] of parts.entries()) {
    const slice = parts.slice(at, at + wanted.length);
    const same =
      slice.length === wanted.length && slice.every((part, index) => sameWord(part.lower, wanted[index] ?? ""));
    const start = slice[0]?.start ?? 0;
    const end = slice.at(-1)?.end ?? 0;
    if (same) matches.push({ start, end, strength: strengths.literal });
  }
  return matches;
}

function partsOf(word: Word): { lower: string; start: number; end: number }[] {
  return [...word.text.matchAll(/[\p{L}\p{N}]+/gu)].map((match) => ({
    lower: lowered(match[0]),
    start: word.start + match.index,
    end: word.start + match.index + match[0].length,
  }));
}

function sameWord(said: string, wanted: string): boolean {
  if (said === wanted) return true;
  if (soundsLike(said, wanted)) return true;
  return wanted.length > 2 && keysOf(said)[0] === keysOf(wanted)[0];
}

const operatorWords: Record<string, readonly string[]> = {
  "+": ["@add", "+"],
  "-": ["@subtract", "-"],
  "*": ["@multiply", "*", "×"],
  "/": ["@divide", "/", "÷"],
  "^": ["@power", "^", "**"],
};

function byOperator(filling: Filling, choice: string | number | boolean): Match[] {
  const keys = [String(choice), ...wordsOfName(String(choice)).flatMap(keysOf)];
  return filling.values.expressions.flatMap(({ operator, start, end }) =>
    operator && operatorWords[operator]?.some((key) => keys.includes(key))
      ? [{ start, end, strength: strengths.operator }]
      : [],
  );
}

/** "USD" for dollars, "fr" for French, "celsius" for °C. */
function byName(filling: Filling, choice: string | number | boolean): Match[] {
  const text = String(choice);
  return filling.values.names
    .filter((name) => isNamed(name, text))
    .map((name) => ({ start: name.start, end: name.end, strength: strengths.name }));
}

function isNamed(name: NameSpan, text: string): boolean {
  if (lowered(name.code) === lowered(text) || lowered(name.english) === lowered(text)) return true;
  if (name.kind === "city" && name.code.endsWith(`/${text}`)) return true;
  const spaced = text.replaceAll(/[_-]/g, " ");
  return findNames(spaced, wordsOf(spaced)).some((other) => other.kind === name.kind && other.english === name.english);
}

/** Words with the same meaning: "срочно" for "high". All words of the choice must be meant. */
function byMeaning(filling: Filling, choice: string | number | boolean): Match[] {
  const wanted = wordsOfName(String(choice)).filter((word) => word.length > 1);
  const meanings = wanted.map((word) => keysOf(word).filter((key) => key.startsWith("@") && areSynonyms(key.slice(1))));
  if (meanings.length === 0 || meanings.some((keys) => keys.length === 0)) return [];
  return filling.values.words
    .filter((word) => importanceOf(word) > 0 || meanings.length === 1)
    .filter((word) => meanings.every((keys) => keys.some((key) => word.keys.includes(key))))
    .map((word) => {
      // The more of their meanings two words share, the nearer they are.
      const shared = meanings.flat().filter((key) => word.keys.includes(key)).length;
      return { start: word.start, end: word.end, strength: strengths.meaning + shared / 10 };
    });
}

const negations = new Set(
  "no not without don't disable exclude except turn-off без не кроме исключая отключи выключи".split(" "),
);

function fillBoolean(filling: Filling, field: Field): void {
  const { words } = filling.values;
  const isSwitch =
    field.keys.has("@on") ||
    [..."state power active".split(" ")].some((key) => field.keys.has(key)) ||
    field.name.toLowerCase() === "on";
  const named = words.find(
    (word) =>
      filling.isFree(word) &&
      word.keys.some((key) => plainKeys(field).includes(key) && (importanceOf(word) > 0 || areSynonyms(key.slice(1)))),
  );
  const on = words.find((word) => word.lower === "on" || word.keys.includes("@on"));
  const off = words.find((word) => word.lower === "off" || word.keys.includes("@off"));
  if (isSwitch && (on || off)) filling.put(field, !off, off ?? on);
  else if (named) {
    const negated = filling.wordsBefore(named.start, 2).some((word) => negations.has(word.lower));
    const [before] = filling.wordsBefore(named.start, 1);
    const isLinked = before && (negated || ["with", "с", "со"].includes(before.lower));
    filling.put(field, !negated, isLinked ? { start: before.start, end: named.end } : named);
  } else if (field.required) filling.put(field, false, undefined, false);
}

/** "includeSymbols" is about symbols. */
function plainKeys(field: Field): string[] {
  const empty = new Set("include includes with is has have use show enable should allow only".split(" "));
  return wordsOfName(field.name)
    .filter((word) => !empty.has(word))
    .flatMap(keysOf);
}
