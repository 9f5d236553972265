// How a batch grows with its workers: 1, 2 and 4 processes over a model server of fixed latency, in turn.
// `npx tsx test/bench/batch/workers.ts --rounds 3 --rows 4000 --latency 200 --concurrency 16 [--engine bullmq]`
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { Agent } from "@beseda/core";
import { createJobs } from "@beseda/jobs";
import { openaiCompatible } from "@beseda/providers/openai-compatible";
import { startRedis } from "../../servers/redis-server.ts";
import { engineAt } from "./fleet-engine.ts";

const { values } = parseArgs({
  options: {
    engine: { type: "string", default: "local" },
    rows: { type: "string", default: "4000" },
    rounds: { type: "string", default: "3" },
    latency: { type: "string", default: "200" },
    concurrency: { type: "string", default: "16" },
  },
});
const [rows, rounds, latencyMs, concurrency] = [values.rows, values.rounds, values.latency, values.concurrency].map(
  Number,
) as [number, number, number, number];
const fleets = [1, 2, 4];
const folder = mkdtempSync(join(tmpdir(), "beseda-fleet-"));
const redis = values.engine === "bullmq" ? await startRedis() : undefined;
const server = started("fixed-latency.ts", [values.latency]);
const [url] = (await once(server, "message")) as [string];
const dataset = join(folder, "rows.jsonl");
writeFileSync(
  dataset,
  Array.from({ length: rows }, (_, id) => `${JSON.stringify({ id, prompt: `Question ${id}?` })}\n`).join(""),
);
try {
  const measured = new Map<number, number[]>(fleets.map((workers) => [workers, []]));
  for (let round = 0; round < rounds; round++) {
    for (const workers of round % 2 === 0 ? fleets : fleets.toReversed()) {
      const perSecond = rows / (await secondsOf(workers, `${round}-${workers}`));
      measured.get(workers)?.push(perSecond);
      console.log(`round ${round + 1}, ${workers} workers: ${perSecond.toFixed(0)} rows/s`);
    }
  }
  console.table(
    [...measured].map(([workers, all]) => {
      const most = (workers * concurrency * 1_000) / latencyMs;
      const median = [...all].sort((a, b) => a - b)[Math.floor(all.length / 2)] ?? 0;
      return { workers, "rows/s": Math.round(median), "at most": most, share: (median / most).toFixed(2) };
    }),
  );
} finally {
  server.disconnect();
  await redis?.remove();
  rmSync(folder, { recursive: true, force: true });
}

/** From the beginning of the batch to its result, with workers that are there already. */
async function secondsOf(workers: number, name: string): Promise<number> {
  const place = redis ? `${redis.url}#b${name}` : join(folder, name);
  const files = join(folder, `${name}-files`);
  const fleet = Array.from({ length: workers }, () => started("fleet-worker.ts", [values.engine, place, url, files]));
  await Promise.all(fleet.map((worker) => once(worker, "message")));
  const model = openaiCompatible({ baseURL: url, apiKey: "key", model: "bench" });
  const jobs = createJobs({ work: false, engine: await engineAt(values.engine, place, files) });
  try {
    const startedAt = performance.now();
    const options = { output: join(folder, `${name}.parquet`), concurrency, calls: "sync" as const };
    const batch = await jobs.batch(new Agent({ name: "clerk", model }), dataset, options);
    const { answered } = await batch.result();
    if (answered !== rows) throw new Error(`${answered} of ${rows} rows were answered.`);
    return (performance.now() - startedAt) / 1_000;
  } finally {
    const ended = fleet.map((worker) => once(worker, "exit"));
    for (const worker of fleet) worker.disconnect();
    await Promise.all(ended);
    await jobs.close();
  }
}

function started(script: string, args: string[]): ChildProcess {
  return fork(fileURLToPath(new URL(script, import.meta.url)), args, { execArgv: ["--import", "tsx"] });
}
