// The arguments of one call, from the words of one message, by the tool's schema. Guesses nothing that it did not read.

import type { Field } from "../read/read-field.ts";
import type { ReadTool } from "../read/read-tool.ts";
import { findValues, type Values } from "../values/find-values.ts";
import { fillChoices } from "./fill-choices.ts";
import { fillLists } from "./fill-lists.ts";
import { fillNumbers } from "./fill-numbers.ts";
import { fillTexts } from "./fill-texts.ts";
import { fillTyped } from "./fill-typed.ts";
import { Filling } from "./filling.ts";

export type Arguments = {
  input: Record<string, unknown>;
  /** Further inputs for the same tool: "the weather in Paris and London" is two calls. */
  further: Record<string, unknown>[];
  /** Required and not found. */
  missing: readonly Field[];
  /** Which value came from which words. */
  sources: { name: string; value: unknown; said: string }[];
  /** How many values can hardly be anything else. */
  certain: number;
  /** The words that became values, and so need no other reading. */
  used: (place: { start: number; end: number }) => boolean;
};

export function fillArguments(tool: ReadTool, values: Values, now: Date): Arguments {
  const filling = new Filling(tool, values, now);
  fillTyped(filling);
  fillChoices(filling);
  fillNumbers(filling);
  fillLists(filling, (text, fields) => {
    const part = fillArguments({ ...tool, fields }, findValues(text, now), now);
    return part.missing.length === 0 && Object.keys(part.input).length > 0 ? part.input : undefined;
  });
  fillTexts(filling);
  return {
    input: inputOf(filling),
    further: filling.further.map(({ field, value }) => inputOf(filling, field, value)),
    missing: filling.open((field) => field.required),
    sources: [...filling.filled].map(([field, { value, said }]) => ({ name: field.path.join("."), value, said })),
    certain: [...filling.filled].filter(([field, filled]) => filled.certain && field.required).length,
    used: (span) => !filling.isFree(span),
  };
}

function inputOf(filling: Filling, instead?: Field, value?: unknown): Record<string, unknown> {
  const input: Record<string, unknown> = {};
  for (const field of filling.tool.fields) {
    const filled = field === instead ? { value } : filling.filled.get(field);
    if (filled) setAt(input, field.path, filled.value);
  }
  return input;
}

/** Own properties only: a parameter may be called `__proto__`. */
export function setAt(target: Record<string, unknown>, path: readonly string[], value: unknown): void {
  let node = target;
  for (const [depth, key] of path.entries()) {
    const isLast = depth === path.length - 1;
    const inner = Object.hasOwn(node, key) ? node[key] : undefined;
    const next = isLast ? value : typeof inner === "object" && inner !== null ? inner : {};
    Object.defineProperty(node, key, { value: next, enumerable: true, writable: true, configurable: true });
    if (!isLast) node = next as Record<string, unknown>;
  }
}
