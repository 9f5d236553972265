// What all hand-written contestants begin with: the rows of a JSONL file, so many at a time.
import { createReadStream } from "node:fs";
import { writeFile } from "node:fs/promises";
import { createInterface } from "node:readline";
import PQueue from "p-queue";

export type BenchRow = { id: number; prompt: string };
export type Answer = { response: string | undefined; finish_reason: string | undefined; usage: unknown };

/** @returns how many there were, once all are done */
export async function queuedRows(
  dataset: string,
  concurrency: number,
  work: (row: BenchRow, number: number) => Promise<void>,
): Promise<number> {
  const queue = new PQueue({ concurrency });
  let rows = 0;
  for await (const line of createInterface({ input: createReadStream(dataset) })) {
    const row = JSON.parse(line) as BenchRow;
    const number = rows++;
    await queue.onSizeLessThan(concurrency);
    void queue.add(() => work(row, number));
  }
  await queue.onIdle();
  return rows;
}

/** All of them, with their answers, as JSONL: lost where anything goes wrong before the end. */
export async function answeredRows(
  { dataset, output, concurrency }: { dataset: string; output: string; concurrency: number },
  ask: (prompt: string) => Promise<Answer>,
): Promise<number> {
  const answers: string[] = [];
  const rows = await queuedRows(dataset, concurrency, async (row, number) => {
    answers[number] = JSON.stringify({ ...row, ...(await ask(row.prompt)) });
  });
  await writeFile(output, answers.join("\n"));
  return rows;
}
