// What time it is, there or then, and how long until.
import { type Tool, tool } from "@beseda/core";
import { findTimeZone } from "./find-time-zone.ts";
import { readDate } from "./read-date.ts";
import { readDuration } from "./read-duration.ts";
import {
  between,
  type Duration,
  daysBetween,
  instantOf,
  midnight,
  offsetAt,
  plus,
  type WallTime,
  wallTimeAt,
  weekdayOf,
} from "./wall-time.ts";

/**
 * `date` is YYYY-MM-DD. Where only days were asked about there is no time, and then no zone. `daysUntil` and
 * `hoursUntil` are negative when `until` is earlier.
 */
export type ClockAnswer = {
  date: string;
  time?: string;
  weekday: string;
  timeZone?: string;
  utcOffset?: string;
  until?: { date: string; time?: string; weekday: string };
  daysUntil?: number;
  hoursUntil?: number;
  untilInWords?: string;
  note?: string;
};

export type ClockOptions = {
  /** Default: the system's clock. */
  now?: () => Date;
  /** Where a question names no place. An IANA name, a city or a country. Default: the system's zone. */
  timeZone?: string;
};

/** @throws BesedaError `invalid-argument` for a time zone that does not exist. */
export function clock(options: ClockOptions = {}): Tool<Record<string, unknown>, ClockAnswer> {
  const now = options.now ?? (() => new Date());
  const homeZone = findTimeZone(options.timeZone ?? Intl.DateTimeFormat().resolvedOptions().timeZone);
  return tool({
    name: "clock",
    description:
      "Tells the current date, time and weekday, here or in any city, country or time zone; the weekday of a date; " +
      "the date some days, weeks, months or hours before or after; and how many days there are between two dates. " +
      "Use it whenever an answer depends on today's date or on the calendar. Without arguments: now, here.",
    inputSchema: {
      type: "object",
      properties: {
        timeZone: {
          type: "string",
          description: `City, country or IANA time zone, such as Tokyo or Europe/Moscow. Default: ${homeZone.timeZone}.`,
        },
        date: {
          type: "string",
          description: "Date to start from, as 2026-03-01 or 2026-03-01T09:30 (with +03:00 to convert). Default: now.",
        },
        add: {
          type: "string",
          description: 'Amount to add to the date, or to take off with a minus, such as "10 days" or "-2 months".',
        },
        until: { type: "string", description: "Second date, to count the days from the first one until it." },
      },
      additionalProperties: false,
    },
    examples: [
      "What time is it?",
      "What time is it in Tokyo?",
      "What day of the week is 2026-03-08?",
      "How many days until 31 December?",
      "What date is 45 days after 2026-01-15?",
      "Который час?",
      "Сколько сейчас времени во Владивостоке?",
      "Какое сегодня число и день недели?",
      "Какая дата будет через 10 дней?",
    ],
    effects: "none",
    execute: (input) => {
      const question = Object.fromEntries(
        ["timeZone", "date", "add", "until"].map((name) => [name, given(input[name])]),
      ) as Question;
      const zone = question.timeZone === undefined ? homeZone : findTimeZone(question.timeZone);
      const answered = answer(question, zone.timeZone, now().getTime());
      return zone.note && answered.timeZone ? { ...answered, note: zone.note } : answered;
    },
  });
}

type Question = Record<"timeZone" | "date" | "add" | "until", string | undefined>;

/** Small models fill what they do not need with "". */
function given(value: unknown): string | undefined {
  return typeof value === "string" && value.trim() !== "" ? value : undefined;
}

type Moment = { wall: WallTime; hasTime: boolean };

