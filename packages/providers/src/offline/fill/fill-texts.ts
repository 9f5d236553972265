// Free text: what is quoted, what follows the name of a parameter, names, and at last the rest of the message.

import { isLeadIn, isStopWord } from "../language/stop-words.ts";
import { keysOf, stemOf, type Word, wordsOf, wordsOfName } from "../language/words.ts";
import type { Field } from "../read/read-field.ts";
import type { ReadTool } from "../read/read-tool.ts";
import type { Filling } from "./filling.ts";
import { inMoment, nextInList, type Phrase, phraseFor, phraseFrom } from "./name-phrases.ts";
import { isCommandWord, restOf, trimmed } from "./rest-of-text.ts";

export function fillTexts(filling: Filling): void {
  fillQuoted(filling);
  fillNamed(filling);
  fillNames(filling);
  fillRest(filling);
}

const wordy = new Set(["text", "person", "place", "id", "symbol", "language", "unit", "currency"]);

function isWordy(field: Field): boolean {
  return wordy.has(field.kind);
}

const proseTools = new Set(
  "todo task note memo reminder remind event meeting appointment ticket issue bug message summary summarize sentiment"
    .split(" ")
    .map(stemOf),
);

/** Whole sentences may stand here; in other texts there is a name, a title, a term. */
function isProse(field: Field, tool: ReadTool): boolean {
  if (field.kind === "text" && [...proseTools].some((key) => tool.nameKeys.has(key))) return true;
  const prose = [
    "@body",
    "@text",
    "@note",
    "@todo",
    "@query",
    "prompt",
    "question",
    "@subject",
    "reason",
    "comment",
    "description",
    "fact",
    "@event",
    "@quote",
  ];
  return field.kind === "text" && prose.some((key) => field.keys.has(key));
}

function fillQuoted(filling: Filling): void {
  for (const quote of filling.values.quotes) {
    if (!filling.isFree(quote)) continue;
    const fields = filling.open((field) => isWordy(field) && field.schema.format === undefined);
    const [before] = filling.wordsBefore(quote.start, 1);
    const named = fields.find((field) => before && isNameOf(before, field));
    const titled = fields.find((each) => isProse(each, filling.tool) || each.keys.has("@title"));
    const field = named ?? titled ?? fields.find((each) => each.kind === "text") ?? fields[0];
    if (!field) continue;
    filling.put(field, quote.text, quote);
    if (named && before) filling.take(before);
  }
}

type Cue = { field: Field; word: Word };

/** "with subject Lunch and text See you": from the name of a parameter to the name of the next. */
function fillNamed(filling: Filling): void {
  const fields = filling.open((field) => isWordy(field));
  const texts = fields.filter((field) => field.kind === "text");
  const cues: Cue[] = [];
  for (const word of filling.freeWords()) {
    if (cues.length > 0 && word.start < (cues.at(-1)?.word.end ?? 0)) continue;
    const field = bestNamed(
      filling,
      word,
      fields.filter((each) => !cues.some((cue) => cue.field === each)),
    );
    if (field && isCue(filling, word, field, texts.length)) cues.push({ field, word });
  }
  for (const [at, { field, word }] of cues.entries()) {
    const next = cues[at + 1]?.word.start ?? filling.values.text.length;
    const value = trimmed(restOf(filling, word.end, cutLink(filling, next))).replace(/^(?:is|to|=|равно)\s+/i, "");
    const isName = !isProse(field, filling.tool) && !naming.test(word.lower) && /^\p{Lu}/u.test(value);
    if (isName) {
      const words = filling.freeWords().filter((each) => each.start >= word.end);
      const phrase = phraseFrom(
        filling,
        words,
        words.findIndex((each) => value.startsWith(each.text)),
        true,
      );
      filling.put(field, phrase.value, { start: word.start, end: phrase.end });
    } else if (value !== "") filling.put(field, value, { start: word.start, end: next });
  }
}

/** The parameter's own name, or a word of the row that it leads: "тема" for a subject, but "книга" not for an author. */
function isNameOf(word: Word, field: Field): boolean {
  const own = wordsOfName(field.name).map((each) => `@${each}`);
  return word.keys.some((key) => field.keys.has(key) && (!key.startsWith("@") || own.includes(key)));
}

/** The name itself before its meaning, and the name before the description. */
function bestNamed(filling: Filling, word: Word, fields: readonly Field[]): Field | undefined {
  const [stem = ""] = word.keys;
  const meant = (field: Field) => isNameOf(word, field);
  if (naming.test(word.lower)) {
    const texts = fields.filter((field) => field.kind === "text");
    const named = fields.find((field) => ["@name", "@title", "@tag", "@subject"].some((key) => field.keys.has(key)));
    return named ?? (texts.length === 1 ? texts[0] : undefined);
  }
  if (quoting.test(word.lower)) return fields.find((field) => field.keys.has("@body"));
  const about = ["about", "regarding", "о", "об", "обо", "про", "насчет"].includes(word.lower);
  return (
    fields.find((field) => field.keys.has(stem) && !isStopWord(word.lower)) ??
    fields.find((field) => (about ? field.keys.has("@subject") : meant(field) && !filling.tool.nameKeys.has(stem)))
  );
}

const quoting = /^(?:saying|says|say|telling|текстом|словами)$/;
const naming = /^(?:called|named|titled|entitled|названием|имени|назови|именем|заголовком)$/;

