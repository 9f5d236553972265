// The output of a part: its results in the order of the rows, with the cells that the input has.
import type { JobEngine } from "@beseda/core";
import { BesedaError } from "@beseda/core";
import type { PartSpec } from "../batch.ts";
import { inputRows } from "./input-rows.ts";
import { sealed, writeJsonLines } from "./json-lines.ts";
import { blockSize, type Line, type PartLog, type StoredResult } from "./part-log.ts";

/** Where it was written before, such as just before a crash, it stays as it is. */
export async function writeOutput(engine: JobEngine, log: PartLog, { input, output }: PartSpec): Promise<void> {
  await engine.files.put(output, sealed(writeJsonLines(lines(engine, log, input))));
}

/** Each a `RowResult` as JSON. */
async function* lines(engine: JobEngine, log: PartLog, input: string): AsyncGenerator<string> {
  let line = 0;
  let block: { first: Line; results: Map<Line, StoredResult> } | undefined;
  for await (const { cells } of inputRows(engine, { input })) {
    line++;
    let result = log.textOf(line);
    if (result === undefined) {
      const first = line - (line % blockSize);
      if (block?.first !== first) block = { first, results: await log.results(first) };
      const stored = block.results.get(line);
      if (!stored) throw lost(input, line);
      result = JSON.stringify(stored);
    }
    yield `${result.slice(0, -1)},"cells":${JSON.stringify(cells)}}`;
  }
}

function lost(input: string, line: Line): BesedaError {
  return new BesedaError(`The result of line ${line} of ${input} is not in the journal.`, {
    code: "damaged",
    hint: "The folder of the jobs was changed from outside, or its disk is failing: begin the batch anew.",
  });
}
