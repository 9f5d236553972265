import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import type { CompressionCodec, SchemaElement } from "hyparquet";
import { type ParquetWriteOptions, parquetWriteBuffer } from "hyparquet-writer";
import { afterAll, describe, expect, it, vi } from "vitest";
import { openDataset } from "../open-dataset.ts";

const folder = mkdtempSync(join(tmpdir(), "beseda-parquet-faults-"));
afterAll(() => rmSync(folder, { recursive: true }));
const path = join(folder, "rows.parquet");

async function read(bytes: Uint8Array): Promise<number> {
  writeFileSync(path, bytes);
  let count = 0;
  for await (const rows of (await openDataset(path)).rows()) count += rows.length;
  return count;
}

const whole = file("SNAPPY");

function file(codec: CompressionCodec, compressors: ParquetWriteOptions["compressors"] = {}): Buffer {
  const rows = Array.from({ length: 500 }, (_, index) => index);
  const columnData = [
    { name: "id", data: rows.map(BigInt), type: "INT64" as const },
    { name: "text", data: rows.map((index) => `текст ${index}`), type: "STRING" as const },
    { name: "same", data: rows.map(() => "x"), type: "STRING" as const },
  ];
  return Buffer.from(parquetWriteBuffer({ columnData, codec, compressors }));
}

/** As Thrift's compact protocol writes them. */
function varint(value: number): number[] {
  return value < 128 ? [value] : [(value % 128) | 128, ...varint(Math.floor(value / 128))];
}

function zigzag(value: number): number[] {
  return varint(value * 2);
}

/** A file of nothing but a footer. */
function withFooter(footer: readonly number[]): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32LE(footer.length);
  return Buffer.concat([Buffer.from("PAR1"), Buffer.from(footer), length, Buffer.from("PAR1")]);
}

/** The first page says that it has so many bytes unpacked, or so many values; everything else stays in its place. */
function withPageHeader(change: (header: Buffer) => void): Buffer {
  const bytes = Buffer.from(whole);
  change(bytes.subarray(4, 64));
  return bytes;
}

async function refused(bytes: Uint8Array) {
  const before = process.memoryUsage();
  const failure = await read(bytes).then(
    () => undefined,
    (error) => error,
  );
  const after = process.memoryUsage();
  return { failure, grown: after.arrayBuffers + after.heapUsed - before.arrayBuffers - before.heapUsed };
}

// On a machine with much else to do.
vi.setConfig({ testTimeout: 30_000 });

describe("a Parquet file that is not whole", () => {
  it("is told as one, wherever it is cut", async () => {
    expect(await read(whole)).toBe(500);
    for (const length of [1, 4, 11, 12, 100, whole.length - 100, whole.length - 8, whole.length - 1]) {
      const { failure } = await refused(whole.subarray(0, length));
      expect(failure).toMatchObject({ code: "damaged", hint: expect.any(String) });
      expect(failure.message).toContain("its footer");
      expect(failure.message).toContain(path);
    }
    await expect(read(Buffer.from("prompt,text\n1,2\n"))).rejects.toThrow("no Parquet file");
  });

  it("never ends otherwise than with rows or an error that names it, whichever byte is another", async () => {
    for (let at = 0; at < whole.length; at += 41) {
      for (const value of [0, 0xff]) {
        const bytes = Buffer.from(whole);
        bytes[at] = value;
        const { failure } = await refused(bytes);
        if (failure) expect(failure).toMatchObject({ name: "BesedaError", message: expect.stringContaining(path) });
      }
    }
  });
});

