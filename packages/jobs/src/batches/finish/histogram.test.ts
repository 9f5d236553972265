import { expect, it } from "vitest";
import { Histogram } from "./histogram.ts";

function of(values: Iterable<number>): Histogram {
  const histogram = new Histogram();
  for (const value of values) histogram.add(value);
  return histogram;
}

it("tells percentiles to a twentieth, and the ends exactly, of any number of values", () => {
  const histogram = of(Array.from({ length: 10_000 }, (_, index) => index + 1));
  for (const share of [0.5, 0.9, 0.95, 0.99]) {
    expect(Math.abs(histogram.percentile(share) / (share * 10_000) - 1)).toBeLessThan(0.06);
  }
  expect([histogram.least, histogram.most, histogram.mean]).toEqual([1, 10_000, 5_000.5]);
});

it("shows how values are spread in bars that leave no gap and lose nothing", () => {
  const histogram = of([0, 0.5, 1, 4, 40, 40, 900]);
  const bars = histogram.bars();
  expect(bars.reduce((sum, { count }) => sum + count, 0)).toBe(7);
  expect(bars[0]).toEqual({ from: 0, to: 1, count: 2 });
  for (const [index, { from }] of bars.entries()) if (index > 0) expect(from).toBe(bars[index - 1]?.to);
  expect(bars.at(-1)).toMatchObject({ from: 700, to: 1_000, count: 1 });
});

it("of nothing has no bars, and of huge values one at the end", () => {
  expect(of([]).bars()).toEqual([]);
  expect(of([]).percentile(0.5)).toBe(0);
  expect(of([1e15]).percentile(0.5)).toBe(1e15);
});
