import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { BatchSpec } from "./batch.ts";
import { Progress } from "./progress.ts";

type Given = ConstructorParameters<typeof Progress>;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["performance"] });
});
afterEach(() => {
  vi.useRealTimers();
});

function watched() {
  const told: { finished: number; state: string; rowsPerSecond: number }[] = [];
  const report = async ({ metadata }: { metadata: (typeof told)[number] }) => void told.push(metadata);
  const lease = { job: { createdAt: "2026-01-01T00:00:00.000Z" }, report } as unknown as Given[0];
  const limits = { now: { concurrency: 4 } } as Given[2];
  return { told, progress: new Progress(lease, { rows: 100_000, calls: "sync" } as BatchSpec, limits) };
}

const usage = { inputTokens: 0, outputTokens: 0, totalTokens: 0 };
const done = (finished: number) => ({ finished, failed: 0, usage });

it("tells of rows that are done once a second, and says when it will tell what it holds back", async () => {
  const { told, progress } = watched();
  let rows = 0;
  for (let ms = 0; ms < 10_000; ms += 100) {
    const untilMs = await progress.reportInTime(done(rows++));
    expect(untilMs).toBe(ms % 1_000 === 0 ? undefined : 1_000 - (ms % 1_000));
    vi.advanceTimersByTime(100);
  }
  expect(told.map(({ finished }) => finished)).toEqual([0, 10, 20, 30, 40, 50, 60, 70, 80, 90]);
  expect(told.at(-1)?.rowsPerSecond).toBe(10);
});

it("tells of a new state at once, with all that was held back", async () => {
  const { told, progress } = watched();
  await progress.reportInTime(done(1));
  vi.advanceTimersByTime(1);
  await progress.reportInTime(done(2));
  await progress.report(done(3), "finishing");
  expect(told).toMatchObject([
    { finished: 1, state: "working" },
    { finished: 3, state: "finishing" },
  ]);
});

it("tells nothing while nothing is done, but that the pace has halved, until there is none", async () => {
  const { told, progress } = watched();
  for (let rows = 0; rows < 5; rows++) {
    await progress.reportInTime(done(rows));
    vi.advanceTimersByTime(1_000);
  }
  expect(told.splice(0)).toHaveLength(5);
  for (let ms = 0; ms < 3_600_000; ms += 500) {
    expect(await progress.reportInTime(done(4))).toBeUndefined();
    vi.advanceTimersByTime(500);
  }
  const paces = told.map(({ rowsPerSecond }) => rowsPerSecond);
  expect(paces.length).toBeLessThan(6);
  expect(paces.at(-1)).toBe(0);
});
