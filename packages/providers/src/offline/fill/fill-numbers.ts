// Numbers for the parameters that take one: first by the words beside them, then in order.

import { contentKeys, isLeadIn } from "../language/stop-words.ts";
import { wordsOf } from "../language/words.ts";
import type { Field } from "../read/read-field.ts";
import type { NumberSpan } from "../values/find-numbers.ts";
import { quantitiesFor, quantityOf } from "../values/quantities.ts";
import type { Filling } from "./filling.ts";
import { writeDuration } from "./write-value.ts";

export function fillNumbers(filling: Filling): void {
  fillOperands(filling);
  const pairs = filling
    .open((field) => field.kind === "number")
    .flatMap((field) => candidates(filling).map((number) => ({ field, number, ...closeness(filling, field, number) })))
    .filter(({ score, number, value, field }) => score > 0 && fits(value ?? number.value, field))
    .sort((a, b) => b.score - a.score || a.number.start - b.number.start);
  for (const { field, number, value, cue } of pairs) {
    if (filling.filled.has(field) || !filling.isFree(number)) continue;
    put(filling, field, value ?? number.value, number);
    if (cue && filling.isFree(cue)) filling.take(cue);
  }
  fillSingleUnits(filling);
  fillInOrder(filling);
}

/** "For a week", "на неделю": one of them, without a number. */
function fillSingleUnits(filling: Filling): void {
  for (const field of filling.open((each) => each.kind === "number" && quantitiesFor(each).includes("time"))) {
    for (const word of filling.freeWords()) {
      const [before] = filling.wordsBefore(word.start, 1);
      if (!before || !["a", "an", "one", "на"].includes(before.lower)) continue;
      const value = writeDuration(1, word.lower, field);
      if (value === undefined || !fits(value, field)) continue;
      filling.put(field, value, word);
      break;
    }
  }
}

/** "subtract 3 from 10" for two numbers is 10 and 3. */
function fillOperands(filling: Filling): void {
  const fields = filling.tool.fields.filter(
    (field) => field.kind === "number" && field.required && !filling.filled.has(field),
  );
  const [expression] = filling.values.expressions.filter((each) => each.operands && filling.isFree(each));
  if (fields.length !== 2 || !expression?.operands) return;
  for (const [at, field] of fields.entries())
    filling.put(field, expression.operands[at], at === 1 ? expression : undefined);
}

function candidates(filling: Filling): NumberSpan[] {
  const { numbers, ids } = filling.values;
  const inIds = ids
    .filter((id) => /^\d+$/.test(id.text))
    .map((id) => ({ ...id, value: Number(id.text), said: id.text }));
  const separate = inIds.filter((id) => !numbers.some((number) => id.start < number.end && number.start < id.end));
  return [...numbers, ...separate].filter((number) => filling.isFree(number));
}

type Closeness = { score: number; value?: number; cue?: { start: number; end: number } };

function closeness(filling: Filling, field: Field, number: NumberSpan): Closeness {
  const { text, names } = filling.values;
  const [next, second] = filling.wordsAfter(number.end);
  const described = contentKeys(wordsOf(field.description));
  const quantity = quantityOf(number, filling.values);
  const wanted = quantitiesFor(field);
  if (next && text.slice(number.end, next.start).trim() === "" && (wanted.length === 0 || wanted.includes("time"))) {
    const value = writeDuration(number.value, next.lower, field);
    if (value !== undefined) return { score: 4, value, cue: next };
  }
  if (quantity && wanted.includes(quantity)) {
    const unit = names.find((name) => name.start >= number.end && name.start - number.end <= 1);
    return { score: 3.5, ...(unit && { cue: unit }) };
  }
  if (quantity && wanted.length > 0) return { score: 0 };
  for (const word of [next, second]) {
    const isNear = word && /^[\s-]*$/.test(text.slice(number.end, word.start));
    if (word && (isNear || word === second) && !/\d/.test(text.slice(number.end, word.start))) {
      // "5 orders" is a count, no order's number.
      const isId = field.keys.has("@id");
      if (!isId && word.keys.some((key) => field.keys.has(key))) return { score: word === next ? 3 : 2, cue: word };
      if (word === next && word.keys.some((key) => described.includes(key))) return { score: 1.5 };
    }
  }
  if (field.keys.has("@year") && number.value >= 1000 && number.value < 2200 && number.said.length === 4)
    return { score: 2.2 };
  if (/^(?:дво|тро|четвер|пятер|шестер|семер)/i.test(number.said) && field.keys.has("@guests")) return { score: 3 };
  // "d6"
  if (/\d*[dд]$/iu.test(text.slice(0, number.start)) && field.keys.has("@sides")) return { score: 3 };
  if (/^[dд]\d/iu.test(text.slice(number.end)) && field.keys.has("@count")) return { score: 3 };
  const previous = filling.wordsBefore(number.start, 4);
  for (const [distance, word] of previous.entries()) {
    if (/[\d,;]/.test(text.slice(word.end, number.start))) break;
    if (word.keys.some((key) => field.keys.has(key))) return { score: 2.6 - distance * 0.3, cue: word };
    if (distance === 0 && word.keys.some((key) => described.includes(key))) return { score: 1.8, cue: word };
    if (distance === 0 && isBound(word.lower, field)) return { score: 2.4, cue: word };
  }
  if (field.role && filling.roleAt(number.start) === field.role) return { score: 1.2 };
  // "between 1 and 10"
  if (field.role === "to" && /(?:between|между)\s+\S+\s+(?:and|и)\s*$/i.test(text.slice(0, number.start)))
    return { score: 1.2 };
  return { score: 0 };
}

