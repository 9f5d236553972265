// Processes that work on one batch, or on runs, over a server that keeps count: told to end, and side by side.
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ModelServer, type ReceivedRequest, startModelServer } from "@beseda/core/testing";
import { asyncBufferFromFile, parquetReadObjects } from "hyparquet";
import { onTestFinished } from "vitest";
import type { WorkerTask } from "./batch-worker-child.ts";
import { type Bundle, bundled } from "./bundled.ts";

export type Stopped = { code: number | null; signal: string | null; ms: number };

export type BatchBench = {
  server: ModelServer;
  /** Resolves once so many requests have come in all. */
  asked(count: number): Promise<void>;
  start(work: Partial<WorkerTask>): Worker;
  answersInOutput(): Promise<unknown[]>;
};

export type Worker = {
  child: ChildProcess;
  /** What it has said of its answers, or of why it has none. */
  told: Told;
  ended: Promise<Stopped>;
  /** Resolves once it says that it takes nothing more. */
  closing: Promise<unknown>;
};

/** What a worker has to say in the end. */
export type Told = { answers?: string[]; error?: { code: string; message: string } };

const concurrency = 4;

/** A question is answered after one look, each reply after `delayMs`. */
export async function batchBench({ rows, delayMs }: { rows: number; delayMs: () => number }): Promise<BatchBench> {
  const folder = fs.mkdtempSync(join(tmpdir(), "beseda-batch-processes-"));
  const dataset = join(folder, "questions.jsonl");
  fs.writeFileSync(
    dataset,
    Array.from({ length: rows }, (_, id) => `${JSON.stringify({ prompt: `Question ${id}` })}\n`).join(""),
  );
  const output = join(folder, "answers.parquet");
  const waiting = new Set<() => void>();
  const server = await startModelServer({
    respond: (request) => {
      for (const look of waiting) setImmediate(look);
      return { ...replyTo(request), delayMs: delayMs() };
    },
  });
  const bundle = await bundled("batch-worker-child.ts");
  const children = new Set<ChildProcess>();
  onTestFinished(async () => {
    for (const child of children) child.kill("SIGKILL");
    bundle.remove();
    await server.close();
    fs.rmSync(folder, { recursive: true, force: true });
  });
  const places = { folder: join(folder, "jobs"), url: server.url, output, concurrency, runs: 0, resume: true };
  return {
    server,
    asked: (count) =>
      new Promise((resolve) => {
        const look = () => {
          if (server.requests.length < count) return;
          waiting.delete(look);
          resolve();
        };
        waiting.add(look);
        look();
      }),
    start(work) {
      const worker = started(bundle, { ...places, dataset, ...work });
      children.add(worker.child);
      return worker;
    },
    answersInOutput: async () =>
      (await parquetReadObjects({ file: await asyncBufferFromFile(output) })).map(({ response }) => response),
  };
}

export function answerTo(number: number): string {
  return `Answer to Question ${number}: seen it`;
}

function started({ path }: Bundle, work: WorkerTask): Worker {
  const child = fork(path, [JSON.stringify(work)], { execArgv: [] });
  const told: Told = {};
  let signalledAt = 0;
  const closing = new Promise<void>((resolve) => {
    child.on("message", (message: string | Told) => {
      if (typeof message === "object") return Object.assign(told, message);
      signalledAt = performance.now();
      return resolve();
    });
  });
  const ended = once(child, "exit").then(([code, signal]) => ({ code, signal, ms: performance.now() - signalledAt }));
  return { child, told, ended, closing };
}

function replyTo({ body }: ReceivedRequest) {
  const messages = body.messages as { role: string; content: string }[];
  const question = messages.find(({ role }) => role === "user")?.content;
  const seen = messages.find(({ role }) => role === "tool")?.content;
  if (seen === undefined) return { toolCalls: [{ name: "look", arguments: { what: "it" } }] };
  return { text: `Answer to ${question}: ${seen}` };
}
