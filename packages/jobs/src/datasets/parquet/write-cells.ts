// Cells as hyparquet-writer takes them: checked against the type of their column.
import { BesedaError, type JsonValue } from "@beseda/core";
import type { ColumnType } from "../dataset.ts";
import { fromIso } from "./timestamps.ts";

export type CellPlace = { row: number; column: string };

/** Nothing for null. @throws BesedaError `invalid-argument` for what is not of the type */
export type CellWriter = (cell: JsonValue | undefined, place: CellPlace) => unknown;

export function cellWriter(type: ColumnType): CellWriter {
  if (typeof type === "string") return leafWriters[type];
  if ("list" in type) {
    const item = cellWriter(type.list);
    return (cell, place) => {
      if (cell === null || cell === undefined) return undefined;
      if (!Array.isArray(cell)) throw wrongCell(cell, "a list", place);
      return cell.map((value) => item(value, place));
    };
  }
  const fields = Object.entries(type.struct).map(([name, inner]) => ({ name, write: cellWriter(inner) }));
  return (cell, place) => {
    if (cell === null || cell === undefined) return undefined;
    if (typeof cell !== "object" || Array.isArray(cell)) throw wrongCell(cell, "an object", place);
    const struct: Record<string, unknown> = {};
    for (const { name, write } of fields) struct[name] = write(cell[name], place);
    return struct;
  };
}

const leafWriters: Readonly<Record<Extract<ColumnType, string>, CellWriter>> = {
  string(cell, place) {
    if (typeof cell === "string") return cell;
    return nothing(cell, "a text", place);
  },
  int(cell, place) {
    if (typeof cell === "number" && Number.isSafeInteger(cell)) return BigInt(cell);
    if (typeof cell === "string" && /^-?\d{1,19}$/.test(cell)) {
      const value = BigInt(cell);
      if (BigInt.asIntN(64, value) === value) return value;
    }
    return nothing(cell, "an integer of 64 bits", place);
  },
  double(cell, place) {
    if (typeof cell === "number") return cell;
    if (cell === "NaN" || cell === "Infinity" || cell === "-Infinity") return Number(cell);
    return nothing(cell, "a number", place);
  },
  boolean(cell, place) {
    if (typeof cell === "boolean") return cell;
    return nothing(cell, "true or false", place);
  },
  timestamp(cell, place) {
    const micros = typeof cell === "string" ? fromIso(cell) : undefined;
    return micros ?? nothing(cell, "a time in ISO 8601, such as 2026-01-31T12:00:00Z", place);
  },
  json: (cell) => cell ?? undefined,
  binary(cell, place) {
    if (typeof cell === "string" && base64.test(cell)) return new Uint8Array(Buffer.from(cell, "base64"));
    return nothing(cell, "base64", place);
  },
};

const base64 = /^[A-Za-z0-9+/]*={0,2}$/;

function nothing(cell: JsonValue | undefined, wanted: string, place: CellPlace): undefined {
  if (cell !== null && cell !== undefined) throw wrongCell(cell, wanted, place);
}

function wrongCell(cell: JsonValue, wanted: string, { row, column }: CellPlace): BesedaError {
  const kind = Array.isArray(cell) ? "a list" : typeof cell === "object" ? "an object" : `a ${typeof cell}`;
  return new BesedaError(`Row ${row}, column “${column}”: ${wanted} is wanted, and it is ${kind}.`, {
    code: "invalid-argument",
    hint: "Correct the row, or give the column a type that holds all of its cells, such as json.",
  });
}
