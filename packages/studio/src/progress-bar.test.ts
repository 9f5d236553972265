import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { barLine, type Progress, progressSentence } from "./progress-bar.ts";
import { durationText, moneyText, shortCount } from "./progress-figures.ts";

const halfway: Progress = {
  rows: 10_000,
  finished: 3_812,
  failed: 3,
  tokens: 1_234_567,
  cost: { RUB: 12.4 },
  rowsPerSecond: 41,
};

describe("the bar of a batch", () => {
  it("tells share, rows, pace, tokens, cost, failures and the time that is left", () => {
    expect(barLine(halfway, 113)).toBe(
      ` 38 %  ${"█".repeat(11)}${"░".repeat(19)}   3,812/10,000  41 rows/s  1.2M tokens  12.40 RUB  3 failed  ETA 2 min 31 s`,
    );
  });

  it("leaves out what matters least where the terminal is narrow: failures and the time go last", () => {
    expect(barLine(halfway, 70)).toBe(" 38 %   3,812/10,000  41 rows/s  12.40 RUB  3 failed  ETA 2 min 31 s");
    expect(barLine(halfway, 32)).toBe(" 38 %   3,812/10,000  3 failed");
    expect(barLine(halfway, 20)).toBe(" 38 %   3,812/10,000");
    expect(barLine(halfway, 19)).toBe(" 38 %");
  });

  it("is never wider than the terminal, and 100 % only when all rows are finished", () => {
    const count = fc.nat({ max: 10_000_000 });
    const progress = fc.record({
      rows: count,
      finished: count,
      failed: count,
      tokens: count,
      rowsPerSecond: fc.option(fc.double({ min: 0, max: 1e5, noNaN: true }), { nil: undefined }),
      cost: fc.option(fc.constant({ RUB: 123.456, USD: 0.002 }), { nil: undefined }),
    });
    fc.assert(
      fc.property(progress, fc.integer({ min: 1, max: 200 }), (seen, width) => {
        const line = barLine(seen, width);
        expect(line.length).toBeLessThanOrEqual(width);
        if (seen.finished < seen.rows) expect(line).not.toContain("100 %");
      }),
    );
  });

  it("says what is being done while the rows are not counted yet", () => {
    const unknown = { rows: undefined, finished: 0, failed: 0, tokens: 0 };
    expect(barLine(unknown, 80)).toBe("reading the rows");
    expect(barLine({ ...halfway, finished: 10_000, state: "writing the output" }, 120)).toMatch(
      /100 % .*writing the output$/,
    );
  });

  it("is a sentence in a log", () => {
    expect(progressSentence(halfway)).toBe(
      "3,812 of 10,000 rows (38 %), 41 rows/s, 1.2M tokens, 12.40 RUB, 3 failed, ETA 2 min 31 s",
    );
  });
});

describe("figures for people", () => {
  it("are short and do not lie by rounding up a unit", () => {
    expect([0, 999, 1_000, 12_345, 999_949, 999_950, 2_500_000].map(shortCount)).toEqual([
      "0",
      "999",
      "1k",
      "12.3k",
      "999.9k",
      "1M",
      "2.5M",
    ]);
    expect([0, 59.4, 59.6, 3_600, 90_000].map(durationText)).toEqual([
      "0 s",
      "59 s",
      "1 min 0 s",
      "1 h 0 min",
      "1 d 1 h",
    ]);
    expect(moneyText({ RUB: 500, USD: 0.0123 })).toBe("500.00 RUB + 0.0123 USD");
  });
});
