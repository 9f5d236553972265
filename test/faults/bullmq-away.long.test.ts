// B9: 5,000 jobs while Redis is stopped for up to 2 s every 5 s, for a minute; on Postgres a third of it, to save time:
// what the whole of it gives there stands in the README of @beseda/jobs.
import { setTimeout as pause } from "node:timers/promises";
import type { JobEngine, Lease } from "@beseda/core";
import { afterEach, describe, expect, it } from "vitest";
import { hasPostgres, startPostgres } from "../servers/postgres-server.ts";
import { hasRedis, startRedis } from "../servers/redis-server.ts";
import type { TestServer } from "../servers/server-process.ts";
import {
  type Bench,
  cpuOf,
  createJobs,
  interrupt,
  killed,
  openBench,
  whileAtWork,
  wrongOutcomes,
} from "./bullmq-away.ts";

const seed = Number(process.env.SEED ?? 20_261_122);

let server: TestServer | undefined;
let bench: Bench | undefined;

afterEach(async () => {
  // Thousands of files go.
  await bench?.close();
  await server?.remove();
}, 120_000);

const servers = [
  { name: "Redis", isHere: hasRedis, start: () => startRedis(), jobs: 5_000, forMs: 60_000, kills: 10 },
  { name: "Postgres", isHere: hasPostgres, start: startPostgres, jobs: 1_700, forMs: 20_000, kills: 4 },
];

describe.each(servers)("bullmqEngine whose $name goes away", ({ name, isHere, start, jobs, forMs, kills }) => {
  const where = isHere ? "" : ` (skipped: no ${name} here)`;

  it.skipIf(!isHere)(
    `loses no job, does at most 2 % again, and no worker ends${where}`,
    { timeout: 600_000 },
    async () => {
      server = await start();
      bench = await openBench(server, { concurrency: 16, workMs: 150, leaseMs: 30_000 });
      await createJobs(bench.engine, jobs);
      const worker = bench.startWorker();
      await cpuOf(worker);
      const { stops, cpuShare } = await interrupt(server, worker, {
        everyMs: 5_000,
        longestMs: 2_000,
        forMs,
        random: randomOf(seed),
      });
      expect(await wrongOutcomes(bench, jobs)).toEqual([]);
      const again = bench.begun().length - jobs;
      console.log(
        `${name}: ${stops} stops, ${again} of ${jobs} done again, ${Math.round(cpuShare * 100)} % of a CPU while it was away`,
      );
      expect(stops).toBeGreaterThanOrEqual(forMs / 12_000);
      expect(again).toBeLessThanOrEqual(jobs * 0.02);
      expect(bench.ended).toBe(0);
      expect(bench.errors).toEqual([]);
    },
  );

  it.skipIf(!isHere)(`waits for it with little CPU${where}`, { timeout: 120_000 }, async () => {
    server = await start();
    bench = await openBench(server, { concurrency: 16, workMs: 1, leaseMs: 30_000 });
    await createJobs(bench.engine, 50);
    const worker = bench.startWorker();
    await wrongOutcomes(bench, 50);
    await server.stop();
    await pause(1_000);
    const [before, from] = [await cpuOf(worker), performance.now()];
    await pause(5_000);
    const share = ((await cpuOf(worker)) - before) / (performance.now() - from);
    console.log(`${name}: ${(share * 100).toFixed(1)} % of a CPU while it was away`);
    expect(share).toBeLessThan(0.2);
    await server.start();
    await createJobs(bench.engine, 100);
    expect(await wrongOutcomes(bench, 100)).toEqual([]);
    expect(bench.ended).toBe(0);
  });

  it.skipIf(!isHere)(
    `ends when it is closed while it is away, used before or not${where}`,
    { timeout: 120_000 },
    async () => {
      server = await start();
      for (const isUsed of [true, false]) {
        bench = await openBench(server, { concurrency: 1, workMs: 1, leaseMs: 30_000 });
        if (isUsed) {
          await createJobs(bench.engine, 1);
          await (await claimed(bench.engine))?.finish({ response: 1 });
          await server.stop();
        }
        const idle = claimed(bench.engine);
        await bench.close();
        expect(await idle).toBeUndefined();
      }
    },
  );

  it.skipIf(!isHere)(
    `loses no job when workers are killed, and begins again only what they were at${where}`,
    { timeout: 300_000 },
    async () => {
      server = await start();
      const [count, concurrency] = [kills * 80, 10];
      bench = await openBench(server, { concurrency, workMs: 100, leaseMs: 3_000 });
      await createJobs(bench.engine, count);
      const random = randomOf(seed);
      for (let kill = 0; kill < kills; kill++) {
        const before = bench.begun().length;
        const worker = bench.startWorker();
        while (bench.begun().length === before) await whileAtWork(bench, 10);
        await pause(400 * random());
        await killed(worker);
      }
      bench.startWorker();
      expect(await wrongOutcomes(bench, count)).toEqual([]);
      const again = bench.begun().length - count;
      console.log(`${name}: ${kills} kills, ${again} of ${count} done again`);
      expect(again).toBeGreaterThan(0);
      expect(again).toBeLessThanOrEqual(kills * concurrency);
    },
  );
});

function claimed(engine: JobEngine): Promise<Lease | undefined> {
  return engine.claim({ queue: "work", kinds: ["run"], signal: new AbortController().signal });
}

/** Numbers from 0 to 1, the same for the same seed. */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return state / 2 ** 31;
  };
}
