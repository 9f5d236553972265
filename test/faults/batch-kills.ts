// B1: a batch whose process is killed again and again at random moments, and started again until it is done.
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { startModelServer } from "@beseda/core/testing";
import { asyncBufferFromFile, parquetReadObjects } from "hyparquet";
import type { BatchWork } from "./batch-child.ts";
import { randomFrom, tell } from "./fault-bench.ts";

export type BatchKillOptions = { rows: number; kills: number; concurrency: number; seed: number };

/** Counted by the server's ledger and by another's reader of Parquet. */
export type KilledBatch = {
  kills: number;
  /** Requests that the server worked for. */
  billed: number;
  lost: number;
  doubled: number;
  /** Whether the rows stand in the order of the data set, each with its own answer. */
  inOrder: boolean;
  rowsInOutput: number;
  /** From the start of a process that goes on to its first request, the worst. */
  slowestResumeMs: number;
};

export async function killBatch({ rows, kills, concurrency, seed }: BatchKillOptions): Promise<KilledBatch> {
  const random = randomFrom(seed);
  const folder = fs.mkdtempSync(join(tmpdir(), "beseda-batch-kills-"));
  const server = await startModelServer({
    respond: ({ body }) => ({ text: `Answer to ${questionIn(body)}`, delayMs: 5 + Math.floor(random() * 20) }),
  });
  const dataset = join(folder, "questions.jsonl");
  fs.writeFileSync(
    dataset,
    Array.from({ length: rows }, (_, id) => `${JSON.stringify({ id, prompt: promptOf(id) })}\n`).join(""),
  );
  const output = join(folder, "answers.parquet");
  const work = { folder: join(folder, "jobs"), url: server.url, dataset, output, concurrency };
  let slowestResumeMs = 0;
  let killed = 0;
  try {
    for (let isDone = false; !isDone; ) {
      const before = server.requests.length;
      const startedAt = performance.now();
      const child = start(work);
      const ended = once(child, "exit");
      if (killed < kills) {
        // The same number of rows between two kills on average, and sometimes none.
        const share = Math.floor(random() * 2 * (rows / kills));
        await Promise.race([until(() => server.requests.length - before >= share), ended]);
        await new Promise((resolve) => setTimeout(resolve, random() * 30));
        if (child.kill("SIGKILL")) killed++;
      }
      const [code] = await ended;
      const first = server.requests[before];
      if (first && killed > 0) slowestResumeMs = Math.max(slowestResumeMs, first.receivedAt - startedAt);
      isDone = code === 0;
      if (code !== null && code !== 0) throw new Error(`The batch failed with exit code ${code}.`);
      if (!isDone && killed >= kills && fs.existsSync(output)) isDone = true;
    }
    const answers = await parquetReadObjects({ file: await asyncBufferFromFile(output) });
    const ids = answers.map(({ id }) => Number(id));
    const result = {
      kills: killed,
      billed: server.requests.filter(({ billed }) => billed).length,
      lost: rows - new Set(ids).size,
      doubled: ids.length - new Set(ids).size,
      inOrder: answers.every(
        ({ id, response }, index) => Number(id) === index && response === `Answer to ${promptOf(index)}`,
      ),
      rowsInOutput: answers.length,
      slowestResumeMs,
    };
    const { inOrder, ...counts } = result;
    tell(`B1 (${inOrder ? "in order" : "out of order"})`, { ...counts, rows, concurrency, seed });
    return result;
  } finally {
    await server.close();
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

function start(work: BatchWork): ChildProcess {
  const script = fileURLToPath(new URL("batch-child.ts", import.meta.url));
  return fork(script, [JSON.stringify(work)], { execArgv: ["--import", "tsx"] });
}

function promptOf(id: number): string {
  return `Question number ${id}: что дальше?`;
}

function questionIn(body: Record<string, unknown>): string {
  const messages = body.messages as { content: string }[];
  return messages.at(-1)?.content ?? "";
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 2));
}
