// Dates and times in a text, relative ones too, in Russian and English.

import { addDays, addMonths, type Day, dayOf, isoDay, weekdayOf } from "../language/days.ts";
import { isRussian } from "../language/words.ts";
import { codedText } from "./coded-text.ts";
import type { NumberSpan } from "./find-numbers.ts";

/** `date` is `YYYY-MM-DD`, `time` is `HH:MM`, both by the clock on the wall; at least one is there. */
export type MomentSpan = { date?: string; time?: string; start: number; end: number };

export function findMoments(text: string, numbers: readonly NumberSpan[], now: Date): MomentSpan[] {
  const coded = codedText(text, numbers);
  const numberOf = (code: string | undefined): number =>
    code?.startsWith("§") ? (numbers[Number(code.slice(1, -1))]?.value ?? 0) : 1;
  const spans: MomentSpan[] = [];
  const add = (start: number, length: number, moment: Moment | undefined, offsets?: readonly number[]): void => {
    if (!moment) return;
    const [from, to] = offsets ? [offsets[start] ?? 0, offsets[start + length] ?? 0] : [start, start + length];
    if (spans.some((span) => from < span.end && span.start < to)) return;
    spans.push({ ...moment, start: from, end: to });
  };
  for (const { pattern, read } of written) {
    for (const match of text.matchAll(pattern)) add(match.index, match[0].length, read(match, now, isRussian(text)));
  }
  for (const { pattern, read } of spoken) {
    for (const match of coded.text.matchAll(pattern)) {
      add(match.index, match[0].trimEnd().length, read(match, now, numberOf), coded.offsets);
    }
  }
  return joined(
    text,
    spans.sort((a, b) => a.start - b.start),
  );
}

type Moment = { date?: string; time?: string };
type Written = { pattern: RegExp; read(match: RegExpMatchArray, now: Date, russian: boolean): Moment | undefined };
type Spoken = {
  pattern: RegExp;
  read(match: RegExpMatchArray, now: Date, numberOf: (code: string | undefined) => number): Moment | undefined;
};

const months = [
  "янв(?:ар[ья])?|jan(?:uary)?",
  "фев(?:рал[ья])?|feb(?:ruary)?",
  "марта?|mar(?:ch)?",
  "апр(?:ел[ья])?|apr(?:il)?",
  "ма[йя]|may",
  "июн[ья]?|june?",
  "июл[ья]?|july?",
  "авг(?:уста?)?|aug(?:ust)?",
  "сен(?:тябр[ья])?|sept?(?:ember)?",
  "окт(?:ябр[ья])?|oct(?:ober)?",
  "ноя(?:бр[ья])?|nov(?:ember)?",
  "дек(?:абр[ья])?|dec(?:ember)?",
];
const month = `(${months.join("|")})\\.?(?!\\p{L})`;

function monthNumber(name: string): number {
  return 1 + months.findIndex((each) => new RegExp(`^(?:${each})$`, "i").test(name));
}

const written: Written[] = [
  {
    pattern: /\b(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2})(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:\d{2})?)?\b/g,
    read: ([, date = "", time]) => (validDay(date) ? { date, ...(time && { time }) } : undefined),
  },
  {
    pattern: /(?<![\d./])(\d{1,2})([./])(\d{1,2})\2(\d{4}|\d{2})(?![\d./]*\d)/g,
    read: ([, first, mark, second, year], _now, russian) => {
      const [a, b] = [Number(first), Number(second)];
      // 05/12/2026 is the American order, unless that gives no month; 05.12.2026 is the European one.
      const american = mark === "/" && !russian && a <= 12;
      return fixedDay(american ? b : a, american ? a : b, Number(year) + (year?.length === 2 ? 2000 : 0));
    },
  },
  {
    pattern: new RegExp(
      `(?<![\\p{L}\\d])(\\d{1,2})(?:st|nd|rd|th|-?го|-?е)?(?:\\s+of)?\\s+${month}(?:,?\\s+(\\d{4})(?:\\s*г(?:ода?|\\.)?)?(?!\\d))?`,
      "giu",
    ),
    read: ([, day, name = "", year], now) => nextSuchDay(Number(day), monthNumber(name), year, now),
  },
  {
    // the first day of "с 1 по 5 декабря"
    pattern: new RegExp(
      `(?<![\\p{L}\\d])(\\d{1,2})(?=\\s*(?:[-–]|по|до|to|and|и)\\s*\\d{1,2}(?:th)?\\s+${month})`,
      "giu",
    ),
    read: ([, day, name = ""], now) => nextSuchDay(Number(day), monthNumber(name), undefined, now),
  },
  {
    pattern: new RegExp(`(?<!\\p{L})${month}\\s+(\\d{1,2})(?:st|nd|rd|th)?(?:,?\\s+(\\d{4}))?(?![\\d:])`, "giu"),
    read: ([, name = "", day, year], now) => nextSuchDay(Number(day), monthNumber(name), year, now),
  },
  {
    pattern:
      /(?:(?<!\p{L})(?:at|by|в|к|до|на)\s+)?(?<![\d:.,])(\d{1,2})(?:[:.](\d{2})(?!\d))?\s*(a\.?m\.?|p\.?m\.?|утра|вечера|дня|ночи)(?!\p{L})/giu,
    read: ([, hour, minute, half = ""]) => timeOfDay(Number(hour), Number(minute ?? 0), half.toLowerCase()),
  },
  {
    pattern: /(?:(?<!\p{L})(?:at|by|в|к|до|на)\s+)?(?<![\d:.,])(\d{1,2}):(\d{2})(?![\d:])/giu,
    read: ([, hour, minute]) => timeOfDay(Number(hour), Number(minute), ""),
  },
];