/** A parameter's name is a cue only where what follows can be its value. */
function isCue(filling: Filling, word: Word, field: Field, texts: number): boolean {
  const { text } = filling.values;
  const after = text.slice(word.end);
  if (!/[\p{L}\p{N}]/u.test(after)) return false;
  if (/^\s*[:=]/.test(after)) return true;
  const explicit = [...filling.wordsBefore(word.start, 1)].some((before) =>
    ["with", "and", "с", "со", "и", "where", "its"].includes(before.lower),
  );
  const introduces = /^(?:saying|says|say|tell|telling|about|regarding|темой|текстом|о|об|про)$/.test(word.lower);
  if (naming.test(word.lower)) return true;
  if (field.kind === "text" && introduces)
    return texts > 1 || !isProse(field, filling.tool) || !["о", "об", "про", "about"].includes(word.lower);
  const afterComma = /[,;]\s*$/.test(text.slice(0, word.start)) && field.keys.has(word.keys[0] ?? "");
  if ((explicit || afterComma) && (texts > 1 || !field.required)) return true;
  // "the city Paris", "order Ivanov"
  return !isProse(field, filling.tool) && field.required && /^\s+["«]?\p{Lu}/u.test(after);
}

/** The cut before a "with" or "and" that belongs to the next parameter's name. */
function cutLink(filling: Filling, next: number): number {
  let cut = next;
  for (const word of filling.wordsBefore(next, 3)) {
    if (!["and", "with", "the", "a", "и", "с", "со", "that", "its", "under", "под", "по"].includes(word.lower)) break;
    cut = word.start;
  }
  return cut;
}

/** Names of places, persons and things: capitals, or what follows a preposition. */
function fillNames(filling: Filling): void {
  for (const field of filling.open((each) => isWordy(each) && !isProse(each, filling.tool))) {
    if (field.schema.format !== undefined) continue;
    const found = field.required ? phraseFor(filling, field, false) : optionalName(filling, field);
    if (!found) continue;
    filling.put(field, found.value, found, false);
    for (let more = nextInList(filling, found); more; more = nextInList(filling, more)) {
      filling.further.push({ field, value: more.value });
      filling.take(more);
    }
  }
}

/** An optional parameter is filled by a word of its own kind ("kitchen" for a room), or by a name that nothing else takes. */
function optionalName(filling: Filling, field: Field): Phrase | undefined {
  const [own = ""] = wordsOfName(field.name).slice(-1).flatMap(keysOf);
  const words = filling.freeWords().filter((word) => !filling.tool.nameKeys.has(word.keys[0] ?? ""));
  const instance = words.find((word) => word.keys.includes(`@${own}`) && word.keys[0] !== own);
  if (instance) return { value: instance.text, start: instance.start, end: instance.end };
  const last = words.find((word) => word.keys[0] === own);
  const [before] = last ? filling.wordsBefore(last.start, 1) : [];
  const isBeside = last && before && /^[ -]+$/.test(filling.values.text.slice(before.end, last.start));
  if (isBeside && !isStopWord(before.lower) && !isCommandWord(filling, before) && filling.isFree(before)) {
    return { value: filling.values.text.slice(before.start, last.end), start: before.start, end: last.end };
  }
  const isAlone = !filling.tool.fields.some((each) => each.required && isWordy(each));
  return isAlone || field.kind !== "text" ? phraseFor(filling, field, true) : undefined;
}

/** What is left goes to the first text that is still open: required ones, then one optional query. */
function fillRest(filling: Filling): void {
  for (const field of filling.open(isWordy)) {
    if (!takesRest(filling, field)) continue;
    const rest = field.kind === "text" ? restOf(filling, 0) : leftoverName(filling);
    const value = isProse(field, filling.tool) ? rest : rest.replace(/^(?:the|an?|my)\s+/i, "");
    if (!field.required && wordsOf(value).every((word) => isStopWord(word.lower))) continue;
    if (value === "" || !wordyEnough(filling, value, field)) continue;
    filling.put(field, value, undefined, false);
    filling.take({ start: 0, end: filling.values.text.length });
    return;
  }
}

function takesRest(filling: Filling, field: Field): boolean {
  if (field.schema.format !== undefined) return false;
  if (field.required) return field.kind !== "currency" && field.kind !== "language";
  const alone = !filling.tool.fields.some((each) => each.required && isWordy(each));
  // "Add tomatoes to the list", where adding is one of the things that the tool does.
  const hasAction = [...filling.filled.keys()].some((each) => each.kind === "choice" && each.required);
  return (
    alone && field.kind === "text" && (isProse(field, filling.tool) || filling.tool.fields.length === 1 || hasAction)
  );
}

/** What is neither command nor small words, where it stands together. */
function leftoverName(filling: Filling): string {
  const words = filling
    .freeWords()
    .filter((word) => !isLeadIn(word.lower) && !isCommandWord(filling, word) && !inMoment(filling, word));
  const [first] = words;
  if (!first) return "";
  const phrase = phraseFrom(filling, words, 0, /^\p{Lu}/u.test(first.text));
  // Where more words are left the message is about something else.
  return words.every((word) => word.end <= phrase.end) ? phrase.value : "";
}

/** A code or a name is short; a sentence is none. */
function wordyEnough(filling: Filling, value: string, field: Field): boolean {
  const words = value.split(/\s+/);
  if (field.kind === "id" && !/\d|^\p{Lu}+$/u.test(value)) return false;
  if (field.kind === "id" || field.kind === "symbol" || field.kind === "unit")
    return words.length === 1 && filling.values.words.length <= 4;
  if (field.kind === "place" || field.kind === "person")
    return words.length <= 4 && !words.every((word) => isLeadIn(word.toLowerCase()));
  return true;
}
