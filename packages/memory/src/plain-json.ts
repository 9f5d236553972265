// Plain data as JSON text that every reader of UTF-8 accepts: how both memories keep what they are given.
import { BesedaError, describeThrown } from "@beseda/core";

/**
 * A lone half of a surrogate pair becomes U+FFFD, because many readers refuse the whole text over it.
 * @throws BesedaError `invalid-argument` for what JSON cannot hold: a cycle, a bigint, nothing at all
 */
export function toPlainJson(value: unknown, what: string): string {
  let json: string | undefined;
  try {
    json = JSON.stringify(value);
  } catch (cause) {
    throw notPlain(what, describeThrown(cause), cause);
  }
  if (json === undefined) throw notPlain(what, `${typeof value} has no JSON`);
  return json.includes("\\ud") ? json.replace(escapedBackslashOrSurrogate, wellFormed) : json;
}

/** An escaped backslash is matched too, so that the text `\ud800`, written out by somebody, is left alone. */
const escapedBackslashOrSurrogate = /\\(?:\\|ud[89a-f][0-9a-f]{2})/g;

function wellFormed(escaped: string): string {
  return escaped === "\\\\" ? escaped : "\\ufffd";
}

function notPlain(what: string, reason: string, cause?: unknown): BesedaError {
  return new BesedaError(`${what} cannot be kept: ${reason}.`, {
    code: "invalid-argument",
    hint: "Only plain data can be: objects, arrays, strings, numbers, booleans and null.",
    cause,
  });
}

/** @throws BesedaError `invalid-argument` for anything but a text with something in it */
export function requireName(name: unknown, what: string): void {
  if (typeof name === "string" && name !== "") return;
  throw new BesedaError(`The ${what} is ${name === "" ? "empty" : `of type ${typeof name}`}.`, {
    code: "invalid-argument",
    hint: `Give any text of at least one character as the ${what}.`,
  });
}
