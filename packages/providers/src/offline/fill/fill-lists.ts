// Parameters that take several values: "milk, eggs and bread".

import type { Field } from "../read/read-field.ts";
import { choicesIn } from "./fill-choices.ts";
import type { Filling, Span } from "./filling.ts";
import { restOf } from "./rest-of-text.ts";
import { writeName } from "./write-value.ts";

/** `readPart` reads one element of a list of objects as a message of its own; undefined where it does not fill one. */
export type ReadPart = (text: string, fields: readonly Field[]) => Record<string, unknown> | undefined;

export function fillLists(filling: Filling, readPart: ReadPart): void {
  for (const field of filling.open((each) => each.kind === "list")) {
    const found = itemsFor(filling, field, readPart);
    const { maxItems } = field.schema;
    const items = typeof maxItems === "number" ? found.items.slice(0, maxItems) : found.items;
    if (items.length === 0) continue;
    filling.put(field, items, undefined, found.certain);
    for (const span of found.spans) filling.take(span);
  }
}

type Found = { items: unknown[]; spans: Span[]; certain: boolean };

function itemsFor(filling: Filling, field: Field, readPart: ReadPart): Found {
  const { values } = filling;
  const free = <Value extends Span>(spans: readonly Value[]) => spans.filter((span) => filling.isFree(span));
  const all = <Value extends Span>(spans: readonly Value[], write: (span: Value) => unknown): Found => {
    const open = free(spans);
    return { items: open.map(write), spans: open, certain: true };
  };
  const item = field.item;
  if (!item) return { items: [], spans: [], certain: false };
  if (field.itemFields.length > 0) return objectsFor(filling, field, readPart);
  switch (item.kind) {
    case "number":
      return all(values.numbers, (number) => number.value);
    case "email":
      return all(values.emails, (email) => email.text);
    case "url":
      return all(values.urls, (url) => url.text);
    case "id":
      return values.ids.length > 0 ? all(values.ids, (id) => id.text) : all(values.numbers, (number) => number.said);
    case "choice": {
      const found = choicesIn(filling, item);
      return { items: found.map((choice) => choice.value), spans: found, certain: true };
    }
    default: {
      if (["currency", "language", "unit", "place"].includes(item.kind)) {
        const kinds = item.kind === "place" ? ["city", "country"] : [item.kind];
        const named = all(
          values.names.filter((name) => kinds.includes(name.kind)),
          (name) => writeName(name, item),
        );
        if (named.items.length > 0) return named;
      }
      if (values.emails.length > 0 && item.kind === "person") return all(values.emails, (email) => email.text);
      // A quotation is the text that must be there, before it is one of several that may.
      const textComesFirst =
        filling.open((each) => each.required && each.kind === "text").length >= free(values.quotes).length;
      if (free(values.quotes).length > 0 && !(textComesFirst && !field.required))
        return all(values.quotes, (quote) => quote.text);
      return textsFor(filling, field);
    }
  }
}

const separators = /\s*(?:,|;|\n)\s*(?:(?:and|и|а также)\s+)?|\s+(?:and|и|а также)\s+/iu;

/** An optional list wants its name said: "tagged work and home", "with tags work, home". */
function textsFor(filling: Filling, field: Field): Found {
  const { words, text } = filling.values;
  const cue = words.findLast((word) => filling.isFree(word) && word.keys.some((key) => field.keys.has(key)));
  const hasOtherText = filling.tool.fields.some((each) => each.kind === "text" && each.required);
  if (!cue && (!field.required || hasOtherText)) return { items: [], spans: [], certain: false };
  const colon = text.indexOf(": ");
  const start = cue && (hasOtherText || !field.required) ? cue.end : colon >= 0 ? colon + 1 : 0;
  const rest = restOf(filling, start);
  const items = rest
    .replace(/^(?:with|of|from|out of|из|с|со)\s+/i, "")
    .split(separators)
    .map((each) => each.trim())
    .filter(Boolean);
  const spans =
    cue && start === cue.end
      ? [{ start: cue.start, end: text.length }]
      : words.filter((word) => filling.isFree(word) && rest.includes(word.text));
  return { items, spans, certain: false };
}

/** "2 pizzas and 1 cola": each part of the list is read as a small message of its own. */
function objectsFor(filling: Filling, field: Field, readPart: ReadPart): Found {
  const items = restOf(filling, 0)
    .split(separators)
    .flatMap((part) => readPart(part.trim(), field.itemFields) ?? []);
  return { items, spans: items.length > 0 ? [{ start: 0, end: filling.values.text.length }] : [], certain: false };
}
