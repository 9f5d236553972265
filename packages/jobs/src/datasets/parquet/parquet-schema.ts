// Columns as the schema of a Parquet file and back.
import { BesedaError } from "@beseda/core";
import type { FileMetaData, SchemaElement, SchemaTree } from "hyparquet";
import type { Column, ColumnType } from "../dataset.ts";
import { fitsDouble, isDecimal } from "./decimals.ts";

/** Every column and every field may be null. */
export function toSchema(columns: readonly Column[]): SchemaElement[] {
  return [
    { name: "root", num_children: columns.length },
    ...columns.flatMap(({ name, type }) => elementsOf(name, type)),
  ];
}

/** Columns, those in columns of lists and objects counted one by one. */
export function leavesOf(columns: readonly Column[]): number {
  return toSchema(columns).filter(({ type }) => type !== undefined).length;
}

/** Each needs memory of its own, and each cell that is not there is one. */
const mostColumns = 10_000;

/** @param others how many are to come beside them @throws BesedaError `too-large` */
export function requireFewColumns(columns: readonly Column[], others = 0): void {
  const count = leavesOf(columns);
  const most = mostColumns - others;
  if (count <= most) return;
  throw new BesedaError(`The rows have ${count} columns, and ${most} are the most.`, {
    code: "too-large",
    hint: "Put what differs from row to row into one column, as an object of its own or as a text.",
  });
}

function elementsOf(name: string, type: ColumnType): SchemaElement[] {
  const place = { name, repetition_type: "OPTIONAL" } as const;
  if (typeof type === "string") return [{ ...place, ...leaves[type] }];
  if ("list" in type) {
    return [
      { ...place, num_children: 1, converted_type: "LIST", logical_type: { type: "LIST" } },
      { name: "list", repetition_type: "REPEATED", num_children: 1 },
      ...elementsOf("element", type.list),
    ];
  }
  const fields = Object.entries(type.struct);
  return [{ ...place, num_children: fields.length }, ...fields.flatMap(([field, inner]) => elementsOf(field, inner))];
}

const leaves: Readonly<Record<Extract<ColumnType, string>, Omit<SchemaElement, "name">>> = {
  string: { type: "BYTE_ARRAY", converted_type: "UTF8", logical_type: { type: "STRING" } },
  int: { type: "INT64" },
  double: { type: "DOUBLE" },
  boolean: { type: "BOOLEAN" },
  timestamp: {
    type: "INT64",
    converted_type: "TIMESTAMP_MICROS",
    logical_type: { type: "TIMESTAMP", isAdjustedToUTC: true, unit: "MICROS" },
  },
  json: { type: "BYTE_ARRAY", converted_type: "JSON", logical_type: { type: "JSON" } },
  binary: { type: "BYTE_ARRAY" },
};

export function columnOf(tree: SchemaTree): Column {
  return { name: tree.element.name, type: typeOf(tree) };
}

function typeOf(tree: SchemaTree): ColumnType {
  const { element, children } = tree;
  if (element.repetition_type === "REPEATED") return { list: typeOf(onlyOne(tree)) };
  if (children.length === 0) return leafType(element);
  const items = itemsOf(tree);
  if (items) return { list: typeOf(items) };
  if (!isStruct(tree)) return "json";
  return { struct: Object.fromEntries(children.map((child) => [child.element.name, typeOf(child)])) };
}

/** One of what is repeated. */
export function onlyOne(tree: SchemaTree): SchemaTree {
  return { ...tree, element: { ...tree.element, repetition_type: "REQUIRED" } };
}

/** What the items of a list are, of three levels or of two, as hyparquet reads them; nothing for what is no list. */
export function itemsOf({ element, children: [list, ...others] }: SchemaTree): SchemaTree | undefined {
  if (element.converted_type !== "LIST" || !list || others.length > 0) return undefined;
  if (list.element.repetition_type !== "REPEATED" || list.children.length > 1) return undefined;
  return list.children[0] ?? onlyOne(list);
}

/** What the keys and the values of a map are; nothing for what is none. */
export function entriesOf({
  element,
  children: [entries, ...others],
}: SchemaTree): [SchemaTree, SchemaTree] | undefined {
  if (element.converted_type !== "MAP" || entries?.element.repetition_type !== "REPEATED" || others.length > 0) return;
  const [key, value, ...further] = entries.children;
  return key && value && further.length === 0 ? [key, value] : undefined;
}

/** Of what has children and is no list. */
function isStruct({ element }: SchemaTree): boolean {
  return element.converted_type !== "MAP" && element.logical_type?.type !== "VARIANT";
}

function isEnum({ converted_type, logical_type }: SchemaElement): boolean {
  return converted_type === "ENUM" || logical_type?.type === "ENUM";
}

/**
 * Enums are read as texts, maps as lists of their entries (hyparquet's own lose the key `__proto__`), and what it refuses as the
 * bytes that it is.
 */
export function withPlainTypes(metadata: FileMetaData): FileMetaData {
  return { ...metadata, schema: metadata.schema.map(withPlainType) };
}

function withPlainType(element: SchemaElement): SchemaElement {
  if (isEnum(element)) return { ...element, converted_type: "UTF8" };
  const { converted_type: converted, ...stored } = element;
  return converted === "MAP" || converted === "INTERVAL" || converted === "BSON" ? stored : element;
}

/** Half of what it holds is no `int`, so that all of it comes as digits. */
export function isUint64({ converted_type, logical_type: logical }: SchemaElement): boolean {
  return converted_type === "UINT_64" || (logical?.type === "INTEGER" && logical.bitWidth === 64 && !logical.isSigned);
}

export function leafType(element: SchemaElement): ColumnType {
  const { type, converted_type: converted, logical_type: logical } = element;
  if (isDecimal(element)) return fitsDouble(element) ? "double" : "string";
  if (isUint64(element)) return "string";
  if (logical?.type === "FLOAT16") return "double";
  if (converted === "JSON" || logical?.type === "GEOMETRY" || logical?.type === "GEOGRAPHY") return "json";
  if (converted?.startsWith("TIMESTAMP") || logical?.type === "TIMESTAMP" || type === "INT96") return "timestamp";
  if (converted === "UTF8" || logical?.type === "STRING" || isEnum(element)) return "string";
  if (converted === "DATE" || logical?.type === "UUID") return "string";
  switch (type) {
    case "BOOLEAN":
      return "boolean";
    case "INT32":
    case "INT64":
      return "int";
    case "FLOAT":
    case "DOUBLE":
      return "double";
    default:
      return "binary";
  }
}
