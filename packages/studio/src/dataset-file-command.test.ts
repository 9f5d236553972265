import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { check, convert, isFile, preview } from "./dataset-file-command.ts";
import { tableOf } from "./dataset-table.ts";
import { displayWidth } from "./display-width.ts";

const folder = mkdtempSync(join(tmpdir(), "beseda-dataset-file-"));
afterAll(() => rmSync(folder, { recursive: true }));
let written = "";
beforeEach(() => {
  written = "";
  vi.spyOn(process.stdout, "write").mockImplementation((text) => {
    written += text;
    return true;
  });
});
afterEach(() => void vi.restoreAllMocks());
// The first test with a type loads what gRPC needs.
vi.setConfig({ testTimeout: 30_000 });

function fileOf(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

function taken(): string {
  const text = written;
  written = "";
  return text;
}

const good = '{"prompt":"Привет","n":1}\n{"prompt":"Hello","n":2.5}\n';
const mixed = `${good}oops\n{"text":null}\n`;

describe("beseda dataset check", () => {
  it("names every row that cannot be read or asked, whatever the format", async () => {
    const lines = fileOf("mixed.jsonl", mixed);
    expect(await check(lines, {})).toBe(1);
    expect(taken()).toMatch(
      /^error: row 3: it is not JSON .*\nerror: row 4: text is empty\n2 of 4 rows to correct\.\n$/,
    );
    expect(await check(lines, { json: true })).toBe(1);
    expect(JSON.parse(taken())).toMatchObject({ isValid: false, rows: 4, problems: [{ row: 3 }, { row: 4 }] });
    const table = fileOf("mixed.csv", 'prompt,n\n"two\nlines",1\nonly one\n');
    expect(await check(table, {})).toBe(1);
    expect(taken()).toContain("error: row 2 (line 4): it has 1 field, and the header has 2\n");
    expect(await check(fileOf("good.jsonl", good), { json: true })).toBe(0);
    expect(JSON.parse(taken())).toEqual({ isValid: true, rows: 2, problems: [] });
  });

  it("knows what the service wants of a task, in Parquet too", async () => {
    const rows = fileOf(
      "task.jsonl",
      '{"request":[{"role":"user","text":"?"}],"response":"!"}\n{"request":[{"role":"user","text":"?"}]}\n',
    );
    const parquet = join(folder, "task.parquet");
    expect(await convert(rows, parquet, {})).toBe(0);
    taken();
    for (const file of [rows, parquet]) {
      expect(await check(file, { type: "TextToTextGeneration" })).toBe(1);
      expect(taken()).toContain("error: row 2: response is missing\n");
      await expect(check(file, { type: "Nonsense" })).rejects.toMatchObject({ code: "invalid-argument" });
    }
  });
});

describe("beseda dataset convert", () => {
  it("goes through Parquet and back without a change", async () => {
    const from = fileOf("from.jsonl", good.replace("2.5", "9007199254740993"));
    const parquet = join(folder, "through.parquet");
    const back = join(folder, "back.jsonl");
    expect(await convert(from, parquet, {})).toBe(0);
    expect(taken()).toBe(`${parquet}: 2 rows.\n`);
    expect(await convert(parquet, back, { json: true })).toBe(0);
    expect(JSON.parse(taken())).toEqual({ problems: [], rows: 2, skipped: 0, output: back });
    expect(readFileSync(back, "utf8")).toBe('{"prompt":"Привет","n":1}\n{"prompt":"Hello","n":"9007199254740993"}\n');
  });

  it("writes nothing where rows cannot be read, unless they are to be left out", async () => {
    const from = fileOf("bad.jsonl", mixed);
    const to = join(folder, "bad.csv");
    expect(await convert(from, to, {})).toBe(1);
    expect(taken()).toMatch(
      /^error: row 3: .*\n1 of 4 rows cannot be read; nothing was written\. --skip-bad leaves them out\.\n$/,
    );
    expect(existsSync(to)).toBe(false);
    expect(await convert(from, to, { skipBad: true })).toBe(0);
    expect(taken()).toContain(`${to}: 3 rows, 1 left out.\n`);
    expect(readFileSync(to, "utf8")).toBe("prompt,n,text\r\nПривет,1,\r\nHello,2.5,\r\n,,\r\n");
  });

  it("writes nothing where not a single row can be read, though they are to be left out", async () => {
    const from = fileOf("none.jsonl", "oops\n");
    const to = join(folder, "none.csv");
    expect(await convert(from, to, { skipBad: true })).toBe(1);
    expect(taken()).toMatch(/^error: row 1: .*\n1 of 1 rows cannot be read; nothing was written\.\n$/);
    expect(await convert(from, to, { skipBad: true, json: true })).toBe(1);
    expect(JSON.parse(taken())).toMatchObject({ problems: [{ row: 1 }], rows: 0, skipped: 1, output: null });
    expect(existsSync(to)).toBe(false);
  });

  it("writes over a file only when it is told to", async () => {
    const from = fileOf("again.jsonl", good);
    const to = fileOf("there.csv", "mine");
    await expect(convert(from, to, {})).rejects.toMatchObject({
      message: expect.stringContaining("is there already"),
      hint: expect.stringContaining("--overwrite"),
    });
    expect(readFileSync(to, "utf8")).toBe("mine");
    expect(await convert(from, to, { overwrite: true })).toBe(0);
    // Even onto itself.
    expect(await convert(to, to, { overwrite: true })).toBe(0);
    expect(readFileSync(to, "utf8")).toBe("prompt,n\r\nПривет,1\r\nHello,2.5\r\n");
  });
});

describe("beseda dataset preview", () => {
  it("shows the first rows of a file as a table or as JSON, and what is wrong among them", async () => {
    const file = fileOf("shown.jsonl", mixed);
    expect(await preview(file, { rows: "3" })).toBe(0);
    expect(taken()).toMatch(/^# {2}prompt {2}n\n1 {2}Привет {2}1\n2 {2}Hello {3}2\.5\n3 {2}! it is not JSON.*\n$/);
    expect(await preview(file, { rows: "1", json: true })).toBe(0);
    expect(JSON.parse(taken())).toEqual([{ number: 1, cells: { prompt: "Привет", n: 1 } }]);
    await expect(preview(file, { rows: "0" })).rejects.toMatchObject({ code: "invalid-argument" });
  });

  it("tells files from datasets at the service", async () => {
    expect(await isFile("fdsabcdefghij0123456")).toBe(false);
    for (const name of ["rows.csv", "./rows", "data/rows", folder]) expect(await isFile(name)).toBe(true);
  });

  it("fits the terminal, with letters that are two columns wide, and drives it by nothing in a cell", () => {
    const long = "漢字かな交じり文".repeat(20);
    const rows = [{ number: 1, cells: { a: long, b: "x\u001b[2J\ny", c: "short", constructor: "own" } }];
    for (const width of [20, 40, 80, 200]) {
      const lines = tableOf(rows, undefined, width);
      expect(Math.max(...lines.map(displayWidth))).toBeLessThanOrEqual(width);
      expect(lines.some((line) => line.includes("\u001b") || line.includes("\n"))).toBe(false);
    }
    expect(tableOf(rows, undefined, 20).at(-1)).toMatch(/^and 1 more: c/);
    expect(["a", "я", "漢", "😀", "é", "👩‍👩‍👧", "🇷🇺", "ｱ"].map(displayWidth)).toEqual([1, 1, 2, 2, 1, 2, 2, 1]);
  });
});
