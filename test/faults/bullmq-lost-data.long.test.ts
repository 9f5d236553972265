// B10: a Redis that may throw jobs away is refused, and one that has lost its memory loses no job.
import { afterEach, describe, expect, it } from "vitest";
import { hasRedis, startRedis } from "../servers/redis-server.ts";
import type { TestServer } from "../servers/server-process.ts";
import { type Bench, createJobs, killed, openBench, whileAtWork, wrongOutcomes } from "./bullmq-away.ts";

let server: TestServer | undefined;
let bench: Bench | undefined;

afterEach(async () => {
  // Thousands of files go.
  await bench?.close();
  await server?.remove();
}, 120_000);

const work = { concurrency: 4, workMs: 5, leaseMs: 2_000 };

describe.skipIf(!hasRedis)(
  `bullmqEngine on a Redis that forgets${hasRedis ? "" : " (skipped: no redis-server here)"}`,
  () => {
    it.each(["allkeys-lru", "volatile-ttl"])("is refused where its maxmemory-policy is %s", async (maxmemoryPolicy) => {
      server = await startRedis({ maxmemoryPolicy });
      bench = await openBench(server, work);
      const { engine } = bench;
      const refusal = {
        code: "invalid-argument",
        message: expect.stringContaining(maxmemoryPolicy),
        hint: expect.stringContaining("noeviction"),
      };
      await expect(engine.create({ id: "a", queue: "work", kind: "run", spec: 1 })).rejects.toMatchObject(refusal);
      const { signal } = new AbortController();
      await expect(engine.claim({ queue: "work", kinds: ["run"], signal })).rejects.toMatchObject(refusal);
    });

    it("has its jobs put back and told of when it was started again without its data, and none counts as done that was not", {
      timeout: 180_000,
    }, async () => {
      server = await startRedis({ isPersistent: false });
      bench = await openBench(server, work);
      const { engine } = bench;
      await createJobs(engine, 200);
      const first = bench.startWorker();
      while (bench.begun().length < 20) await whileAtWork(bench, 10);
      await killed(first);
      const { done } = await engine.count();
      await server.kill();
      await server.start();
      expect((await engine.count()).done).toBe(done);
      bench.startWorker();
      expect(await wrongOutcomes(bench, 200)).toEqual([]);
      expect(new Set(bench.lost).size).toBe(200 - done);
      // Those that the first worker was at are begun again, and no other one.
      expect(bench.begun().length).toBeLessThanOrEqual(200 + work.concurrency);
    });
  },
);
