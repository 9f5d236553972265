import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { RowGroup, SchemaElement } from "hyparquet";
import { parquetRead } from "hyparquet";
import { ByteWriter, ParquetWriter, parquetWriteBuffer } from "hyparquet-writer";
import { afterAll, beforeEach, expect, it, vi } from "vitest";
import { openDataset } from "../open-dataset.ts";

vi.mock("hyparquet", async (original) => {
  const real = await original<typeof import("hyparquet")>();
  return { ...real, parquetRead: vi.fn(real.parquetRead) };
});

const folder = mkdtempSync(join(tmpdir(), "beseda-parquet-groups-"));
afterAll(() => rmSync(folder, { recursive: true }));
beforeEach(() => void vi.mocked(parquetRead).mockClear());
const path = join(folder, "rows.parquet");

async function read() {
  const rows = [];
  for await (const some of (await openDataset(path)).rows()) rows.push(...some);
  return rows;
}

/** A column of a hundred rows in a group that says what it likes of itself. */
function writeGroup(column: { type: SchemaElement[]; data: unknown[] }, said: (group: RowGroup) => void): void {
  const writer = new ByteWriter();
  const file = new ParquetWriter({ writer, schema: [{ name: "root", num_children: 1 }, ...column.type] });
  file.write({ columnData: [{ name: "v", data: column.data as bigint[] }], rowGroupSize: 100 });
  for (const group of file.row_groups) said(group);
  file.finish();
  writeFileSync(path, Buffer.from(writer.getBuffer()));
}

const numbers = {
  type: [{ name: "v", repetition_type: "OPTIONAL", type: "INT64" }] satisfies SchemaElement[],
  data: Array.from({ length: 100 }, () => 1n),
};
const lists = {
  type: [
    { name: "v", repetition_type: "OPTIONAL", num_children: 1, converted_type: "LIST" },
    { name: "list", repetition_type: "REPEATED", num_children: 1 },
    { name: "element", repetition_type: "OPTIONAL", type: "INT64" },
  ] satisfies SchemaElement[],
  data: Array.from({ length: 100 }, () => [1n]),
};

it("Reading many groups of rows takes no more time for each of them: hyparquet is told of one at a time", async () => {
  const ids = Array.from({ length: 30 }, (_, index) => BigInt(index));
  const columnData = [{ name: "id", data: ids, type: "INT64" as const }];
  writeFileSync(path, Buffer.from(parquetWriteBuffer({ columnData, rowGroupSize: 3 })));
  expect(await read()).toEqual(ids.map((id) => ({ number: Number(id) + 1, cells: { id: Number(id) } })));
  const told = vi.mocked(parquetRead).mock.calls.map(([{ metadata }]) => metadata?.row_groups.length);
  expect(told).toEqual(Array.from({ length: 10 }, () => 1));
});

it("A large group is unpacked in pieces, and where it has lists in few, since each unpacks all of them", async () => {
  const large = (group: RowGroup) => {
    group.total_byte_size = 250n * 1024n * 1024n;
  };
  writeGroup(numbers, large);
  expect(await read()).toHaveLength(100);
  expect(parquetRead).toHaveBeenCalledTimes(8);
  vi.mocked(parquetRead).mockClear();
  writeGroup(lists, large);
  expect(await read()).toHaveLength(100);
  expect(parquetRead).toHaveBeenCalledTimes(1);
});

it("A group whose lists are more than memory holds is refused with the next step, before they fill it", async () => {
  const large = ({ columns }: RowGroup) => {
    for (const { meta_data: column } of columns) if (column) column.total_uncompressed_size = 600n * 1024n * 1024n;
  };
  writeGroup(numbers, large);
  expect(await read()).toHaveLength(100);
  writeGroup(lists, large);
  await expect(read()).rejects.toMatchObject({ code: "too-large", hint: expect.stringContaining("smaller groups") });
});
