// The output of a part: its results in the order of the rows, with the cells that the input has.
import type { JobEngine } from "@beseda/core";
import { BesedaError } from "@beseda/core";
import type { PartSpec, RowResult } from "../batch.ts";
import { inputRows } from "./input-rows.ts";
import { sealed, writeJsonLines } from "./json-lines.ts";
import { blockSize, type Line, type PartLog, type StoredResult } from "./part-log.ts";

/** Where it was written before, such as just before a crash, it stays as it is. */
export async function writeOutput(engine: JobEngine, log: PartLog, { input, output }: PartSpec): Promise<void> {
  await engine.files.put(output, sealed(writeJsonLines(results(engine, log, input))));
}

async function* results(engine: JobEngine, log: PartLog, input: string): AsyncGenerator<RowResult> {
  let line = 0;
  let block = new Map<Line, StoredResult>();
  for await (const { cells } of inputRows(engine, { input })) {
    if (line === 0 || ++line % blockSize === 0) block = await log.results(line);
    if (line === 0) line = 1;
    const result = block.get(line);
    if (!result) throw lost(input, line);
    yield { ...result, cells };
  }
}

function lost(input: string, line: Line): BesedaError {
  return new BesedaError(`The result of line ${line} of ${input} is not in the journal.`, {
    code: "damaged",
    hint: "The folder of the jobs was changed from outside, or its disk is failing: begin the batch anew.",
  });
}
