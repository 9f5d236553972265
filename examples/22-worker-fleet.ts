// A fleet: whoever begins work and those who do it are processes of their own. One of two workers is killed in the middle, and
// nothing is lost. Here they share a folder of this machine; with a Redis, and a directory or a bucket that all can reach, they
// may stand on many machines:
//
//   REDIS_URL=redis://127.0.0.1:6379 npx tsx examples/22-worker-fleet.ts
//
// Workers need no program of yours: beseda worker --agent shop.ts --redis redis://… --files /mnt/beseda
import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { Agent, tool } from "@beseda/core";
import { createJobs, directoryFiles, localEngine } from "@beseda/jobs";
import { offline } from "@beseda/providers/offline";
import { z } from "zod";

const stock = tool({
  name: "stock",
  description: "Counts what is in the warehouse",
  inputSchema: z.object({ article: z.string().describe("such as samovars") }),
  examples: ["How many samovars are in the warehouse?"],
  // After a crash it may be called once more.
  replay: "safe",
  execute: async ({ article }) => {
    await setTimeout(100);
    return { article, count: 7, countedBy: process.pid };
  },
});
const agent = new Agent({ name: "shop", model: offline(), tools: [stock] });

/** The place that all of them know. */
async function placeIn(folder: string) {
  const { REDIS_URL: connection } = process.env;
  if (!connection) return localEngine(folder);
  const { bullmqEngine } = await import("@beseda/jobs/bullmq");
  return bullmqEngine({ connection, files: directoryFiles(folder), leaseMs: 3_000 });
}

async function work(folder: string): Promise<void> {
  const stop = new AbortController();
  process.once("SIGTERM", () => stop.abort());
  const jobs = createJobs({
    agents: [agent],
    engine: await placeIn(folder),
    queue: "fleet",
    work: false,
    concurrency: 2,
  });
  process.send?.("ready");
  await jobs.work({ signal: stop.signal });
  await jobs.close();
  process.disconnect?.();
}

async function begin(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "beseda-fleet-"));
  const workers = [1, 2].map(() => fork(import.meta.filename, [folder]));
  await Promise.all(workers.map((worker) => once(worker, "message")));
  // It begins, and leaves the work to others: it need not even know the agent.
  const jobs = createJobs({ engine: await placeIn(folder), queue: "fleet", work: false });
  const questions = Array.from({ length: 8 }, () => "How many samovars are in the warehouse?");
  const operations = await Promise.all(questions.map((question) => jobs.start("shop", question)));
  const [first, second] = workers;
  await operations[0]?.wait();
  first?.kill("SIGKILL");
  console.log("One of two workers is killed.");
  const results = await Promise.all(operations.map((operation) => operation.result()));
  console.log(
    `${results.filter(({ finishReason }) => finishReason === "stop").length} of ${questions.length} are answered.`,
  );
  console.log(results.at(-1)?.text);
  if (second) {
    second.kill("SIGTERM");
    const [exitCode] = await once(second, "exit");
    console.log(`The other one has stopped when it was told to: ${exitCode}`);
  }
  await jobs.close();
  await rm(folder, { recursive: true });
}

const [, , folder] = process.argv;
await (folder === undefined ? begin() : work(folder));