function answer({ date, add, until }: Question, timeZone: string, instant: number): ClockAnswer {
  const now = wallTimeAt(instant, timeZone);
  let start: Moment = date === undefined ? { wall: now, hasTime: true } : momentOf(date, now, timeZone);
  if (add !== undefined) {
    const duration = readDuration(add);
    // "In 10 days" asks for a date, although now has a time.
    const hasTime = (start.hasTime && date !== undefined) || duration.seconds !== 0;
    start = { wall: plus(start.wall, duration, timeZone), hasTime };
  }
  if (until === undefined) return shown(start, timeZone);
  const end = momentOf(until, now, timeZone, start.wall);
  return {
    ...shown({ ...start, hasTime: start.hasTime && end.hasTime }, timeZone),
    ...difference(start, end, timeZone),
  };
}

/** A date without a year is of this year, or, after `notBefore`, the next such date. */
function momentOf(text: string, now: WallTime, timeZone: string, notBefore?: WallTime): Moment {
  const { wall, hasTime, hasYear, offsetMinutes } = readDate(text, now);
  if (offsetMinutes !== undefined) {
    return { wall: wallTimeAt(instantOf(wall, "UTC") - offsetMinutes * 60_000, timeZone), hasTime };
  }
  if (!hasYear && notBefore) {
    const inYear = { ...wall, year: notBefore.year };
    const years = daysBetween(notBefore, inYear) < 0 ? 12 : 0;
    return { wall: plus(inYear, { months: years, days: 0, seconds: 0 }, timeZone), hasTime };
  }
  return { wall, hasTime };
}

function shown({ wall, hasTime }: Moment, timeZone: string): ClockAnswer {
  const day = { date: dateText(wall), weekday: weekdayOf(wall) };
  if (!hasTime) return day;
  // A time that the change to summer time skips comes back as the one that clocks show instead.
  const instant = instantOf(wall, timeZone);
  const real = wallTimeAt(instant, timeZone);
  const utcOffset = offsetText(offsetAt(instant, timeZone));
  // Etc/GMT-3, of all names, is UTC+3.
  const name = timeZone.startsWith("Etc/") ? `UTC${utcOffset}` : timeZone;
  return { date: dateText(real), time: timeText(real), weekday: weekdayOf(real), timeZone: name, utcOffset };
}

function difference(start: Moment, end: Moment, timeZone: string): Partial<ClockAnswer> {
  const withTime = start.hasTime && end.hasTime;
  const from = withTime ? start.wall : midnight(start.wall);
  const to = withTime ? end.wall : midnight(end.wall);
  const zone = withTime ? timeZone : "UTC";
  const milliseconds = instantOf(to, zone) - instantOf(from, zone);
  const isEarlier = milliseconds < 0;
  const words = inWords(isEarlier ? between(to, from, zone) : between(from, to, zone));
  return {
    until: { date: dateText(to), ...(withTime && { time: timeText(to) }), weekday: weekdayOf(to) },
    daysUntil: daysBetween(from, to),
    ...(withTime && { hoursUntil: Math.round(milliseconds / 36_000) / 100 }),
    untilInWords: words === "" ? "the same" : `${words} ${isEarlier ? "earlier" : "later"}`,
  };
}

function inWords({ months, days, seconds }: Duration): string {
  const amounts: [number, string][] = [
    [Math.floor(months / 12), "year"],
    [months % 12, "month"],
    [days, "day"],
    [Math.floor(seconds / 3600), "hour"],
    [Math.floor((seconds % 3600) / 60), "minute"],
    [seconds % 60, "second"],
  ];
  return amounts
    .filter(([amount]) => amount > 0)
    .map(([amount, unit]) => `${amount} ${unit}${amount === 1 ? "" : "s"}`)
    .join(" ");
}

function dateText({ year, month, day }: WallTime): string {
  return `${String(year).padStart(4, "0")}-${two(month)}-${two(day)}`;
}

function timeText({ hour, minute, second }: WallTime): string {
  return `${two(hour)}:${two(minute)}:${two(second)}`;
}

function offsetText(milliseconds: number): string {
  const minutes = Math.abs(Math.round(milliseconds / 60_000));
  return `${milliseconds < 0 ? "-" : "+"}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}

function two(value: number): string {
  return String(value).padStart(2, "0");
}
