import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parquetRead } from "hyparquet";
import { parquetWriteBuffer } from "hyparquet-writer";
import { afterAll, expect, it, vi } from "vitest";
import { openDataset } from "../open-dataset.ts";

vi.mock("hyparquet", async (original) => {
  const real = await original<typeof import("hyparquet")>();
  return { ...real, parquetRead: vi.fn(real.parquetRead) };
});

const folder = mkdtempSync(join(tmpdir(), "beseda-parquet-groups-"));
afterAll(() => rmSync(folder, { recursive: true }));

it("Reading many groups of rows takes no more time for each of them: hyparquet is told of one at a time", async () => {
  const path = join(folder, "rows.parquet");
  const ids = Array.from({ length: 30 }, (_, index) => BigInt(index));
  const columnData = [{ name: "id", data: ids, type: "INT64" as const }];
  writeFileSync(path, Buffer.from(parquetWriteBuffer({ columnData, rowGroupSize: 3 })));
  const rows = [];
  for await (const read of (await openDataset(path)).rows()) rows.push(...read);
  expect(rows).toEqual(ids.map((id) => ({ number: Number(id) + 1, cells: { id: Number(id) } })));
  const told = vi.mocked(parquetRead).mock.calls.map(([{ metadata }]) => metadata?.row_groups.length);
  expect(told).toEqual(Array.from({ length: 10 }, () => 1));
});
