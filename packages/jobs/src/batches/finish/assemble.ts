// Puts the result of a batch together: the Parquet file in the order of the data set, its manifest and its report.
import { readdir, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { BesedaError, type JobEngine, type Lease } from "@beseda/core";
import { fileSink } from "../../datasets/output-file.ts";
import { writeDataset } from "../../datasets/write-dataset.ts";
import type { BatchResult } from "../batch.ts";
import { outputOf, partsFile, pathsOf, readJson, specOf } from "../batch-place.ts";
import { resultLines } from "../part/result-lines.ts";
import { lossBehind } from "./lost-parts.ts";
import { type Account, type Manifest, manifestOf } from "./manifest.ts";
import { outputColumns } from "./output-columns.ts";
import { reportPage } from "./report/report-page.ts";
import { RowStatistics } from "./row-statistics.ts";

/**
 * In constant memory, and as often as one likes: whatever an earlier attempt has left is replaced. The output appears
 * last, whole, when manifest and report are there.
 * @throws BesedaError `invalid-argument` where it cannot be written, such as to a full disk; `damaged`, `not-found` where
 *   results are lost; `locked`
 */
export async function assemble(
  lease: Lease,
  engine: JobEngine,
  account: Account & { currencies: readonly string[]; signal: AbortSignal },
): Promise<BatchResult> {
  const spec = specOf(lease.job);
  const paths = pathsOf(spec.output);
  await removeLeftovers(Object.values(paths));
  const { columns, toCells } = outputColumns(spec.columns, account.currencies);
  const statistics = new RowStatistics(spec.rows);
  const lostCells: Manifest["lostCells"] = { count: 0, first: [] };
  // Rows that are paid for are never held back by one of their cells.
  const onWrongCell = ({ message }: BesedaError) => {
    lostCells.count++;
    if (lostCells.first.length < toldCells) lostCells.first.push(message);
  };
  // What an attempt before this one has put there may be replaced; what somebody else did since the beginning may not.
  const overwrite = spec.overwrite || (await lease.read("finishing")).length > 0;
  if (!overwrite) await requireNobodysFiles(Object.values(paths));
  const writer = await writeDataset(paths.output, { columns, format: "parquet", overwrite, onWrongCell });
  try {
    for await (const results of allResults(lease, engine)) {
      account.signal.throwIfAborted();
      for (const result of results) statistics.add(result);
      await writer.write(results.map(toCells));
    }
    const manifest = manifestOf(lease.job, statistics, { ...account, lostCells });
    await requireLease(lease);
    await writeText(paths.report, reportPage(manifest, statistics));
    await writeText(paths.manifest, `${JSON.stringify(manifest, null, 2)}\n`);
    await requireLease(lease);
    await writer.close();
    const { rows, answered, failed, usage, seconds } = manifest;
    return { ...paths, rows, answered, failed, usage, seconds };
  } catch (error) {
    await writer.abort();
    throw (await lossBehind(error, lease, engine)) ?? error;
  }
}

async function requireNobodysFiles(paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    const isThere = await stat(path).then(
      () => true,
      () => false,
    );
    if (!isThere) continue;
    throw new BesedaError(`${path} is there, and was not when the batch began.`, {
      code: "invalid-argument",
      hint: "Move it away, then go on: resume: true (--resume). All rows are answered and kept.",
    });
  }
}

/** So many lost cells are told of one by one in the manifest. */
const toldCells = 100;

/** What is written is refused to one whose lease was lost in the meantime. */
function requireLease(lease: Lease): Promise<void> {
  return lease.write([["finishing", lease.job.attempts]]);
}

async function* allResults(lease: Lease, engine: JobEngine) {
  const { folder } = specOf(lease.job);
  let latest = 0;
  for (const [index, rows] of ((await readJson(engine, partsFile(folder))) as number[]).entries()) {
    for await (const results of resultLines(engine.files, outputOf(folder, index + 1), rows)) {
      for (const { number } of results) {
        if (number <= latest) throw outOfOrder(number, latest);
        latest = number;
      }
      yield results;
    }
  }
}

function outOfOrder(number: number, latest: number): BesedaError {
  return new BesedaError(`Row ${number} stands after row ${latest} in what the parts have written.`, {
    code: "internal",
    hint: "This is a defect of @beseda/jobs; please report it.",
  });
}

/**
 * What attempts that were killed have left half written. One that only lags behind, its lease lost, finds its file gone
 * and can put nothing into the place of what is finished.
 */
async function removeLeftovers(paths: readonly string[]): Promise<void> {
  const [first = ""] = paths;
  const folder = dirname(first);
  const names = new Set(paths.map((path) => basename(path)));
  for (const entry of await readdir(folder).catch(() => [])) {
    const name = /^(.*)\.[0-9a-f]{8,24}\.part$/.exec(entry)?.[1];
    if (name !== undefined && names.has(name)) await rm(join(folder, entry), { force: true });
  }
}

async function writeText(path: string, text: string): Promise<void> {
  const sink = await fileSink(path, { overwrite: true });
  try {
    await sink.write(Buffer.from(text));
  } catch (error) {
    await sink.abort();
    throw error;
  }
  await sink.close();
}
