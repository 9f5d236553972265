// How large a cell of Parquet may be: a page holds it whole, and so does whoever reads it.
import type { JsonValue } from "@beseda/core";
import type { ColumnType } from "../dataset.ts";
import { CellProblem } from "./cell-problem.ts";

/** What readers take of one page: the bytes of a cell of 64 MB, and some more. */
export const mostPageBytes = 72 * 1024 * 1024;
export const mostPageValues = 1 << 22;

const mostBytes = 64 * 1024 * 1024;
/** No smaller cell is too large for anything. */
const surelySmall = Math.min(mostBytes / 3, mostPageValues * 8);

/** About what it takes in the file, never less than 8 for each of its values. */
export function sizeOf(cell: JsonValue | undefined): number {
  if (typeof cell === "string") return 8 + cell.length;
  if (typeof cell !== "object" || cell === null) return 8;
  let size = 8;
  if (Array.isArray(cell)) for (const item of cell) size += sizeOf(item);
  else for (const key in cell) size += sizeOf(cell[key]);
  return size;
}

/** @param size by `sizeOf` @throws CellProblem */
export function checkSize(cell: JsonValue | undefined, size: number, type: ColumnType): void {
  if (size <= surelySmall) return;
  const { values, bytes } = amountOf(type === "json" ? JSON.stringify(cell) : cell);
  if (values > mostPageValues) throw new CellProblem(`it has ${values} values, and ${mostPageValues} are the most`);
  if (bytes > mostBytes) throw new CellProblem(`it has ${bytes} bytes, and ${mostBytes} are the most`);
}

function amountOf(cell: JsonValue | undefined): { values: number; bytes: number } {
  if (typeof cell === "string") return { values: 1, bytes: Buffer.byteLength(cell) };
  if (typeof cell !== "object" || cell === null) return { values: 1, bytes: 8 };
  let values = 0;
  let bytes = 0;
  for (const inner of Array.isArray(cell) ? cell : Object.values(cell)) {
    const amount = amountOf(inner);
    values += amount.values;
    bytes += amount.bytes;
  }
  return { values: Math.max(1, values), bytes };
}
