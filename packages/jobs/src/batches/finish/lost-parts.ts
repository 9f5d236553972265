// Parts whose results cannot be read any more. That is told first; their rows, which are paid for again, are asked again
// only once somebody goes on with the batch after that.
import { type BesedaError, type JobEngine, type Lease, toBesedaError } from "@beseda/core";
import { lostKey, lostPrefix, outputOf, partKey, partsFile, readJson, specOf } from "../batch-place.ts";
import { lostHint, resultLines } from "../part/result-lines.ts";

/** What stands in the way of an output, where it is that results are lost. It is noted that it was told. */
export async function lossBehind(thrown: unknown, lease: Lease, engine: JobEngine): Promise<BesedaError | undefined> {
  // What is damaged and can be read all the same shows itself as a defect.
  if (!["damaged", "not-found", "internal"].includes(toBesedaError(thrown).code)) return undefined;
  const { folder } = specOf(lease.job);
  const lost: { part: number; rows: number; error: BesedaError }[] = [];
  for (const [index, rows] of ((await readJson(engine, partsFile(folder))) as number[]).entries()) {
    const error = await troubleOf(engine, { folder, part: index + 1, rows });
    if (error) lost.push({ part: index + 1, rows, error });
  }
  const [first] = lost;
  if (!first) return undefined;
  await lease.write(lost.map(({ part }) => [lostKey(part), lease.job.inbox.length] as const));
  const rows = lost.reduce((sum, each) => sum + each.rows, 0);
  const others = lost.length > 1 ? ` So it is with ${lost.length - 1} more of its parts.` : "";
  return first.error.with({ message: `${first.error.message}${others}`, hint: lostHint(rows) });
}

/** To be done before a batch is gone on with: parts that were told to be lost, and are so still, are not done any more. */
export async function forgetLost(lease: Lease, engine: JobEngine): Promise<void> {
  const told = await lease.read(lostPrefix);
  const resumed = told.filter(([, inbox]) => lease.job.inbox.length > Number(inbox));
  if (resumed.length === 0) return;
  const { folder } = specOf(lease.job);
  const parts = (await readJson(engine, partsFile(folder))) as number[];
  for (const [key] of resumed) {
    const part = Number(key.slice(lostPrefix.length));
    const isLost = (await troubleOf(engine, { folder, part, rows: Number(parts[part - 1]) })) !== undefined;
    // First the file: a part that is begun anew takes one that is there for its own.
    if (isLost) await engine.files.delete(outputOf(folder, part));
    await lease.write([[key, undefined], ...(isLost ? [[partKey(part), undefined] as const] : [])]);
  }
}

async function troubleOf(
  { files }: JobEngine,
  { folder, part, rows }: { folder: string; part: number; rows: number },
): Promise<BesedaError | undefined> {
  try {
    for await (const _ of resultLines(files, outputOf(folder, part), rows));
    return undefined;
  } catch (thrown) {
    const error = toBesedaError(thrown);
    if (error.code === "damaged" || error.code === "not-found") return error;
    throw thrown;
  }
}
