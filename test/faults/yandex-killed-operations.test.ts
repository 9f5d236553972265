// P13, a few kills; yandex-killed-operations.long.test.ts does a hundred.
import { expect, it } from "vitest";
import { killOperations } from "./yandex-operation-kills.ts";

const seed = Number(process.env.SEED ?? 20_261_122);

it("A killed process that kept its key and its id goes on with the operation that it has paid for", {
  timeout: 60_000,
}, async () => {
  const { jobs, kills, operations, billed, orphans, answered, submittedAgain, answers } = await killOperations({
    ...{ kills: 8, seed, kind: "text", honoursKeys: true },
  });
  expect(kills).toBeGreaterThanOrEqual(8);
  expect([operations, billed, answered]).toEqual([jobs, jobs, jobs]);
  expect([orphans, submittedAgain]).toEqual([0, 0]);
  expect([...answers]).toEqual(["Seven roubles."]);
});

it("A killed process that kept a key and no id says that it does not know, where the service ignores keys: it pays nothing twice", {
  timeout: 60_000,
}, async () => {
  const { jobs, killedBetween, operations, billed, orphans, answered, unknown, submittedAgain } = await killOperations({
    ...{ kills: 6, seed, kind: "image", honoursKeys: false },
  });
  expect(orphans).toBe(killedBetween);
  expect(answered + unknown).toBe(jobs);
  expect(operations).toBe(answered + orphans);
  expect([billed, submittedAgain]).toEqual([operations, 0]);
});
