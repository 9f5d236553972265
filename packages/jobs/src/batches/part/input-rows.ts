// The rows of a part, as they were written when its batch began.
import { type JobEngine, toBesedaError } from "@beseda/core";
import type { InputRow, PartSpec } from "../batch.ts";
import { readJsonLines } from "./json-lines.ts";

/** @throws BesedaError `not-found`, `damaged`, with what to do */
export function inputRows({ files }: JobEngine, { input }: Pick<PartSpec, "input">): AsyncGenerator<InputRow> {
  return readJsonLines<InputRow>(input, told(files.get(input)));
}

async function* told(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* bytes;
  } catch (thrown) {
    const error = toBesedaError(thrown);
    throw error.code === "not-found" ? error.with({ hint: lostHint }) : thrown;
  }
}

const lostHint =
  "The folder of the jobs was changed from outside. Put this file back, then go on: resume: true (--resume); all that is answered is kept. Without it the batch can only begin anew: cancel it, then overwrite: true (--overwrite).";
