// B1 of a batch in its full size: 200 kills over 10,000 rows.
import { expect, it } from "vitest";
import { killBatch } from "./batch-kills.ts";

it("A batch of 10,000 rows that is killed 200 times has each row once, in order, and pays for at most 16 rows a kill more", {
  timeout: 900_000,
}, async () => {
  const seed = Number(process.env.SEED ?? 20_261_123);
  const { kills, billed, lost, doubled, inOrder, rowsInOutput } = await killBatch({
    ...{ rows: 10_000, kills: 200, concurrency: 16, seed },
  });
  expect(kills).toBe(200);
  expect([lost, doubled, rowsInOutput, inOrder]).toEqual([0, 0, 10_000, true]);
  expect(billed).toBeLessThanOrEqual(10_000 + 200 * 16);
});
