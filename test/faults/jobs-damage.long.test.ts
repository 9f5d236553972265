import { afterAll, expect, it } from "vitest";
import { filledStore, flipped, removeFolders, seededPositions, verdictOn } from "./jobs-damage.ts";

afterAll(removeFolders);

it("a store of jobs with any of 1,000 bits flipped is damaged, or has everything", { timeout: 600_000 }, async () => {
  const { bytes, contents } = await filledStore();
  let damaged = 0;
  for (const position of seededPositions(1_000, bytes.length)) {
    const verdict = await verdictOn(flipped(bytes, position), contents);
    expect(verdict, `byte ${position}`).not.toBe("different");
    if (verdict === "damaged") damaged++;
  }
  expect(damaged).toBeGreaterThan(50);
});

it("a store of jobs that was cut off at any of 100 places is damaged", { timeout: 600_000 }, async () => {
  const { bytes, contents } = await filledStore();
  for (const position of seededPositions(100, bytes.length)) {
    expect(await verdictOn(bytes.subarray(0, position), contents), `cut at ${position}`).toBe("damaged");
  }
});
