// What the model reads of a tool's output: text as it is, everything else as JSON, and never more than the cap.

import { describeThrown } from "../errors.ts";
import type { JsonValue } from "../message.ts";

/** Never throws. Text over `maxChars` keeps its first three quarters and its end, with a note of what is missing between. */
export function outputText(output: unknown, maxChars: number): string {
  const { text } = shown(output);
  if (text.length <= maxChars) return text;
  const head = clip(text, 0, Math.ceil(maxChars * 0.75));
  const tail = clip(text, text.length - Math.floor(maxChars * 0.25), text.length);
  return `${head}\n[… ${text.length - head.length - tail.length} of ${text.length} characters left out …]\n${tail}`;
}

/** What JSON can hold of an output, with which `outputText` gives the same text. Never throws. */
export function plainOutput(output: unknown): JsonValue {
  const { text, isJson } = shown(output);
  return isJson ? (JSON.parse(text) as JsonValue) : text;
}

/** What is text once it is plain, such as a date, has no quotes either: what is left of it to read later is that text. */
function shown(output: unknown): { text: string; isJson: boolean } {
  try {
    const value = plain(output, []);
    if (typeof value === "string") return { text: value.toWellFormed(), isJson: false };
    const text = JSON.stringify(value);
    return text === undefined ? { text: "Done.", isJson: false } : { text, isJson: true };
  } catch (error) {
    return { text: `[the output cannot be shown as text: ${describeThrown(error)}]`, isJson: false };
  }
}

/**
 * What JSON can hold of a value. Bytes are counted and not listed; of what has no fields to show, or has to be read
 * first, such as a stream or a `Response`, there is only the name.
 */
function plain(value: unknown, parents: readonly object[]): unknown {
  if (typeof value === "bigint") return value.toString();
  if (typeof value === "function" || typeof value === "symbol") return `[${typeof value}]`;
  if (typeof value !== "object" || value === null) return value;
  // Before toJSON, with which a Buffer becomes a list of numbers.
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return `[${value.byteLength} bytes]`;
  if (parents.includes(value)) return "[circular]";
  const path = [...parents, value];
  if ("toJSON" in value && typeof value.toJSON === "function") return plain(value.toJSON(), path);
  if (Array.isArray(value)) return value.map((item) => plain(item, path));
  if (value instanceof Set) return [...value].map((item) => plain(item, path));
  if (value instanceof Error) return { error: value.message };
  const entries: [unknown, unknown][] = value instanceof Map ? [...value] : Object.entries(value);
  if (isClosed(value, entries.length)) return `[${nameOf(value)}]`;
  return Object.fromEntries(entries.map(([key, item]) => [key, plain(item, path)]));
}

function isClosed(value: object, fields: number): boolean {
  if (Symbol.asyncIterator in value) return true;
  const prototype = Object.getPrototypeOf(value);
  return fields === 0 && !(value instanceof Map) && prototype !== null && prototype !== Object.prototype;
}

function nameOf(value: object): string {
  return Symbol.toStringTag in value ? String(value[Symbol.toStringTag]) : value.constructor.name;
}

/** A slice that never cuts a character of two UTF-16 units in half. */
function clip(text: string, start: number, end: number): string {
  const isLow = (at: number) => text.charCodeAt(at) >= 0xdc00 && text.charCodeAt(at) <= 0xdfff;
  return text.slice(isLow(start) ? start + 1 : start, isLow(end) ? end - 1 : end);
}
