// How numbers are written: spaces, commas and points as people in Russia and elsewhere put them.
import { inputError } from "../input-error.ts";

export type ReadNumber = { value: number; end: number };

const digitsWithSpaces = /\d{1,3}(?:[ \u00a0\u202f]\d{3})+(?!\d)(?:[.,]\d+(?![.,\d]))?/y;
const digitsWithMarks = /(?:\d+(?:[.,]\d+)*\.?|\.\d+)/y;
const digitsWithPoint = /(?:\d+\.?\d*|\.\d+)/y;
const exponent = /[eE][+-]?\d+/y;

/**
 * The number that begins at `start`, undefined where there is none. A comma is a decimal mark or parts thousands,
 * whichever the digits allow; where both could be meant, as in 1,234, that is an error. Between the arguments of a
 * function (`commaSeparates`) it always parts them.
 */
export function readNumber(text: string, start: number, commaSeparates: boolean): ReadNumber | undefined {
  const spaced = commaSeparates ? undefined : match(digitsWithSpaces, text, start);
  const digits = spaced ?? match(commaSeparates ? digitsWithPoint : digitsWithMarks, text, start);
  if (digits === undefined) return undefined;
  let end = start + digits.length;
  const power = match(exponent, text, end) ?? "";
  end += power.length;
  const plain = spaced === undefined ? withoutMarks(digits) : digits.replace(/\s/g, "").replace(",", ".");
  return { value: Number(plain + power), end };
}

function withoutMarks(digits: string): string {
  if (/^\d*\.?\d*$/.test(digits)) return digits;
  if (/^\d{1,3}(,\d{3})+\.\d*$/.test(digits) || /^\d{1,3}(,\d{3}){2,}$/.test(digits)) return digits.replaceAll(",", "");
  if (/^\d{1,3}(\.\d{3})+,\d+$/.test(digits) || /^\d{1,3}(\.\d{3}){2,}$/.test(digits)) {
    return digits.replaceAll(".", "").replace(",", ".");
  }
  if (/^[1-9]\d{0,2},\d{3}$/.test(digits)) {
    const [whole, rest] = digits.split(",");
    throw inputError(`"${digits}" can be read in two ways. Write ${whole}${rest} or ${whole}.${rest}.`);
  }
  if (/^\d+,\d+$/.test(digits)) return digits.replace(",", ".");
  throw inputError(`"${digits.slice(0, 30)}" is not a number. Write it like 1234.5.`);
}

function match(pattern: RegExp, text: string, start: number): string | undefined {
  pattern.lastIndex = start;
  return pattern.exec(text)?.[0];
}

/** To 15 significant digits, so that 0.1 + 0.2 is 0.3. */
export function rounded(value: number): number {
  return Number(value.toPrecision(15));
}