describe("lengths that lie in a Parquet file", () => {
  const mostBytes = 64 * 1024 * 1024;

  it("in its footer make no room for what is not there", async () => {
    const lists = Array.from({ length: 50 }, () => [0xf9, ...varint(30_000_000)]).flat();
    for (const footer of [
      // A list of 30 million columns; lists in lists; a text of 2 GB; structs in structs.
      [0x29, 0xfc, ...varint(30_000_000), 0, 0],
      [0x29, ...lists],
      [0x68, ...varint(2 ** 31), 0],
      Array.from({ length: 100_000 }, () => 0x1c),
      Array.from({ length: 1_000 }, () => 0x19),
    ]) {
      const { failure, grown } = await refused(withFooter(footer));
      expect(failure).toMatchObject({ code: "damaged" });
      expect(grown).toBeLessThan(mostBytes);
    }
    // Values of a byte each: more than a footer has.
    const many = withFooter([0x19, 0xf3, ...varint(10_000_001)]);
    const full = Buffer.concat([many.subarray(0, -8), Buffer.alloc(10_000_002), many.subarray(-8)]);
    full.writeUInt32LE(many.length - 12 + 10_000_002, full.length - 8);
    await expect(read(full)).rejects.toMatchObject({
      code: "too-large",
      hint: expect.stringContaining("larger groups"),
    });
    const long = Buffer.from(whole);
    long.writeUInt32LE(0xffffffff, long.length - 8);
    await expect(read(long)).rejects.toThrow("its footer is longer than the file");
  });

  it("in its pages make no room either", async () => {
    // A header of a page: its type (field 1), bytes unpacked (2), bytes packed (3).
    const sizes = withPageHeader((header) => header.set([0x15, ...zigzag(0), 0x15, ...zigzag(2_000_000_000), 0x15, 0]));
    const values = withPageHeader((header) =>
      header.set([0x15, 0, 0x15, 2, 0x15, 2, 0x2c, 0x15, ...zigzag(2_000_000_000), 0x15, 0, 0x15, 6, 0x15, 6, 0, 0]),
    );
    for (const [bytes, said] of [
      [sizes, "2000000000 bytes"],
      [values, "2000000000 values"],
    ] as const) {
      const { failure, grown } = await refused(bytes);
      expect(failure).toMatchObject({ code: "damaged", message: expect.stringContaining(said) });
      expect(grown).toBeLessThan(mostBytes);
    }
  });

  it("of pages that unpack to more than they say are refused", async () => {
    const bomb = Buffer.alloc(2_000_000);
    for (const [codec, page] of [
      ["GZIP", gzipSync(bomb)],
      ["BROTLI", brotliCompressSync(bomb, { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } })],
    ] as const) {
      const { failure, grown } = await refused(file(codec, { [codec]: () => page }));
      expect(failure).toMatchObject({ code: "damaged" });
      expect(grown).toBeLessThan(mostBytes);
    }
  });
});

