// B1 of a batch in the small; batch-killed.long.test.ts kills it 200 times.
import { expect, it } from "vitest";
import { killBatch } from "./batch-kills.ts";

it("A batch that is killed has each row once, in order, and pays for at most as many rows more as it had in flight", {
  timeout: 60_000,
}, async () => {
  const { kills, billed, lost, doubled, inOrder, rowsInOutput } = await killBatch({
    ...{ rows: 600, kills: 3, concurrency: 8, seed: Number(process.env.SEED ?? 20_261_123) },
  });
  expect([kills, lost, doubled, rowsInOutput, inOrder]).toEqual([3, 0, 0, 600, true]);
  expect(billed).toBeLessThanOrEqual(600 + 3 * 8);
});
