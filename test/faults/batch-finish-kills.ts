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
 * finished. Of the kills, half come at a random moment before the output usually appears, half at one after it has
 * appeared; how long both last is measured first.
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
    await finish(script, work, { after: "begin", ms: 0 });
    fs.cpSync(work.folder, answered, { recursive: true });
    const undisturbed: Finish[] = [];
    for (let time = 0; time < 3; time++) {
      beginAnew();
      undisturbed.push(await finish(script, work));
    }
    const untilOutput = median(undisturbed.map(({ outputMs }) => outputMs));
    const afterOutput = median(undisturbed.map(({ outputMs, endMs }) => endMs - outputMs));
    beginAnew();
    while (outcome.kills < kills) {
      const kill: Kill =
        random() < 0.5
          ? { after: "begin", ms: random() * untilOutput }
          : { after: "output", ms: random() * afterOutput };
      const { wasKilled } = await finish(script, work, kill);
      const state = await stateOf(work);
      if (wasKilled) {
        outcome.kills++;
        outcome[state]++;
        // What is whole already is killed once more now and then.
        if (outcome.kills < kills && (state === "absent" || random() < 0.5)) continue;
      }
      await finishedIn(script, work, outcome);
      beginAnew();
    }
    tell("B2", {
      ...outcome,
      rows,
      seed,
      "ms until the output": Math.round(untilOutput),
      "ms after it": Math.round(afterOutput),
    });
    return outcome;
  } finally {
    remove();
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

type Kill = { after: "begin" | "output"; ms: number };

/** In milliseconds from its beginning: when its output appeared, and when the batch was done. One that was has not been killed. */
type Finish = { wasKilled: boolean; outputMs: number; endMs: number };

async function finish(script: string, work: FinishWork, kill?: Kill): Promise<Finish> {
  const child = fork(script, [JSON.stringify(work)], { execArgv: [] });
  const ended = once(child, "exit");
  await Promise.race([once(child, "message"), ended]);
  const begunAt = performance.now();
  const times: Finish = { wasKilled: false, outputMs: 0, endMs: 0 };
  child.once("message", () => {
    times.endMs = performance.now() - begunAt;
  });
  let timer: NodeJS.Timeout | undefined;
  const happened = (event: Kill["after"]) => {
    if (kill?.after === event) timer = setTimeout(() => (times.wasKilled = child.kill("SIGKILL")), kill.ms);
  };
  const { output } = work;
  let isThere = false;
  const look = () => {
    if (isThere || !fs.existsSync(output)) return;
    isThere = true;
    times.outputMs = performance.now() - begunAt;
    happened("output");
  };
  const watcher = fs.watch(join(output, ".."), look);
  happened("begin");
  look();
  const [code, signal] = await ended;
  clearTimeout(timer);
  watcher.close();
  if (signal !== "SIGKILL" && code !== 0) throw new Error(`The batch failed with exit code ${code}.`);
  return { ...times, wasKilled: times.wasKilled && signal === "SIGKILL" && times.endMs === 0 };
}

function median(numbers: number[]): number {
  return numbers.sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0;
}

async function finishedIn(script: string, work: FinishWork, outcome: KilledFinish): Promise<void> {
  await finish(script, work);
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
