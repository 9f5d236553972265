// Rows as the service gives them out: Parquet with Snappy, whatever they were uploaded as.
import type { SchemaElement } from "hyparquet";
import { parquetWriteBuffer } from "hyparquet-writer";

type Json = Record<string, unknown>;

/** `request` is a list of structs, the marks of classes are integers, everything else is text. */
export function toParquet(rows: readonly Json[]): Buffer {
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const columns = names.map((name) => ({ name, data: rows.map((row) => row[name] ?? null) }));
  const schema: SchemaElement[] = [
    { name: "schema", num_children: names.length },
    ...columns.flatMap(({ name, data }) => columnOf(name, data)),
  ];
  const ints = columns.map(({ name, data }) => ({
    name,
    data: data.map((value) => (typeof value === "number" ? BigInt(value) : value)),
  }));
  return Buffer.from(parquetWriteBuffer({ columnData: ints, schema, codec: "SNAPPY" }));
}

function columnOf(name: string, data: readonly unknown[]): SchemaElement[] {
  if (data.some((value) => typeof value === "number")) return [{ name, type: "INT64", repetition_type: "OPTIONAL" }];
  if (!data.some(Array.isArray)) return [text(name)];
  const hasPieces = data.flat().some((message) => Array.isArray((message as Json).content));
  return list(name, [
    text("role"),
    ...(hasPieces ? list("content", ["type", "text", "image"].map(text)) : [text("text")]),
  ]);
}

function text(name: string): SchemaElement {
  return {
    name,
    type: "BYTE_ARRAY",
    converted_type: "UTF8",
    logical_type: { type: "STRING" },
    repetition_type: "OPTIONAL",
  };
}

/** Three levels, as pyarrow writes a list of structs. */
function list(name: string, fields: readonly SchemaElement[]): SchemaElement[] {
  const children = countChildren(fields);
  return [
    { name, repetition_type: "OPTIONAL", num_children: 1, converted_type: "LIST", logical_type: { type: "LIST" } },
    { name: "list", repetition_type: "REPEATED", num_children: 1 },
    { name: "element", repetition_type: "OPTIONAL", num_children: children },
    ...fields,
  ];
}

/** How many of a flat list are not inside of another one of it. */
function countChildren(fields: readonly SchemaElement[]): number {
  let children = 0;
  for (let at = 0; at < fields.length; at = after(fields, at)) children++;
  return children;
}

function after(fields: readonly SchemaElement[], at: number): number {
  let next = at + 1;
  for (let left = fields[at]?.num_children ?? 0; left > 0; left--) next = after(fields, next);
  return next;
}
