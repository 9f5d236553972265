// Datasets to write, in three formats: rows in, bytes out as they come.
import { BesedaError } from "@beseda/core";
import { csvEncoder } from "./csv/write-csv.ts";
import type { Column, DatasetFormat } from "./dataset.ts";
import { firstTwice } from "./first-twice.ts";
import { jsonlEncoder } from "./jsonl/write-jsonl.ts";
import { formatOf } from "./open-dataset.ts";
import { type ByteSink, fileSink } from "./output-file.ts";
import { parquetEncoder } from "./parquet/write-parquet.ts";
import type { EncoderOptions, RowEncoder, WritableCells } from "./row-encoder.ts";

export interface DatasetWriter {
  /** How many rows it has taken. */
  readonly rows: number;
  /**
   * Cells of other names than those of the columns are left out. Resolves when more can be taken.
   * @throws BesedaError `invalid-argument` for a cell that is not of the type of its column, by row and column
   */
  write(rows: readonly WritableCells[]): Promise<void>;
  /** Afterwards it is there, whole. @throws BesedaError where it is not, and nothing is left of it */
  close(): Promise<void>;
  /** Afterwards nothing is left of it. */
  abort(): Promise<void>;
}

export type WriteOptions = EncoderOptions & {
  columns: readonly Column[];
  /** Default: what the end of the name says, such as `.csv`. */
  format?: DatasetFormat | undefined;
  /** Whether a file that is there may be replaced. Default: no. */
  overwrite?: boolean | undefined;
};

/**
 * Memory for some megabytes of rows, whatever their number. A file appears under its name when it is closed.
 * @param target the path of a file, or what takes the bytes
 */
export async function writeDataset(target: string | ByteSink, options: WriteOptions): Promise<DatasetWriter> {
  const { columns, overwrite = false, onWrongCell } = options;
  checkColumns(columns);
  const name = typeof target === "string" ? target : target.name;
  const format = options.format ?? formatOf(name);
  const encoder = encoders[format](columns, { onWrongCell });
  const sink = typeof target === "string" ? await fileSink(target, { overwrite }) : target;
  let rows = 0;
  return {
    get rows() {
      return rows;
    },
    async write(more) {
      for (const cells of more) {
        rows++;
        encoder.add(cells, rows);
        if (encoder.isFull) await sink.write(encoder.take());
      }
    },
    async close() {
      try {
        await sink.write(encoder.end());
      } catch (error) {
        await sink.abort();
        throw error;
      }
      await sink.close();
    },
    abort: () => sink.abort(),
  };
}

/** @throws BesedaError `invalid-argument` */
function checkColumns(columns: readonly Column[]): void {
  const names = columns.map(({ name }) => name);
  const twice = firstTwice(names);
  const problem =
    names.length === 0
      ? "A dataset without columns cannot be written."
      : twice !== undefined
        ? `Two columns are called “${twice}”.`
        : names.includes("__proto__") && "No column can be called __proto__.";
  if (problem)
    throw new BesedaError(problem, { code: "invalid-argument", hint: "Give each column a name of its own." });
}

const encoders: Readonly<Record<DatasetFormat, (columns: readonly Column[], options: EncoderOptions) => RowEncoder>> = {
  jsonl: jsonlEncoder,
  csv: csvEncoder,
  parquet: parquetEncoder,
};
