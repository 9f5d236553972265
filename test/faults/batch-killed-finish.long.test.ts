// B2 with the count of its table.
import { expect, it } from "vitest";
import { killFinish } from "./batch-finish-kills.ts";

const seed = Number(process.env.SEED ?? 20_261_122);

it("After each of 100 kills while the Parquet file is finished it is absent or complete, and in the end it is complete", {
  timeout: 3_600_000,
}, async () => {
  const outcome = await killFinish({ rows: 10_000, kills: 100, seed });
  expect(outcome.kills).toBe(100);
  expect(outcome.broken).toBe(0);
  expect(outcome.absent + outcome.complete).toBe(100);
  expect(outcome.absent).toBeGreaterThanOrEqual(10);
  expect(outcome.complete).toBeGreaterThanOrEqual(10);
  expect(outcome.finished).toBeGreaterThan(0);
  expect(outcome.leftovers).toBe(0);
});
