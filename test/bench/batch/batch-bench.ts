// What a row of a batch costs beside hand-written loops: all in turn, over the same server, each built as users have it and
// warmed up by as many rows as are measured then, so that what is paid once does not count.
// `npx tsx test/bench/batch/batch-bench.ts [--contestants our,agent,durable,ai-sdk]`
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
    contestants: { type: "string", default: "our,agent,durable,ai-sdk" },
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
const names = ["bare", ...values.contestants.split(",")];
const contestants = await builtContestants(names);
const server = fork(fileURLToPath(new URL("../mock-server.ts", import.meta.url)), { execArgv: ["--import", "tsx"] });
const [url] = (await once(server, "message")) as [string];
const ratios = new Map<string, number[]>(names.map((name) => [name, []]));
try {
  for (let round = 0; round < rounds; round++) {
    const costs = new Map<string, Cost>();
    for (const name of round % 2 === 0 ? names : names.toReversed()) costs.set(name, await costOf(name, round));
    const bare = costs.get("bare")?.cpuPerRow ?? Number.NaN;
    for (const [name, { cpuPerRow }] of costs) ratios.get(name)?.push(cpuPerRow / bare);
    const each = ([name, { cpuPerRow, peakMb }]: [string, Cost]) =>
      `${name} ${cpuPerRow.toFixed(0)} µs a row, ${(cpuPerRow / bare).toFixed(2)}, ${peakMb.toFixed(0)} MB`;
    console.log([...costs].map(each).join("; "));
  }
  for (const [name, all] of ratios) {
    const sorted = all.toSorted((a, b) => a - b);
    const at = (share: number) => sorted[Math.round(share * (sorted.length - 1))]?.toFixed(2);
    console.log(`CPU per row, ${name} to bare: median ${at(0.5)} (${at(0.25)}–${at(0.75)}), ${rounds} rounds`);
  }
} finally {
  server.disconnect();
  rmSync(folder, { recursive: true });
  contestants.remove();
}

async function costOf(name: string, round: number): Promise<Cost> {
  const output = join(folder, `${name}-${round}`);
  const child = fork(contestants.pathOf(name), [url, dataset, output, values.concurrency], { execArgv: [] });
  const ended = once(child, "exit");
  const first = await Promise.race([once(child, "message"), ended.then(() => undefined)]);
  if (!first) throw new Error(`${name} ended without a result.`);
  await ended;
  return first[0] as Cost;
}
