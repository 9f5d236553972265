import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { SchemaElement } from "hyparquet";
import { ByteWriter, ParquetWriter } from "hyparquet-writer";
import { afterAll, describe, expect, it } from "vitest";
import { columnsOf } from "../columns.ts";
import type { Cells, Column, ColumnType } from "../dataset.ts";
import { openDataset } from "../open-dataset.ts";
import { writeDataset } from "../write-dataset.ts";
import { parsersOf } from "./read-cells.ts";
import { cellChecker } from "./write-cells.ts";

const folder = mkdtempSync(join(tmpdir(), "beseda-parquet-cells-"));
afterAll(() => rmSync(folder, { recursive: true }));
const path = join(folder, "rows.parquet");

async function read(): Promise<{ cells: unknown[]; type: ColumnType | undefined }> {
  const dataset = await openDataset(path);
  const cells: unknown[] = [];
  for await (const rows of dataset.rows()) cells.push(...rows.map((row) => row.cells?.v));
  return { cells, type: dataset.columns?.[0]?.type };
}

/** As another program writes them; and once more as we write them again. */
async function foreign(element: Partial<SchemaElement>, data: unknown[]) {
  const writer = new ByteWriter();
  const schema: SchemaElement[] = [
    { name: "root", num_children: 1 },
    { name: "v", repetition_type: "OPTIONAL", ...element },
  ];
  const file = new ParquetWriter({ writer, schema });
  file.write({ columnData: [{ name: "v", data: data as bigint[] }], rowGroupSize: data.length });
  file.finish();
  writeFileSync(path, Buffer.from(writer.getBuffer()));
  const first = await read();
  await write(
    [{ name: "v", type: first.type as ColumnType }],
    first.cells.map((v) => ({ v }) as Cells),
  );
  expect(await read()).toEqual(first);
  return first;
}

async function write(columns: readonly Column[], rows: readonly Cells[]): Promise<void> {
  const writer = await writeDataset(path, { columns, overwrite: true });
  try {
    await writer.write(rows);
    await writer.close();
  } catch (error) {
    await writer.abort();
    throw error;
  }
}

