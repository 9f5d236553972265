// JSON from a model, made safe to hand on: strict first, repaired where that is certain, else what is wrong with it.
import { describeThrown } from "../errors.ts";
import { repairJson } from "./repair-json.ts";

/** `wasOpen`: closing brackets were missing at its end and have been added. */
export type ParsedJson = { ok: true; value: unknown; wasOpen: boolean } | { ok: false; problem: string };

/** Levels of nesting. Deeper values are refused: validators, stores and JSON.stringify run out of stack on them. */
export const deepestJson = 500;

/**
 * Never throws; takes time linear to the text. The value is plain data that JSON can hold, with no key `__proto__`, no
 * `prototype` in a `constructor`, no Infinity and no half of a surrogate pair. An object or a list that was encoded as a
 * string, even twice, is decoded.
 */
export function parseJson(text: string): ParsedJson {
  let value: unknown;
  let wasOpen = false;
  try {
    value = JSON.parse(text);
  } catch {
    try {
      const repair = repairJson(text);
      value = JSON.parse(repair.json);
      wasOpen = repair.wasOpen;
    } catch (flaw) {
      return { ok: false, problem: describeThrown(flaw) };
    }
  }
  if (typeof value === "string") {
    const inner = /^\s*["'[{]/.test(value) ? parseJson(value) : undefined;
    if (inner?.ok && isHolder(inner.value)) return inner;
  }
  const holder = { value };
  const problem = mendAt(holder, "value", 0);
  return problem === undefined ? { ok: true, value: holder.value, wasOpen } : { ok: false, problem };
}

/** What is wrong with a text that was refused, in words that a model can act on. */
export function jsonProblem(text: string): string {
  const parsed = parseJson(text);
  return parsed.ok ? "it was cut off before its closing brackets" : parsed.problem;
}

/** An object or a list that JSON.parse has made, and that nobody else has seen yet. */
type Holder = { [key: string | number]: unknown };

/** Mends in place what can be mended, and says what cannot. */
function mend(holder: Holder, depth: number): string | undefined {
  if (depth > deepestJson) return `it is nested more than ${deepestJson} levels deep`;
  let problem: string | undefined;
  if (Array.isArray(holder)) {
    for (let index = 0; index < holder.length && problem === undefined; index++) problem = mendAt(holder, index, depth);
  } else {
    for (const key in holder) {
      problem = mendAt(holder, key, depth);
      if (problem !== undefined) break;
      mendKey(holder, key);
    }
  }
  return problem;
}

function mendAt(holder: Holder, key: string | number, depth: number): string | undefined {
  const value = holder[key];
  if (isHolder(value)) return mend(value, depth + 1);
  if (typeof value === "string") {
    if (!value.isWellFormed()) holder[key] = value.toWellFormed();
  } else if (value === Infinity || value === -Infinity) {
    return `a number in it is too large, at "${key}"`;
  }
  return undefined;
}

/** Keys that merging the value into another object would turn against all objects, and keys with half characters. */
function mendKey(holder: Holder, key: string): void {
  const value = holder[key];
  if (key === "__proto__") delete holder[key];
  else if (key === "constructor" && isHolder(value)) delete value.prototype;
  else if (!key.isWellFormed()) {
    delete holder[key];
    holder[key.toWellFormed()] = value;
  }
}

function isHolder(value: unknown): value is Holder {
  return typeof value === "object" && value !== null;
}
