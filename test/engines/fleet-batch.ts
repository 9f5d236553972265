// A batch over workers in processes of their own, while something is done to them; judged by the ledger of the model
// server, by the workers' commits, and by another's reader of Parquet.
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type ReceivedRequest, startModelServer } from "@beseda/core/testing";
import { createJobs } from "@beseda/jobs";
import { asyncBufferFromFile, parquetReadObjects } from "hyparquet";
import { temporaryFolder } from "../servers/server-process.ts";
import { newPrefix } from "./bullmq-bench.ts";
import { type FleetPlace, fleetAgent, fleetEngine, fleetFiles } from "./fleet-agent.ts";
import type { FleetWork } from "./fleet-worker-child.ts";

export type Asked = {
  /** The worker that asked. */
  worker: ChildProcess;
  /** How many rows have been asked so far, this one included. */
  rows: number;
  /** Whether this row was asked before. */
  isAgain: boolean;
};

export type FleetBatch = {
  rowsInOutput: number;
  /** Whether row n is question n with its own answer. */
  inOrder: boolean;
  billed: number;
  /** By worker. */
  askedBy: Record<string, number>;
  /** Parts whose output was written, and how many writers found that another one had been first. */
  commits: { parts: number; written: number; late: number };
};

export async function runFleetBatch(
  connection: string,
  given: {
    rows: number;
    workers: number;
    concurrency: number;
    leaseMs: number;
    firstStandsStill?: boolean;
    onAsked?(asked: Asked): void;
  },
): Promise<FleetBatch> {
  const { rows, concurrency, leaseMs, firstStandsStill = false } = given;
  const folder = await temporaryFolder("fleet");
  const commits = join(folder, "commits.txt");
  writeFileSync(commits, "");
  const workers = new Map<string, ChildProcess>();
  const asked = new Set<string>();
  const askedBy: Record<string, number> = {};
  const server = await startModelServer({
    respond: (request) => {
      const question = questionIn(request.body);
      const name = nameIn(request);
      const isAgain = asked.has(question);
      asked.add(question);
      askedBy[name] = (askedBy[name] ?? 0) + 1;
      const worker = workers.get(name);
      if (worker) given.onAsked?.({ worker, rows: asked.size, isAgain });
      return { text: `Answer to ${question}`, delayMs: 20 };
    },
  });
  const place: FleetPlace = {
    ...{ connection, prefix: newPrefix(), leaseMs },
    folder: join(folder, "files"),
    modelUrl: server.url,
  };
  const engine = fleetEngine(place, fleetFiles(place));
  const jobs = createJobs({ engine, work: false });
  try {
    const begun = Array.from({ length: given.workers }, (_, index) => `worker-${index + 1}`).map(async (name) => {
      const worker = startWorker({ ...place, name, commits, firstStandsStill });
      workers.set(name, worker);
      await once(worker, "message");
    });
    await Promise.all(begun);
    const dataset = join(folder, "questions.jsonl");
    writeFileSync(
      dataset,
      Array.from({ length: rows }, (_, id) => `${JSON.stringify({ id, prompt: promptOf(id) })}\n`).join(""),
    );
    const output = join(folder, "answers.parquet");
    const batch = await jobs.batch(fleetAgent(place, "nobody"), dataset, { output, concurrency, calls: "sync" });
    await batch.result();
    const answers = await parquetReadObjects({ file: await asyncBufferFromFile(output) });
    const lines = readFileSync(commits, "utf8").split("\n").filter(Boolean);
    const written = lines.filter((line) => line.endsWith(" true"));
    const late = lines.filter((line) => line.endsWith(" false"));
    return {
      rowsInOutput: answers.length,
      inOrder: answers.every(
        ({ id, response }, index) => Number(id) === index && response === `Answer to ${promptOf(index)}`,
      ),
      billed: server.requests.filter(({ billed }) => billed).length,
      askedBy,
      commits: { parts: new Set(written).size, written: written.length, late: late.length },
    };
  } finally {
    await Promise.all([...workers.values()].map(ended));
    await jobs.close();
    await server.close();
    await rm(folder, { recursive: true, force: true });
  }
}

function startWorker(work: FleetWork): ChildProcess {
  const script = fileURLToPath(new URL("fleet-worker-child.ts", import.meta.url));
  return fork(script, [JSON.stringify(work)], { execArgv: ["--import", "tsx"] });
}

async function ended(worker: ChildProcess): Promise<void> {
  if (worker.exitCode !== null || worker.signalCode !== null) return;
  const exited = once(worker, "exit");
  worker.kill("SIGKILL");
  await exited;
}

function promptOf(id: number): string {
  return `Question number ${id}: что дальше?`;
}

function questionIn(body: Record<string, unknown>): string {
  const messages = body.messages as { content: string }[];
  return messages.at(-1)?.content ?? "";
}

function nameIn({ headers }: ReceivedRequest): string {
  return String(headers.authorization).replace("Bearer ", "");
}