describe("cells of Parquet files of others can be written again as they were read", () => {
  it("times beyond the years of ISO 8601 are their microseconds", async () => {
    const micros = await foreign({ type: "INT64", converted_type: "TIMESTAMP_MICROS" }, [
      0n,
      null,
      9223372036854775807n,
      -9223372036854775807n,
      8_640_000_000_000_000_001n,
    ]);
    expect(micros).toEqual({
      type: "timestamp",
      cells: ["1970-01-01T00:00:00.000Z", null, "9223372036854775807", "-9223372036854775807", "8640000000000000001"],
    });
    const millis = await foreign({ type: "INT64", converted_type: "TIMESTAMP_MILLIS" }, [
      1n,
      8640000000000001n,
      9223372036854775807n,
    ]);
    // The last one has no microseconds in 64 bits.
    expect(millis.cells).toEqual(["1970-01-01T00:00:00.001Z", "8640000000000001000", null]);
  });

  it("days of any year are whole", async () => {
    const { cells } = await foreign({ type: "INT32", converted_type: "DATE" }, [0, -719_529, 3_000_000, 2147483647]);
    expect(cells).toEqual(["1970-01-01", "-000001-12-31", "+010183-09-21", "2147483647"]);
  });

  it("unsigned integers of 64 bits are digits, all of them", async () => {
    for (const kind of [
      { converted_type: "UINT_64" as const },
      { logical_type: { type: "INTEGER" as const, bitWidth: 64, isSigned: false } },
    ]) {
      expect(await foreign({ type: "INT64", ...kind }, [1n, null, 18446744073709551615n])).toEqual({
        type: "string",
        cells: ["1", null, "18446744073709551615"],
      });
    }
  });

  it("decimals keep their digits: as texts beyond fifteen of them", async () => {
    const place = { converted_type: "DECIMAL" as const, scale: 2 };
    expect(await foreign({ type: "INT64", precision: 18, ...place }, [12345678901234567n, -5n, null, 100n])).toEqual({
      type: "string",
      cells: ["123456789012345.67", "-0.05", null, "1.00"],
    });
    expect(await foreign({ type: "INT64", precision: 15, ...place }, [123456789012345n, -5n, 29n])).toEqual({
      type: "double",
      cells: [1234567890123.45, -0.05, 0.29],
    });
  });

  it("maps keep every entry: one with a key that is not safe is the text of its JSON", async () => {
    const writer = new ByteWriter();
    const schema: SchemaElement[] = [
      { name: "root", num_children: 1 },
      { name: "v", repetition_type: "OPTIONAL", num_children: 1, converted_type: "MAP" },
      { name: "key_value", repetition_type: "REPEATED", num_children: 2 },
      { name: "key", repetition_type: "REQUIRED", type: "BYTE_ARRAY", converted_type: "UTF8" },
      { name: "value", repetition_type: "OPTIONAL", type: "INT64", converted_type: "DECIMAL", precision: 18, scale: 2 },
    ];
    const file = new ParquetWriter({ writer, schema, statistics: false });
    const maps = [{ a: 12345678901234567n, b: null }, Object.fromEntries([["__proto__", 5n]]), {}, null];
    file.write({ columnData: [{ name: "v", data: maps }], rowGroupSize: maps.length });
    file.finish();
    writeFileSync(path, Buffer.from(writer.getBuffer()));
    expect(await read()).toEqual({
      type: "json",
      cells: [{ a: "123456789012345.67", b: null }, '{"__proto__":"0.05"}', {}, null],
    });
  });

  it("intervals and BSON are bytes", async () => {
    const interval = { type: "FIXED_LEN_BYTE_ARRAY", type_length: 12, converted_type: "INTERVAL" } as const;
    const bytes = Uint8Array.from({ length: 12 }, (_, index) => index);
    expect(await foreign(interval, [bytes, null])).toEqual({ type: "binary", cells: ["AAECAwQFBgcICQoL", null] });
    const bson = { type: "BYTE_ARRAY", converted_type: "BSON" } as const;
    expect(await foreign(bson, [bytes, null])).toEqual({ type: "binary", cells: ["AAECAwQFBgcICQoL", null] });
  });

  it("integers in JSON keep theirs, as texts beyond what a number holds", () => {
    const read = (json: string) => parsersOf({ areUtf8: true }).jsonFromBytes?.(Buffer.from(json));
    expect(read('{"a": [12345678901234567890, 1], "b": "12345678901234567890"}')).toEqual({
      a: ["12345678901234567890", 1],
      b: "12345678901234567890",
    });
    expect(read("[-9007199254740993, 9007199254740992]")).toEqual(["-9007199254740993", 9007199254740992]);
  });

  it("and so are decimals of bytes, in lists too", async () => {
    const writer = new ByteWriter();
    const schema: SchemaElement[] = [
      { name: "root", num_children: 1 },
      { name: "v", repetition_type: "OPTIONAL", num_children: 1, converted_type: "LIST" },
      { name: "list", repetition_type: "REPEATED", num_children: 1 },
      {
        name: "element",
        repetition_type: "OPTIONAL",
        type: "FIXED_LEN_BYTE_ARRAY",
        type_length: 16,
        converted_type: "DECIMAL",
        precision: 38,
        scale: 4,
      },
    ];
    const file = new ParquetWriter({ writer, schema, statistics: false });
    file.write({ columnData: [{ name: "v", data: [[10n ** 37n + 1n, -1n], null] }], rowGroupSize: 2 });
    file.finish();
    writeFileSync(path, Buffer.from(writer.getBuffer()));
    expect(await read()).toEqual({
      type: { list: "string" },
      cells: [["1000000000000000000000000000000000.0001", "-0.0001"], null],
    });
  });
});

describe("a cell that is written to Parquet", () => {
  it("is a time that there is", async () => {
    const wrong = [
      "2026-02-30T00:00:00Z",
      "2026-02-29",
      "2026-04-31T10:00:00+03:00",
      "9007199254740993",
      "12026-01-01",
    ];
    const unfit = cellChecker([{ name: "v", type: "timestamp" }]);
    for (const v of wrong) expect(unfit({ v })).toContain("column “v”: a time in ISO 8601");
    for (const v of ["2024-02-29", "2026-01-31T12:00:00.5+03:00", "+012026-01-01T00:00:00Z", null]) {
      expect(unfit({ v })).toBeUndefined();
    }
    await expect(write([{ name: "v", type: "timestamp" }], [{ v: "2026-02-30" }])).rejects.toThrow("Row 1, column “v”");
  });

  it("has no more values and bytes than can be read again", async () => {
    const v = Array.from({ length: (1 << 22) + 1 }, () => true);
    await expect(write([{ name: "v", type: { list: "boolean" } }], [{ v }])).rejects.toThrow(
      "Row 1, column “v”: it has 4194305 values, and 4194304 are the most",
    );
    const text = "я".repeat(33 * 1024 * 1024);
    await expect(write([{ name: "v", type: "string" }], [{ v: text }])).rejects.toThrow("67108864 are the most");
    // Of rows whose types nobody has said, it is written as one text.
    const scanner = columnsOf();
    scanner.add([{ v: [v, []] }]);
    expect(scanner.columns()).toEqual([{ name: "v", type: "json" }]);
    expect(cellChecker(scanner.columns())({ v: [v, []] })).toBeUndefined();
  });
});