describe("Parquet of others", () => {
  it("is read whatever it is packed with, as far as that is known", async () => {
    expect(await read(file("GZIP", { GZIP: (page) => gzipSync(page) }))).toBe(500);
    expect(await read(file("BROTLI", { BROTLI: (page) => brotliCompressSync(page) }))).toBe(500);
    const failure = {
      code: "unsupported",
      message: expect.stringContaining("LZO"),
      hint: expect.stringContaining("ZSTD"),
    };
    await expect(read(file("LZO", { LZO: (page) => page }))).rejects.toMatchObject(failure);
  });

  it("has columns of nulls alone, of which LZ4 leaves a single byte", async () => {
    const columnData = [{ name: "nothing", data: [null, null], type: "STRING" as const }];
    for (const codec of ["LZ4", "LZ4_RAW"] as const) {
      const compressors = { [codec]: (page: Uint8Array) => (page.length === 0 ? Uint8Array.of(0) : page) };
      expect(await read(Buffer.from(parquetWriteBuffer({ columnData, codec, compressors })))).toBe(2);
    }
  });

  it("keeps all digits of times, and gives bytes, maps and numbers that JSON has not", async () => {
    const element = { repetition_type: "OPTIONAL" } as const;
    const schema: SchemaElement[] = [
      { name: "root", num_children: 7 },
      {
        name: "nanos",
        type: "INT64",
        logical_type: { type: "TIMESTAMP", isAdjustedToUTC: true, unit: "NANOS" },
        ...element,
      },
      { name: "micros", type: "INT64", converted_type: "TIMESTAMP_MICROS", ...element },
      { name: "day", type: "INT32", converted_type: "DATE", ...element },
      { name: "bytes", type: "BYTE_ARRAY", ...element },
      { name: "number", type: "DOUBLE", ...element },
      { name: "big", type: "INT64", ...element },
      { name: "map", converted_type: "MAP", num_children: 1, ...element },
      { name: "key_value", num_children: 2, repetition_type: "REPEATED" },
      { name: "key", type: "BYTE_ARRAY", converted_type: "UTF8", repetition_type: "REQUIRED" },
      { name: "value", type: "INT64", ...element },
    ];
    const columnData = [
      { name: "nanos", data: [1_700_000_000_123_456_789n, null] },
      { name: "micros", data: [-1n, null] },
      { name: "day", data: [20_000, null] },
      { name: "bytes", data: [Uint8Array.of(0, 255), null] },
      { name: "number", data: [Number.NaN, Number.NEGATIVE_INFINITY] },
      { name: "big", data: [2n ** 63n - 1n, 5n] },
      { name: "map", data: [{ a: 2n ** 60n, b: null }, null] },
    ];
    writeFileSync(path, Buffer.from(parquetWriteBuffer({ schema, columnData })));
    const dataset = await openDataset(path);
    const rows = [];
    for await (const read of dataset.rows()) rows.push(...read.map(({ cells }) => cells));
    expect(rows).toEqual([
      {
        nanos: "2023-11-14T22:13:20.123456789Z",
        micros: "1969-12-31T23:59:59.999999Z",
        day: "2024-10-04",
        bytes: "AP8=",
        number: "NaN",
        big: "9223372036854775807",
        map: { a: "1152921504606846976", b: null },
      },
      { nanos: null, micros: null, day: null, bytes: null, number: "-Infinity", big: 5, map: null },
    ]);
    expect(dataset.columns?.map(({ type }) => type)).toEqual([
      "timestamp",
      "timestamp",
      "string",
      "binary",
      "double",
      "int",
      "json",
    ]);
  });

  it("is refused where names of columns or fields would be lost or taken for each other", async () => {
    const int = (name: string): SchemaElement => ({ name, type: "INT64", repetition_type: "OPTIONAL" });
    const struct = (name: string, ...fields: SchemaElement[]): SchemaElement[] => [
      { name, num_children: fields.length, repetition_type: "OPTIONAL" },
      ...fields,
    ];
    for (const [columns, said] of [
      [[struct("s", int("__proto__"), int("x"))], "called __proto__"],
      [[struct("s", int("x"), int("x"))], "are called “s.x”"],
      [[[int("a.b")], struct("a", int("b"))], "are called “a.b”"],
      [[[int("x")], [int("x")]], "are called “x”"],
    ] as const) {
      const schema = [{ name: "root", num_children: columns.length }, ...columns.flat()];
      const columnData = columns.map(([{ name }]) => ({ name, data: [null] }));
      const { failure } = await refused(Buffer.from(parquetWriteBuffer({ schema, columnData })));
      expect(failure).toMatchObject({ code: "invalid-argument", message: expect.stringContaining(said) });
      expect(failure.message).toContain(path);
    }
    // What only looks alike is no trouble.
    const schema = [{ name: "root", num_children: 3 }, int(""), int("a.c"), ...struct("a", int("b"), int("s"))];
    const columnData = [
      { name: "", data: [1n] },
      { name: "a.c", data: [2n] },
      { name: "a", data: [{ b: 3n, s: 4n }] as never },
    ];
    expect(await read(Buffer.from(parquetWriteBuffer({ schema, columnData })))).toBe(1);
  });

  it("has bad rows where texts are not UTF-8, in lists and enums too, and good ones around them", async () => {
    const bytes = { type: "BYTE_ARRAY", repetition_type: "OPTIONAL" } as const;
    const schema: SchemaElement[] = [
      { name: "root", num_children: 3 },
      { name: "text", converted_type: "UTF8", ...bytes },
      { name: "list", converted_type: "LIST", num_children: 1, repetition_type: "OPTIONAL" },
      { name: "list", num_children: 1, repetition_type: "REPEATED" },
      { name: "element", converted_type: "UTF8", ...bytes },
      { name: "enum", converted_type: "ENUM", ...bytes },
    ];
    const columnData = [
      { name: "text", data: ["fine", "text!", "b", "\uFFFD"] },
      { name: "list", data: [["x"], ["y"], ["z", "list!"], []] as never },
      { name: "enum", data: ["E", "E", "E", "enum!"] },
    ];
    const written = Buffer.from(parquetWriteBuffer({ schema, columnData, codec: "UNCOMPRESSED", statistics: false }));
    for (const word of ["text!", "list!", "enum!"]) written[written.indexOf(word)] = 0xff;
    writeFileSync(path, written);
    const rows = [];
    for await (const read of (await openDataset(path)).rows()) rows.push(...read);
    const wrong = (column: string) => ({ problem: `column “${column}” has a text that is not UTF-8` });
    expect(rows).toEqual([
      { number: 1, cells: { text: "fine", list: ["x"], enum: "E" } },
      { number: 2, ...wrong("text") },
      { number: 3, ...wrong("list") },
      { number: 4, ...wrong("enum") },
    ]);
  });

  it("comes from bytes as from a file", async () => {
    async function* bytes() {
      const all = readFileSync(path);
      for (let at = 0; at < all.length; at += 100) yield all.subarray(at, at + 100);
    }
    writeFileSync(path, whole);
    const dataset = await openDataset({ name: "stored.parquet", bytes });
    expect(dataset.columns).toHaveLength(3);
    let count = 0;
    for await (const rows of dataset.rows()) count += rows.length;
    expect(count).toBe(500);
  });
});
