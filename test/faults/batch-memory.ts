// B12: what a process holds while it works on a batch of many rows. `npx tsx test/faults/batch-memory.ts 1000000 100000`
import { fork } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { MemoryPeak, MemorySample, MemoryWork } from "./batch-memory-child.ts";
import { bundled } from "./bundled.ts";

export type MemoryCourse = MemoryPeak & { samples: MemorySample[]; outputBytes: number; folderBytes: number };

export type MemoryOptions = { rows: number; every: number; concurrency?: number };

/** A sample after each `every` rows. */
export async function memoryOf({ rows, every, concurrency = 256 }: MemoryOptions): Promise<MemoryCourse> {
  const folder = fs.mkdtempSync(join(tmpdir(), "beseda-batch-memory-"));
  const dataset = join(folder, "questions.jsonl");
  const file = fs.openSync(dataset, "w");
  for (let id = 0; id < rows; id++) fs.writeSync(file, `${JSON.stringify({ id, prompt: `Question number ${id}` })}\n`);
  fs.closeSync(file);
  const places = { folder: join(folder, "jobs"), dataset, output: join(folder, "answers.parquet") };
  const work: MemoryWork = { ...places, concurrency, every };
  const { path, remove } = await bundled("batch-memory-child.ts");
  try {
    const child = fork(path, [JSON.stringify(work)], { execArgv: ["--expose-gc"] });
    const samples: MemorySample[] = [];
    let peak: MemoryPeak | undefined;
    child.on("message", (told: MemorySample | MemoryPeak) => {
      if ("peakRss" in told) peak = told;
      else samples.push(told);
    });
    const [code] = await once(child, "exit");
    if (!peak) throw new Error(`The batch failed with exit code ${code}.`);
    const folderBytes = bytesIn(work.folder);
    return { ...peak, samples, outputBytes: fs.statSync(work.output).size, folderBytes };
  } finally {
    remove();
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * By how many MB the least that was held in the last third is above the least in the first, when the process was warm. What
 * is held goes up and down by 5 MB as parts are begun and written; what is kept for good raises the lowest points, too.
 */
export function growthOf(samples: readonly MemorySample[]): number {
  const third = Math.floor(samples.length / 3);
  const least = (some: readonly MemorySample[]) => Math.min(...some.map(({ held }) => held));
  return least(samples.slice(-third)) - least(samples.slice(0, third));
}

function bytesIn(folder: string): number {
  const names = fs.readdirSync(folder, { recursive: true, withFileTypes: true });
  return names
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + fs.statSync(join(entry.parentPath, entry.name)).size, 0);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [rows = 1_000_000, every = 100_000] = process.argv.slice(2).map(Number);
  const { samples, ...others } = await memoryOf({ rows, every });
  console.table(
    samples.map((sample) =>
      Object.fromEntries(Object.entries(sample).map(([name, n]) => [name, Math.round(n * 10) / 10])),
    ),
  );
  console.log({ ...others, growth: growthOf(samples.slice(1)) });
}
