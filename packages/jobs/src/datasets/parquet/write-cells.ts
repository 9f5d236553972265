// Cells as hyparquet-writer takes them: checked against the type of their column.
import type { JsonValue } from "@beseda/core";
import type { Column, ColumnType } from "../dataset.ts";
import { cellGetter, type WritableCells } from "../row-encoder.ts";
import { CellProblem } from "./cell-problem.ts";
import { checkSize, sizeOf } from "./cell-size.ts";
import { microsOf } from "./timestamps.ts";

/** Gives the cell itself wherever it can be written as it is. @throws CellProblem for what is not of the type */
export type CellWriter = (cell: JsonValue | undefined) => unknown;

/** What keeps the cells of a row from being written under these columns, such as `column “a”: a text is wanted, and it is a list`. */
export function cellChecker(columns: readonly Column[]): (cells: WritableCells) => string | undefined {
  const checks = columns.map(({ name, type }) => ({ name, type, get: cellGetter(name), write: cellWriter(type) }));
  return (cells) => {
    for (const { name, type, get, write } of checks) {
      const cell = get(cells);
      try {
        checkSize(cell, sizeOf(cell), type);
        write(cell);
      } catch (problem) {
        if (problem instanceof CellProblem) return `column “${name}”: ${problem.message}`;
        throw problem;
      }
    }
    return undefined;
  };
}

export function cellWriter(type: ColumnType): CellWriter {
  if (typeof type === "string") return leafWriters[type];
  return "list" in type ? listWriter(type.list) : structWriter(type.struct);
}

function listWriter(type: ColumnType): CellWriter {
  const write = cellWriter(type);
  return (cell) => {
    if (!Array.isArray(cell)) return nothing(cell, "a list");
    let copy: unknown[] | undefined;
    for (let index = 0; index < cell.length; index++) {
      const written = write(cell[index]);
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
  return (cell) => {
    if (typeof cell !== "object" || cell === null || Array.isArray(cell)) return nothing(cell, "an object");
    let copy: Record<string, unknown> | undefined = mustCopy ? {} : undefined;
    for (const { name, get, write } of fields) {
      const value = get(cell);
      const written = write(value);
      if (written === value && !copy) continue;
      copy ??= { ...cell };
      copy[name] = written;
    }
    return copy ?? cell;
  };
}

const leafWriters: Readonly<Record<Extract<ColumnType, string>, CellWriter>> = {
  string(cell) {
    if (typeof cell === "string") return cell;
    return nothing(cell, "a text");
  },
  int(cell) {
    if (typeof cell === "number" && Number.isSafeInteger(cell)) return BigInt(cell);
    if (typeof cell === "string" && /^-?\d{1,19}$/.test(cell)) {
      const value = BigInt(cell);
      if (BigInt.asIntN(64, value) === value) return value;
    }
    return nothing(cell, "an integer of 64 bits");
  },
  double(cell) {
    if (typeof cell === "number") return cell;
    if (cell === "NaN" || cell === "Infinity" || cell === "-Infinity") return Number(cell);
    return nothing(cell, "a number");
  },
  boolean(cell) {
    if (typeof cell === "boolean") return cell;
    return nothing(cell, "true or false");
  },
  timestamp(cell) {
    const micros = typeof cell === "string" ? microsOf(cell) : undefined;
    return micros ?? nothing(cell, "a time in ISO 8601, such as 2026-01-31T12:00:00Z");
  },
  json: (cell) => cell,
  binary(cell) {
    if (typeof cell === "string" && base64.test(cell)) return new Uint8Array(Buffer.from(cell, "base64"));
    return nothing(cell, "base64");
  },
};

const base64 = /^[A-Za-z0-9+/]*={0,2}$/;

/** Of a cell that is not what is wanted: null may be, everything else may not. */
function nothing(cell: JsonValue | undefined, wanted: string): null | undefined {
  if (cell === null || cell === undefined) return cell;
  const kind = Array.isArray(cell) ? "a list" : typeof cell === "object" ? "an object" : `a ${typeof cell}`;
  throw new CellProblem(`${wanted} is wanted, and it is ${kind}`);
}
