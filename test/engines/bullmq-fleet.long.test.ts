// B1 and B7 over a fleet: a batch of 2,000 rows on two workers, of which one is killed, or stands still for a while.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hasRedis, startRedis } from "../servers/redis-server.ts";
import type { TestServer } from "../servers/server-process.ts";
import { type Asked, runFleetBatch } from "./fleet-batch.ts";

const [rows, workers, concurrency, leaseMs] = [2_000, 2, 8, 3_000];
const isWhole = { rowsInOutput: rows, inOrder: true, commits: { parts: 4, written: 4 } };

describe.skipIf(!hasRedis)(`a batch over two workers${hasRedis ? "" : " (skipped: no redis-server here)"}`, () => {
  let redis: TestServer;
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(() => redis.remove());

  it("is whole and in order though one of them is killed in the middle, and what was in flight alone is paid for again", {
    timeout: 180_000,
  }, async () => {
    let kills = 0;
    const batch = await runFleetBatch(redis.url, {
      ...{ rows, workers, concurrency, leaseMs },
      onAsked({ worker, rows: asked }) {
        if (asked < rows / 2 || kills > 0) return;
        kills++;
        worker.kill("SIGKILL");
      },
    });
    expect(batch).toMatchObject(isWhole);
    expect(Object.keys(batch.askedBy)).toHaveLength(workers);
    expect(kills).toBe(1);
    expect(batch.billed).toBeLessThanOrEqual(rows + kills * concurrency);
  });

  it("has each part once though one of them stands still until another has its parts, and then goes on", {
    timeout: 180_000,
  }, async () => {
    let stopped: Asked["worker"] | undefined;
    let isBack = false;
    const batch = await runFleetBatch(redis.url, {
      ...{ rows, workers, concurrency, leaseMs },
      onAsked({ worker, rows: asked, isAgain }) {
        if (!stopped && asked >= rows / 2) {
          stopped = worker;
          worker.kill("SIGSTOP");
        } else if (!isBack && isAgain && worker !== stopped) {
          isBack = true;
          stopped?.kill("SIGCONT");
        }
      },
    });
    expect(isBack).toBe(true);
    expect(batch).toMatchObject(isWhole);
    // What it had in flight when it stopped, and what it began before it saw that it had lost its parts.
    expect(batch.billed).toBeLessThanOrEqual(rows + 2 * concurrency);
  });

  it("commits a part once though the worker that has it stands still while it does so, and goes on when another has done it", {
    timeout: 180_000,
  }, async () => {
    const batch = await runFleetBatch(redis.url, {
      ...{ rows: 1_000, workers, concurrency, leaseMs },
      firstStandsStill: true,
    });
    expect(batch).toMatchObject({ rowsInOutput: 1_000, inOrder: true, commits: { parts: 2, written: 2, late: 1 } });
    expect(batch.billed).toBeLessThanOrEqual(1_000 + concurrency);
  });
});
