// B9: the server of the queue is stopped and started again and again while workers are at it.
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { JobEngine } from "@beseda/core";
import { directoryFiles } from "@beseda/jobs";
import { bullmqEngine } from "@beseda/jobs/bullmq";
import { type TestServer, temporaryFolder } from "../servers/server-process.ts";
import type { WorkerJob, WorkerSaid } from "./bullmq-worker-child.ts";

export type Bench = {
  engine: JobEngine;
  /** Ids that were told to be put back, by workers or by this process. */
  lost: readonly string[];
  /** What the workers could not do, in their words. */
  errors: string[];
  /** Ids of workers that ended by themselves. */
  ended: number;
  startWorker(): ChildProcess;
  /** How often jobs were begun. */
  begun(): string[];
  close(): Promise<void>;
};

export async function openBench(
  server: TestServer,
  work: Pick<WorkerJob, "concurrency" | "workMs" | "leaseMs">,
): Promise<Bench> {
  const folder = await temporaryFolder("fleet");
  const ledger = join(folder, "begun.txt");
  writeFileSync(ledger, "");
  const files = join(folder, "files");
  const workers = new Set<ChildProcess>();
  const lost: string[] = [];
  const engine = bullmqEngine({
    connection: server.url,
    files: directoryFiles(files),
    leaseMs: work.leaseMs,
    onLost: (ids) => lost.push(...ids),
  });
  const bench: Bench = {
    engine,
    lost,
    errors: [],
    ended: 0,
    startWorker() {
      const job: WorkerJob = { connection: server.url, folder: files, ledger, ...work };
      const script = fileURLToPath(new URL("bullmq-worker-child.ts", import.meta.url));
      const child = fork(script, [JSON.stringify(job)], { execArgv: ["--import", "tsx"] });
      workers.add(child);
      child.on("message", (said: WorkerSaid) => {
        if ("lost" in said) lost.push(...said.lost);
        if ("error" in said) bench.errors.push(said.error);
      });
      child.once("exit", (_code, signal) => {
        if (signal !== "SIGKILL") bench.ended++;
        workers.delete(child);
      });
      return child;
    },
    begun: () => readFileSync(ledger, "utf8").split("\n").filter(Boolean),
    async close() {
      await Promise.all([...workers].map((worker) => killed(worker)));
      await engine.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
  return bench;
}

export async function killed(worker: ChildProcess): Promise<void> {
  const exited = once(worker, "exit");
  worker.kill("SIGKILL");
  await exited;
}

export async function createJobs(engine: JobEngine, count: number): Promise<void> {
  for (let at = 0; at < count; at += 50) {
    const some = Array.from({ length: Math.min(50, count - at) }, (_, n) => `job-${at + n}`);
    await Promise.all(some.map((id) => engine.create({ id, queue: "work", kind: "run", spec: id })));
  }
}

/** Waits until all are done; gives the ids of those with another outcome than their own. */
export async function wrongOutcomes(bench: Bench, count: number): Promise<string[]> {
  // Counting looks at each job that is not done: first what costs nothing.
  while (new Set(bench.begun()).size < count) await whileAtWork(bench, 500);
  while ((await bench.engine.count({ state: "done" })).done < count) await whileAtWork(bench, 500);
  const jobs = await bench.engine.list({ limit: count });
  return jobs.filter(({ id, outcome }) => outcome?.response !== id).map(({ id }) => id);
}

/** A pause, for whoever waits for workers. Throws where one has ended by itself. */
export async function whileAtWork({ ended, errors }: Bench, ms: number): Promise<void> {
  if (ended > 0) throw new Error(`A worker ended by itself. ${errors.join("\n")}`);
  await pause(ms);
}

/** Milliseconds of CPU of a worker so far. */
export async function cpuOf(worker: ChildProcess): Promise<number> {
  worker.send("cpu?");
  for (;;) {
    const [said] = (await once(worker, "message")) as [WorkerSaid];
    if ("cpuMs" in said) return said.cpuMs;
  }
}

/** Stops the server for up to `longestMs` every `everyMs`, for `forMs`. Gives the share of one CPU that the worker used meanwhile. */
export async function interrupt(
  server: TestServer,
  worker: ChildProcess,
  { everyMs, longestMs, forMs, random }: { everyMs: number; longestMs: number; forMs: number; random: () => number },
): Promise<{ stops: number; cpuShare: number }> {
  let stops = 0;
  let [cpuMs, awayMs] = [0, 0];
  for (const end = performance.now() + forMs; performance.now() < end; ) {
    await server.stop();
    const [cpuBefore, from] = [await cpuOf(worker), performance.now()];
    await pause(longestMs * random());
    cpuMs += (await cpuOf(worker)) - cpuBefore;
    awayMs += performance.now() - from;
    await server.start();
    stops++;
    await pause(everyMs);
  }
  return { stops, cpuShare: cpuMs / awayMs };
}
