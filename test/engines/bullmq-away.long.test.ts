// Calls to the engine on BullMQ while its server is away or full for longer than they wait: what is noted is not refused.
import { setMaxListeners } from "node:events";
import { rm } from "node:fs/promises";
import type { JobEngine } from "@beseda/core";
import { directoryFiles } from "@beseda/jobs";
import { bullmqEngine } from "@beseda/jobs/bullmq";
import { PostgresConnection } from "bullmq";
import { afterEach, describe, expect, it } from "vitest";
import { hasPostgres, startPostgres } from "../servers/postgres-server.ts";
import { hasRedis, startRedis } from "../servers/redis-server.ts";
import { answers, type TestServer, temporaryFolder } from "../servers/server-process.ts";
import { newPrefix } from "./bullmq-bench.ts";

const caseMs = 120_000;
const never = new AbortController().signal;
const newJob = (id: string) => ({ id, queue: "work", kind: "run", spec: id, labels: { of: "x" } });
const claim = (engine: JobEngine) => engine.claim({ queue: "work", kinds: ["run"], signal: never });

let server: TestServer;
let folder: string;
const engines: JobEngine[] = [];

afterEach(async () => {
  await Promise.all(engines.splice(0).map((engine) => engine.close()));
  await server.remove();
  await rm(folder, { recursive: true });
}, caseMs);

async function place() {
  folder = await temporaryFolder("away");
  const prefix = newPrefix();
  return () => {
    const engine = bullmqEngine({ connection: server.url, prefix, files: directoryFiles(folder), leaseMs: 2_000 });
    engines.push(engine);
    return engine;
  };
}

async function working(engine: JobEngine, id: string) {
  await engine.create(newJob(id));
  const lease = await claim(engine);
  if (lease?.job.id !== id) throw new Error(`${lease?.job.id} came instead of ${id}.`);
  return lease;
}

const servers = [
  { name: "Redis", isHere: hasRedis, start: () => startRedis({ isPersistent: false }) },
  { name: "Postgres", isHere: hasPostgres, start: startPostgres },
];

describe.each(servers)("bullmqEngine whose $name is away for long", ({ name, isHere, start }) => {
  const where = isHere ? "" : ` (skipped: no ${name} here)`;

  it.skipIf(!isHere)(`takes what is noted, and it comes to pass once${where}`, { timeout: caseMs }, async () => {
    server = await start();
    const open = await place();
    const engine = open();
    await (await working(engine, "waiting")).wait({});
    await (await working(engine, "done")).finish({ response: 1 });
    await (await working(engine, "unwanted")).wait({});
    await engine.create(newJob("called off"));
    await server.kill();

    const fresh = open();
    const refused = expect(fresh.create(newJob("refused"))).rejects.toMatchObject({
      code: "unavailable",
      isRetryable: true,
      hint: expect.stringContaining("Nothing is lost: try again"),
    });
    const [created, woken, cancelled] = await Promise.all([
      engine.create(newJob("created")),
      engine.wake("waiting", { approve: true }),
      engine.cancel("called off"),
      engine.delete("done"),
      engine.delete("unwanted"),
    ]);
    expect([created.state, woken.state, cancelled.state]).toEqual(["queued", "queued", "done"]);
    await refused;
    expect(await engine.get("refused")).toBeUndefined();
    expect(await engine.count()).toEqual({ queued: 2, running: 0, waiting: 0, done: 1 });
    expect((await engine.list()).map(({ id }) => id)).toEqual(["created", "called off", "waiting"]);

    await server.start();
    const leases = [await claim(engine), await claim(engine)];
    expect(leases.map((lease) => lease?.job.id).sort()).toEqual(["created", "waiting"]);
    for (const lease of leases) await lease?.finish({ response: lease.job.id });
    expect(await engine.count()).toEqual({ queued: 0, running: 0, waiting: 0, done: 3 });
  });
});

it.skipIf(!hasRedis)("begins on a Redis that is full what is done when it is not", { timeout: caseMs }, async () => {
  server = await startRedis();
  const open = await place();
  const engine = open();
  const settings = (line: string) => answers(Number(new URL(server.url).port), `${line}\r\n`, "+OK");
  await (await working(engine, "first")).finish({ response: 1 });
  expect(await settings("CONFIG SET maxmemory 1")).toBe(true);
  expect((await engine.create(newJob("second"))).state).toBe("queued");
  expect(await settings("CONFIG SET maxmemory 0")).toBe(true);
  expect((await claim(engine))?.job.id).toBe("second");
});

describe.skipIf(!hasPostgres)(`bullmqEngine on Postgres${hasPostgres ? "" : " (skipped: no Postgres here)"}`, () => {
  const kinds = ["run", "batch", "part", "later-part", "webhook", "call-off"];

  it("has up to six connections, however many kinds of jobs it works on", { timeout: caseMs }, async () => {
    server = await startPostgres();
    const open = await place();
    const watching = new PostgresConnection({ connectionString: server.url, max: 1 });
    const connections = async () => {
      const { rows } = await watching.pool.query("SELECT count(*) FROM pg_stat_activity WHERE datname = 'postgres'");
      return Number(rows[0]?.count) - 1;
    };
    const stop = new AbortController();
    setMaxListeners(0, stop.signal);
    const done = new Set<string>();
    const workers = [open(), open(), open()];
    const work = workers.flatMap((engine) =>
      kinds.map(async (kind) => {
        for (;;) {
          const lease = await engine.claim({ queue: "work", kinds: [kind], signal: stop.signal });
          if (!lease) return;
          await lease.finish({ response: null });
          done.add(lease.job.id);
        }
      }),
    );
    const [first] = workers;
    const ids = Array.from({ length: 300 }, (_, n) => `job ${n}`);
    const made = ids.map((id, n) => first?.create({ ...newJob(id), kind: kinds[n % kinds.length] ?? "" }));
    let most = 0;
    while (done.size < ids.length) most = Math.max(most, await connections());
    await Promise.all(made);
    console.log(`Postgres: up to ${most} connections of ${workers.length} engines`);
    expect(most).toBeLessThanOrEqual(6 * workers.length);
    stop.abort();
    await Promise.all(work);
    await watching.close();
  });

  it.each([
    ["a user that there is not", (url: string) => url.replace("beseda@", "nobody@"), "unauthorized"],
    ["a database that there is not", (url: string) => url.replace(/postgres$/, "nowhere"), "invalid-argument"],
  ])("says at once that it was given %s", { timeout: caseMs }, async (_, changed, code) => {
    server = await startPostgres();
    folder = await temporaryFolder("away");
    const engine = bullmqEngine({ connection: changed(server.url), files: directoryFiles(folder) });
    engines.push(engine);
    const refusal = { code, isRetryable: false, hint: expect.any(String) };
    await expect(claim(engine)).rejects.toMatchObject(refusal);
    await expect(engine.create(newJob("a"))).rejects.toMatchObject(refusal);
    expect(await engine.get("a")).toBeUndefined();
  });
});
