import fc from "fast-check";
import { expect, it } from "vitest";
import { between, instantOf, plus, type WallTime, wallTimeAt } from "./wall-time.ts";

const zones = [
  "UTC",
  "Europe/Berlin",
  "America/New_York",
  "Australia/Lord_Howe",
  "Asia/Kathmandu",
  "Pacific/Apia",
  "Europe/Moscow",
];
const instants = fc
  .integer({ min: Date.UTC(1950, 0) / 1000, max: Date.UTC(2100, 0) / 1000 })
  .map((second) => second * 1000);

function wall(text: string): WallTime {
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = text.split(/\D/).map(Number);
  return { year, month, day, hour, minute, second };
}

it("a wall time leads back to an instant that shows it", () => {
  fc.assert(
    fc.property(instants, fc.constantFrom(...zones), (instant, zone) => {
      const shown = wallTimeAt(instant, zone);
      const back = instantOf(shown, zone);
      expect(wallTimeAt(back, zone)).toEqual(shown);
      // Of an hour that comes twice the first is taken.
      expect(back).toBeLessThanOrEqual(instant);
    }),
    { numRuns: 300 },
  );
});

it("what lies between two times, added to the first, gives the second", () => {
  fc.assert(
    fc.property(instants, instants, fc.constantFrom(...zones), (a, b, zone) => {
      const [start, end] = [Math.min(a, b), Math.max(a, b)].map((instant) => wallTimeAt(instant, zone)) as [
        WallTime,
        WallTime,
      ];
      const duration = between(start, end, zone);
      expect(Math.min(duration.months, duration.days, duration.seconds)).toBeGreaterThanOrEqual(0);
      expect(instantOf(plus(start, duration, zone), zone)).toBe(instantOf(end, zone));
    }),
    { numRuns: 300 },
  );
});

it("moves a time that summer time skips on, and takes the first of one that comes twice", () => {
  expect(instantOf(wall("2026-03-29 02:30"), "Europe/Berlin")).toBe(Date.UTC(2026, 2, 29, 1, 30));
  expect(instantOf(wall("2026-10-25 02:30"), "Europe/Berlin")).toBe(Date.UTC(2026, 9, 25, 0, 30));
});

it("a day over the change of the clocks keeps the hour, 24 hours do not", () => {
  const start = wall("2026-10-24 12:00:00");
  expect(plus(start, { months: 0, days: 1, seconds: 0 }, "Europe/Berlin")).toMatchObject({ day: 25, hour: 12 });
  expect(plus(start, { months: 0, days: 0, seconds: 86_400 }, "Europe/Berlin")).toMatchObject({ day: 25, hour: 11 });
});

it("a month after the 31st is the last day of a shorter one", () => {
  expect(plus(wall("2026-01-31"), { months: 1, days: 0, seconds: 0 }, "UTC")).toMatchObject({ month: 2, day: 28 });
  expect(plus(wall("2024-02-29"), { months: -12, days: 0, seconds: 0 }, "UTC")).toMatchObject({ year: 2023, day: 28 });
  expect(plus(wall("0099-12-31"), { months: 0, days: 1, seconds: 0 }, "UTC")).toMatchObject({
    year: 100,
    month: 1,
    day: 1,
  });
});
