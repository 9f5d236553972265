// A text whose numbers stand as §0§, §1§, …, so that one pattern reads "3", "3,5" and "three".
import type { NumberSpan } from "./find-numbers.ts";

/** `offsets` leads from a place in `text` back to the place in the original. */
export type CodedText = { text: string; offsets: readonly number[] };

export function codedText(text: string, numbers: readonly NumberSpan[]): CodedText {
  let coded = "";
  const offsets: number[] = [];
  const add = (piece: string, from: number, step: 0 | 1): void => {
    for (let at = 0; at < piece.length; at++) offsets.push(from + at * step);
    coded += piece;
  };
  let from = 0;
  for (const [at, number] of numbers.entries()) {
    add(text.slice(from, number.start).replaceAll("§", " "), from, 1);
    add(`§${at}§`, number.start, 0);
    from = number.end;
  }
  add(text.slice(from).replaceAll("§", " "), from, 1);
  return { text: coded, offsets: [...offsets, text.length] };
}
