// Job engines on BullMQ and a real Redis, with files in a folder and in S3.

import { s3Files } from "@beseda/jobs";
import { afterAll, beforeAll, describe } from "vitest";
import { type S3Server, startS3Server } from "../fakes/s3-server.ts";
import { hasRedis, startRedis } from "../servers/redis-server.ts";
import type { TestServer } from "../servers/server-process.ts";
import { newPrefix } from "./bullmq-bench.ts";
import { runEngineCases } from "./bullmq-cases.ts";

describe.skipIf(!hasRedis)(`bullmqEngine on Redis${hasRedis ? "" : " (skipped: no redis-server here)"}`, () => {
  let redis: TestServer;
  let s3: S3Server;
  beforeAll(async () => {
    redis = await startRedis();
    s3 = await startS3Server();
  });
  afterAll(async () => {
    await redis.remove();
    await s3.close();
  });

  describe("with files in a folder", () => runEngineCases(() => redis.url));
  describe("with files in S3", () =>
    runEngineCases(
      () => redis.url,
      () => s3Files({ ...s3.settings, prefix: newPrefix() }),
    ));
});
