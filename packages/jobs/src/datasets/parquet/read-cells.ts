// Cells as hyparquet reads them, made plain JSON.
import { isUtf8 } from "node:buffer";
import type { JsonValue } from "@beseda/core";
import type { ParquetParsers, SchemaElement, SchemaTree } from "hyparquet";
import { longDigits, withDigits } from "../jsonl/parse-line.ts";
import { problemIn } from "../plain-cells.ts";
import { decimalReader, isDecimal } from "./decimals.ts";
import { entriesOf, isUint64, itemsOf, leafType, onlyOne } from "./parquet-schema.ts";
import { isoOfDays, isoOfMicros, isoOfMillis, isoOfNanos } from "./timestamps.ts";

/** Of a part of a file, whose rows are looked at one by one where some text in it is none. */
export type Texts = { areUtf8: boolean };

/** Texts keep a byte order mark at their beginning, times all of their digits. */
export function parsersOf(texts: Texts): Partial<ParquetParsers> {
  const textOf = (bytes: Uint8Array) => {
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8");
    // That it has no sign for what is wrong is told faster than that all of its bytes are right.
    if (!text.includes("\uFFFD") || isUtf8(bytes)) return text;
    texts.areUtf8 = false;
    return notUtf8;
  };
  return {
    timestampFromMilliseconds: (millis) => isoOfMillis(millis),
    timestampFromMicroseconds: (micros) => isoOfMicros(micros),
    timestampFromNanoseconds: (nanos) => isoOfNanos(nanos),
    dateFromDays: isoOfDays,
    stringFromBytes: textOf,
    jsonFromBytes(bytes) {
      const text = textOf(bytes);
      return text === notUtf8 ? text : jsonOf(text);
    },
  };
}

/** Stands in the place of a text that is none: UTF-8 has no halves of characters. */
const notUtf8 = "\uDC00";

export function hasWrongText(cell: unknown): boolean {
  if (typeof cell !== "object" || cell === null || ArrayBuffer.isView(cell)) return cell === notUtf8;
  return Object.entries(cell).some(([key, value]) => key === notUtf8 || hasWrongText(value));
}

/** A text that is no JSON, or none that is safe, stays the text that it is. */
function jsonOf(text: string): JsonValue {
  try {
    const value: JsonValue = JSON.parse(text);
    const isPlain = typeof value !== "object" || value === null || problemIn(value) === undefined;
    if (!isPlain) return text;
    return longDigits.test(text) ? withDigits(text, isChanged) : value;
  } catch {
    return text;
  }
}

/** Any number that a program has written there comes back as one. */
function isChanged(number: string): boolean {
  return /^-?\d+$/.test(number) && String(Number(number)) !== number;
}

/** May change what it is given. */
export type CellReader = (cell: unknown) => JsonValue;

/** Nothing where hyparquet gives plain JSON already. */
export function cellReader(tree: SchemaTree): CellReader | undefined {
  const isFlat = tree.children.length === 0 && tree.element.repetition_type !== "REPEATED";
  return isFlat ? leafReader(tree.element) : nestedReader(tree);
}

function nestedReader(tree: SchemaTree): CellReader {
  const { element, children } = tree;
  if (element.repetition_type === "REPEATED") return listReader(nestedReader(onlyOne(tree)));
  if (children.length === 0) return leafReader(element) ?? plainCell;
  const items = itemsOf(tree);
  if (items) return listReader(nestedReader(items));
  const entries = entriesOf(tree);
  if (entries) return mapReader(...entries);
  return element.logical_type?.type === "VARIANT" ? anyCell : structReader(children);
}

function listReader(read: CellReader): CellReader {
  return (cell) => {
    if (!Array.isArray(cell)) return anyCell(cell);
    for (let index = 0; index < cell.length; index++) cell[index] = read(cell[index]);
    return cell;
  };
}

/** One with a key that is not safe is the text of its JSON. */
function mapReader(keys: SchemaTree, values: SchemaTree): CellReader {
  const readKey = nestedReader(keys);
  const readValue = nestedReader(values);
  return (cell) => {
    if (typeof cell !== "object" || cell === null) return null;
    const entries = Object.values(cell).flat() as Record<string, unknown>[];
    const map = Object.fromEntries(
      entries.map((entry) => [keyText(readKey(entry[keys.element.name])), readValue(entry[values.element.name])]),
    );
    return problemIn(map) === undefined ? map : JSON.stringify(map);
  };
}

function keyText(key: JsonValue): string {
  return typeof key === "object" ? JSON.stringify(key) : String(key);
}

function structReader(children: readonly SchemaTree[]): CellReader {
  const fields = children.map((child) => ({ name: child.element.name, read: nestedReader(child) }));
  return (cell) => {
    if (typeof cell !== "object" || cell === null) return null;
    const struct = cell as Record<string, JsonValue>;
    for (const { name, read } of fields) struct[name] = read(struct[name]);
    return struct;
  };
}

function leafReader(element: SchemaElement): CellReader | undefined {
  if (isDecimal(element)) return decimalReader(element);
  if (isUint64(element)) return digitsCell;
  switch (leafType(element)) {
    case "int":
      return element.type === "INT32" ? undefined : intCell;
    case "double":
      return doubleCell;
    case "binary":
      return binaryCell;
    default:
      return undefined;
  }
}

function plainCell(cell: unknown): JsonValue {
  return (cell ?? null) as JsonValue;
}

function intCell(cell: unknown): JsonValue {
  if (typeof cell !== "bigint") return plainCell(cell);
  const value = Number(cell);
  return Number.isSafeInteger(value) ? value : String(cell);
}

function digitsCell(cell: unknown): JsonValue {
  return typeof cell === "bigint" ? String(cell) : plainCell(cell);
}

function doubleCell(cell: unknown): JsonValue {
  return typeof cell === "number" && !Number.isFinite(cell) ? String(cell) : plainCell(cell);
}

function binaryCell(cell: unknown): JsonValue {
  if (!(cell instanceof Uint8Array)) return plainCell(cell);
  return Buffer.from(cell.buffer, cell.byteOffset, cell.byteLength).toString("base64");
}

/** Of variants and geometries, whose cells say themselves what they are. */
function anyCell(cell: unknown): JsonValue {
  if (typeof cell !== "object" || cell === null) return doubleCell(intCell(cell));
  if (cell instanceof Uint8Array) return binaryCell(cell);
  if (cell instanceof Date) return cell.toISOString();
  if (Array.isArray(cell)) return cell.map(anyCell);
  return Object.fromEntries(Object.entries(cell).map(([key, value]) => [key, anyCell(value)]));
}
