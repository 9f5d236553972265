import { appendFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Agent, type JobFiles } from "@beseda/core";
import { scriptedModel } from "@beseda/core/testing";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { Dataset } from "../../datasets/dataset.ts";
import { datasetOf } from "../../datasets/open-dataset.ts";
import { directoryFiles } from "../../files/directory-files.ts";
import type { BatchSource, InputRow } from "../batch.ts";
import { inputOf } from "../batch-place.ts";
import { readJsonLines } from "../part/json-lines.ts";
import { datasetHash, type ScanOptions, scanDataset } from "./scan-dataset.ts";

let dir: string;
let files: JobFiles;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "beseda-scan-"));
  files = directoryFiles(join(dir, "files"));
});

afterEach(() => rm(dir, { recursive: true }));

const agent = new Agent({ model: scriptedModel([]) });

function scan(source: BatchSource, options: Partial<ScanOptions> = {}) {
  return scanDataset({ source, agent, calls: "sync", files, folder: "batches/b/f", skipBad: false, ...options });
}

function* questions(count: number) {
  for (let id = 1; id <= count; id++) yield { id, prompt: `Question ${id}` };
}

async function partRows(part: number): Promise<InputRow[]> {
  const rows: InputRow[] = [];
  const name = inputOf("batches/b/f", part);
  for await (const row of readJsonLines<InputRow>(name, files.get(name))) rows.push(row);
  return rows;
}

it("parts have at least 500 rows, grow with the data set, and together they are its rows in order", async () => {
  const { parts, rows } = await scan(questions(40_000));
  expect(rows).toBe(40_000);
  expect(parts[0]).toBe(500);
  expect(parts.length).toBeGreaterThan(64);
  expect(parts.at(-2)).toBeGreaterThan(500);
  expect(parts.reduce((sum, part) => sum + part, 0)).toBe(40_000);
  const numbers: number[] = [];
  for (let part = 1; part <= parts.length; part++) numbers.push(...(await partRows(part)).map(({ number }) => number));
  expect(numbers).toEqual(Array.from({ length: 40_000 }, (_, index) => index + 1));
});

it("for batches of a service a part is as large as these may be", async () => {
  expect((await scan(questions(60_000), { calls: "batch" })).parts).toEqual([50_000, 10_000]);
});

it("a part of large rows ends early, at 16 MB", { timeout: 30_000 }, async () => {
  function* large() {
    for (let id = 0; id < 4; id++) yield { prompt: "x".repeat(8_000_000) };
  }
  expect((await scan(large())).parts).toEqual([2, 2]);
});

it("a row has its number in the data set, all its cells, what it asks, and what its system messages say", async () => {
  const request = [
    { role: "system", text: "Be brief." },
    { role: "user", text: "Hello" },
  ];
  const scanned = await scan([
    { id: 1, request },
    { id: 2.5, prompt: "Hi", note: null },
  ]);
  expect(await partRows(1)).toEqual([
    { number: 1, cells: { id: 1, request }, input: [{ role: "user", content: "Hello" }], instructions: "Be brief." },
    { number: 2, cells: { id: 2.5, prompt: "Hi", note: null }, input: "Hi" },
  ]);
  expect(scanned.columns).toEqual([
    { name: "id", type: "double" },
    { name: "request", type: { list: { struct: { role: "string", text: "string" } } } },
    { name: "prompt", type: "string" },
    { name: "note", type: "string" },
  ]);
});

it("the hash is that of the file's bytes or of the rows, and the same when it is asked for again", async () => {
  const path = join(dir, "in.csv");
  await writeFile(path, "prompt\nhello\n");
  const fromFile = await scan(path);
  expect(await datasetHash(path)).toBe(fromFile.datasetHash);
  expect(fromFile.columns).toEqual([{ name: "prompt", type: "string" }]);
  const rows = [{ prompt: "hello" }];
  const { datasetHash: hash } = await scan(rows, { folder: "batches/b/g" });
  expect(hash).not.toBe(fromFile.datasetHash);
  expect(await datasetHash(rows)).toBe(hash);
  expect(await datasetHash(datasetOf(rows))).toBe(hash);
  expect(await datasetHash([{ prompt: "bye" }])).not.toBe(hash);
});

it("columns of rows that are left out are no columns of the output", async () => {
  const rows = [{ prompt: "fine" }, { prompt: "", only_here: 1 }];
  expect((await scan(rows, { skipBad: true })).columns.map(({ name }) => name)).toEqual(["prompt"]);
});

it("rows of more columns than can be written in the end are refused before anything is asked", async () => {
  function* unlike() {
    for (let id = 0; id < 10_000; id++) yield { prompt: "hello", [`key_${id}`]: id };
  }
  await expect(scan(unlike())).rejects.toMatchObject({ code: "too-large", message: expect.stringContaining("10001") });
});

it("a file that grows while it is read is refused", async () => {
  const path = join(dir, "growing.jsonl");
  await writeFile(path, `{"prompt":"hello"}\n`.repeat(50_000));
  const put: JobFiles["put"] = async (...input) => {
    const put = await files.put(...input);
    await appendFile(path, '{"prompt":"one more"}\n');
    return put;
  };
  await expect(scan(path, { files: { ...files, put } })).rejects.toMatchObject({
    code: "invalid-argument",
    message: `${path} was changed while it was read.`,
    hint: expect.stringContaining("finished"),
  });
});

it("a cell that could not be written in the end makes its row a bad one, before anything is asked", async () => {
  const prompt = "hello";
  const dataset: Dataset = {
    ...datasetOf([{ prompt, at: "2026-01-31" }, { prompt, at: "2026-02-30" }, { prompt }], "rows"),
    columns: [
      { name: "prompt", type: "string" },
      { name: "at", type: "timestamp" },
    ],
  };
  await expect(scan(dataset)).rejects.toThrow("rows: a row cannot be asked: row 2: column “at”: a time in ISO 8601");
  const { rows, badRows } = await scan(dataset, { skipBad: true, folder: "batches/b/g" });
  expect([rows, badRows.count]).toEqual([2, 1]);
});
