// Job engines on BullMQ and a real Postgres.
import { afterAll, beforeAll, describe } from "vitest";
import { hasPostgres, startPostgres } from "../servers/postgres-server.ts";
import type { TestServer } from "../servers/server-process.ts";
import { runEngineCases } from "./bullmq-cases.ts";

describe.skipIf(!hasPostgres)(`bullmqEngine on Postgres${hasPostgres ? "" : " (skipped: no Postgres here)"}`, () => {
  let postgres: TestServer;
  beforeAll(async () => {
    postgres = await startPostgres();
  }, 60_000);
  afterAll(() => postgres.remove());

  runEngineCases(() => postgres.url);
});
