// The conformance suite of job engines on BullMQ with a real Postgres.

import { engineCases } from "@beseda/jobs/testing";
import { afterAll, beforeAll, describe, it } from "vitest";
import { hasPostgres, startPostgres } from "../servers/postgres-server.ts";
import type { TestServer } from "../servers/server-process.ts";
import { enginesOn } from "./bullmq-bench.ts";

describe.skipIf(!hasPostgres)("bullmqEngine on Postgres", () => {
  let postgres: TestServer;
  beforeAll(async () => {
    postgres = await startPostgres();
  });
  afterAll(() => postgres.remove());

  const { open, harness, loseLease } = enginesOn(() => postgres.url);
  const cases = engineCases(open, harness);
  for (const { name, run } of cases) it(name, run, 60_000);

  const known = new Set(cases.map(({ name }) => name));
  const losing = engineCases(() => open({ leaseMs: 2_000 }), { ...harness, loseLease });
  for (const { name, run } of losing) if (!known.has(name)) it(name, run, 60_000);
});
