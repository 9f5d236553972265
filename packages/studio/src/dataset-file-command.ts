// `beseda dataset check`, `convert` and `preview` of files: JSON lines, CSV and Parquet. Each function resolves to the exit code.
import { access } from "node:fs/promises";
import { BesedaError } from "@beseda/core";
import {
  type BadRow,
  type ColumnScanner,
  columnsOf,
  type Dataset,
  fileSink,
  openDataset,
  type Row,
  rowInput,
  writeDataset,
} from "@beseda/jobs/datasets";
import { check as checkUpload } from "./dataset-command.ts";
import { tableOf } from "./dataset-table.ts";
import { taskCheck } from "./dataset-task-check.ts";
import { ProblemList } from "./problem-list.ts";
import { ProgressLine } from "./progress-line.ts";
import { untilStopped } from "./until-stopped.ts";
import { writeJson, writeLines } from "./write-lines.ts";

type Json = { json?: boolean | undefined };

/** Whether it is a file that is meant, and no dataset at the service: those have ids without dots and slashes. */
export async function isFile(name: string): Promise<boolean> {
  if (/[./\\]/.test(name)) return true;
  return access(name).then(
    () => true,
    () => false,
  );
}

/**
 * Every row that cannot be read, or that a model cannot be asked with; with `type`, that is not as the service wants the rows
 * of this task. Needs no key and no network. 1 where there is one.
 */
export async function check(file: string, { type, json }: Json & { type?: string | undefined }): Promise<0 | 1> {
  // What is uploaded is looked at as it is.
  if (type !== undefined && !/\.(csv|tsv|parquet)$/i.test(file)) return checkUpload(file, { type, json });
  const dataset = await openDataset(file);
  const problemOf = type === undefined ? ({ cells }: Row) => rowInput(cells).problem : await taskCheck(type);
  const problems = new ProblemList(json ? "json" : "lines");
  const progress = new ProgressLine();
  let rows = 0;
  for await (const read of dataset.rows()) {
    rows += read.length;
    for (const row of read) {
      const problem = row.problem ?? problemOf(row);
      if (problem !== undefined) problems.add({ row: row.number, line: row.cells ? undefined : row.line, problem });
    }
    progress.clear();
    problems.flush();
    progress.show(`${rows} rows`);
  }
  progress.clear();
  const conclusion =
    problems.count === 0 ? `${file}: ${rows} rows, all right.` : `${problems.count} of ${rows} rows to correct.`;
  problems.end({ isValid: problems.count === 0, rows }, conclusion);
  return problems.count === 0 ? 0 : 1;
}

export type ConvertOptions = Json & { overwrite?: boolean; skipBad?: boolean };

/** 1 where rows cannot be read, which are all told then; without `skipBad`, or where none can be, nothing is written. */
export async function convert(input: string, output: string, options: ConvertOptions): Promise<0 | 1> {
  const { overwrite, skipBad, json } = options;
  const dataset = await openDataset(input);
  const progress = new ProgressLine();
  const sink = await fileSink(output, { overwrite });
  try {
    return await untilStopped(
      async (signal) => {
        const problems = new ProblemList(json ? "json" : "lines");
        const scanner = dataset.columns ? undefined : columnsOf();
        const rows = await look(dataset, { scanner, problems, progress, signal });
        const bad = problems.count;
        if (bad > 0 && (!skipBad || bad === rows)) {
          await sink.abort();
          const others = bad === rows ? "" : " --skip-bad leaves them out.";
          const conclusion = `${bad} of ${rows} rows cannot be read; nothing was written.${others}`;
          problems.end({ rows: 0, skipped: bad, output: null }, conclusion);
          return 1;
        }
        const columns = dataset.columns ?? scanner?.columns() ?? [];
        const writer = await writeDataset(sink, { columns });
        for await (const read of dataset.rows()) {
          signal.throwIfAborted();
          await writer.write(read.flatMap(({ cells }) => (cells ? [cells] : [])));
          progress.show(`${writer.rows} rows written`);
        }
        await writer.close();
        progress.clear();
        const left = bad > 0 ? `, ${bad} left out` : "";
        problems.end({ rows: writer.rows, skipped: bad, output }, `${output}: ${writer.rows} rows${left}.`);
        return 0;
      },
      () => "Nothing was written.",
    );
  } finally {
    progress.clear();
    // Nothing happens to one that is closed.
    await sink.abort();
  }
}

type Looking = {
  scanner: ColumnScanner | undefined;
  problems: ProblemList;
  progress: ProgressLine;
  signal: AbortSignal;
};

/** Goes through all rows once. @returns how many there are */
async function look(dataset: Dataset, { scanner, problems, progress, signal }: Looking): Promise<number> {
  let rows = 0;
  for await (const read of dataset.rows()) {
    signal.throwIfAborted();
    rows += read.length;
    for (const row of read) {
      if (row.problem !== undefined) problems.add({ row: row.number, line: row.line, problem: row.problem });
      else scanner?.add([row.cells]);
    }
    progress.clear();
    problems.flush();
    progress.show(`${rows} rows looked at`);
  }
  return rows;
}

/** Its first rows: a table as wide as the terminal. */
export async function preview(file: string, { rows = "10", json }: Json & { rows?: string }): Promise<number> {
  const wanted = Number(rows);
  if (!Number.isInteger(wanted) || wanted < 1 || wanted > 10_000) {
    throw new BesedaError(`${rows} is no number of rows.`, {
      code: "invalid-argument",
      hint: "Give --rows a number from 1 to 10000.",
    });
  }
  const first: (Row | BadRow)[] = [];
  const dataset = await openDataset(file);
  for await (const read of dataset.rows()) {
    first.push(...read.slice(0, wanted - first.length));
    if (first.length >= wanted) break;
  }
  if (json) writeJson(first);
  else writeLines(tableOf(first, dataset.columns, process.stdout.columns ?? 100));
  return 0;
}
