import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import type { BadRow, ByteSource, Row } from "../dataset.ts";
import { openDataset } from "../open-dataset.ts";
import { writeDataset } from "../write-dataset.ts";

function source(text: string | Buffer, cuts: readonly number[] = []): ByteSource {
  const bytes = Buffer.from(text);
  const places = [0, ...cuts, bytes.length];
  return {
    name: "rows.csv",
    async *bytes() {
      for (const [index, end] of places.slice(1).entries()) yield Uint8Array.from(bytes.subarray(places[index], end));
    },
  };
}

async function rowsOf(text: string | Buffer, cuts: readonly number[] = []): Promise<(Row | BadRow)[]> {
  const dataset = await openDataset(source(text, cuts));
  const rows: (Row | BadRow)[] = [];
  for await (const read of dataset.rows()) rows.push(...read);
  return rows;
}

const nasty = [
  "\uFEFFprompt,имя,note\r\n",
  '"Привет, ""мир"" 😀",Ёж,"two\r\nlines"\r\n',
  "line\u2028separator,,\n",
  "too,few\n",
  '"one","two","three","four"\r\n',
  "\r\n",
  'a "quote" inside,b,c\n',
  '"closed"too early,b,c\n',
  "fine,б,👩‍👩‍👧\n",
  'last,"is, not closed,c\n',
  "but this,is,fine",
].join("");

// On a machine with much else to do.
vi.setConfig({ testTimeout: 30_000 });

