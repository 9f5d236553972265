import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { link } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { afterAll, describe, expect, it, vi } from "vitest";
import type { BadRow, Cells, Row } from "../dataset.ts";
import { openDataset } from "../open-dataset.ts";
import { writeDataset } from "../write-dataset.ts";

vi.mock("node:fs/promises", { spy: true });

const folder = mkdtempSync(join(tmpdir(), "beseda-jsonl-test-"));
afterAll(() => rmSync(folder, { recursive: true }));

async function rowsOf(source: string | Uint8Array, cuts: readonly number[] = []): Promise<(Row | BadRow)[]> {
  const bytes = typeof source === "string" ? Buffer.from(source) : source;
  const places = [0, ...cuts, bytes.length];
  const pieces = places.slice(1).map((end, index) => bytes.subarray(places[index], end));
  const dataset = await openDataset({ name: "rows.jsonl", bytes: () => reused(pieces) });
  const rows: (Row | BadRow)[] = [];
  for await (const read of dataset.rows()) rows.push(...read);
  return rows;
}

/** As sources may: with memory that is written over after each piece. */
async function* reused(pieces: readonly Uint8Array[]) {
  const memory = Buffer.alloc(Math.max(...pieces.map(({ length }) => length)));
  for (const piece of pieces) {
    memory.set(piece);
    yield memory.subarray(0, piece.length);
    memory.fill(0);
  }
}

async function problemOf(line: string | Uint8Array): Promise<string | undefined> {
  const [row] = await rowsOf(line);
  return row?.problem;
}

const nasty = [
  '\uFEFF{"prompt":"Привет, «мир» 😀"}\r\n',
  '{"a\\"b":"line\u2028and\u2029paragraph","list":[1,{"x":"\\n"}]}\n',
  "не JSON\n",
  "\n",
  '{"last":"без конца строки 👩‍👩‍👧"}',
].join("");

// On a machine with much else to do.
vi.setConfig({ testTimeout: 30_000 });

