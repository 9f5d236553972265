// The work sheet of one call: which parameter has which value, and which words of the message are used up.

import { isStopWord } from "../language/stop-words.ts";
import type { Word } from "../language/words.ts";
import type { Field } from "../read/read-field.ts";
import type { ReadTool } from "../read/read-tool.ts";
import type { Values } from "../values/find-values.ts";

export type Span = { start: number; end: number };
export type Filled = { value: unknown; said: string; certain: boolean };

export class Filling {
  readonly tool: ReadTool;
  readonly values: Values;
  readonly now: Date;
  readonly filled = new Map<Field, Filled>();
  /** Further values of a parameter that takes one: "in Paris and London". */
  readonly further: { field: Field; value: unknown }[] = [];
  readonly #taken: Span[] = [];

  constructor(tool: ReadTool, values: Values, now: Date) {
    this.tool = tool;
    this.values = values;
    this.now = now;
  }

  /** Still empty, required ones first. */
  open(test: (field: Field) => boolean = () => true): Field[] {
    const open = this.tool.fields.filter((field) => !this.filled.has(field) && test(field));
    return [...open.filter((field) => field.required), ...open.filter((field) => !field.required)];
  }

  /** `certain` where the value can hardly be anything else: an address, a date, a known city. */
  put(field: Field, value: unknown, span: Span | undefined, certain = true): void {
    const said = span ? this.values.text.slice(span.start, span.end) : "";
    this.filled.set(field, { value, said, certain });
    if (!span) return;
    this.take(span);
    // "customer ann@mail.com": the name of the parameter goes with its value.
    const [before] = this.wordsBefore(span.start, 1);
    const isBeside = before && /^[\s:=]*$/.test(this.values.text.slice(before.end, span.start));
    if (isBeside && this.isFree(before) && before.keys.some((key) => field.keys.has(key))) this.take(before);
  }

  /** The words that lead to a value go with it: "to Paris", "на французский". */
  take(span: Span): void {
    let start = span.start;
    for (const word of this.values.words.filter((each) => each.end <= span.start).reverse()) {
      if (!leadingToValue.has(word.lower) || this.values.text.slice(word.end, start).trim() !== "") break;
      start = word.start;
    }
    this.#taken.push({ start, end: span.end });
  }

  isFree(span: Span): boolean {
    return !this.#taken.some((taken) => span.start < taken.end && taken.start < span.end);
  }

  freeWords(): Word[] {
    return this.values.words.filter((word) => this.isFree(word));
  }

  /** The lower-case words before a place, the nearest first. */
  wordsBefore(place: number, count = 3): Word[] {
    return this.values.words
      .filter((word) => word.end <= place)
      .slice(-count)
      .reverse();
  }

  wordsAfter(place: number, count = 2): Word[] {
    return this.values.words.filter((word) => word.start >= place).slice(0, count);
  }

  /** What the preposition before a place makes of the value: where from, or where to. */
  roleAt(place: number): Field["role"] {
    const [before, further] = this.wordsBefore(place, 2);
    if (!before) return undefined;
    if (this.values.text.slice(before.end, place).includes(",")) return undefined;
    const lower =
      isStopWord(before.lower) && ["the", "a"].includes(before.lower) ? (further?.lower ?? "") : before.lower;
    if (roleWords.from.has(lower)) return "from";
    return roleWords.to.has(lower) ? "to" : undefined;
  }

  /** The free stretches between two places, joined; the words that are used up are cut out. */
  freeText(from = 0, to = this.values.text.length): string {
    let text = "";
    let at = from;
    for (const taken of [...this.#taken].sort((a, b) => a.start - b.start)) {
      if (taken.end <= at || taken.start >= to) continue;
      text += `${this.values.text.slice(at, Math.max(at, taken.start))} `;
      at = Math.max(at, taken.end);
    }
    return text + this.values.text.slice(at, Math.max(at, to));
  }
}

const roleWords = {
  from: new Set(["from", "с", "со", "из", "от", "between", "между"]),
  to: new Set(["to", "into", "in", "till", "until", "на", "в", "во", "до", "к", "по"]),
};

const leadingToValue = new Set(
  `to into in from for at on by of the until till with under over below above than up less more cheaper most least
   в во на из с со от до для к по за о об дешевле дороже меньше больше ниже выше не более менее`.split(/\s+/),
);
