// Names in a message: runs of capitals, and what follows a preposition.

import { isStopWord } from "../language/stop-words.ts";
import type { Word } from "../language/words.ts";
import type { Field } from "../read/read-field.ts";
import type { Filling, Span } from "./filling.ts";
import { isCommandWord } from "./rest-of-text.ts";
import { nominativePlace } from "./write-value.ts";

export type Phrase = Span & { value: string };

/** The likeliest name for a parameter; undefined where there is none. */
export function phraseFor(filling: Filling, field: Field, capitalsOnly: boolean): Phrase | undefined {
  const allowed = prepositions[field.kind] ?? prepositions.other;
  const words = filling.freeWords();
  const candidates: (Phrase & { score: number })[] = [];
  for (const [at, word] of words.entries()) {
    const before = filling.wordsBefore(word.start, 2);
    const article = ["the", "a", "an", "my"].includes(before[0]?.lower ?? "");
    const lead = (article ? before[1] : before[0])?.lower ?? "";
    const capital = /^\p{Lu}/u.test(word.text);
    const isFirst = at === 0 || /[.!?]\s*$/.test(filling.values.text.slice(0, word.start));
    const led = (allowed?.has(lead) ?? false) && (capital || !capitalsOnly);
    if (
      inMoment(filling, word) ||
      (isStopWord(word.lower) && !isNameArticle(filling, word)) ||
      (!capital && isCommandWord(filling, word))
    )
      continue;
    if (!(led || (capital && !isFirst) || (capital && isFirst && words.length <= 3 && !isCommandWord(filling, word))))
      continue;
    const phrase = phraseFrom(filling, words, at, capital);
    const matchesRole = field.role && filling.roleAt(word.start) === field.role;
    const score =
      (led ? 2 : 0) + (capital ? 2.5 : 0) + (matchesRole ? 3 : 0) - (field.role && led && !matchesRole ? 2 : 0);
    const value = field.kind === "place" && led ? nominativePlace(phrase.value, lead) : phrase.value;
    candidates.push({ ...phrase, value, score });
  }
  return candidates.sort((a, b) => b.score - a.score || a.start - b.start)[0];
}

const prepositions: Record<string, ReadonlySet<string>> = {
  place: new Set("in for at of near around to from on в во для на около из до по".split(" ")),
  person: new Set("to for with by from для к с у от".split(" ")),
  other: new Set("in of for about on by from to в для о об про на из по от до".split(" ")),
};

/** A name in capitals goes on while the capitals do; another one to the next small word. */
export function phraseFrom(filling: Filling, words: readonly Word[], at: number, capital: boolean): Phrase {
  const { text } = filling.values;
  const parts: Word[] = [];
  for (const word of words.slice(at, at + 6)) {
    const last = parts.at(-1);
    if (last && !/^[ '’&-]*$/.test(text.slice(last.end, word.start))) break;
    const isName = /^[\p{Lu}\d]/u.test(word.text);
    const links = capital && ["of", "the", "de", "la", "and", "на"].includes(word.lower);
    if (inMoment(filling, word)) break;
    if (last && capital && !isName && !(links && /^\s+(?:the\s+)?\p{Lu}/u.test(text.slice(word.end)))) break;
    if (last && !capital && (isStopWord(word.lower) || isCommandWord(filling, word))) break;
    parts.push(word);
  }
  const start = parts[0]?.start ?? 0;
  const end = parts.at(-1)?.end ?? start;
  return { value: text.slice(start, end), start, end };
}

/** "Foo and Bar" */
export function nextInList(filling: Filling, { end }: Span): Phrase | undefined {
  const { text } = filling.values;
  const match = /^(?:,|,?\s+and|,?\s+и)\s+(?:in\s+|for\s+|в\s+)?(?=\p{Lu})/u.exec(text.slice(end));
  if (!match) return undefined;
  const words = filling.freeWords().filter((word) => word.start >= end + match[0].length);
  return words.length > 0 ? phraseFrom(filling, words, 0, true) : undefined;
}

export function inMoment(filling: Filling, word: Word): boolean {
  return filling.values.moments.some((moment) => moment.start <= word.start && word.end <= moment.end);
}

/** "The Matrix", but not "The" at the start of a sentence. */
function isNameArticle(filling: Filling, word: Word): boolean {
  return word.text === "The" && word.start > 0 && /^\s+\p{Lu}/u.test(filling.values.text.slice(word.end));
}
