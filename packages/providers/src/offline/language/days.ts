// Days of the calendar, without a time of day or a zone.

/** `month` counts from 1. */
export type Day = { year: number; month: number; day: number };

/** The day on the wall calendar at that moment, in the zone that the process runs in. */
export function dayOf(moment: Date): Day {
  return { year: moment.getFullYear(), month: moment.getMonth() + 1, day: moment.getDate() };
}

export function isoDay({ year, month, day }: Day): string {
  return `${String(year).padStart(4, "0")}-${String(month).padStart(2, "0")}-${String(day).padStart(2, "0")}`;
}

export function addDays(from: Day, count: number): Day {
  return normal(new Date(Date.UTC(from.year, from.month - 1, from.day + Math.round(count))));
}

/** The 31st becomes the last day of a shorter month. */
export function addMonths(from: Day, count: number): Day {
  const first = new Date(Date.UTC(from.year, from.month - 1 + Math.round(count), 1));
  const lastDay = new Date(Date.UTC(first.getUTCFullYear(), first.getUTCMonth() + 1, 0)).getUTCDate();
  return { ...normal(first), day: Math.min(from.day, lastDay) };
}

/** 0 is Sunday. */
export function weekdayOf({ year, month, day }: Day): number {
  return new Date(Date.UTC(year, month - 1, day)).getUTCDay();
}

/** Beyond what a Date can hold the day stays the last that it can. */
function normal(moment: Date): Day {
  const held = Number.isNaN(moment.getTime()) ? new Date(Date.UTC(9999, 11, 31)) : moment;
  return { year: held.getUTCFullYear(), month: held.getUTCMonth() + 1, day: held.getUTCDate() };
}
