// B1 for runs: a process with hundreds of runs under way is killed a hundred times. Judged by the ledger of the fake service.
import { expect, it } from "vitest";
import { killRuns, stepsPerRun } from "./jobs-killed-runs.ts";

const seed = Number(process.env.SEED ?? 20_261_123);

it("After 100 kills no run is lost, no tool that must not run twice did, and nothing was paid for twice where the service honours keys", {
  timeout: 1_800_000,
}, async () => {
  const { runs, kills, ends, operations, billed, orphans, paidTwice, threads } = await killRuns({
    kills: 100,
    seed,
    honoursKeys: true,
  });
  expect(kills).toBe(100);
  expect(ends).toHaveLength(runs);
  expect(ends.filter(({ id, text }) => text !== `Bill ${id.slice(4)} is seen to.`)).toEqual([]);
  expect(paidTwice).toEqual([]);
  expect([operations, billed, orphans]).toEqual([runs * stepsPerRun, runs * stepsPerRun, 0]);
  const order = ["user", "assistant", "tool", "assistant", "tool", "assistant"];
  expect(threads.filter((thread) => thread.map(({ role }) => role).join() !== order.join())).toEqual([]);
});

it("Where the service ignores keys, what is paid for twice is what was killed between its sending and the keeping of its id", {
  timeout: 1_800_000,
}, async () => {
  const { runs, kills, ends, operations, billed, orphans, paidTwice } = await killRuns({
    kills: 30,
    seed: seed + 1,
    honoursKeys: false,
  });
  expect(ends.filter(({ id, text }) => text !== `Bill ${id.slice(4)} is seen to.`)).toEqual([]);
  expect(paidTwice).toEqual([]);
  // Every operation that no run has fetched is one of a kill; ten runs are under way at once.
  expect(operations - orphans).toBe(runs * stepsPerRun);
  expect(billed).toBe(operations);
  expect(orphans).toBeLessThanOrEqual(kills * 10);
});
