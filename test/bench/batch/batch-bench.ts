// What a row of a batch costs beside a bare loop: both in turn, over the same server, each built as users have it and warmed
// up by as many rows as are measured then, so that what is paid once does not count. `npx tsx test/bench/batch/batch-bench.ts`
import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { builtContestants } from "./built-contestants.ts";
import type { Cost } from "./measured.ts";

const { values } = parseArgs({
  options: {
    rows: { type: "string", default: "20000" },
    rounds: { type: "string", default: "5" },
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
const contestants = await builtContestants(["bare", "our"]);
const server = fork(fileURLToPath(new URL("../mock-server.ts", import.meta.url)), { execArgv: ["--import", "tsx"] });
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
  contestants.remove();
}

async function costOf(name: "bare" | "our", round: number): Promise<Cost> {
  const output = join(folder, `${name}-${round}`);
  const child = fork(contestants.pathOf(name), [url, dataset, output, values.concurrency], { execArgv: [] });
  const ended = once(child, "exit");
  const first = await Promise.race([once(child, "message"), ended.then(() => undefined)]);
  if (!first) throw new Error(`${name} ended without a result.`);
  await ended;
  return first[0] as Cost;
}