describe("JSON lines", () => {
  it("are the same wherever the bytes are cut", async () => {
    const whole = await rowsOf(nasty);
    expect(whole).toEqual([
      { number: 1, cells: { prompt: "Привет, «мир» 😀" } },
      { number: 2, cells: { 'a"b': "line\u2028and\u2029paragraph", list: [1, { x: "\n" }] } },
      { number: 3, problem: expect.stringMatching(/^it is not JSON \(/) },
      { number: 4, problem: "it is empty" },
      { number: 5, cells: { last: "без конца строки 👩‍👩‍👧" } },
    ]);
    const { length } = Buffer.from(nasty);
    for (let cut = 1; cut < length; cut++) expect(await rowsOf(nasty, [cut])).toEqual(whole);
    const everyByte = Array.from({ length: length - 1 }, (_, index) => index + 1);
    expect(await rowsOf(nasty, everyByte)).toEqual(whole);
  });

  it("that are no rows are told with the reason", async () => {
    expect(await problemOf("[1]")).toBe("it is a list, and a row is an object");
    expect(await problemOf("17")).toBe("it is a number, and a row is an object");
    expect(await problemOf("null")).toBe("it is null, and a row is an object");
    expect(await problemOf('{"a":1,"b":{"a":1},"\\u0061":2}')).toBe("it has two columns “a”");
    expect(await problemOf('{"a"\r:1,"a":2}')).toBe("it has two columns “a”");
    expect(await problemOf('{"x":"\\":\\\\","a":{"a":[]},"b":1}')).toBeUndefined();
    expect(await problemOf('{"a":{"b":1,"b":2}}')).toBeUndefined();
    expect(await problemOf('{"a":[{"__proto__":{"x":1}}]}')).toContain("__proto__");
    expect(await problemOf('{"constructor":{"prototype":{}}}')).toContain("prototype");
    expect(await problemOf('{"a":1e999}')).toBe("a number in it is too large");
    expect(await problemOf('{"a":"\\ud800"}')).toBe("a text in it has half of a character");
    expect(await problemOf(`{"a":${"[".repeat(200)}${"]".repeat(200)}}`)).toContain("nested");
    expect(await problemOf(Buffer.from([123, 34, 97, 34, 58, 34, 0xff, 34, 125]))).toContain("UTF-8");
    // What a model is asked, or a key, does not get into a log by an error.
    expect(await problemOf('{"key": "AQVN-secret" oops}')).not.toContain("AQVN");
  });

  it("keep every digit of integers that a number would round", async () => {
    const [row] = await rowsOf(
      '{"id":9007199254740993,"n":-12345678901234567890,"f":0.12345678901234566,"s":"9007199254740993 \\" 1"}',
    );
    expect(row?.cells).toEqual({
      id: "9007199254740993",
      n: "-12345678901234567890",
      f: 0.12345678901234566,
      s: '9007199254740993 " 1',
    });
  });

  it("keep the digits beside a text of many megabytes", async () => {
    const text = 'x\\"'.repeat(4_000_000);
    const [row] = await rowsOf(`{"prompt":"${text} 9007199254740993","id":9007199254740993,"n":[-1.5e3,true]}`);
    expect(row?.cells).toMatchObject({ id: "9007199254740993", n: [-1500, true] });
    expect(row?.cells?.prompt).toHaveLength(8_000_000 + 17);
  });

  it("that are a JSON list are told as one, and none of its lines is taken for a row", async () => {
    for (const list of ['[\n {"a":1},\n {"a":2}\n]\n', '\uFEFF[{"a":1},\n{"a":2}\n]', "[\r\n]"]) {
      for (const cuts of [[], [3], [12].filter((cut) => cut < list.length)]) {
        await expect(rowsOf(list, cuts)).rejects.toThrow("rows.jsonl is a JSON list, and no JSON lines");
      }
    }
    expect(await problemOf('[{"a":1}]')).toBe("it is a list, and a row is an object");
  });

  it("that are none at all are told as what they are: JSON over several lines, packed, or UTF-16", async () => {
    const row = '{"prompt":"hello"}\n';
    for (const [bytes, said, hint] of [
      [JSON.stringify({ prompt: "hello" }, null, 2), "is JSON over several lines", "jq -c"],
      [gzipSync(row.repeat(9)), "is packed (gzip)", "gunzip"],
      [Buffer.from(`\uFEFF${row}`, "utf16le"), "is UTF-16", "UTF-8"],
    ] as const) {
      const failure = { message: expect.stringContaining(said), hint: expect.stringContaining(hint) };
      await expect(rowsOf(bytes)).rejects.toMatchObject({ code: "invalid-argument", ...failure });
    }
  });

  it("that are nothing but empty are no rows, and in front of others they are counted", async () => {
    for (const [blank, ...cuts] of [["\n"], ["\n\r\n \n", 1, 3], [" "], ["\uFEFF\n\n", 4]] as const) {
      await expect(rowsOf(blank, cuts)).rejects.toThrow("rows.jsonl is empty: it has no rows");
    }
    const rows = [
      { number: 1, problem: "it is empty" },
      { number: 2, problem: "it is empty" },
      { number: 3, cells: { a: 1 } },
    ];
    for (const cuts of [[], [1], [2], [1, 2, 3]]) expect(await rowsOf('\n\n{"a":1}', cuts)).toEqual(rows);
  });

  it("that are longer than 64 MB end the reading with the number of the row", async () => {
    async function* bytes() {
      yield Buffer.from('{"a":1}\n{"a":"');
      const megabyte = Buffer.alloc(1024 * 1024, "x");
      for (let count = 0; count < 65; count++) yield megabyte;
    }
    const dataset = await openDataset({ name: "long.jsonl", bytes });
    const reading = (async () => {
      for await (const _ of dataset.rows());
    })();
    await expect(reading).rejects.toMatchObject({
      code: "too-large",
      message: expect.stringContaining("long.jsonl, row 2"),
    });
  });

  it("come back as they were written", async () => {
    const cells = fc.dictionary(
      fc.string({ unit: "binary" }).filter((key) => key !== "__proto__" && key !== "constructor" && key.isWellFormed()),
      fc.jsonValue({ maxDepth: 2 }).filter((value) => !/__proto__|\d{16}/.test(JSON.stringify(value))),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(cells, { minLength: 1, maxLength: 5 }), async (rows) => {
        const written = rows.map((row) => JSON.parse(JSON.stringify(row).toWellFormed()) as Cells);
        const names = [...new Set(written.flatMap((row) => Object.keys(row)))];
        fc.pre(names.length > 0);
        const pieces: Buffer[] = [];
        const sink = {
          name: "any.jsonl",
          write: async (bytes: Uint8Array) => void pieces.push(Buffer.from(bytes)),
          close: async () => {},
          abort: async () => {},
        };
        const writer = await writeDataset(sink, { columns: names.map((name) => ({ name, type: "json" })) });
        await writer.write(written);
        await writer.close();
        const read = await rowsOf(Buffer.concat(pieces));
        expect(read.map((row) => row.cells)).toEqual(written);
      }),
      { numRuns: 40 },
    );
  });
});

