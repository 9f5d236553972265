// A worker of the engine on BullMQ in a process of its own, which can be killed: does jobs that take a moment each.
// `fork("bullmq-worker-child.ts", [<JSON of WorkerJob>])`; answers each message with the CPU it has used.
import fs from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { directoryFiles } from "@beseda/jobs";
import { bullmqEngine } from "@beseda/jobs/bullmq";

export type WorkerJob = {
  connection: string;
  /** Of the files. */
  folder: string;
  /** A line is appended each time a job is begun: its id. */
  ledger: string;
  concurrency: number;
  workMs: number;
  leaseMs: number;
};

/** Milliseconds of CPU since its start; ids of what the server had lost; what went wrong, and the process goes on. */
export type WorkerSaid = { cpuMs: number } | { lost: readonly string[] } | { error: string };

const job = JSON.parse(process.argv[2] ?? "") as WorkerJob;
const say = (said: WorkerSaid) => process.send?.(said);
const engine = bullmqEngine({
  connection: job.connection,
  files: directoryFiles(job.folder),
  leaseMs: job.leaseMs,
  onLost: (lost) => say({ lost }),
});
const { signal } = new AbortController();

process.on("message", () => {
  const { user, system } = process.cpuUsage();
  say({ cpuMs: (user + system) / 1_000 });
});

async function work(): Promise<void> {
  for (;;) {
    try {
      const lease = await engine.claim({ queue: "work", kinds: ["run"], signal });
      if (!lease) return;
      fs.appendFileSync(job.ledger, `${lease.job.id}\n`);
      await pause(job.workMs);
      await lease.write([["answer", lease.job.id]]);
      await lease.finish({ response: lease.job.id });
    } catch (error) {
      say({ error: String(error) });
    }
  }
}

await Promise.all(Array.from({ length: job.concurrency }, work));
