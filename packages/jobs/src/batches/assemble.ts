// Puts the result of a batch together: the Parquet file in the order of the data set, its manifest and its report.
import { readdir, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { BesedaError, type JobEngine, type Lease } from "@beseda/core";
import { fileSink } from "../datasets/output-file.ts";
import { writeDataset } from "../datasets/write-dataset.ts";
import type { BatchResult, BatchSpec } from "./batch.ts";
import { outputOf, partsFile, readJson, specOf } from "./batch-place.ts";
import { type Account, manifestOf } from "./manifest.ts";
import { outputColumns } from "./output-columns.ts";
import { reportPage } from "./report/report-page.ts";
import { resultLines } from "./result-lines.ts";
import { RowStatistics } from "./row-statistics.ts";

/**
 * In constant memory, and as often as one likes: whatever an earlier attempt has left is replaced. The output appears
 * last, whole, when manifest and report are there.
 * @throws BesedaError `invalid-argument` where it cannot be written, such as to a full disk; `damaged`; `locked`
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
  const writer = await writeDataset(paths.output, { columns, format: "parquet", overwrite: true });
  try {
    for await (const results of allResults(engine, spec)) {
      account.signal.throwIfAborted();
      for (const result of results) statistics.add(result);
      await writer.write(results.map(toCells));
    }
    const manifest = manifestOf(lease.job, statistics, account);
    await requireLease(lease);
    await writeText(paths.report, reportPage(manifest, statistics));
    await writeText(paths.manifest, `${JSON.stringify(manifest, null, 2)}\n`);
    await requireLease(lease);
    await writer.close();
    const { rows, answered, failed, usage, seconds } = manifest;
    return { ...paths, rows, answered, failed, usage, seconds };
  } catch (error) {
    await writer.abort();
    throw error;
  }
}

/** What is written is refused to one whose lease was lost in the meantime. */
function requireLease(lease: Lease): Promise<void> {
  return lease.write([["finishing", lease.job.attempts]]);
}

function pathsOf(output: string): Pick<BatchResult, "output" | "manifest" | "report"> {
  const name = output.slice(0, -".parquet".length);
  return { output, manifest: `${name}.manifest.json`, report: `${name}.report.html` };
}

async function* allResults(engine: JobEngine, { folder }: BatchSpec) {
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
    const name = /^(.*)\.[0-9a-f]{8}\.part$/.exec(entry)?.[1];
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
