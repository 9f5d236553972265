// P13, a few kills; yandex-killed-operations.long.test.ts does a hundred.
import { expect, it } from "vitest";
import { killOperations } from "./yandex-operation-kills.ts";

it("A killed process that kept its key and its id goes on with the operation that it has paid for", {
  timeout: 60_000,
}, async () => {
  const { jobs, killedBetween, operations, billed, orphans, answered, submittedAgain, answers } = await killOperations({
    // Of this seed some are killed when the service has begun, and before they have kept the id.
    ...{ kills: 5, seed: 195, kind: "text", honoursKeys: true },
  });
  expect(killedBetween).toBeGreaterThan(0);
  expect([operations, billed, answered]).toEqual([jobs, jobs, jobs]);
  expect([orphans, submittedAgain]).toEqual([0, 0]);
  expect([...answers]).toEqual(["Seven roubles."]);
});

it("A killed process that kept a key and no id says that it does not know, where the service ignores keys: it pays nothing twice", {
  timeout: 60_000,
}, async () => {
  const { jobs, killedBetween, operations, billed, orphans, answered, unknown, submittedAgain } = await killOperations({
    ...{ kills: 2, seed: 195, kind: "image", honoursKeys: false },
  });
  expect(killedBetween).toBeGreaterThan(0);
  expect(orphans).toBe(killedBetween);
  expect(answered + unknown).toBe(jobs);
  expect(operations).toBe(answered + orphans);
  expect([billed, submittedAgain]).toEqual([operations, 0]);
});
