import { describe, expect, it } from "vitest";
import { today } from "../corpus/utterance.fake.ts";
import { findValues } from "./find-values.ts";

const found = (text: string) => findValues(text, today);

describe("in a message are found", () => {
  it.each([
    ["17,5 and -3", [17.5, -3]],
    ["1,000 euros", [1000]],
    ["1,000 рублей", [1]],
    ["1 000 000 рублей", [1_000_000]],
    ["1.5 млн", [1_500_000]],
    ["двадцать пять", [25]],
    ["two hundred and five", [205]],
    ["twenty-one", [21]],
    ["одна тысяча двести", [1200]],
    ["1, 2 and 3", [1, 2, 3]],
    ["10km and 2d6", [10, 2, 6]],
    ["order A-1042", []],
  ])("numbers in digits and in words: %s", (text, numbers) => {
    expect(found(text).numbers.map(({ value }) => value)).toEqual(numbers);
  });

  it.each([
    ["17 times 23", "17 * 23"],
    ["17 умножить на 23", "17 * 23"],
    ["15% of 80", "15 / 100 * 80"],
    ["корень из 144", "sqrt(144)"],
    ["(2+3)*-4", "(2 + 3) * -4"],
    ["subtract 3 from 10", "10 - 3"],
    ["прибавь 5 к 7", "7 + 5"],
    ["sum of 1, 2 and 3", "1 + 2 + 3"],
    ["5!", "5!"],
    ["max(1, 2) / 3", "max(1, 2) / 3"],
    ["10 -4", "10 - 4"],
    ["three squared", "3 ^ 2"],
  ])("arithmetic, written and spoken: %s", (text, expression) => {
    expect(found(text).expressions.map((each) => each.expression)).toEqual([expression]);
  });

  it.each([
    ["tomorrow at 5pm", "2026-11-23", "17:00"],
    ["завтра в 9 утра", "2026-11-23", "09:00"],
    ["через три дня", "2026-11-25", undefined],
    ["in 20 minutes", "2026-11-22", "10:50"],
    ["next Friday", "2026-11-27", undefined],
    ["в пятницу в 18:30", "2026-11-27", "18:30"],
    ["12 мая", "2027-05-12", undefined],
    ["до 30 ноября", "2026-11-30", undefined],
    ["May 12, 2026", "2026-05-12", undefined],
    ["12.05.2026", "2026-05-12", undefined],
    ["31 декабря 2026 года", "2026-12-31", undefined],
    ["две недели назад", "2026-11-08", undefined],
    ["at noon", undefined, "12:00"],
  ])("days and hours, fixed and relative: %s", (text, date, time) => {
    const [moment, ...others] = found(text).moments;
    expect([moment?.date, moment?.time]).toEqual([date, time]);
    expect(others).toEqual([]);
  });

  it("no day that the calendar does not have, and none in words that only look like one", () => {
    for (const text of ["31.02.2026", "mark it", "may I ask", "the sun rises", "в среднем"]) {
      expect(found(text).moments, text).toEqual([]);
    }
  });

  it.each([
    ["погода в Нижнем Новгороде", "Нижний Новгород"],
    ["из Еревана в Саратов", "Ереван"],
    ["weather in new york", "New York"],
    ["100 рублей", "рубль"],
    ["на французский", "французский"],
  ])("known names in any case, put into the nominative: %s", (text, name) => {
    expect(found(text).names[0]?.said).toBe(name);
  });

  it("addresses, ids and quotations, and nothing inside of them", () => {
    const { urls, emails, ids, quotes, numbers } = found(
      'mail a1@b.com "call 5 people" about #77 and https://x.org/9?q=8.',
    );
    expect(emails.map(({ text }) => text)).toEqual(["a1@b.com"]);
    expect(quotes.map(({ text }) => text)).toEqual(["call 5 people"]);
    expect(urls.map(({ text }) => text)).toEqual(["https://x.org/9?q=8"]);
    expect(ids.map(({ text }) => text)).toEqual(["77"]);
    expect(numbers).toEqual([]);
  });
});
