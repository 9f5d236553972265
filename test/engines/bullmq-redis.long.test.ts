// The conformance suite of job engines on BullMQ with a real Redis.

import { engineCases } from "@beseda/jobs/testing";
import { afterAll, beforeAll, describe, it } from "vitest";
import { hasRedis, startRedis } from "../servers/redis-server.ts";
import type { TestServer } from "../servers/server-process.ts";
import { enginesOn } from "./bullmq-bench.ts";

describe.skipIf(!hasRedis)("bullmqEngine on Redis", () => {
  let redis: TestServer;
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(() => redis.remove());

  const { open, harness, loseLease } = enginesOn(() => redis.url);
  const cases = engineCases(open, harness);
  for (const { name, run } of cases) it(name, run, 60_000);

  const known = new Set(cases.map(({ name }) => name));
  const losing = engineCases(() => open({ leaseMs: 2_000 }), { ...harness, loseLease });
  for (const { name, run } of losing) if (!known.has(name)) it(name, run, 60_000);
});