describe("a dataset that cannot be opened", () => {
  it("is told with its name and the next step", async () => {
    const empty = join(folder, "empty.jsonl");
    writeFileSync(empty, "");
    mkdirSync(join(folder, "folder.csv"));
    const pipe = join(folder, "pipe.jsonl");
    spawnSync("mkfifo", [pipe]);
    for (const [path, said] of [
      [join(folder, "none.jsonl"), "There is no file"],
      [join(folder, "none.parquet"), "There is no file"],
      [join(folder, "folder.csv"), "is a directory"],
      [folder, "is a directory"],
      [empty, "is empty"],
      [pipe, "is a pipe or a device"],
      ["rows.xlsx", "cannot be told by its name"],
    ] as const) {
      const failure = { code: "invalid-argument", message: expect.stringContaining(said), hint: expect.any(String) };
      await expect(openDataset(path)).rejects.toMatchObject(failure);
      await expect(openDataset(path)).rejects.toThrow(path);
    }
  });
});

describe("a file that is written", () => {
  const columns = [{ name: "a", type: "int" }] as const;

  it("is there whole when it is closed, and before that not at all", async () => {
    const path = join(folder, "whole.parquet");
    const writer = await writeDataset(path, { columns });
    await writer.write([{ a: 1 }]);
    const named = () => readdirSync(folder).filter((name) => name.startsWith("whole"));
    expect(named()).toEqual([expect.stringMatching(/^whole\.parquet\.\w+\.part$/)]);
    await writer.close();
    expect(named()).toEqual(["whole.parquet"]);
    const second = writeDataset(path, { columns });
    await expect(second).rejects.toThrow("is there already");
    const third = await writeDataset(path, { columns, overwrite: true });
    await third.write([{ a: 2 }]);
    await third.abort();
    expect(named()).toEqual(["whole.parquet"]);
  });

  it("that a killed process has left half written goes with the next one, and that of a living one stays", async () => {
    const path = join(folder, "killed.parquet");
    const parts = () => readdirSync(folder).filter((name) => name.startsWith("killed.parquet."));
    const script = `
      const { writeDataset } = await import(${JSON.stringify(new URL("../write-dataset.ts", import.meta.url).href)});
      await writeDataset(${JSON.stringify(path)}, { columns: [{ name: "a", type: "int" }] });
      process.kill(process.pid, "SIGKILL");`;
    spawnSync(process.execPath, ["--import", "tsx", "--input-type=module", "--eval", script]);
    const [killed] = parts();
    expect(killed).toMatch(/^killed\.parquet\.\w+\.part$/);
    writeFileSync(join(folder, "killed.parquet.notes.part"), "of somebody else");
    const first = await writeDataset(path, { columns });
    expect(parts()).not.toContain(killed);
    const second = await writeDataset(path, { columns });
    expect(parts()).toHaveLength(3);
    await first.abort();
    await second.abort();
    expect(parts()).toEqual(["killed.parquet.notes.part"]);
  });

  it("does not take the place of what is there, where the file system has no links either", async () => {
    const path = join(folder, "taken.jsonl");
    vi.mocked(link).mockRejectedValueOnce(Object.assign(new Error("no links"), { code: "EPERM" }));
    const writer = await writeDataset(path, { columns });
    writeFileSync(path, "of somebody else");
    await expect(writer.close()).rejects.toThrow("is there already");
    expect(readFileSync(path, "utf8")).toBe("of somebody else");
    expect(readdirSync(folder).filter((name) => name.startsWith("taken"))).toEqual(["taken.jsonl"]);
  });

  it("stays away where a cell is not of the type of its column, which is told by row and column", async () => {
    const writer = await writeDataset(join(folder, "wrong.parquet"), { columns });
    await expect(writer.write([{ a: 1 }, { a: "x" }])).rejects.toThrow("Row 2, column “a”");
    await writer.abort();
    expect(readdirSync(folder).filter((name) => name.startsWith("wrong"))).toEqual([]);
  });

  it("has columns, each with a name of its own, and a folder", async () => {
    await expect(writeDataset("x.jsonl", { columns: [] })).rejects.toThrow("without columns");
    await expect(writeDataset("x.jsonl", { columns: [...columns, ...columns] })).rejects.toThrow("“a”");
    await expect(writeDataset(join(folder, "no", "x.jsonl"), { columns })).rejects.toThrow(
      "cannot be written (ENOENT)",
    );
    await expect(writeDataset(folder, { columns, format: "csv" })).rejects.toThrow("is no file");
  });
});
