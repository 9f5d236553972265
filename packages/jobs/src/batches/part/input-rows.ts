// The rows of a part, as they were written when its batch began.
import type { JobEngine } from "@beseda/core";
import type { InputRow, PartSpec } from "../batch.ts";
import { readJsonLines } from "./json-lines.ts";
import { neededFile } from "./needed-file.ts";

/** @throws BesedaError `not-found`, `damaged`, with what to do */
export function inputRows({ files }: JobEngine, { input }: Pick<PartSpec, "input">): AsyncGenerator<InputRow> {
  return readJsonLines<InputRow>(input, neededFile(files, input));
}
