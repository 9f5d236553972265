// One job on BullMQ and a real Redis: what the long tests of this room do in full.
import { afterAll, beforeAll, expect, it } from "vitest";
import { hasRedis, startRedis } from "../servers/redis-server.ts";
import type { TestServer } from "../servers/server-process.ts";
import { enginesOn } from "./bullmq-bench.ts";

let redis: TestServer | undefined;

beforeAll(async () => {
  if (hasRedis) redis = await startRedis();
});
afterAll(() => redis?.remove());

const where = hasRedis ? "" : " (skipped: no redis-server here)";

it.skipIf(!hasRedis)(`does a job on Redis from one engine to another, journal and all${where}`, async () => {
  const { open, harness } = enginesOn(() => redis?.url ?? "");
  const first = await open();
  await first.create({ id: "a", queue: "work", kind: "run", spec: 1, labels: { of: "x" } });
  const begun = await first.claim({ queue: "work", kinds: ["run"], signal: new AbortController().signal });
  await begun?.write([["key", "value"]]);
  const second = (await harness.reopen?.(first)) ?? first;
  const lease = await second.claim({ queue: "work", kinds: ["run"], signal: new AbortController().signal });
  expect(await lease?.read()).toEqual([["key", "value"]]);
  await lease?.finish({ response: 2 });
  expect((await second.get("a"))?.outcome).toEqual({ response: 2 });
  expect(await second.count({ labels: { of: "x" } })).toEqual({ queued: 0, running: 0, waiting: 0, done: 1 });
  await harness.close?.(second);
});