const n = "(§\\d+§|an?|one|полтора)?";
const span =
  "(minutes?|mins?|минут\\p{L}*|hours?|hrs?|час\\p{L}*|days?|день|дн\\p{L}+|сут\\p{L}+|weeks?|недел\\p{L}+|months?|месяц\\p{L}*|years?|год\\p{L}*|лет)";
const weekdays = [
  "sunday|воскресен",
  "monday|понедельн",
  "tuesday|вторн",
  "wednesday|сред[уыа](?!\\p{L})",
  "thursday|четверг",
  "friday|пятниц",
  "saturday|суббот",
];

const spoken: Spoken[] = [
  word("day after tomorrow|послезавтра", (now) => ({ date: isoDay(addDays(dayOf(now), 2)) })),
  word("day before yesterday|позавчера", (now) => ({ date: isoDay(addDays(dayOf(now), -2)) })),
  word("tomorrow|завтра(?:шн\\p{L}+)?", (now) => ({ date: isoDay(addDays(dayOf(now), 1)) })),
  word("yesterday|вчера(?:шн\\p{L}+)?", (now) => ({ date: isoDay(addDays(dayOf(now), -1)) })),
  {
    pattern: /(?<!\p{L})(?:tonight at|сегодня вечером в)\s+(§\d+§)(?!\p{L})/giu,
    read: ([, code], now, numberOf) => ({ date: isoDay(dayOf(now)), ...timeOfDay(numberOf(code), 0, "pm") }),
  },
  word("today|tonight|сегодня(?:шн\\p{L}+)?", (now) => ({ date: isoDay(dayOf(now)) })),
  word("(?:the )?new year(?:'s(?: day| eve)?)?|нов(?:ый|ого) год(?:а|у)?", (now) => ({
    date: `${now.getFullYear() + 1}-01-01`,
  })),
  word("christmas(?: day)?", (now) => nextSuchDay(25, 12, undefined, now) ?? {}),
  word("next week|на следующей неделе", (now) => ({ date: isoDay(addDays(dayOf(now), 7)) })),
  word("next month|в следующем месяце", (now) => ({ date: isoDay(addMonths(dayOf(now), 1)) })),
  word("(?:in )?half an hour|через полчаса", (now) => later(now, 30, "min")),
  {
    pattern: new RegExp(`(?<!\\p{L})(?:in|within|через|спустя)\\s+${n}\\s*${span}(?!\\p{L})`, "giu"),
    read: ([, count, unit = ""], now, numberOf) => later(now, numberOf(count), unit),
  },
  {
    pattern: new RegExp(`${n}\\s*${span}\\s+(?:ago|назад)(?!\\p{L})`, "giu"),
    read: ([, count, unit = ""], now, numberOf) => later(now, -numberOf(count), unit),
  },
  {
    pattern: new RegExp(`${n}\\s*${span}\\s+(?:from now|later)(?!\\p{L})`, "giu"),
    read: ([, count, unit = ""], now, numberOf) => later(now, numberOf(count), unit),
  },
  {
    pattern: new RegExp(
      `(?<!\\p{L})(?:(?:on|by|во?|до|к|на)\\s+)?(?:(next|следующ\\p{L}+)\\s+|(?:this|эт[уоа]\\p{L}*|ближайш\\p{L}+)\\s+)?(${weekdays.join("|")})(?:[а-я]{0,4})(?!\\p{L})`,
      "giu",
    ),
    read: ([, next, name = ""], now) => ({ date: isoDay(comingWeekday(now, name, next !== undefined)) }),
  },
  word("(?:at )?(?:noon|midday)|в полдень", () => ({ time: "12:00" })),
  word("(?:at )?midnight|в полночь", () => ({ time: "00:00" })),
  {
    pattern:
      /(?<!\p{L})(?:at|в|к)\s+(§\d+§)(?:\s*(?:o'?clock|час\p{L}*))?(?!\s*(?:%|процент|раз|градус|\p{L}*метр|км|руб|долл|minutes|degrees))/giu,
    read: ([, code], _now, numberOf) =>
      Number.isInteger(numberOf(code)) ? timeOfDay(numberOf(code), 0, "") : undefined,
  },
  word("(?:in the |this )?morning|утром|с утра", () => ({ time: "09:00" })),
  word("(?:in the |this )?afternoon|днем|днём", () => ({ time: "14:00" })),
  word("(?:in the |this )?evening|вечером", () => ({ time: "19:00" })),
];

function word(source: string, read: (now: Date) => Moment): Spoken {
  return { pattern: new RegExp(`(?<!\\p{L})(?:${source})(?!\\p{L})`, "giu"), read: (_match, now) => read(now) };
}

function timeOfDay(hour: number, minute: number, half: string): Moment | undefined {
  if (hour > 24 || minute > 59 || hour < 0) return undefined;
  let at = hour;
  if (/^(p|вечера|дня)/.test(half) && hour < 12) at = hour + 12;
  if (/^(a|ночи|утра)/.test(half) && hour === 12) at = 0;
  return { time: `${twoDigits(at % 24)}:${twoDigits(minute)}` };
}

function later(now: Date, count: number, unit: string): Moment {
  const lower = unit.toLowerCase();
  if (/^(min|мин|hour|hr|час)/.test(lower)) {
    const minutes = /^(min|мин)/.test(lower) ? count : count * 60;
    const then = new Date(now.getTime() + minutes * 60_000);
    return { date: isoDay(dayOf(then)), time: `${twoDigits(then.getHours())}:${twoDigits(then.getMinutes())}` };
  }
  const today = dayOf(now);
  if (/^(week|недел)/.test(lower)) return { date: isoDay(addDays(today, 7 * count)) };
  if (/^(month|месяц)/.test(lower)) return { date: isoDay(addMonths(today, count)) };
  if (/^(year|год|лет)/.test(lower)) return { date: isoDay(addMonths(today, 12 * count)) };
  return { date: isoDay(addDays(today, count)) };
}

/** The next one after today; "next Friday" is the one of the week after this. */
function comingWeekday(now: Date, name: string, nextWeek: boolean): Day {
  const today = dayOf(now);
  const wanted = weekdays.findIndex((each) => new RegExp(`^(?:${each})`, "iu").test(name));
  if (!nextWeek) return addDays(today, ((wanted - weekdayOf(today) + 6) % 7) + 1);
  const monday = addDays(today, 7 - ((weekdayOf(today) + 6) % 7));
  return addDays(monday, (wanted + 6) % 7);
}

function nextSuchDay(day: number, monthOfYear: number, year: string | undefined, now: Date): Moment | undefined {
  const today = dayOf(now);
  if (year) return fixedDay(day, monthOfYear, Number(year));
  const thisYear = fixedDay(day, monthOfYear, today.year);
  return thisYear?.date && thisYear.date >= isoDay(today) ? thisYear : fixedDay(day, monthOfYear, today.year + 1);
}

function fixedDay(day: number, monthOfYear: number, year: number): Moment | undefined {
  const date = isoDay({ year, month: monthOfYear, day });
  return validDay(date) ? { date } : undefined;
}

function validDay(date: string): boolean {
  const time = Date.parse(`${date}T00:00:00Z`);
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(date);
}

/** A date and a time side by side are one moment. */
function joined(text: string, spans: MomentSpan[]): MomentSpan[] {
  const result: MomentSpan[] = [];
  for (const each of spans) {
    const last = result.at(-1);
    const gap = last ? text.slice(last.end, each.start) : "";
    const fit = last && (last.date === undefined ? each.time === undefined : each.date === undefined && !last.time);
    if (last && fit && /^[\s,]*(?:at|on|в|во|and)?\s*$/i.test(gap)) Object.assign(last, { ...each, start: last.start });
    else result.push({ ...each });
  }
  return result;
}

function twoDigits(value: number): string {
  return String(value).padStart(2, "0");
}
