// Everything in a message that could be an argument: each value with the place where it stands.

import { type Word, wordsOf } from "../language/words.ts";
import { type ExpressionSpan, findExpressions } from "./find-expressions.ts";
import { findMoments, type MomentSpan } from "./find-moments.ts";
import { findNames, type NameSpan } from "./find-names.ts";
import { findNumbers, type NumberSpan } from "./find-numbers.ts";

export type TextSpan = { text: string; start: number; end: number };

/** Spans of different kinds may overlap: "May 12" is a moment, and 12 in it a number. */
export type Values = {
  text: string;
  words: readonly Word[];
  quotes: TextSpan[];
  urls: TextSpan[];
  emails: TextSpan[];
  phones: TextSpan[];
  ids: TextSpan[];
  numbers: NumberSpan[];
  expressions: ExpressionSpan[];
  moments: MomentSpan[];
  names: NameSpan[];
};

export function findValues(text: string, now: Date): Values {
  const quotes = find(text, quoted, (said) => said.slice(1, -1).trim()).filter((quote) => quote.text !== "");
  const urls = find(text, url, (said) => said.replace(/[.,;:!?)\]»"']+$/, ""));
  const emails = find(text, email, (said) => said);
  // What is inside an address or a quotation is not looked at again; offsets stay.
  const open = masked(text, [...quotes, ...urls, ...emails]);
  const words = wordsOf(text);
  const openWords = words.filter((word) => open.slice(word.start, word.end) === word.text);
  const ids = find(open, id, (said) => said.replace(/^[#№]\s*/, ""));
  const phones = find(open, phone, (said) => said.trim());
  const plain = masked(open, [...phones, ...find(open, uuid, (said) => said)]);
  const numbers = findNumbers(plain, openWords);
  const moments = findMoments(plain, numbers, now);
  const written = moments.filter((moment) => /\d[-./]\d/.test(text.slice(moment.start, moment.end)));
  const expressions = findExpressions(masked(plain, written), numbers);
  return {
    text,
    words,
    quotes,
    urls,
    emails,
    phones,
    ids,
    numbers,
    expressions,
    moments,
    names: findNames(open, openWords),
  };
}

const quoted = /"[^"]+"|“[^”]+”|«[^»]+»|„[^“”]+[“”]|`[^`]+`|(?<![\p{L}\d])'[^']+'(?![\p{L}\d])/gu;
const url =
  /\bhttps?:\/\/[^\s<>"«»]+|(?<![\p{L}\d@./-])(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+(?:com|org|net|io|ru|dev|ai|app|info|edu|gov|me|co|uk|de|рф)(?:\/[^\s<>"«»]*)?(?![\p{L}\d@])/giu;
const email = /[\p{L}\d._%+-]+@[\p{L}\d-]+(?:\.[\p{L}\d-]+)+/gu;
const uuid = /\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/gi;
const id =
  /\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b|[#№]\s*[\p{L}\d][\p{L}\d-]*|(?<![\p{L}\d-])(?=[\p{L}\d_-]*\d)\p{L}[\p{L}\d]*(?:[-_][\p{L}\d]+)*(?![\p{L}\d])|(?<![\d.-])\d{2,}-\d{2,}(?![\d-])/giu;
const phone =
  /(?<![\p{L}\d])(?:\+\d[\d\s()-]{7,}\d|8\s?\(?\d{3}\)?[\s-]?\d{3}[\s-]?\d{2}[\s-]?\d{2}|\(?\d{3}\)?[\s-]\d{3}-\d{4})(?!\d)/gu;

function find(text: string, pattern: RegExp, read: (said: string) => string): TextSpan[] {
  return [...text.matchAll(pattern)].map((match) => {
    const value = read(match[0]);
    const cut = match[0].startsWith(value) ? value.length : match[0].length;
    return { text: value, start: match.index, end: match.index + cut };
  });
}

function masked(text: string, spans: readonly { start: number; end: number }[]): string {
  let open = text;
  for (const { start, end } of spans) open = open.slice(0, start) + "\u0001".repeat(end - start) + open.slice(end);
  return open;
}
