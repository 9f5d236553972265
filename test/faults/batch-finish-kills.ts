// B2: a batch whose process is killed again and again while it puts the result together.
import { fork } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { asyncBufferFromFile, parquetReadObjects } from "hyparquet";
import type { FinishWork } from "./batch-finish-child.ts";
import { bundled } from "./bundled.ts";
import { randomFrom, tell } from "./fault-bench.ts";

export type KilledFinish = {
  kills: number;
  /** Kills after which there was no output, and after which there was the whole of it. */
  absent: number;
  complete: number;
  /** An output that cannot be read, or has not all rows in their order, each with its own answer. */
  broken: number;
  /** How often the batch was finished in the end. */
  finished: number;
  /** Files other than the result's that were left beside it. */
  leftovers: number;
};

/**
 * All rows are answered once; from there on the engine's folder is copied, and put back each time that the batch was
 * finished. A finish is killed at a random moment of its length, which is measured first.
 */
export async function killFinish({
  rows,
  kills,
  seed,
}: {
  rows: number;
  kills: number;
  seed: number;
}): Promise<KilledFinish> {
  const random = randomFrom(seed);
  const folder = fs.mkdtempSync(join(tmpdir(), "beseda-finish-kills-"));
  const { path: script, remove } = await bundled("batch-finish-child.ts");
  const answered = join(folder, "answered");
  const work: FinishWork = { folder: join(folder, "jobs"), rows, output: join(folder, "out", "answers.parquet") };
  fs.mkdirSync(join(folder, "out"));
  const outcome: KilledFinish = { kills: 0, absent: 0, complete: 0, broken: 0, finished: 0, leftovers: 0 };
  const beginAnew = () => {
    fs.rmSync(work.folder, { recursive: true, force: true });
    fs.cpSync(answered, work.folder, { recursive: true });
    fs.rmSync(join(folder, "out"), { recursive: true });
    fs.mkdirSync(join(folder, "out"));
  };
  try {
    await killedAfter(script, work, () => 0);
    fs.cpSync(work.folder, answered, { recursive: true });
    beginAnew();
    const { length } = await killedAfter(script, work, () => Number.POSITIVE_INFINITY);
    beginAnew();
    while (outcome.kills < kills) {
      const { wasKilled } = await killedAfter(script, work, () => random() * length * 1.1);
      if (wasKilled) outcome.kills++;
      const state = await stateOf(work);
      if (wasKilled) outcome[state]++;
      if (wasKilled && outcome.kills < kills) continue;
      await finishedIn(script, work, outcome);
      beginAnew();
    }
    tell("B2", { ...outcome, rows, seed, "finish ms": Math.round(length) });
    return outcome;
  } finally {
    remove();
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

/** @returns how long the finish took in milliseconds, of one that was not killed */
async function killedAfter(
  script: string,
  work: FinishWork,
  delayMs: () => number,
): Promise<{ wasKilled: boolean; length: number }> {
  const child = fork(script, [JSON.stringify(work)], { execArgv: [] });
  const ended = once(child, "exit");
  await Promise.race([once(child, "message"), ended]);
  const begunAt = performance.now();
  let length = 0;
  child.once("message", () => {
    length = performance.now() - begunAt;
  });
  const delay = delayMs();
  let wasKilled = false;
  const timer = Number.isFinite(delay) ? setTimeout(() => (wasKilled = child.kill("SIGKILL")), delay) : undefined;
  const [code, signal] = await ended;
  clearTimeout(timer);
  if (signal !== "SIGKILL" && code !== 0) throw new Error(`The batch failed with exit code ${code}.`);
  return { wasKilled: wasKilled && signal === "SIGKILL", length };
}

async function finishedIn(script: string, work: FinishWork, outcome: KilledFinish): Promise<void> {
  await killedAfter(script, work, () => Number.POSITIVE_INFINITY);
  if ((await stateOf(work)) !== "complete") throw new Error("The batch did not come to its end.");
  outcome.finished++;
  outcome.leftovers += fs.readdirSync(join(work.output, "..")).length - 3;
}

async function stateOf({ output, rows }: FinishWork): Promise<"absent" | "complete" | "broken"> {
  if (!fs.existsSync(output)) return "absent";
  try {
    const answers = await parquetReadObjects({ file: await asyncBufferFromFile(output) });
    const isWhole = answers.every(
      ({ id, response }, index) => Number(id) === index && response === `Answer to ${index}`,
    );
    return isWhole && answers.length === rows ? "complete" : "broken";
  } catch {
    return "broken";
  }
}
