// The rows that a part of a batch came to, as they are read from the engine's files.
import { BesedaError, type JobFiles } from "@beseda/core";
import type { RowResult } from "../batch.ts";
import { readJsonLines, unsealed } from "./json-lines.ts";

const atOnce = 500;

/** @throws BesedaError `damaged` for a file that is not what its worker has written, at its end at the latest; `not-found` */
export async function* resultLines(files: JobFiles, name: string, rows: number): AsyncGenerator<RowResult[]> {
  let held: RowResult[] = [];
  let read = 0;
  for await (const result of readJsonLines<RowResult>(name, unsealed(name, files.get(name)))) {
    read++;
    if (held.push(result) < atOnce) continue;
    yield held;
    held = [];
  }
  if (read !== rows) {
    throw new BesedaError(`${name} has ${read} rows, and was written with ${rows}.`, { code: "damaged" });
  }
  if (held.length > 0) yield held;
}

/** Of results that are lost, of so many rows. */
export function lostHint(rows: number): string {
  return `The folder of the jobs was changed from outside, or its disk is failing. Put the file back, or go on without it: resume: true (--resume) asks ${rows} rows again, which are paid for again, and keeps all others.`;
}
