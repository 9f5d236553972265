// Rows out of a Parquet file: one group of rows after another, in pieces where a group is large.
import type { JsonValue } from "@beseda/core";
import {
  type ColumnData,
  type FileMetaData,
  parquetRead,
  parquetSchema,
  type RowGroup,
  type SchemaTree,
} from "hyparquet";
import type { BadRow, ByteSource, Dataset, Row } from "../dataset.ts";
import { withoutRows } from "../file-source.ts";
import { checkedPages } from "./checked-pages.ts";
import { withStoredDecimals } from "./decimals.ts";
import { decompressors } from "./decompressors.ts";
import { damaged, footerOf } from "./footer.ts";
import { columnOf, withPlainTypes } from "./parquet-schema.ts";
import { type RandomFile, randomFile } from "./random-file.ts";
import { type CellReader, cellReader, hasWrongText, parsersOf, type Texts } from "./read-cells.ts";

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

async function* parquetRows(source: string | ByteSource, name: string): AsyncGenerator<(Row | BadRow)[]> {
  const file = await randomFile(source);
  try {
    const footer = await footerOf(name, file);
    const trees = parquetSchema(footer).children;
    const metadata = withStoredDecimals(withPlainTypes(footer), trees);
    let rowStart = 0;
    for (const group of metadata.row_groups) {
      const groupStart = rowStart;
      const groupEnd = groupStart + Number(group.num_rows);
      const most = rowsInPiece(group);
      while (rowStart < groupEnd) {
        const rowEnd = Math.min(groupEnd, rowStart + most);
        const piece = { name, file, metadata, group, groupStart, rowStart, rowEnd };
        const { columns, wrongTexts } = await columnsIn(piece, trees);
        // Rows weigh more than columns: as few of them as are needed are made at once.
        for (let at = rowStart; at < rowEnd; at += rowsAtOnce) {
          const rows = rowsOf(columns, at, Math.min(rowEnd, at + rowsAtOnce));
          yield wrongTexts.size === 0 ? rows : rows.map((row) => badIfWrong(row, wrongTexts));
        }
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
/** Each piece unpacks the whole of columns with lists or objects, so that there should be few. */
const bytesInNestedPiece = 256 * 1024 * 1024;

function rowsInPiece({ num_rows, total_byte_size, columns }: RowGroup): number {
  const isNested = columns.some(({ meta_data: column }) => column && column.path_in_schema.length > 1);
  const pieces = Math.max(1, Math.ceil(Number(total_byte_size) / (isNested ? bytesInNestedPiece : bytesInPiece)));
  return Math.max(1, Math.ceil(Number(num_rows) / pieces));
}

/** Rows are counted from the beginning of the file. */
type Piece = {
  name: string;
  file: RandomFile;
  metadata: FileMetaData;
  group: RowGroup;
  groupStart: number;
  rowStart: number;
  rowEnd: number;
};
/** The column of a text that is none, by the number of its row. */
type WrongTexts = ReadonlyMap<number, string>;
type ColumnPiece = { column: string; read: CellReader | undefined; chunks: ColumnData[] };

async function columnsIn(
  { name, file, metadata, group, groupStart, rowStart, rowEnd }: Piece,
  trees: readonly SchemaTree[],
): Promise<{ columns: ColumnPiece[]; wrongTexts: WrongTexts }> {
  const columns: ColumnPiece[] = trees.map((tree) => ({
    column: tree.element.name,
    read: cellReader(tree),
    chunks: [],
  }));
  const texts: Texts = { areUtf8: true };
  const byName = new Map(columns.map(({ column, chunks }) => [column, chunks]));
  try {
    await parquetRead({
      file: checkedPages(file, group),
      // With each call it looks through all groups that it is told of.
      metadata: { ...metadata, row_groups: [group] },
      rowStart: rowStart - groupStart,
      rowEnd: rowEnd - groupStart,
      compressors: decompressors,
      parsers: parsersOf(texts),
      utf8: false,
      onChunk({ columnName, columnData, rowStart, rowEnd }) {
        const chunk = { columnName, columnData, rowStart: groupStart + rowStart, rowEnd: groupStart + rowEnd };
        byName.get(columnName)?.push(chunk);
      },
    });
    const short = columns.find(
      ({ chunks }) => !(chunks[0] && chunks[0].rowStart <= rowStart && (chunks.at(-1)?.rowEnd ?? 0) >= rowEnd),
    );
    if (short) throw new RangeError(`the column ${short.column} is too short`);
    return { columns, wrongTexts: texts.areUtf8 ? new Map() : wrongTextsIn(columns) };
  } catch (cause) {
    throw damaged(name, `rows ${rowStart + 1} to ${rowEnd} cannot be read`, cause);
  }
}

function wrongTextsIn(columns: readonly ColumnPiece[]): WrongTexts {
  const wrong = new Map<number, string>();
  for (const { column, chunks } of columns) {
    for (const { columnData, rowStart } of chunks) {
      for (let at = 0; at < columnData.length; at++) {
        if (hasWrongText(columnData[at])) wrong.set(rowStart + at + 1, column);
      }
    }
  }
  return wrong;
}

function badIfWrong(row: Row, wrongTexts: WrongTexts): Row | BadRow {
  const column = wrongTexts.get(row.number);
  if (column === undefined) return row;
  return { number: row.number, problem: `column “${column}” has a text that is not UTF-8` };
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
