// Values whose looks tell what they are: addresses, expressions, moments, known names.

import type { Word } from "../language/words.ts";
import type { Field, FieldKind } from "../read/read-field.ts";
import type { NameKind, NameSpan } from "../values/find-names.ts";
import type { Filling, Span } from "./filling.ts";
import { fitsMoment, writeMoment, writeName, zoneOf } from "./write-value.ts";

export function fillTyped(filling: Filling): void {
  const { values, now } = filling;
  const texts = (spans: readonly (Span & { text: string })[]) => spans.map((span) => ({ ...span, value: span.text }));
  fill(filling, "email", texts(values.emails));
  fill(
    filling,
    "url",
    values.urls.map((url) => ({ ...url, value: /^https?:/i.test(url.text) ? url.text : `https://${url.text}` })),
  );
  fill(filling, "phone", texts(values.phones));
  fill(
    filling,
    "expression",
    values.expressions.map((span) => ({ ...span, value: span.expression })),
  );
  fillMoments(filling, now);
  fill(filling, "duration", durations(values));
  fill(filling, "zone", [...zones(filling), ...writtenZones(values.text)]);
  for (const kind of ["currency", "unit", "language"] as const) fill(filling, kind, namesOf(filling, kind));
  fill(filling, "host", hosts(values));
  fill(filling, "symbol", [...tickers(values.text), ...namesOf(filling, "company")]);
  fill(filling, "place", places(filling));
  fillIds(filling);
  fill(filling, "person", texts([...values.emails, ...values.phones]));
}

type Candidate = Span & {
  value: string | ((field: Field) => string);
  fits?: (field: Field) => boolean;
  /** Where the words around it are not to be asked. */
  role?: Field["role"];
};

/** Roles first ("from", "to"), then in the order of the message. */
function fill(filling: Filling, kind: FieldKind, candidates: readonly Candidate[]): void {
  assign(
    filling,
    filling.open((field) => field.kind === kind),
    candidates,
  );
}

/** Gives each field the candidate of its role, or else the next; then what is left is noted as further values. */
export function assign(filling: Filling, fields: readonly Field[], candidates: readonly Candidate[]): void {
  const free = candidates.filter((span) => filling.isFree(span)).sort((a, b) => a.start - b.start);
  const roles = new Map(free.map((span) => [span, span.role ?? roleOf(filling, span)]));
  const pick = (field: Field, test: (span: Candidate) => boolean): void => {
    const at = free.findIndex((span) => test(span) && (span.fits?.(field) ?? true));
    const [span] = at < 0 ? [] : free.splice(at, 1);
    if (!span) return;
    filling.put(field, valueFor(span, field), span);
    let last: Span = span;
    // "Paris, London and Rome"
    for (const next of free.filter((each) => each.start >= span.end)) {
      if (fields.length > 1 || !listGlue.test(filling.values.text.slice(last.end, next.start))) break;
      filling.further.push({ field, value: valueFor(next, field) });
      filling.take(next);
      last = next;
    }
  };
  for (const field of fields) if (field.role) pick(field, (span) => roles.get(span) === field.role);
  for (const field of fields) if (!filling.filled.has(field)) pick(field, () => true);
}

const listGlue =
  /^\s*(?:,|,?\s*and|,?\s*&|,?\s*и|,?\s*а также|,?\s*plus|vs\.?|versus|против)\s*(?:in|for|of|at|в|во|для|на)?\s*$/i;

/** What is counted is what there is: "how many miles are 10 kilometres" goes from kilometres to miles. */
function roleOf(filling: Filling, span: Span): Field["role"] {
  const { text, numbers } = filling.values;
  const counted = numbers.some(
    (number) =>
      /^\s*(?:degrees?|градус\p{L}*|°)?\s*(?:по)?\s*$/iu.test(text.slice(number.end, span.start)) &&
      number.end <= span.start,
  );
  const signed = numbers.some((number) => number.start === span.end || text.slice(span.end, number.start) === " ");
  return counted || (signed && /[$€£¥₽₸]/.test(text.slice(span.start, span.end))) ? "from" : filling.roleAt(span.start);
}

function valueFor(span: Candidate, field: Field): string {
  return typeof span.value === "function" ? span.value(field) : span.value;
}

function fillMoments(filling: Filling, now: Date): void {
  const fields = filling.open((field) => field.kind === "moment");
  const moments = filling.values.moments.map((span, at, all) => {
    // Two ends of a stretch of time come in its order, whatever stands before them.
    const isStretch =
      all.length === 2 && fields.some(({ role }) => role === "from") && fields.some(({ role }) => role === "to");
    return isStretch ? { ...span, role: at === 0 ? ("from" as const) : ("to" as const) } : span;
  });
  // A day and an hour in one moment serve two parameters: `date` and `time`.
  const candidates = moments.map((span) => ({
    ...span,
    value: (field: Field) => writeMoment(span, field, now),
    fits: (field: Field) => fitsMoment(span, field),
  }));
  assign(filling, fields, candidates);
  for (const field of filling.open((each) => each.kind === "moment")) {
    const shared = moments.find((span) => span.date && span.time && fitsMoment(span, field));
    const written = shared && writeMoment(shared, field, now);
    const isNews = [...filling.filled.values()].every((filled) => !String(filled.value).includes(written ?? ""));
    if (shared && written && isNews && field.role !== "to") filling.put(field, written, shared);
  }
}

