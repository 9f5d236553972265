// Makes the journal of a part readable again where entries of it are damaged: they are taken out, and their rows asked again.
import { type Lease, toBesedaError } from "@beseda/core";
import { deathsOf } from "../../worker/deaths.ts";
import {
  begunKey,
  blockOf,
  blockSize,
  crashedKey,
  crashedPrefix,
  deathsKey,
  resultKey,
  resultPrefix,
} from "./part-log.ts";

/**
 * Results, and how often workers died, are known by their lines; what is damaged of a row under way is not.
 * @throws BesedaError `damaged` where something is left that cannot be read
 */
export async function mendJournal(lease: Lease, rows: number): Promise<void> {
  for (let first = 0; first <= rows; first += blockSize) {
    if (!(await isReadable(lease, resultPrefix + blockOf(first)))) await mendBlock(lease, first, resultKey);
    if (!(await isReadable(lease, crashedPrefix + blockOf(first)))) await mendBlock(lease, first, crashedKey);
  }
  if (!(await isReadable(lease, begunKey))) await lease.write([[begunKey, []]]);
  if (!(await isReadable(lease, deathsKey))) await lease.write([[deathsKey, deathsOf(lease.job)]]);
  await lease.read();
}

async function mendBlock(lease: Lease, first: number, keyOf: (line: number) => string): Promise<void> {
  for (let line = first; line < first + blockSize; line++) {
    if (!(await isReadable(lease, keyOf(line)))) await lease.write([[keyOf(line), undefined]]);
  }
}

async function isReadable(lease: Lease, prefix: string): Promise<boolean> {
  try {
    await lease.read(prefix);
    return true;
  } catch (thrown) {
    if (toBesedaError(thrown).code !== "damaged") throw thrown;
    return false;
  }
}
