// B1: a batch whose process is killed again and again at random moments, and started again until it is done.
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ReceivedRequest, startModelServer } from "@beseda/core/testing";
import { asyncBufferFromFile, parquetReadObjects } from "hyparquet";
import type { BatchWork } from "./batch-child.ts";
import { bundled } from "./bundled.ts";
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
  /** From the moment at which a process that goes on has loaded its code to its first request, the worst. */
  slowestResumeMs: number;
  /** Of the times from a first request to the kill or to the last request: how many requests were made in a second. */
  perSecond: number;
};

/**
 * Rows that were under way at two kills are kept for a worker that has lived for 5 s: a third kill with one of them would be
 * blamed on it. Here none is to blame, and no worker that is to be killed lives for so long.
 */
const longestLifeMs = 4_000;

export async function killBatch({ rows, kills, concurrency, seed }: BatchKillOptions): Promise<KilledBatch> {
  const random = randomFrom(seed);
  const folder = fs.mkdtempSync(join(tmpdir(), "beseda-batch-kills-"));
  const asked = new Set<string>();
  let onRequest = (_: ReceivedRequest) => {};
  const server = await startModelServer({
    respond: (request) => {
      const question = questionIn(request.body);
      asked.add(question);
      onRequest(request);
      return { text: `Answer to ${question}`, delayMs: 5 + Math.floor(random() * 20) };
    },
  });
  const dataset = join(folder, "questions.jsonl");
  fs.writeFileSync(
    dataset,
    Array.from({ length: rows }, (_, id) => `${JSON.stringify({ id, prompt: promptOf(id) })}\n`).join(""),
  );
  const output = join(folder, "answers.parquet");
  const { path, remove } = await bundled("batch-child.ts");
  const work: BatchWork = { folder: join(folder, "jobs"), url: server.url, dataset, output, concurrency };
  let slowestResumeMs = 0;
  let workedMs = 0;
  let killed = 0;
  try {
    for (let isDone = false; !isDone; ) {
      const child = fork(path, [JSON.stringify(work)], { execArgv: [] });
      const ended = once(child, "exit");
      const begun = once(child, "message").then(() => performance.now());
      let first: number | undefined;
      let last = 0;
      let untilKill = killed < kills ? shareOf(rows - asked.size, kills - killed, random()) : Number.POSITIVE_INFINITY;
      const latest = killed < kills ? setTimeout(kill, longestLifeMs, child) : undefined;
      onRequest = ({ receivedAt }) => {
        first ??= receivedAt;
        last = receivedAt;
        if (untilKill-- === 0) setTimeout(kill, random() * 30, child);
      };
      const [code, signal] = await ended;
      clearTimeout(latest);
      if (signal === "SIGKILL") killed++;
      else if (code !== 0) throw new Error(`The batch failed with exit code ${code}.`);
      if (first !== undefined) workedMs += last - first;
      if (first !== undefined && killed > 0) slowestResumeMs = Math.max(slowestResumeMs, first - (await begun));
      isDone = code === 0;
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
      slowestResumeMs: Math.round(slowestResumeMs),
      perSecond: Math.round((server.requests.length / workedMs) * 1_000),
    };
    const { inOrder, ...counts } = result;
    tell(`B1 (${inOrder ? "in order" : "out of order"})`, { ...counts, rows, concurrency, seed });
    return result;
  } finally {
    remove();
    await server.close();
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

/** So many requests until the next kill: about the same number for each, and sometimes none. Some rows are left for the last. */
function shareOf(rowsLeft: number, killsLeft: number, random: number): number {
  return Math.floor((random * 1.6 * rowsLeft) / (killsLeft + 1));
}

function kill(child: ChildProcess): void {
  child.kill("SIGKILL");
}

function promptOf(id: number): string {
  return `Question number ${id}: что дальше?`;
}

function questionIn(body: Record<string, unknown>): string {
  const messages = body.messages as { content: string }[];
  return messages.at(-1)?.content ?? "";
}
