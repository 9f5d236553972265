// Datasets to read: files and streams of bytes in three formats, and rows that a program has.
import type { Stats } from "node:fs";
import { extname } from "node:path";
import { BesedaError, type JsonValue } from "@beseda/core";
import { openCsv } from "./csv/read-csv.ts";
import type { BadRow, ByteSource, Cells, Dataset, DatasetFormat, Row } from "./dataset.ts";
import { fileSource, fileState } from "./file-source.ts";
import { openJsonl } from "./jsonl/read-jsonl.ts";
import { openParquet } from "./parquet/read-parquet.ts";
import { plainCells } from "./plain-cells.ts";

export type OpenOptions = {
  /** Default: what the end of the name says, such as `.csv`. */
  format?: DatasetFormat | undefined;
};

/**
 * Constant memory whatever the size; of Parquet, a group of its rows at a time.
 * @param source the path of a file, or bytes; Parquet out of bytes goes through a temporary file
 * @throws BesedaError `invalid-argument` (no such file, a directory, a pipe, an empty file, an unknown format, a header that cannot
 *   be one), `damaged` (Parquet that is cut off), `unsupported`, `too-large`
 */
export async function openDataset(source: string | ByteSource, { format }: OpenOptions = {}): Promise<Dataset> {
  const name = typeof source === "string" ? source : source.name;
  // A directory is told as one, whatever its name.
  if (typeof source === "string" && format === undefined && extname(source) === "") await fileState(source);
  const chosen = format ?? formatOf(name);
  if (typeof source !== "string") return chosen === "parquet" ? openParquet(source) : openText(source, chosen);
  const state = await fileState(source);
  const dataset = await (chosen === "parquet" ? openParquet(source) : openText(fileSource(source), chosen));
  return { ...dataset, rows: () => unchanged(source, state, dataset.rows()) };
}

async function openText(source: ByteSource, format: "csv" | "jsonl"): Promise<Dataset> {
  return format === "csv" ? openCsv(source) : openJsonl(source);
}

/** Whoever goes through a file more than once, or keeps what it was, would mix two of them. */
async function* unchanged<Rows>(path: string, before: Stats, rows: AsyncIterable<Rows>): AsyncGenerator<Rows> {
  yield* rows;
  const { size, mtimeMs, ino } = await fileState(path);
  if (size === before.size && mtimeMs === before.mtimeMs && ino === before.ino) return;
  throw new BesedaError(`${path} was changed while it was read.`, {
    code: "invalid-argument",
    hint: "Begin again when whoever writes it has finished.",
  });
}

/** Rows in memory, or as they come from a program: each is an object. An iterable that can be gone through once can be read once. */
export function datasetOf(rows: Iterable<object> | AsyncIterable<object>, name = "rows of the program"): Dataset {
  return { name, format: "memory", rows: () => numbered(rows) };
}

const rowsAtOnce = 1_000;

async function* numbered(rows: Iterable<object> | AsyncIterable<object>): AsyncGenerator<(Row | BadRow)[]> {
  let held: (Row | BadRow)[] = [];
  let number = 0;
  for await (const row of rows) {
    number++;
    held.push(fromObject(number, row));
    if (held.length < rowsAtOnce) continue;
    yield held;
    held = [];
  }
  if (held.length > 0) yield held;
}

function fromObject(number: number, row: object): Row | BadRow {
  let value: JsonValue;
  try {
    value = JSON.parse(JSON.stringify(row) ?? "null");
  } catch {
    return { number, problem: "it cannot be JSON" };
  }
  const problem = plainCells(value);
  return problem === undefined ? { number, cells: value as Cells } : { number, problem };
}

const formats: Readonly<Record<string, DatasetFormat>> = {
  ".jsonl": "jsonl",
  ".ndjson": "jsonl",
  ".json": "jsonl",
  ".csv": "csv",
  ".tsv": "csv",
  ".parquet": "parquet",
};

/** @throws BesedaError `invalid-argument` where the end of the name says nothing */
export function formatOf(name: string): DatasetFormat {
  const format = formats[extname(name).toLowerCase()];
  if (format) return format;
  throw new BesedaError(`The format of “${name}” cannot be told by its name.`, {
    code: "invalid-argument",
    hint: "Let it end in .jsonl, .csv or .parquet; a program can name the format.",
  });
}
