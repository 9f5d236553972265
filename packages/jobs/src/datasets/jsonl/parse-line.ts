// One line of JSON as a row: strictly, and so that no value is lost or changed on the way.
import type { JsonValue } from "@beseda/core";
import type { BadRow, Cells, Row } from "../dataset.ts";
import { plainCells } from "../plain-cells.ts";

export function parseLine(number: number, line: string): Row | BadRow {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (flaw) {
    return { number, problem: line.trim() === "" ? "it is empty" : notJson(flaw) };
  }
  const problem = plainCells(value);
  if (problem !== undefined) return { number, problem };
  let cells = value as Cells;
  if (mayRepeatKey(line, cells)) {
    const key = repeatedKey(line);
    if (key !== undefined) return { number, problem: `it has two columns “${key}”` };
  }
  if (longDigits.test(line)) cells = withDigits(line) as Cells;
  return { number, cells };
}

function notJson(flaw: unknown): string {
  const reason = flaw instanceof Error ? flaw.message : String(flaw);
  // What V8 quotes of the line can be a secret, and long.
  return `it is not JSON (${reason.replace(/, (?:\.{3})?".*$/s, "").slice(0, 100)})`;
}

/** In all JSON that has integers which a number would round. */
export const longDigits = /\d{16}/;

/** What the line says, with such numbers as texts of their digits. It is valid JSON; no pattern, since texts may be long. */
export function withDigits(line: string, isText: (number: string) => boolean = isRounded): JsonValue {
  let kept = "";
  let from = 0;
  for (let at = 0; at < line.length; ) {
    const sign = line.charCodeAt(at);
    if (sign === quote) at = endOfString(line, at);
    else if (!isInNumbers(sign)) at++;
    else {
      const start = at;
      while (at < line.length && isInNumbers(line.charCodeAt(at))) at++;
      if (!isText(line.slice(start, at))) continue;
      kept += `${line.slice(from, start)}"${line.slice(start, at)}"`;
      from = at;
    }
  }
  return JSON.parse(kept + line.slice(from));
}

/** Digits, signs, points and exponents. The `e` of true and false is one of these, too, and no integer. */
function isInNumbers(sign: number): boolean {
  return (sign >= 48 && sign <= 57) || sign === 45 || sign === 43 || sign === 46 || sign === 69 || sign === 101;
}

/** Longer ones are beyond what a number holds at all. */
const longestInteger = 400;

function isRounded(number: string): boolean {
  return number.length <= longestInteger && /^-?\d{16,}$/.test(number) && !Number.isSafeInteger(Number(number));
}

/** JSON.parse keeps the last of two. Each key has a colon behind it, so that there are as many as keys, or the line is looked at. */
function mayRepeatKey(line: string, cells: Cells): boolean {
  let colons = 0;
  for (let at = line.indexOf(":"); at >= 0; at = line.indexOf(":", at + 1)) colons++;
  return colons !== Object.keys(cells).length;
}

/** The first key of the outermost object that is there twice. The line is valid JSON. */
function repeatedKey(line: string): string | undefined {
  const keys = new Set<string>();
  let depth = 0;
  for (let at = 0; at < line.length; at++) {
    const sign = line.charCodeAt(at);
    if (sign === openBrace || sign === openBracket) depth++;
    else if (sign === closeBrace || sign === closeBracket) depth--;
    else if (sign === quote) {
      const end = endOfString(line, at);
      if (depth === 1 && isKey(line, end)) {
        const key: string = JSON.parse(line.slice(at, end));
        if (keys.has(key)) return key;
        keys.add(key);
      }
      at = end - 1;
    }
  }
  return undefined;
}

const quote = 34;
const openBracket = 91;
const closeBracket = 93;
const openBrace = 123;
const closeBrace = 125;

/** Behind the closing quote of the string that begins at `start`. */
function endOfString(line: string, start: number): number {
  for (let at = line.indexOf('"', start + 1); ; at = line.indexOf('"', at + 1)) {
    let backslashes = 0;
    while (line[at - 1 - backslashes] === "\\") backslashes++;
    if (backslashes % 2 === 0) return at + 1;
  }
}

function isKey(line: string, end: number): boolean {
  let at = end;
  while (line[at] === " " || line[at] === "\t" || line[at] === "\r") at++;
  return line[at] === ":";
}
