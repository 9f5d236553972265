// The columns of rows whose types nobody has said: found by going through the rows once.
import type { JsonValue } from "@beseda/core";
import type { Cells, Column, ColumnType } from "./dataset.ts";
import { mostPageValues } from "./parquet/cell-size.ts";

export interface ColumnScanner {
  add(rows: readonly Cells[]): void;
  /** Of the rows so far, in the order in which they first came. */
  columns(): Column[];
}

/**
 * Takes rows and says which columns hold them all: `int` and `double` make `double`; lists and objects are told by what is
 * in them; what does not go together is `json`. A column that is always null is `string`. Needs memory for the columns
 * alone.
 */
export function columnsOf(): ColumnScanner {
  const shapes = new Map<string, Shape>();
  return {
    add(rows) {
      for (const cells of rows) {
        for (const name in cells) {
          const shape = shapeOf(shapes, name);
          // As one text, so many can be written still.
          if (note(shape, cells[name] as JsonValue) > mostPageValues) shape.kinds |= lists | texts;
        }
      }
    },
    columns: () => Array.from(shapes, ([name, shape]) => ({ name, type: typeOf(shape, 0) })),
  };
}

/** What has been seen in one place. */
type Shape = { kinds: number; items?: Shape; fields?: Map<string, Shape> };

const booleans = 1;
const integers = 2;
/** Digits of an integer beyond what a number holds. */
const longIntegers = 4;
const numbers = 8;
const texts = 16;
const lists = 32;
const objects = 64;

function shapeOf(shapes: Map<string, Shape>, name: string): Shape {
  let shape = shapes.get(name);
  if (!shape) {
    shape = { kinds: 0 };
    shapes.set(name, shape);
  }
  return shape;
}

/** @returns how many values it has */
function note(shape: Shape, value: JsonValue | undefined): number {
  if (value === null || value === undefined) return 1;
  let values = 1;
  if (typeof value === "string") shape.kinds |= isLongInteger(value) ? longIntegers : texts;
  else if (typeof value === "number") shape.kinds |= Number.isSafeInteger(value) ? integers : numbers;
  else if (typeof value === "boolean") shape.kinds |= booleans;
  else if (Array.isArray(value)) {
    shape.kinds |= lists;
    shape.items ??= { kinds: 0 };
    for (const item of value) values += note(shape.items, item);
  } else {
    shape.kinds |= objects;
    shape.fields ??= new Map();
    // What has too many fields is `json` anyway, and its keys may be without end.
    if (shape.fields.size > mostFields) return values;
    for (const key in value) values += note(shapeOf(shape.fields, key), value[key]);
  }
  return values;
}

/** Objects with more keys are maps rather than records. */
const mostFields = 64;
const deepest = 8;

function typeOf({ kinds, items, fields }: Shape, depth: number): ColumnType {
  if (depth > deepest) return "json";
  switch (kinds) {
    case 0:
    case texts:
    case longIntegers:
    case texts | longIntegers:
      return "string";
    case booleans:
      return "boolean";
    case integers:
    case integers | longIntegers:
      return "int";
    case numbers:
    case numbers | integers:
      return "double";
    case lists:
      return items && items.kinds !== 0 ? { list: typeOf(items, depth + 1) } : "json";
    case objects:
      return fields ? structOf(fields, depth) : "json";
    default:
      return "json";
  }
}

function structOf(fields: ReadonlyMap<string, Shape>, depth: number): ColumnType {
  if (fields.size === 0 || fields.size > mostFields) return "json";
  const struct: Record<string, ColumnType> = {};
  for (const [name, shape] of fields) {
    // Paths of Parquet are joined with dots.
    if (name === "" || name.includes(".")) return "json";
    struct[name] = typeOf(shape, depth + 1);
  }
  return { struct };
}

const int64 = { least: -(2n ** 63n), most: 2n ** 63n - 1n };

/** As `Cells` writes an `int` that no number holds. */
export function isLongInteger(text: string): boolean {
  if (text.length < 16 || text.length > 20 || !/^-?[1-9]\d*$/.test(text)) return false;
  const value = BigInt(text);
  return !Number.isSafeInteger(Number(text)) && value >= int64.least && value <= int64.most;
}
