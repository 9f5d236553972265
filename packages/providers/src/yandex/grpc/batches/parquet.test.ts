import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { asyncBufferFromFile, parquetMetadataAsync } from "hyparquet";
import { parquetWriteFile } from "hyparquet-writer";
import { afterAll, expect, it } from "vitest";
import { parquetRows } from "./parquet.ts";

const folder = mkdtempSync(join(tmpdir(), "beseda-parquet-"));
afterAll(() => rmSync(folder, { recursive: true }));

it("a group of rows is read in pieces where it is large, each row once and in its order", async () => {
  const filename = join(folder, "rows.parquet");
  const texts = Array.from({ length: 2_500 }, (_, index) => `${index} ${"я".repeat(5_000)}`);
  const request = texts.map((text) => [text.split(" ", 1)[0] ?? "", "x"]);
  parquetWriteFile({
    filename,
    columnData: [
      { name: "request", data: request, type: "JSON" },
      { name: "response", data: texts, type: "STRING" },
    ],
    rowGroupSize: 2_000,
  });
  const { row_groups: groups } = await parquetMetadataAsync(await asyncBufferFromFile(filename));
  expect(groups.map(({ num_rows: count }) => Number(count))).toEqual([2_000, 500]);
  expect(Number(groups[0]?.total_byte_size)).toBeGreaterThan(16 * 1024 * 1024);
  let at = 0;
  for await (const row of parquetRows(filename)) {
    expect(row).toEqual({ request: request[at], response: texts[at] });
    at++;
  }
  expect(at).toBe(texts.length);
});
