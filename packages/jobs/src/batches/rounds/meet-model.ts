// After a crash the batch of a round is known by its id, and its model by whoever asks it: the row is run once more.
import { BesedaError } from "@beseda/core";
import type { InputRow } from "../batch.ts";
import { inputRows } from "../part/input-rows.ts";
import type { Line } from "../part/part-log.ts";
import { nameOf } from "../part/row-runner.ts";
import type { PartWork } from "../part/run-rows.ts";
import { type BatchModel, runParking } from "./park-rows.ts";
import type { RoundBatch } from "./round-log.ts";

/** Nothing is asked, and no tool is run: the row goes its known way to the request that the batch has of it. */
export async function meetModel(work: PartWork, { asker, model }: RoundBatch): Promise<BatchModel> {
  const { line, step } = asker;
  const rowWork = await work.log.workOf(line);
  // Its reply may be there already, from where the row would go on.
  rowWork.entries = new Map([...rowWork.entries].filter(([key]) => !(stepOf(key) >= step)));
  let met: BatchModel | undefined;
  const row = await rowAt(work, line);
  await runParking(work, { line, row, work: rowWork, attempt: 1 }, (question) => {
    met = question.model;
  });
  if (met && nameOf(met) === model) return met;
  throw new BesedaError(`The row ${row.number} does not ask ${model} any more, whose batch is under way.`, {
    code: "invalid-argument",
    hint: "Go on with the agent as it was, or begin the batch anew.",
  });
}

function stepOf(key: string): number {
  return Number(/^(?:reply|asked)\/(\d+)$/.exec(key)?.[1]);
}

async function rowAt({ spec, place: { engine } }: PartWork, wanted: Line): Promise<InputRow> {
  let line = 0;
  for await (const row of inputRows(engine, spec)) {
    if (++line === wanted) return row;
  }
  throw new BesedaError(`${spec.input} has no line ${wanted}.`, { code: "damaged", hint: "Begin the batch anew." });
}
