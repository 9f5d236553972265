// What the tests of the engine on BullMQ have in common: engines on one server that share nothing with each other.
import { randomUUID } from "node:crypto";
import { rm } from "node:fs/promises";
import type { JobEngine, JobFiles, Lease } from "@beseda/core";
import { waited } from "@beseda/core/http";
import { directoryFiles } from "@beseda/jobs";
import { type BullmqEngineOptions, bullmqEngine } from "@beseda/jobs/bullmq";
import type { EngineHarness } from "@beseda/jobs/testing";
import { createPostgresBackend, createRedisBackend, Queue } from "bullmq";
import { temporaryFolder } from "../servers/server-process.ts";

type Place = { prefix: string; files: JobFiles; remove(): Promise<void> };

/** For `engineCases`: engines on the server of this address, each with a prefix and files of its own. */
export function enginesOn(url: () => string, newFiles: () => JobFiles | undefined = () => undefined) {
  const places = new WeakMap<JobEngine, Place>();
  const openAt = (place: Place, more: Partial<BullmqEngineOptions> = {}) => {
    const engine = bullmqEngine({ connection: url(), prefix: place.prefix, files: place.files, ...more });
    places.set(engine, place);
    return engine;
  };
  const placeOf = (engine: JobEngine): Place => {
    const place = places.get(engine);
    if (!place) throw new Error("That engine was not opened here.");
    return place;
  };
  const open = async (more: Partial<BullmqEngineOptions> = {}) => {
    const folder = await temporaryFolder("engine");
    const remove = () => rm(folder, { recursive: true, force: true });
    const prefix = newPrefix();
    // Making its tables takes Postgres a while, and one case has a job begin in 200 ms.
    await queueOf(url(), prefix, "warm").then((queue) => queue.close());
    return openAt({ prefix, files: newFiles() ?? directoryFiles(folder), remove }, more);
  };
  const harness: EngineHarness<JobEngine> = {
    reopen: async (engine) => {
      await engine.close();
      return openAt(placeOf(engine));
    },
    close: async (engine) => {
      await engine.close();
      await placeOf(engine).remove();
    },
  };
  const loseLease = async (lease: Lease, engine: JobEngine) => {
    if (!("fallSilent" in lease) || typeof lease.fallSilent !== "function") throw new Error("No lease of this engine.");
    lease.fallSilent();
    await ticketIsBack(url(), placeOf(engine).prefix, lease);
  };
  return { open, harness, loseLease };
}

export function newPrefix(): string {
  return `t${randomUUID().replaceAll("-", "")}`;
}

/** Until BullMQ has taken the job from a worker that does not renew its lock. */
async function ticketIsBack(url: string, prefix: string, { job }: Lease): Promise<void> {
  const queue = await queueOf(url, prefix, `${job.queue}.${job.kind}`);
  while ((await queue.getJobCountByTypes("waiting")) === 0) await waited(20, undefined);
  await queue.close();
}

async function queueOf(url: string, prefix: string, name: string) {
  const connection = { connectionString: url, schema: prefix, migrate: true, max: 1 };
  const queue = url.startsWith("redis")
    ? new Queue(name, { connection: { url, maxRetriesPerRequest: null }, prefix }, createRedisBackend)
    : new Queue(name, { connection }, createPostgresBackend);
  await queue.waitUntilReady();
  return queue;
}
