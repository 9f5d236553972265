// Cells as hyparquet-writer takes them: checked against the type of their column.
import { BesedaError, type JsonValue } from "@beseda/core";
import type { ColumnType } from "../dataset.ts";
import { cellGetter } from "../row-encoder.ts";
import { fromIso } from "./timestamps.ts";

export type CellPlace = { row: number; column: string };

/** Gives the cell itself wherever it can be written as it is. @throws BesedaError `invalid-argument` for what is not of the type */
export type CellWriter = (cell: JsonValue | undefined, place: CellPlace) => unknown;

export function cellWriter(type: ColumnType): CellWriter {
  if (typeof type === "string") return leafWriters[type];
  return "list" in type ? listWriter(type.list) : structWriter(type.struct);
}

function listWriter(type: ColumnType): CellWriter {
  const write = cellWriter(type);
  return (cell, place) => {
    if (!Array.isArray(cell)) return nothing(cell, "a list", place);
    let copy: unknown[] | undefined;
    for (let index = 0; index < cell.length; index++) {
      const written = write(cell[index], place);
      if (written === cell[index]) continue;
      copy ??= [...cell];
      copy[index] = written;
    }
    return copy ?? cell;
  };
}

function structWriter(struct: Readonly<Record<string, ColumnType>>): CellWriter {
  const fields = Object.entries(struct).map(([name, type]) => ({
    name,
    get: cellGetter(name),
    write: cellWriter(type),
  }));
  const mustCopy = fields.some(({ name }) => name in Object.prototype);
  return (cell, place) => {
    if (typeof cell !== "object" || cell === null || Array.isArray(cell)) return nothing(cell, "an object", place);
    let copy: Record<string, unknown> | undefined = mustCopy ? {} : undefined;
    for (const { name, get, write } of fields) {
      const value = get(cell);
      const written = write(value, place);
      if (written === value && !copy) continue;
      copy ??= { ...cell };
      copy[name] = written;
    }
    return copy ?? cell;
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
  json: (cell) => cell,
  binary(cell, place) {
    if (typeof cell === "string" && base64.test(cell)) return new Uint8Array(Buffer.from(cell, "base64"));
    return nothing(cell, "base64", place);
  },
};

const base64 = /^[A-Za-z0-9+/]*={0,2}$/;

/** Of a cell that is not what is wanted: null may be, everything else may not. */
function nothing(cell: JsonValue | undefined, wanted: string, place: CellPlace): null | undefined {
  if (cell !== null && cell !== undefined) throw wrongCell(cell, wanted, place);
  return cell;
}

function wrongCell(cell: JsonValue, wanted: string, { row, column }: CellPlace): BesedaError {
  const kind = Array.isArray(cell) ? "a list" : typeof cell === "object" ? "an object" : `a ${typeof cell}`;
  return new BesedaError(`Row ${row}, column “${column}”: ${wanted} is wanted, and it is ${kind}.`, {
    code: "invalid-argument",
    hint: "Correct the row, or give the column a type that holds all of its cells, such as json.",
  });
}
