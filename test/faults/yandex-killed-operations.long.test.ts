// P13 with the count of its table.
import { expect, it } from "vitest";
import { killOperations } from "./yandex-operation-kills.ts";

const seed = Number(process.env.SEED ?? 20_261_122);

it("After 100 kills, of a service that honours keys, no operation is an orphan, and none was begun twice", {
  timeout: 600_000,
}, async () => {
  const { jobs, kills, killedBetween, operations, billed, orphans, answered, submittedAgain, answers } =
    await killOperations({ kills: 100, seed, kind: "text", honoursKeys: true });
  expect(kills).toBeGreaterThanOrEqual(100);
  expect(killedBetween).toBeGreaterThan(0);
  expect([operations, billed, answered]).toEqual([jobs, jobs, jobs]);
  expect([orphans, submittedAgain]).toEqual([0, 0]);
  expect([...answers]).toEqual(["Seven roubles."]);
});

it.each([
  ["text", seed],
  ["image", seed + 1],
] as const)(
  "After 100 kills, of a service that ignores keys, orphans (of %s) are those killed before the id was kept: told as unknown, and not paid again",
  { timeout: 600_000 },
  async (kind, seed) => {
    const { jobs, kills, killedBetween, operations, billed, orphans, answered, unknown, submittedAgain } =
      await killOperations({ kills: 100, seed, kind, honoursKeys: false });
    expect(kills).toBeGreaterThanOrEqual(100);
    expect(killedBetween).toBeGreaterThan(0);
    expect(orphans).toBe(killedBetween);
    expect(unknown).toBeGreaterThanOrEqual(orphans);
    expect(answered + unknown).toBe(jobs);
    expect(operations).toBe(answered + orphans);
    expect([billed, submittedAgain]).toEqual([operations, 0]);
  },
);
