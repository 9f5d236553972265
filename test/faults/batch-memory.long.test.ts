// B12 of a batch in a size that a build can wait for; batch-memory.ts is run by hand with a million rows.
import { expect, it } from "vitest";
import { memoryOf, slopeOf } from "./batch-memory.ts";
import { tell } from "./fault-bench.ts";

it("a batch of 200,000 rows holds no more at its end than at its beginning, and never 300 MB", {
  timeout: 900_000,
}, async () => {
  const { samples, peakRss, answered } = await memoryOf({ rows: 200_000, every: 10_000 });
  // The first ones are those in which the process grows warm.
  const slope = slopeOf(samples.slice(3));
  tell("B12", { "peak MB": Math.round(peakRss), "MB per 100,000 rows": slope.toFixed(2), rows: answered });
  expect(answered).toBe(200_000);
  expect(samples).toHaveLength(20);
  expect(peakRss).toBeLessThan(300);
  // The smallest object with its place in a list is 40 bytes: one for each row would be 3.8 MB. Where nothing is kept, what
  // the garbage collector happens to leave has given up to 1.5.
  expect(slope).toBeLessThan(3);
});