function isBound(word: string, field: Field): boolean {
  const upper = ["under", "below", "max", "maximum", "cheaper", "до", "дешевле", "максимум"].includes(word);
  const lower = ["over", "above", "min", "minimum", "минимум", "дороже"].includes(word);
  return (upper && field.keys.has("@maximum")) || (lower && field.keys.has("@minimum"));
}

/** An optional number takes only one that a command counts by ("find 5 books"), or that nothing else can take. */
function fillInOrder(filling: Filling): void {
  const hasText = filling.tool.fields.some((field) => field.kind === "text" || field.kind === "list");
  const left = [...inMoments(filling, false), ...inMoments(filling, true)];
  for (const field of filling.open((each) => each.kind === "number")) {
    const next = left.find((number) => {
      if (!filling.isFree(number) || !fits(number.value, field) || isOther(filling, number, field)) return false;
      return field.required || (!hasText ? !isInMoment(filling, number) : isCounting(filling, number, field));
    });
    if (next) put(filling, field, next.value, next, false);
  }
}

/** Percents are no years. */
function isOther(filling: Filling, number: NumberSpan, field: Field): boolean {
  const quantity = quantityOf(number, filling.values);
  const wanted = quantitiesFor(field);
  return quantity !== undefined && wanted.length > 0 && !wanted.includes(quantity);
}

function inMoments(filling: Filling, inside: boolean): NumberSpan[] {
  return candidates(filling).filter((number) => isInMoment(filling, number) === inside);
}

function isInMoment(filling: Filling, number: NumberSpan): boolean {
  return filling.values.moments.some((moment) => moment.start <= number.start && number.end <= moment.end);
}

function isCounting(filling: Filling, number: NumberSpan, field: Field): boolean {
  if (!["@limit", "@count"].some((key) => field.keys.has(key))) return false;
  const [before] = filling.wordsBefore(number.start, 1);
  const [after] = filling.wordsAfter(number.end, 1);
  if (!after) return false;
  return (
    !before || isLeadIn(before.lower) || before.keys.some((key) => filling.tool.weights.has(key) || key === "@limit")
  );
}

function put(filling: Filling, field: Field, value: number, span: NumberSpan, certain = true): void {
  filling.put(field, value, span, certain);
  // "1000 рублей" for a price: the currency goes with it.
  const sign = filling.values.names.find(
    ({ kind, start, end }) =>
      kind === "currency" && (end === span.start || (start >= span.end && start - span.end <= 1)),
  );
  if (sign && filling.isFree(sign)) filling.take(sign);
}

function fits(value: number, field: Field): boolean {
  if (field.schema.type === "integer" && !Number.isInteger(value)) return false;
  const { minimum, maximum } = field.schema;
  // One that is a little out of bounds is the tool's to refuse; one that cannot be meant is not.
  return (
    !(typeof minimum === "number" && minimum >= 0 && value < 0) &&
    !(typeof maximum === "number" && value > maximum * 10 && maximum > 0)
  );
}
