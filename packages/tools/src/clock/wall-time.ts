// The time that a clock on the wall shows: to and from instants, in any time zone, by Intl alone.
import { inputError } from "../input-error.ts";

/** `month` is 1 to 12. */
export type WallTime = { year: number; month: number; day: number; hour: number; minute: number; second: number };

/** The parts that a calendar counts, apart from those that a stop-watch counts: a day may have 23 hours. */
export type Duration = { months: number; days: number; seconds: number };

const dayMs = 86_400_000;

/** What a clock there shows at this instant, in milliseconds since 1970. */
export function wallTimeAt(instant: number, timeZone: string): WallTime {
  const shown: Record<string, number> = {};
  for (const { type, value } of formatterFor(timeZone).formatToParts(instant)) shown[type] = Number(value);
  const { year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0 } = shown;
  return { year, month, day, hour, minute, second };
}

/**
 * When a clock there shows this. A time that the change to summer time skips is moved on by what is skipped; of one
 * that comes twice the first is taken.
 */
export function instantOf(wall: WallTime, timeZone: string): number {
  const asUtc = utcOf(wall);
  const before = offsetAt(asUtc - dayMs, timeZone);
  const after = offsetAt(asUtc + dayMs, timeZone);
  const fitting = [asUtc - before, asUtc - after].filter((instant) => offsetAt(instant, timeZone) === asUtc - instant);
  return fitting.length > 0 ? Math.min(...fitting) : asUtc - before;
}

/** Milliseconds that clocks there are ahead of UTC. */
export function offsetAt(instant: number, timeZone: string): number {
  const whole = Math.floor(instant / 1000) * 1000;
  return utcOf(wallTimeAt(whole, timeZone)) - whole;
}

/** Months first, where a day that the month does not have becomes its last, then days, then hours and minutes. */
export function plus(wall: WallTime, { months, days, seconds }: Duration, timeZone: string): WallTime {
  const monthCount = wall.year * 12 + wall.month - 1 + months;
  const year = Math.floor(monthCount / 12);
  const month = monthCount - year * 12 + 1;
  checkYear(year);
  const day = Math.min(wall.day, daysInMonth(year, month));
  const date = new Date(utcOf({ ...wall, year, month, day }) + days * dayMs);
  checkYear(date.getUTCFullYear());
  const moved = {
    ...wall,
    year: date.getUTCFullYear(),
    month: date.getUTCMonth() + 1,
    day: date.getUTCDate(),
  };
  if (seconds === 0) return moved;
  const instant = instantOf(moved, timeZone) + seconds * 1000;
  checkYear(new Date(instant).getUTCFullYear());
  return wallTimeAt(instant, timeZone);
}

/** From the earlier to the later: the most months that fit, then the most days, then the rest. */
export function between(start: WallTime, end: WallTime, timeZone: string): Duration {
  const endInstant = instantOf(end, timeZone);
  const overshoots = (duration: Duration) => instantOf(plus(start, duration, timeZone), timeZone) > endInstant;
  let months = (end.year - start.year) * 12 + end.month - start.month;
  if (overshoots({ months, days: 0, seconds: 0 })) months--;
  let days = daysBetween(plus(start, { months, days: 0, seconds: 0 }, timeZone), end);
  if (overshoots({ months, days, seconds: 0 })) days--;
  const reached = instantOf(plus(start, { months, days, seconds: 0 }, timeZone), timeZone);
  return { months, days, seconds: (endInstant - reached) / 1000 };
}

/** Nights between two dates, whatever the hours. Negative when the second is earlier. */
export function daysBetween(start: WallTime, end: WallTime): number {
  return Math.round((utcOf(midnight(end)) - utcOf(midnight(start))) / dayMs);
}

export function midnight(wall: WallTime): WallTime {
  return { ...wall, hour: 0, minute: 0, second: 0 };
}

export function weekdayOf(wall: WallTime): string {
  return new Date(utcOf(wall)).toLocaleDateString("en-US", { weekday: "long", timeZone: "UTC" });
}

export function daysInMonth(year: number, month: number): number {
  return new Date(utcOf({ year, month: month + 1, day: 0, hour: 0, minute: 0, second: 0 })).getUTCDate();
}

function utcOf({ year, month, day, hour, minute, second }: WallTime): number {
  const date = new Date(Date.UTC(2000, 0, 1, hour, minute, second));
  // Date.UTC takes the years 0 to 99 for 1900 to 1999.
  return date.setUTCFullYear(year, month - 1, day);
}

/** `NaN` is further away than a Date can hold. */
function checkYear(year: number): void {
  if (year >= 1 && year <= 9999) return;
  throw inputError("The result is outside of the years 1 to 9999. Take a smaller amount.");
}

// Making a formatter costs a hundred times what using it does.
const formatters = new Map<string, Intl.DateTimeFormat>();

function formatterFor(timeZone: string): Intl.DateTimeFormat {
  let formatter = formatters.get(timeZone);
  if (!formatter) {
    const numeric = "numeric";
    formatter = new Intl.DateTimeFormat("en-US", {
      timeZone,
      calendar: "iso8601",
      numberingSystem: "latn",
      hourCycle: "h23",
      ...{ year: numeric, month: numeric, day: numeric, hour: numeric, minute: numeric, second: numeric },
    });
    formatters.set(timeZone, formatter);
  }
  return formatter;
}
