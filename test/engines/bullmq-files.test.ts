// Engines on one server whose files are not the same: a share that is not mounted, another bucket.
import { readdirSync, rmSync } from "node:fs";
import type { JobEngine } from "@beseda/core";
import { directoryFiles } from "@beseda/jobs";
import { bullmqEngine } from "@beseda/jobs/bullmq";
import { createRedisBackend, Queue } from "bullmq";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { hasRedis, startRedis } from "../servers/redis-server.ts";
import { type TestServer, temporaryFolder } from "../servers/server-process.ts";

const refusal = { code: "invalid-argument", message: expect.stringContaining("files"), isRetryable: false };
const { signal } = new AbortController();
const claimed = (engine: JobEngine) => engine.claim({ queue: "work", kinds: ["run"], signal });
const created = (engine: JobEngine, id: string) => engine.create({ id, queue: "work", kind: "run", spec: 1 });

describe.skipIf(!hasRedis)(`bullmqEngine with files${hasRedis ? "" : " (skipped: no redis-server here)"}`, () => {
  let server: TestServer;
  let folder: string;
  const engines: JobEngine[] = [];
  const open = (name: string) => {
    const engine = bullmqEngine({
      connection: server.url,
      files: directoryFiles(`${folder}/${name}`),
      leaseMs: 1_000,
    });
    engines.push(engine);
    return engine;
  };
  beforeEach(async () => {
    [server, folder] = await Promise.all([startRedis({ isPersistent: false }), temporaryFolder("files")]);
  });
  afterEach(async () => {
    vi.useRealTimers();
    await Promise.all(engines.splice(0).map((engine) => engine.close()));
    await server.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  it("is refused where others have other ones, before it takes a ticket or promises anything", async () => {
    const good = open("good");
    await created(good, "a");
    const bad = open("not-mounted");
    await expect(claimed(bad)).rejects.toMatchObject(refusal);
    await expect(created(bad, "b")).rejects.toMatchObject(refusal);
    expect(readdirSync(`${folder}/not-mounted`)).toEqual([".unfinished", "engine"]);
    expect((await claimed(good))?.job.id).toBe("a");
    await expect(created(open("good"), "b")).resolves.toMatchObject({ state: "queued" });
  });

  it("has them known again soon by a server that has lost its memory", async () => {
    const good = open("good");
    const claim = claimed(good).catch(() => {});
    const notes = new Queue("files", { connection: { url: server.url }, prefix: "beseda" }, createRedisBackend);
    await vi.waitUntil(() => notes.getJob("note"), { timeout: 15_000 });
    await server.kill();
    await server.start();
    await vi.waitUntil(() => notes.getJob("note"), { timeout: 15_000 });
    await notes.close();
    await expect(created(open("other"), "b")).rejects.toMatchObject(refusal);
    await good.close();
    await claim;
  });

  it("takes new ones where nobody has used the old ones for five leases", async () => {
    const before = open("before");
    await created(before, "a");
    await before.close();
    const now = open("now");
    await expect(created(now, "a")).rejects.toMatchObject(refusal);
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 5_001 });
    await created(now, "a");
    expect((await claimed(now))?.job.id).toBe("a");
    await expect(created(open("before"), "b")).rejects.toMatchObject(refusal);
  });
});
