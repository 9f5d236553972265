// Rows as Parquet: a group of rows is written as soon as it is large enough.
import type { DecodedArray } from "hyparquet";
import { ByteWriter, ParquetWriter } from "hyparquet-writer";
import type { Column } from "../dataset.ts";
import { cellGetter, type EncoderOptions, type RowEncoder } from "../row-encoder.ts";
import { CellProblem, wrongCell } from "./cell-problem.ts";
import { checkSize, sizeOf } from "./cell-size.ts";
import { leavesOf, requireFewColumns, toSchema } from "./parquet-schema.ts";
import { cellWriter } from "./write-cells.ts";

/**
 * A group of rows ends at whichever comes first. Readers hold a group at a time, and each column of each group costs some
 * bytes of the footer: where columns are many, groups are larger.
 */
const mostRows = 5_000;
const leastCharacters = 4 * 1024 * 1024;
const mostCharacters = 64 * 1024 * 1024;
const charactersInColumn = 8 * 1024;

/**
 * Snappy; bounds for columns of numbers and times alone, since those of texts stay in memory to the end.
 * @throws BesedaError `too-large` for too many columns
 */
export function parquetEncoder(columns: readonly Column[], { onWrongCell }: EncoderOptions = {}): RowEncoder {
  requireFewColumns(columns);
  const bytes = new ByteWriter();
  const writer = new ParquetWriter({ writer: bytes, schema: toSchema(columns), createdBy: "beseda" });
  const enough = Math.min(mostCharacters, Math.max(leastCharacters, leavesOf(columns) * charactersInColumn));
  const cells = columns.map(({ name, type }) => ({
    name,
    type,
    data: [] as unknown[],
    get: cellGetter(name),
    write: cellWriter(type),
    statistics: type === "int" || type === "double" || type === "timestamp",
  }));
  let rows = 0;
  let characters = 0;
  const writeGroup = () => {
    const columnData = cells.map(({ name, data, statistics }) => ({ name, data: data as DecodedArray, statistics }));
    if (rows > 0) writer.write({ columnData, rowGroupSize: rows });
    for (const column of cells) column.data = [];
    rows = 0;
    characters = 0;
  };
  /** All that was written since the last time. */
  const taken = () => {
    const written = bytes.getBytes();
    bytes.index = 0;
    return written;
  };
  return {
    add(row, number) {
      for (const { name, type, data, get, write } of cells) {
        const cell = get(row);
        const size = sizeOf(cell);
        try {
          checkSize(cell, size, type);
          data.push(write(cell));
          characters += size;
        } catch (problem) {
          if (!(problem instanceof CellProblem)) throw problem;
          const error = wrongCell(problem, number, name);
          if (!onWrongCell) throw error;
          onWrongCell(error);
          data.push(null);
        }
      }
      rows++;
    },
    get isFull() {
      return rows >= mostRows || characters >= enough;
    },
    take() {
      writeGroup();
      return taken();
    },
    end() {
      writeGroup();
      writer.finish();
      return taken();
    },
  };
}
