import { rm } from "node:fs/promises";
import { join } from "node:path";
import { type Cells, type Column, openDataset, writeDataset } from "@beseda/jobs/datasets";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { askDuckdb, installDuckdb } from "./duckdb.ts";

let folder = "";
beforeAll(async () => {
  folder = await installDuckdb();
}, 180_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

const columns: Column[] = [
  { name: "prompt", type: "string" },
  { name: "id", type: "int" },
  { name: "score", type: "double" },
  { name: "isGood", type: "boolean" },
  { name: "sent", type: "timestamp" },
  { name: "any", type: "json" },
  { name: "bytes", type: "binary" },
  {
    name: "calls",
    type: { list: { struct: { name: "string", input: { struct: { a: "int" } }, tags: { list: "string" } } } },
  },
];

const full: Cells = {
  prompt: "Привет, «мир» 😀",
  id: "9223372036854775807",
  score: 0.1,
  isGood: true,
  sent: "2026-11-23T01:02:03.123456Z",
  any: { a: [1, "x"] },
  bytes: "AP8=",
  calls: [{ name: "калькулятор", input: { a: 1 }, tags: ["x", null] }, { name: null, input: null, tags: [] }, null],
};
const empty: Cells = { ...Object.fromEntries(columns.map(({ name }) => [name, null])), calls: [] };
const nothing: Cells = Object.fromEntries(columns.map(({ name }) => [name, null]));

describe("DuckDB", () => {
  it("reads what is written here: texts, lists of objects, nulls, times, integers of 64 bits", async () => {
    const file = join(folder, "ours.parquet");
    const writer = await writeDataset(file, { columns });
    await writer.write([full, empty, nothing]);
    await writer.close();
    const [types, rows, times] = await askDuckdb(folder, [
      `SELECT column_name AS name, column_type AS type FROM (DESCRIBE SELECT * FROM '${file}')`,
      `SELECT * EXCLUDE (sent, bytes), hex(bytes) AS bytes FROM '${file}'`,
      `SELECT epoch_us(sent) AS sent FROM '${file}'`,
    ]);
    expect(Object.fromEntries((types ?? []).map(({ name, type }) => [name, type]))).toEqual({
      prompt: "VARCHAR",
      id: "BIGINT",
      score: "DOUBLE",
      isGood: "BOOLEAN",
      sent: "TIMESTAMP WITH TIME ZONE",
      any: "JSON",
      bytes: "BLOB",
      calls: 'STRUCT("name" VARCHAR, "input" STRUCT(a BIGINT), tags VARCHAR[])[]',
    });
    const { sent, bytes, calls, ...plain } = full;
    expect(rows).toEqual([
      {
        ...plain,
        any: JSON.stringify(full.any),
        bytes: "00FF",
        calls: [
          { name: "калькулятор", input: { a: "1" }, tags: ["x", null] },
          { name: null, input: null, tags: [] },
          null,
        ],
      },
      { ...without(empty, "sent") },
      { ...without(nothing, "sent") },
    ]);
    expect(times?.map((row) => row.sent)).toEqual([
      String(BigInt(Date.parse("2026-11-23T01:02:03.123Z")) * 1000n + 456n),
      null,
      null,
    ]);
  }, 60_000);

  it("counts a hundred thousand rows in groups as they were written", async () => {
    const file = join(folder, "many.parquet");
    const writer = await writeDataset(file, { columns: columns.slice(0, 2) });
    for (let at = 0; at < 100_000; at += 1_000) {
      await writer.write(
        Array.from({ length: 1_000 }, (_, index) => ({ prompt: `строка ${at + index}`, id: at + index })),
      );
    }
    await writer.close();
    const [[sums] = []] = await askDuckdb(folder, [
      `SELECT count(*) AS rows, sum(id) AS sum, count(DISTINCT prompt) AS prompts FROM '${file}'`,
    ]);
    expect(sums).toEqual({ rows: "100000", sum: "4999950000", prompts: "100000" });
  }, 60_000);

  it("writes what is read here, packed in each of its ways", async () => {
    const select = `SELECT i::BIGINT AS id, 'текст ' || i AS prompt, [{'role': 'user', 'n': i::INTEGER}] AS list, DATE '2026-11-23' AS day,
      TIMESTAMP '2026-11-23 01:02:03.123456' AS at, CASE WHEN i % 2 = 0 THEN i / 3.0 END AS half, MAP {'k': i::INTEGER} AS map,
      'a'::ENUM ('a', 'b') AS kind, 1.25::DECIMAL(9, 2) AS price FROM range(5000) t(i)`;
    for (const packed of ["uncompressed", "snappy", "gzip", "zstd", "brotli", "lz4_raw"]) {
      const file = join(folder, `${packed}.parquet`);
      await askDuckdb(folder, [
        `COPY (${select}) TO '${file}' (FORMAT parquet, COMPRESSION ${packed}, ROW_GROUP_SIZE 2048)`,
      ]);
      const rows: Cells[] = [];
      for await (const read of (await openDataset(file)).rows()) rows.push(...read.map(({ cells }) => cells ?? {}));
      expect(rows).toHaveLength(5_000);
      expect(rows[4_999]).toEqual({
        id: 4_999,
        prompt: "текст 4999",
        list: [{ role: "user", n: 4_999 }],
        day: "2026-11-23",
        at: "2026-11-23T01:02:03.123456Z",
        half: null,
        map: { k: 4_999 },
        kind: "a",
        price: 1.25,
      });
    }
  }, 120_000);
});

function without(cells: Cells, name: string): Cells {
  return Object.fromEntries(Object.entries(cells).filter(([key]) => key !== name));
}
