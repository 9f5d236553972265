// Dates as people and models write them, in English and Russian.
import { inputError } from "../input-error.ts";
import { daysInMonth, midnight, plus, type WallTime } from "./wall-time.ts";

export type GivenDate = {
  wall: WallTime;
  hasTime: boolean;
  /** False where the text names none; then it is that of `now`. */
  hasYear: boolean;
  /** Minutes ahead of UTC, where the text says so (Z is 0). */
  offsetMinutes: number | undefined;
};

/**
 * 2026-03-01, 2026-03-01T09:30[:00][Z or +03:00], 01.03.2026, 1 March 2026, March 1, 1 марта, 09:30, tomorrow, завтра.
 * @throws BesedaError `invalid-argument` for other texts, and for days and hours that do not exist.
 */
export function readDate(text: string, now: WallTime): GivenDate {
  const { dateText, time, offsetMinutes } = splitOffTime(text.trim().toLowerCase());
  const day = readDay(dateText, time !== undefined, now);
  if (!day) {
    throw inputError(
      `"${text.slice(0, 60)}" is not a date that is understood. Write it like 2026-03-01 or 2026-03-01T09:30.`,
    );
  }
  const { hasYear = true, keepsTime = false, ...date } = day;
  checkDay(date);
  const wall = keepsTime ? now : { ...date, ...(time ?? { hour: 0, minute: 0, second: 0 }) };
  return { wall, hasTime: keepsTime || time !== undefined, hasYear, offsetMinutes };
}

type Day = { year: number; month: number; day: number; hasYear?: boolean; keepsTime?: boolean };
type TimeOfDay = { hour: number; minute: number; second: number };

const timeAtEnd =
  /(?:^|[t\s,]+)(?:at\s+|в\s+)?(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,]\d+)?)?(?:\s*([ap])\.?m\.?)?\s*(z|utc|[+-]\d{2}:?\d{2})?$/;

function splitOffTime(text: string): { dateText: string; time?: TimeOfDay; offsetMinutes: number | undefined } {
  const found = timeAtEnd.exec(text);
  if (!found) return { dateText: text, offsetMinutes: undefined };
  const [, hourText, minuteText, secondText = "0", half, zone] = found;
  let hour = Number(hourText);
  if (half && hour >= 1 && hour <= 12) hour = (hour % 12) + (half === "p" ? 12 : 0);
  const time = { hour, minute: Number(minuteText), second: Number(secondText) };
  if (time.hour > 23 || time.minute > 59 || time.second > 59) {
    throw inputError(
      `There is no time ${hourText}:${minuteText}. Write hours from 00 to 23 and minutes from 00 to 59.`,
    );
  }
  return { dateText: text.slice(0, found.index).trim(), time, offsetMinutes: zone ? readOffset(zone) : undefined };
}

function readOffset(zone: string): number {
  if (zone === "z" || zone === "utc") return 0;
  const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(-2));
  return zone.startsWith("-") ? -minutes : minutes;
}

const daysFromNow = new Map([
  ["today", 0],
  ["сегодня", 0],
  ["tomorrow", 1],
  ["завтра", 1],
  ["послезавтра", 2],
  ["yesterday", -1],
  ["вчера", -1],
  ["позавчера", -2],
]);

function readDay(text: string, isTimeGiven: boolean, now: WallTime): Day | undefined {
  if (text === "now" || text === "сейчас") return { ...now, keepsTime: true };
  if (text === "" && isTimeGiven) return now;
  const days = daysFromNow.get(text);
  if (days !== undefined) return plus(midnight(now), { months: 0, days, seconds: 0 }, "UTC");
  const iso = /^(\d{4})-(\d{1,2})-(\d{1,2})$/.exec(text);
  if (iso) return dayOf(iso[1], iso[2], iso[3]);
  const dotted = /^(\d{1,2})\.(\d{1,2})\.(\d{4})$/.exec(text);
  if (dotted) return dayOf(dotted[3], dotted[2], dotted[1]);
  const named =
    /^(?<day>\d{1,2})(?:st|nd|rd|th|-?го|-?е)?\s+(?:of\s+)?(?<month>\p{L}+)\.?(?:,?\s*(?<year>\d{4}))?(?:\s*г(?:од|ода)?\.?)?$/u.exec(
      text,
    ) ?? /^(?<month>\p{L}+)\.?\s+(?<day>\d{1,2})(?:st|nd|rd|th)?(?:,?\s+(?<year>\d{4}))?$/u.exec(text);
  if (!named?.groups) return undefined;
  const { day, month = "", year } = named.groups;
  const monthNumber = months.findIndex((beginnings) => beginnings.test(month)) + 1;
  if (monthNumber === 0) return undefined;
  return { ...dayOf(year ?? now.year, monthNumber, day), hasYear: year !== undefined };
}

const months = [
  /^(?:jan|янв)/,
  /^(?:feb|фев)/,
  /^(?:mar|мар)/,
  /^(?:apr|апр)/,
  /^(?:may|ма[йяе])/,
  /^(?:jun|июн)/,
  /^(?:jul|июл)/,
  /^(?:aug|авг)/,
  /^(?:sep|сен)/,
  /^(?:oct|окт)/,
  /^(?:nov|ноя)/,
  /^(?:dec|дек)/,
];

function dayOf(year: string | number | undefined, month: string | number | undefined, day: string | undefined): Day {
  return { year: Number(year), month: Number(month), day: Number(day) };
}

function checkDay({ year, month, day }: Day): void {
  if (year < 1 || month < 1 || month > 12 || day < 1) throw inputError(`There is no date ${year}-${month}-${day}.`);
  const days = daysInMonth(year, month);
  if (day > days) throw inputError(`There is no day ${day} in that month: ${year}-${month} has ${days} days.`);
}
