import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { parquetMetadata } from "hyparquet";
import { afterAll, describe, expect, it, vi } from "vitest";
import { columnsOf } from "../columns.ts";
import type { Cells, Column } from "../dataset.ts";
import { openDataset } from "../open-dataset.ts";
import { writeDataset } from "../write-dataset.ts";

const folder = mkdtempSync(join(tmpdir(), "beseda-parquet-test-"));
afterAll(() => rmSync(folder, { recursive: true }));
const path = join(folder, "rows.parquet");

async function roundTrip(rows: readonly Cells[], columns: readonly Column[]) {
  const writer = await writeDataset(path, { columns, overwrite: true });
  await writer.write(rows);
  await writer.close();
  const dataset = await openDataset(path);
  const back: Cells[] = [];
  for await (const read of dataset.rows()) {
    for (const row of read) {
      expect(row.number).toBe(back.length + 1);
      back.push(row.cells ?? {});
    }
  }
  return { back, columns: dataset.columns };
}

function columnsNamed(count: number): Column[] {
  return Array.from({ length: count }, (_, index) => ({ name: `c${index}`, type: "int" }));
}

function scanned(rows: readonly Cells[]): Column[] {
  const scanner = columnsOf();
  scanner.add(rows);
  return scanner.columns();
}

/** Null stands for what is not there. */
function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => withoutNulls(item) ?? null);
  if (typeof value !== "object" || value === null) return value === 0 ? 0 : value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, inner]) => (inner === null ? [] : [[key, withoutNulls(inner)]])),
  );
}

const text = fc.string({ unit: "binary" }).map((value) => value.toWellFormed());
const safeKey = fc.constantFrom("a", "b", "c", "имя", "role", "constructor");
const leaf = fc.oneof(
  text,
  fc.integer(),
  fc.maxSafeInteger(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.boolean(),
  fc.constant(null),
);
const { cell } = fc.letrec((tie) => ({
  cell: fc.oneof(
    { depthSize: "small" },
    leaf,
    fc.array(tie("cell"), { maxLength: 4 }),
    fc.dictionary(safeKey, tie("cell"), { maxKeys: 3 }),
  ),
}));
/** Of one type, so that lists and structs come as such. */
const shaped = fc.oneof(
  fc.array(fc.oneof(fc.integer(), fc.constant(null))),
  fc.array(fc.array(text)),
  fc.record(
    { a: fc.option(text), b: fc.array(fc.record({ c: fc.option(fc.integer()) }, { requiredKeys: [] })) },
    { requiredKeys: [] },
  ),
  fc.array(
    fc.option(
      fc.record({
        role: text,
        content: fc.option(text),
        n: fc.option(fc.array(fc.option(fc.double({ noNaN: true, noDefaultInfinity: true })))),
      }),
    ),
  ),
);

// On a machine with much else to do.
vi.setConfig({ testTimeout: 30_000 });

describe("Parquet", () => {
  it("gives back any rows as they were written, null for what was not there", async () => {
    const rows = fc.array(fc.dictionary(safeKey, cell, { minKeys: 1, maxKeys: 4 }), { minLength: 1, maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(rows, async (written) => {
        const { back } = await roundTrip(written as Cells[], scanned(written as Cells[]));
        expect(back.map(withoutNulls)).toEqual(written.map(withoutNulls));
      }),
      { numRuns: 60 },
    );
  });

  it("gives back lists and objects of one kind as such", async () => {
    const rows = shaped.chain(() => fc.array(fc.record({ cell: fc.option(shaped) }), { minLength: 1, maxLength: 6 }));
    await fc.assert(
      fc.asyncProperty(rows, async (written) => {
        const { back } = await roundTrip(written as Cells[], scanned(written as Cells[]));
        expect(back.map(withoutNulls)).toEqual(written.map(withoutNulls));
      }),
      { numRuns: 60 },
    );
  });

  it("has larger groups where columns are many, so that its footer can be read, and 10,000 columns at most", async () => {
    const columns = columnsNamed(2_000);
    const row = Object.fromEntries(columns.map(({ name }) => [name, 1]));
    const rows = Array.from({ length: 300 }, () => row);
    expect((await roundTrip(rows, columns)).back).toHaveLength(300);
    const { buffer, byteOffset, byteLength } = readFileSync(path);
    expect(parquetMetadata(buffer.slice(byteOffset, byteOffset + byteLength)).row_groups).toHaveLength(1);
    await expect(writeDataset(path, { columns: columnsNamed(10_001), overwrite: true })).rejects.toMatchObject({
      code: "too-large",
      message: expect.stringContaining("10001 columns"),
      hint: expect.stringContaining("into one column"),
    });
  });
});
