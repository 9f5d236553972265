// What is left of a message when the command and the values are taken out: the text that a free parameter gets.

import { isLeadIn, isStopWord } from "../language/stop-words.ts";
import { type Word, wordsOf } from "../language/words.ts";
import type { Filling } from "./filling.ts";

/** The free text from a place on, without the words that only led to it: "add buy milk to my list" is "buy milk". */
export function restOf(filling: Filling, from: number, to?: number): string {
  const text = filling.freeText(from, to).replace(/\s+/g, " ").trim();
  const colon = from === 0 ? afterColon(filling, text) : undefined;
  if (colon) return colon;
  const words = wordsOf(text);
  const first = from === 0 ? leadInLength(filling, words) : glueLength(words, 0);
  const last = trailLength(filling, words.slice(first));
  const start = words[first]?.start;
  if (start === undefined) return "";
  const end = last === 0 ? text.length : (words[words.length - last - 1]?.end ?? text.length);
  return trimmed(text.slice(openBefore(text, start), end));
}

/** "Summarize this: …" says itself where the text begins. */
function afterColon(filling: Filling, text: string): string | undefined {
  const at = text.indexOf(": ");
  if (at < 0) return undefined;
  const before = wordsOf(text.slice(0, at));
  const isLead = before.every((word) => isLeadIn(word.lower) || isCommandWord(filling, word));
  return isLead && before.length > 0 ? text.slice(at + 1).replace(/^[\s:]+|[\s,;]+$/g, "") : undefined;
}

/** Words that name the tool's work, and so are not what it is done to. */
export function isCommandWord(filling: Filling, word: Word): boolean {
  const { tool } = filling;
  // "Play Group Therapy": what is written as a name is one.
  if (word.start > 0 && /^\p{Lu}\p{Ll}/u.test(word.text)) return false;
  if (word.keys.some((key) => tool.nameKeys.has(key))) return true;
  return word.keys.some((key) => tool.commandKeys.has(key)) || isParameterWord(filling, word);
}

function isParameterWord(filling: Filling, word: Word): boolean {
  return filling.tool.fields.some((field) => word.keys.some((key) => field.keys.has(key) && key !== "@place"));
}

/** How many words at the beginning only lead in. Where a command is among them, articles after it stay. */
function leadInLength(filling: Filling, words: readonly Word[]): number {
  let length = 0;
  let command = -1;
  while (length < words.length) {
    const word = words[length] as Word;
    if (isCommandWord(filling, word)) command = length;
    else if (!isLeadIn(word.lower)) break;
    length++;
  }
  if (length === words.length) {
    // "How do you say thank you": small words are the text where nothing else is.
    const after = command < 0 ? length : glueLength(words, command + 1);
    return words.slice(after).every((word) => pronouns.has(word.lower)) ? length : after;
  }
  return command < 0 ? length : glueLength(words, command + 1);
}

const pronouns = new Set("it this that them him her me a an the one это его ее их мне ему ей".split(" "));

const glue = new Set(
  `some any for me to us about that of on with is are as mean means
   на мне нам про о об что чтобы слово слова текст фразу с это по в к`.split(/\s+/),
);

function glueLength(words: readonly Word[], from: number): number {
  let at = from;
  while (at < words.length && glue.has(words[at]?.lower ?? "")) at++;
  return at;
}

const tailOpeners = new Set(
  "to in on into onto from for at as mean means please в во на к ко из из-за для значит означает пожалуйста".split(" "),
);

/** How many words at the end say where it goes: "to my list". Without a word of the tool's it belongs to the text. */
function trailLength(filling: Filling, words: readonly Word[]): number {
  let hasCommand = false;
  for (let length = 1; length < words.length; length++) {
    const word = words[words.length - length] as Word;
    const isCommand = isCommandWord(filling, word);
    hasCommand ||= isCommand;
    if (tailOpeners.has(word.lower) && (hasCommand || ["please", "пожалуйста"].includes(word.lower))) return length;
    if (!isCommand && !isStopWord(word.lower)) return 0;
    if (isCommand && ["@define"].some((key) => word.keys.includes(key))) return length;
  }
  return 0;
}

/** An opening bracket or quotation mark before the first word belongs to it. */
function openBefore(text: string, start: number): number {
  return /["«“(]/.test(text[start - 1] ?? "") ? start - 1 : start;
}

export function trimmed(text: string): string {
  return text
    .replace(/\s+([,.!?;:])/g, "$1")
    .replace(/^[\s,.:;—–-]+|[\s,.:;—–?!-]+$/gu, "")
    .trim();
}
