// What a row of a batch costs beside a bare loop: both in turn, over the same server. `npx tsx test/bench/batch/batch-bench.ts`
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import type { Cost } from "./measured.ts";

const { values } = parseArgs({
  options: {
    rows: { type: "string", default: "5000" },
    rounds: { type: "string", default: "7" },
    concurrency: { type: "string", default: "16" },
  },
});
const rounds = Number(values.rounds);
const folder = mkdtempSync(join(tmpdir(), "beseda-batch-bench-"));
const dataset = join(folder, "rows.jsonl");
writeFileSync(
  dataset,
  Array.from({ length: Number(values.rows) }, (_, id) => `${JSON.stringify({ id, prompt: `Question ${id}?` })}\n`).join(
    "",
  ),
);
const server = started("../mock-server.ts", []);
const [url] = (await once(server, "message")) as [string];
const ratios: number[] = [];
try {
  for (let round = 0; round < rounds; round++) {
    const order = round % 2 === 0 ? (["bare", "our"] as const) : (["our", "bare"] as const);
    const costs = new Map<string, Cost>();
    for (const name of order) costs.set(name, await costOf(name, round));
    const [bare, our] = [costs.get("bare"), costs.get("our")];
    if (!bare || !our) throw new Error("A contestant said nothing.");
    ratios.push(our.cpuPerRow / bare.cpuPerRow);
    const each = ({ cpuPerRow, peakMb }: Cost) => `${cpuPerRow.toFixed(0)} µs a row, ${peakMb.toFixed(0)} MB`;
    console.log(`bare ${each(bare)}; ours ${each(our)}; ratio ${ratios.at(-1)?.toFixed(2)}`);
  }
  const sorted = [...ratios].sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.round(share * (sorted.length - 1))]?.toFixed(2);
  console.log(`CPU per row, ours to bare: median ${at(0.5)} (${at(0.25)}–${at(0.75)}), ${rounds} rounds`);
} finally {
  server.disconnect();
  rmSync(folder, { recursive: true });
}

async function costOf(name: "bare" | "our", round: number): Promise<Cost> {
  const child = started(`${name}-batch.ts`, [url, dataset, join(folder, `${name}-${round}`), values.concurrency]);
  const ended = once(child, "exit");
  const first = await Promise.race([once(child, "message"), ended.then(() => undefined)]);
  if (!first) throw new Error(`${name} ended without a result.`);
  await ended;
  return first[0] as Cost;
}

function started(script: string, args: string[]): ChildProcess {
  return fork(fileURLToPath(new URL(script, import.meta.url)), args, { execArgv: ["--import", "tsx"] });
}
