// B12 of a batch in a size that a build can wait for; batch-memory.ts is run by hand with a million rows.
import { expect, it } from "vitest";
import { growthOf, memoryOf } from "./batch-memory.ts";
import { tell } from "./fault-bench.ts";

it("a batch of 300,000 rows holds no more at its end than at its beginning, and never 300 MB", {
  timeout: 900_000,
}, async () => {
  const { samples, peakRss, answered } = await memoryOf({ rows: 300_000, every: 5_000 });
  // The first ones are those in which the process grows warm.
  const growth = growthOf(samples.slice(10));
  tell("B12", { "peak MB": Math.round(peakRss), "MB more at the end": growth.toFixed(2), rows: answered });
  expect(answered).toBe(300_000);
  expect(samples).toHaveLength(60);
  expect(peakRss).toBeLessThan(300);
  // The smallest object with its place in a list is 40 bytes: one for each of the 170,000 rows between would be 6.5 MB.
  // Where nothing is kept, the lowest points of runs of 600,000 rows were up to 2.5 MB apart.
  expect(growth).toBeLessThan(4);
});