describe("CSV", () => {
  it("is the same wherever the bytes are cut, and goes on behind what is no row", async () => {
    const wrongQuote = { problem: expect.stringContaining("a quote stands wrong") };
    const whole = await rowsOf(nasty);
    expect(whole).toEqual([
      { number: 1, cells: { prompt: 'Привет, "мир" 😀', имя: "Ёж", note: "two\r\nlines" } },
      { number: 2, cells: { prompt: "line\u2028separator", имя: "", note: "" } },
      { number: 3, line: 5, problem: "it has 2 fields, and the header has 3" },
      { number: 4, line: 6, problem: "it has 4 fields, and the header has 3" },
      { number: 5, line: 8, ...wrongQuote },
      { number: 6, line: 9, ...wrongQuote },
      { number: 7, cells: { prompt: "fine", имя: "б", note: "👩‍👩‍👧" } },
      { number: 8, line: 11, problem: "a quote that is opened in it is not closed" },
      { number: 9, cells: { prompt: "but this", имя: "is", note: "fine" } },
    ]);
    const { length } = Buffer.from(nasty);
    for (let cut = 1; cut < length; cut++) expect(await rowsOf(nasty, [cut])).toEqual(whole);
    const everyByte = Array.from({ length: length - 1 }, (_, index) => index + 1);
    expect(await rowsOf(nasty, everyByte)).toEqual(whole);
  });

  it("tells each of many lines that are no rows", async () => {
    const rows = await rowsOf(`prompt,size\n${'a"\n'.repeat(80_000)}fine,1\n`);
    expect(rows).toHaveLength(80_001);
    expect(rows[79_999]).toEqual({ number: 80_000, line: 80_001, problem: expect.stringContaining("a quote stands") });
    expect(rows[80_000]).toEqual({ number: 80_001, cells: { prompt: "fine", size: "1" } });
  });

  it("hands on in pieces what stands behind a quote that is not closed", async () => {
    const lines = 150_000;
    for (const [line, isRow] of [
      ["abcdef,1", true],
      ['abc""def', false],
    ] as const) {
      const dataset = await openDataset(source(`prompt,size\n"${`${line}\n`.repeat(lines)}`));
      const pieces: number[] = [];
      let last: Row | BadRow | undefined;
      for await (const rows of dataset.rows()) {
        pieces.push(rows.length);
        last = rows.at(-1);
      }
      expect(pieces.reduce((sum, count) => sum + count, 0)).toBe(lines);
      expect(Math.max(...pieces)).toBeLessThan(lines / 2);
      expect(last).toMatchObject({ number: lines, ...(isRow ? { cells: { prompt: "abcdef" } } : { line: lines + 1 }) });
    }
  });

  it("has lines that end in \\r alone, where its first one does", async () => {
    const text = 'a,b\r1,"two\rlines"\r\rx"y,2\r3,4';
    const whole = await rowsOf(text);
    expect(whole).toEqual([
      { number: 1, cells: { a: "1", b: "two\rlines" } },
      { number: 2, line: 5, problem: expect.stringContaining("a quote stands wrong") },
      { number: 3, cells: { a: "3", b: "4" } },
    ]);
    for (let cut = 1; cut < text.length; cut++) expect(await rowsOf(text, [cut])).toEqual(whole);
    expect(await rowsOf("a,b\r\n1,x\ry\r\n", [4])).toEqual([{ number: 1, cells: { a: "1", b: "x\ry" } }]);
  });

  it("is told to have no rows where it has none but its header", async () => {
    for (const text of ["a,b", "a,b\n", "a,b\r\n\r\n"]) {
      await expect(rowsOf(text)).rejects.toMatchObject({ code: "invalid-argument", hint: expect.any(String) });
      await expect(rowsOf(text)).rejects.toThrow("rows.csv has columns, and no rows");
    }
  });

  it("may have as many columns as one likes, and some without a name", async () => {
    const columns = Array.from({ length: 100_000 }, (_, index) => `c${index}`).join(",");
    expect((await openDataset(source(`${columns}\n`))).columns).toHaveLength(100_000);
    expect(await rowsOf(",column1,\n0,1,2\n")).toEqual([
      { number: 1, cells: { column1_: "0", column1: "1", column3: "2" } },
    ]);
  });

  it("has names without spaces at their ends, unless these tell them apart", async () => {
    const namesOf = async (header: string) =>
      (await openDataset(source(`${header}\n1,2`))).columns?.map(({ name }) => name);
    expect(await namesOf(" a , b")).toEqual(["a", "b"]);
    expect(await namesOf('" a",a')).toEqual([" a", "a"]);
    expect(await namesOf('"\uFEFFx",x')).toEqual(["\uFEFFx", "x"]);
  });

  it("is separated by what separates its header", async () => {
    expect((await openDataset(source("a;b,c;d\n1;2;3"))).columns?.map(({ name }) => name)).toEqual(["a", "b,c", "d"]);
    expect(await rowsOf("a\tb\n1,5\t2;5\n")).toEqual([{ number: 1, cells: { a: "1,5", b: "2;5" } }]);
    expect(await rowsOf('"a;b;c",d\n1,2\n')).toEqual([{ number: 1, cells: { "a;b;c": "1", d: "2" } }]);
    expect(await rowsOf("only\n1\n")).toEqual([{ number: 1, cells: { only: "1" } }]);
  });

  it("needs a header that names each column once, in UTF-8", async () => {
    for (const [text, said] of [
      ["a,b,a\n1,2,3", "two columns are called “a”"],
      ["__proto__\n1", "__proto__"],
      ['a"b,c\n1,2', "a quote stands wrong"],
      [Buffer.from("\uFEFFa,b", "utf16le"), "UTF-16"],
      [Buffer.concat([Buffer.from("a,"), Buffer.from([0xef, 0xf0, 0x0a])]), "UTF-8"],
      [gzipSync("a,b\n1,2\n"), "is packed (gzip)"],
      ["", "is empty"],
    ] as const) {
      await expect(openDataset(source(text))).rejects.toMatchObject({
        code: "invalid-argument",
        hint: expect.any(String),
      });
      await expect(openDataset(source(text))).rejects.toThrow(said);
    }
    // As data frames are written, with the number of the row in front.
    expect(await rowsOf(",a\n0,x\n")).toEqual([{ number: 1, cells: { column1: "0", a: "x" } }]);
  });

  it("tells rows that are not UTF-8, and reads those around them", async () => {
    const text = Buffer.concat([Buffer.from("a,b\n1,я\n2,"), Buffer.from([0xff]), Buffer.from("\n3,ю\n")]);
    for (const cuts of [[], [10], [11]]) {
      const rows = await rowsOf(text, cuts);
      expect(rows.map(({ problem }) => problem)).toEqual([undefined, expect.stringContaining("UTF-8"), undefined]);
    }
  });

  it("comes back as it was written, whatever the texts", async () => {
    const field = fc.oneof(
      fc.string({ unit: "binary" }).map((text) => text.toWellFormed()),
      fc.string({ unit: fc.constantFrom('"', ",", ";", "\n", "\r", "\r\n", "я", "😀", "\u2028", " ") }),
    );
    // Names lose the spaces at their ends.
    const name = field.map((text) => `я${text}.`);
    const names = fc.uniqueArray(name, { minLength: 1, maxLength: 4 });
    const table = names.chain((columns) =>
      fc.tuple(
        fc.constant(columns),
        fc.array(fc.array(field, { minLength: columns.length, maxLength: columns.length }), { minLength: 1 }),
      ),
    );
    await fc.assert(
      fc.asyncProperty(table, async ([columns, rows]) => {
        const written = rows.map((fields) =>
          Object.fromEntries(fields.map((text, index) => [columns[index] as string, text])),
        );
        const pieces: Buffer[] = [];
        const writer = await writeDataset(
          {
            name: "out.csv",
            write: async (bytes) => void pieces.push(Buffer.from(bytes)),
            close: async () => {},
            abort: async () => {},
          },
          { columns: columns.map((name) => ({ name, type: "string" })) },
        );
        await writer.write(written);
        await writer.close();
        expect((await rowsOf(Buffer.concat(pieces))).map(({ cells }) => cells)).toEqual(written);
      }),
      { numRuns: 60 },
    );
  });
});