function namesOf(filling: Filling, kind: NameKind): Candidate[] {
  const named = filling.values.names.filter((name) => name.kind === kind);
  return named.map((name) => ({ ...name, value: (field: Field) => writeName(name, field) }));
}

function places(filling: Filling): Candidate[] {
  const isPlace = (name: NameSpan) => name.kind === "city" || name.kind === "country";
  return filling.values.names.filter(isPlace).map((name) => ({
    ...name,
    value: (field: Field) => writeName(name, field),
    fits: (field: Field) => !field.keys.has("country") || name.kind === "country",
  }));
}

/** "10 days" as it is said; "10 days before" is less. */
function durations({ numbers, names, text }: Filling["values"]): Candidate[] {
  return numbers.flatMap((number) => {
    const unit = names.find(
      (name) => name.detail === "time" && name.start >= number.end && name.start - number.end <= 1,
    );
    if (!unit) return [];
    const before = /^\s*(?:before|ago|earlier|до|назад|раньше)(?!\p{L})/iu.exec(text.slice(unit.end));
    const end = unit.end + (before?.[0].length ?? 0);
    return [
      { value: `${before ? "-" : ""}${number.value} ${text.slice(unit.start, unit.end)}`, start: number.start, end },
    ];
  });
}

/** Of an address only the host; IP addresses. */
function hosts({ urls, text }: Filling["values"]): Candidate[] {
  const named = urls.map((url) => ({ ...url, value: url.text.replace(/^https?:\/\//i, "").replace(/[/?#:].*$/, "") }));
  const numeric = [...text.matchAll(/(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d.]\d)/g)];
  return [
    ...named,
    ...numeric.map((match) => ({ value: match[0], start: match.index, end: match.index + match[0].length })),
  ];
}

function zones(filling: Filling): Candidate[] {
  return filling.values.names.flatMap((name) => {
    const zone = zoneOf(name);
    return zone ? [{ ...name, value: zone }] : [];
  });
}

function writtenZones(text: string): Candidate[] {
  const pattern = /\b(?:[A-Z][a-z]+\/[A-Z][A-Za-z_]+(?:\/[A-Z][A-Za-z_]+)?|UTC|GMT)(?:[+-]\d{1,2})?/g;
  return [...text.matchAll(pattern)].map((match) => ({
    value: match[0],
    start: match.index,
    end: match.index + match[0].length,
  }));
}

/** Words in capitals, in a message that is not all in capitals. */
function tickers(text: string): Candidate[] {
  if (!/\p{Ll}/u.test(text) && text.trim().includes(" ")) return [];
  return [...text.matchAll(/(?<![\p{L}\d$])\$?([A-Z]{2,5}(?:\.[A-Z]{1,3})?)(?![\p{L}\d])/gu)].map((match) => ({
    value: match[1] ?? "",
    start: match.index,
    end: match.index + match[0].length,
  }));
}

/** First whatever the parameter's own pattern takes, then what looks like an id, then a number. */
function fillIds(filling: Filling): void {
  const { ids, numbers, words, moments, text } = filling.values;
  for (const field of filling.open((each) => each.kind === "id")) {
    const patterned = patternOf(field);
    const fitting = words.filter((word) => patterned?.test(word.text)).map((word) => ({ ...word, value: word.text }));
    const isMoment = (span: Span) => moments.some((moment) => span.start >= moment.start && span.end <= moment.end);
    const digits = numbers.filter(
      (number) => !isMoment(number) && /^\d+$/.test(number.said) && isId(filling, number, field),
    );
    const candidates = patterned
      ? [...fitting, ...ids.map((id) => ({ ...id, value: id.text })).filter((id) => patterned.test(id.value))]
      : [
          ...ids.map((id) => ({ ...id, value: id.text })),
          ...digits.map((number) => ({ ...number, value: text.slice(number.start, number.end) })),
        ];
    if (candidates.length > 0) assign(filling, [field], candidates.slice(0, patterned ? 1 : candidates.length));
  }
}

/** "Order 5", "77123", or a message that says little else; "5 books" is no id. */
function isId(filling: Filling, number: Span, field: Field): boolean {
  const [before, further] = filling.wordsBefore(number.start, 2);
  const names = (word: Word | undefined) =>
    word?.keys.some((key) => field.keys.has(key) || filling.tool.nameKeys.has(key)) ?? false;
  if (names(before)) return true;
  const named = names(further);
  return (
    (named && filling.wordsAfter(number.end, 1).length === 0) ||
    number.end - number.start > 2 ||
    filling.values.words.length <= 3
  );
}

/** A user's pattern may be one that JavaScript does not know, or one that would run for minutes. */
function patternOf(field: Field): RegExp | undefined {
  const { pattern } = field.schema;
  if (typeof pattern !== "string" || pattern.length > 200 || /[+*}]\)[+*{]/.test(pattern)) return undefined;
  try {
    return new RegExp(pattern, "u");
  } catch {
    return undefined;
  }
}
