import { BesedaError } from "@beseda/core";
import { expect, it } from "vitest";
import { calledWith } from "../call-tool.fake.ts";
import { clock } from "./clock.ts";

const now = () => new Date("2026-11-22T14:30:05Z");
const ask = (input: Record<string, unknown>) => calledWith(clock({ now, timeZone: "Europe/Moscow" }), input);

it("tells the time here, and in any city", async () => {
  expect(await ask({})).toEqual({
    date: "2026-11-22",
    time: "17:30:05",
    weekday: "Sunday",
    timeZone: "Europe/Moscow",
    utcOffset: "+03:00",
  });
  expect(await ask({ timeZone: "Токио" })).toMatchObject({
    time: "23:30:05",
    timeZone: "Asia/Tokyo",
    utcOffset: "+09:00",
  });
  expect(await ask({ timeZone: "Непал" })).toMatchObject({ time: "20:15:05", utcOffset: "+05:45" });
  expect(await ask({ timeZone: "UTC-5" })).toMatchObject({
    time: "09:30:05",
    timeZone: "UTC-05:00",
    utcOffset: "-05:00",
  });
  expect(await ask({ timeZone: "США" })).toMatchObject({ note: expect.stringContaining("several time zones") });
});

it("takes empty strings, which small models like to send, for nothing", async () => {
  expect(await ask({ timeZone: "", date: " ", add: "", until: "" })).toEqual(await ask({}));
});

it.each([
  [{ date: "2026-03-08" }, { date: "2026-03-08", weekday: "Sunday" }],
  [
    { date: "2026-01-15", add: "45 days" },
    { date: "2026-03-01", weekday: "Sunday" },
  ],
  [{ add: "через 10 дней" }, { date: "2026-12-02", weekday: "Wednesday" }],
  [{ add: "a week" }, { date: "2026-11-29", weekday: "Sunday" }],
  [{ add: "-1 year 6 months" }, { date: "2025-05-22", weekday: "Thursday" }],
  [{ add: "3 дня назад" }, { date: "2026-11-19", weekday: "Thursday" }],
  [
    { date: "2026-01-31", add: "P1M" },
    { date: "2026-02-28", weekday: "Saturday" },
  ],
  [{ date: "завтра" }, { date: "2026-11-23", weekday: "Monday" }],
  [{ date: "1 мая 2027 года" }, { date: "2027-05-01", weekday: "Saturday" }],
  [{ date: "March 1st, 2027" }, { date: "2027-03-01", weekday: "Monday" }],
  [{ date: "01.02.2026" }, { date: "2026-02-01", weekday: "Sunday" }],
])("%j is a matter of days: %j", async (input, answer) => {
  expect(await ask(input)).toEqual(answer);
});

it.each([
  [{ add: "2 hours" }, "2026-11-22", "19:30:05"],
  [{ add: "1,5 часа" }, "2026-11-22", "19:00:05"],
  [{ date: "2026-03-28T12:00", add: "1 day", timeZone: "Berlin" }, "2026-03-29", "12:00:00"],
  [{ date: "2026-03-28T12:00", add: "24 hours", timeZone: "Berlin" }, "2026-03-29", "13:00:00"],
  [{ date: "2026-03-29T02:30", timeZone: "Berlin" }, "2026-03-29", "03:30:00"],
  [{ date: "2026-03-01T09:00+03:00", timeZone: "New York" }, "2026-03-01", "01:00:00"],
  [{ date: "2026-03-01T09:00Z" }, "2026-03-01", "12:00:00"],
  [{ date: "5:30 pm" }, "2026-11-22", "17:30:00"],
  [{ date: "завтра в 9:00" }, "2026-11-23", "09:00:00"],
])("%j is a matter of hours", async (input, date, time) => {
  expect(await ask(input)).toMatchObject({ date, time });
});

it("counts the days until a date, forth and back", async () => {
  expect(await ask({ until: "2026-12-31" })).toEqual({
    date: "2026-11-22",
    weekday: "Sunday",
    until: { date: "2026-12-31", weekday: "Thursday" },
    daysUntil: 39,
    untilInWords: "1 month 9 days later",
  });
  expect(await ask({ date: "2026-03-01", until: "2026-01-31" })).toMatchObject({
    daysUntil: -29,
    untilInWords: "1 month 1 day earlier",
  });
  expect(await ask({ until: "today" })).toMatchObject({ daysUntil: 0, untilInWords: "the same" });
});

it("a date without a year is the next one when it is waited for", async () => {
  expect(await ask({ until: "31 декабря" })).toMatchObject({ until: { date: "2026-12-31" } });
  expect(await ask({ until: "1 января" })).toMatchObject({ until: { date: "2027-01-01" }, daysUntil: 40 });
  expect(await ask({ until: "November 22" })).toMatchObject({ daysUntil: 0 });
  expect(await ask({ date: "1 января" })).toMatchObject({ date: "2026-01-01" });
});

it("counts hours where both have a time, over the change of the clocks too", async () => {
  expect(await ask({ date: "2026-03-28T12:00", until: "2026-03-29T12:00", timeZone: "Berlin" })).toMatchObject({
    daysUntil: 1,
    hoursUntil: 23,
    untilInWords: "1 day later",
  });
  expect(await ask({ date: "09:00", until: "18:45" })).toMatchObject({
    hoursUntil: 9.75,
    untilInWords: "9 hours 45 minutes later",
  });
});

it.each([
  [{ timeZone: "Mosow" }, "Similar: Europe/Moscow"],
  [{ date: "3/4/2026" }, "Write it like 2026-03-01"],
  [{ date: "2026-02-30" }, "2026-2 has 28 days"],
  [{ date: "2026-13-01" }, "There is no date"],
  [{ date: "2026-03-01T25:00" }, "There is no time 25:00"],
  [{ date: "0 мая" }, "There is no date"],
  [{ add: "10" }, 'Write it like "10 days"'],
  [{ add: "3 bananas" }, 'Write it like "10 days"'],
  [{ add: "soon" }, 'Write it like "10 days"'],
  [{ add: "and" }, 'Write it like "10 days"'],
  [{ add: "1.5 days" }, "whole numbers"],
  [{ add: "999999 years" }, "years 1 to 9999"],
  [{ add: "999999999 days" }, "years 1 to 9999"],
  [{ add: `${"9".repeat(400)} days` }, "whole numbers"],
  [{ date: "0001-01-01", add: "-1 day" }, "years 1 to 9999"],
  [{ until: "x".repeat(100_000) }, "is not a date"],
])("%j is refused with advice", async (input, advice) => {
  const error = await ask(input).catch((thrown) => thrown);
  expect(error).toBeInstanceOf(BesedaError);
  expect(error.message).toContain(advice);
  expect(error.message.length).toBeLessThan(400);
});

it("refuses a home zone that does not exist when it is made", () => {
  expect(() => clock({ timeZone: "Europe/Nowhere" })).toThrow("Give an IANA name");
});

it("names the home zone in its description, changes nothing and may run again", () => {
  const made = clock({ timeZone: "Tokyo" });
  expect(JSON.stringify(made.inputSchema)).toContain("Default: Asia/Tokyo");
  expect(made).toMatchObject({ effects: "none", replay: "safe" });
});
