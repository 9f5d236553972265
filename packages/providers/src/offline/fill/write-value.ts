// A value found in a message, in the form that a parameter's schema asks for.

import { dayOf, isoDay } from "../language/days.ts";
import { isRussian, keysOf, wordsOf, wordsOfName } from "../language/words.ts";
import type { Field } from "../read/read-field.ts";
import type { MomentSpan } from "../values/find-moments.ts";
import type { NameSpan } from "../values/find-names.ts";

/**
 * `date-time` is an instant in UTC, as zod's `iso.datetime` wants it; without a format it is the time on the wall,
 * `2026-05-12T17:00`. A time without a day is today's.
 */
export function writeMoment({ date, time }: MomentSpan, field: Field, now: Date): string {
  const words = wordsOfName(field.name);
  const { format } = field.schema;
  if (format === "date") return date ?? isoDay(dayOf(now));
  if (format === "time") return `${time ?? "00:00"}:00`;
  if (format === "date-time") return new Date(`${date ?? isoDay(dayOf(now))}T${time ?? "00:00"}:00`).toISOString();
  const isTime = words.includes("time") && !words.some((word) => ["date", "day"].includes(word));
  if (/\bHH:MM|ЧЧ:ММ/i.test(field.description) && !/YYYY|ГГГГ/i.test(field.description)) return time ?? "00:00";
  if (isTime && !/ISO|YYYY|date|дата/i.test(field.description)) return time ?? date ?? "";
  if (words.some((word) => ["date", "day", "birthday"].includes(word)) && !words.includes("time"))
    return date ?? isoDay(dayOf(now));
  if (!date) return `${isoDay(dayOf(now))}T${time}`;
  return time ? `${date}T${time}` : date;
}

/** Whether the field can say something with what the moment holds. */
export function fitsMoment(moment: MomentSpan, field: Field): boolean {
  const words = wordsOfName(field.name);
  const wantsTime = field.schema.format === "time" || (words.includes("time") && !words.includes("date"));
  const wantsDate =
    field.schema.format === "date" || words.some((word) => word === "date" || word === "day" || word === "birthday");
  if (wantsTime && !moment.time) return /date|ISO|YYYY/i.test(field.description);
  return !(wantsDate && !moment.date);
}

/** A code where the parameter asks for one; otherwise the word, in English for a tool that speaks English. */
export function writeName(name: NameSpan, field: Field): string {
  const about = `${field.name} ${field.description}`;
  const { maxLength } = field.schema;
  const wantsCode = /code|\biso\b|код/i.test(about) || (typeof maxLength === "number" && maxLength <= 3);
  switch (name.kind) {
    case "currency":
    case "company":
      return name.code;
    case "unit":
      return writeUnit(name, about);
    case "language":
      if (wantsCode || /\b(?:en|fr|de|es)\b/.test(field.description)) return name.code;
      return isRussian(field.description) ? name.russian : name.english;
    case "country":
      return wantsCode ? name.code : name.said;
    default:
      return name.said;
  }
}

/** As a sign where the description shows signs. */
function writeUnit(name: NameSpan, about: string): string {
  if (/(?<![\p{L}])(?:[kcm]m|kg|lbs?|oz|ft|mi|ml|°[CF])(?![\p{L}])|\bsymbol|abbrev|сокращ/iu.test(about))
    return name.code;
  return isRussian(name.said) ? name.english : name.said;
}

/** The IANA name, or undefined where the place has none of its own. */
export function zoneOf(name: NameSpan): string | undefined {
  if (name.kind === "city") return name.code;
  return name.kind === "country" ? name.detail : undefined;
}

const secondsIn: readonly [key: string, seconds: number][] = [
  ["@second", 1],
  ["@minute", 60],
  ["@hour", 3600],
  ["@days", 86_400],
  ["@week", 604_800],
  ["@month", 2_629_746],
  ["@year", 31_556_952],
];

/** "5 minutes" for a parameter in seconds is 300. Undefined where either is no span of time. */
export function writeDuration(value: number, unitWord: string, field: Field): number | undefined {
  const said = secondsIn.find(([key]) => keysOf(unitWord).includes(key));
  const ms = /(?:^|_)ms$|Ms$|millis/i.test(field.name) || /millisecond|миллисекунд/i.test(field.description);
  const described = wordsOf(field.description).flatMap((word) => word.keys);
  const wanted = ms
    ? 0.001
    : (secondsIn.find(([key]) => field.keys.has(key)) ?? secondsIn.find(([key]) => described.includes(key)))?.[1];
  return said && wanted ? (value * said[1]) / wanted : undefined;
}

/** A place name of the prepositional case in the nominative, where the ending leaves no doubt. */
export function nominativePlace(name: string, preposition: string): string {
  if (!isRussian(name)) return name;
  const lower = preposition.toLowerCase();
  if (["в", "во", "на", "о", "об"].includes(lower)) {
    for (const [ending, base] of prepositional) if (ending.test(name)) return name.replace(ending, base);
  }
  if (["из", "до", "от", "для"].includes(lower)) {
    for (const [ending, base] of genitive) if (ending.test(name)) return name.replace(ending, base);
  }
  return name;
}

const prepositional: readonly [RegExp, string][] = [
  [/ии$/, "ия"],
  [/(?<=[бвгджзклмнпрстфхцчшщ]и?[аеиоуыэюя]?(?:град|бург|ск|цк|бад|поль|город|стад|берг|порт|хольм))е$/, ""],
  [/(?<=[оеё]в|ин|ын)е$/, ""],
  [/(?<=[а-я]{2}[рнлтмдв])и$/, "ь"],
];

const genitive: readonly [RegExp, string][] = [
  [/ии$/, "ия"],
  [/(?<=град|бург|ск|цк|бад|город|стад|берг|порт|хольм|[оеё]в|ин)а$/, ""],
  [/(?<=[а-я]{2}[жчшщгкх])и$/, "а"],
  [/ы$/, "а"],
];
