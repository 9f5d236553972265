// Rows out of a Parquet file: one group of rows after another, in pieces where a group is large.
import type { JsonValue } from "@beseda/core";
import {
  type AsyncBuffer,
  type ColumnData,
  type FileMetaData,
  parquetRead,
  parquetSchema,
  type RowGroup,
  type SchemaTree,
} from "hyparquet";
import type { ByteSource, Dataset, Row } from "../dataset.ts";
import { withoutRows } from "../file-source.ts";
import { checkedPages } from "./checked-pages.ts";
import { withStoredDecimals } from "./decimals.ts";
import { decompressors } from "./decompressors.ts";
import { damaged, footerOf } from "./footer.ts";
import { columnOf } from "./parquet-schema.ts";
import { randomFile } from "./random-file.ts";
import { type CellReader, cellReader, parsers } from "./read-cells.ts";

/** @throws BesedaError `damaged`, `unsupported`, `too-large` where its footer says so */
export async function openParquet(source: string | ByteSource): Promise<Dataset> {
  const name = typeof source === "string" ? source : source.name;
  const file = await randomFile(source);
  try {
    const columns = parquetSchema(await footerOf(name, file)).children.map(columnOf);
    return { name, format: "parquet", columns, rows: () => parquetRows(source, name) };
  } finally {
    await file.close();
  }
}

async function* parquetRows(source: string | ByteSource, name: string): AsyncGenerator<Row[]> {
  const file = await randomFile(source);
  try {
    const footer = await footerOf(name, file);
    const trees = parquetSchema(footer).children;
    const metadata = withStoredDecimals(footer, trees);
    let rowStart = 0;
    for (const group of metadata.row_groups) {
      const groupEnd = rowStart + Number(group.num_rows);
      const most = rowsInPiece(group);
      while (rowStart < groupEnd) {
        const rowEnd = Math.min(groupEnd, rowStart + most);
        const columns = await columnsIn({ name, file: checkedPages(file, group), metadata, rowStart, rowEnd }, trees);
        // Rows weigh more than columns: as few of them as are needed are made at once.
        for (let at = rowStart; at < rowEnd; at += rowsAtOnce)
          yield rowsOf(columns, at, Math.min(rowEnd, at + rowsAtOnce));
        rowStart = rowEnd;
      }
    }
    if (rowStart === 0) throw withoutRows(name);
  } finally {
    await file.close();
  }
}

const rowsAtOnce = 2_000;
/** What is unpacked at once of a group that is larger. */
const bytesInPiece = 32 * 1024 * 1024;

function rowsInPiece({ num_rows, total_byte_size }: RowGroup): number {
  const pieces = Math.max(1, Math.ceil(Number(total_byte_size) / bytesInPiece));
  return Math.max(1, Math.ceil(Number(num_rows) / pieces));
}

type Piece = { name: string; file: AsyncBuffer; metadata: FileMetaData; rowStart: number; rowEnd: number };
type ColumnPiece = { column: string; read: CellReader | undefined; chunks: ColumnData[] };

async function columnsIn({ name, ...piece }: Piece, trees: readonly SchemaTree[]): Promise<ColumnPiece[]> {
  const columns = trees.map((tree) => ({
    column: tree.element.name,
    read: cellReader(tree),
    chunks: [] as ColumnData[],
  }));
  const byName = new Map(columns.map(({ column, chunks }) => [column, chunks]));
  try {
    const onChunk = (chunk: ColumnData) => void byName.get(chunk.columnName)?.push(chunk);
    await parquetRead({ ...piece, compressors: decompressors, parsers, utf8: false, onChunk });
    const short = columns.find(
      ({ chunks }) =>
        !(chunks[0] && chunks[0].rowStart <= piece.rowStart && (chunks.at(-1)?.rowEnd ?? 0) >= piece.rowEnd),
    );
    if (short) throw new RangeError(`the column ${short.column} is too short`);
    return columns;
  } catch (cause) {
    throw damaged(name, `rows ${piece.rowStart + 1} to ${piece.rowEnd} cannot be read`, cause);
  }
}

function rowsOf(columns: readonly ColumnPiece[], from: number, to: number): Row[] {
  const rows = Array.from({ length: to - from }, (_, index): Row => ({ number: from + index + 1, cells: {} }));
  for (const { column, read, chunks } of columns) {
    for (const { columnData, rowStart, rowEnd } of chunks) {
      const end = Math.min(to, rowEnd);
      for (let at = Math.max(from, rowStart); at < end; at++) {
        const cell = columnData[at - rowStart];
        (rows[at - from] as Row).cells[column] = read ? read(cell) : (cell as JsonValue);
      }
    }
  }
  return rows;
}
