// Lines of JSON, read as they come.
import { expect, it } from "vitest";
import { readJsonLines, sealed, unsealed, writeJsonLines } from "./json-lines.ts";
import { jsonOfEach } from "./json-of-each.fake.ts";

const values = [{ text: "раз\nдва" }, [], "😀", null];

it("lines of JSON are read as they were written, wherever their bytes are cut, the last with or without its end", async () => {
  const bytes = Buffer.concat(await all(writeJsonLines(jsonOfEach(values))));
  for (let size = 1; size <= bytes.length; size++) {
    expect(await all(readJsonLines("rows.jsonl", cut(bytes, size)))).toEqual(values);
    expect(await all(readJsonLines("rows.jsonl", cut(bytes.subarray(0, -1), size)))).toEqual(values);
  }
});

it("a line that is no JSON is named", async () => {
  const read = all(readJsonLines("rows.jsonl", pieces([Buffer.from('1\n{"half\n')])));
  await expect(read).rejects.toMatchObject({ code: "damaged", message: "Line 2 of rows.jsonl is not JSON." });
});

it("what is sealed comes back, wherever it is cut; with any of its bits changed, or without its end, it is damaged", async () => {
  const bytes = Buffer.concat(await all(writeJsonLines(jsonOfEach(values))));
  const file = Buffer.concat(await all(sealed(cut(bytes, 7))));
  for (let size = 1; size <= file.length; size++) {
    expect(Buffer.concat(await all(unsealed("rows.jsonl", cut(file, size))))).toEqual(bytes);
  }
  const read = (damaged: Uint8Array) => all(unsealed("rows.jsonl", cut(damaged, 5)));
  for (let bit = 0; bit < file.length * 8; bit++) {
    const damaged = Buffer.from(file);
    damaged[bit >> 3] = Number(damaged[bit >> 3]) ^ (1 << (bit & 7));
    await expect(read(damaged)).rejects.toMatchObject({ code: "damaged" });
  }
  for (let end = 0; end < file.length; end++) {
    await expect(read(file.subarray(0, end))).rejects.toMatchObject({ code: "damaged" });
  }
});

async function all<Value>(values: AsyncIterable<Value>): Promise<Value[]> {
  const found: Value[] = [];
  for await (const value of values) found.push(value);
  return found;
}

async function* pieces<Value>(values: readonly Value[]): AsyncGenerator<Value> {
  yield* values;
}

/** In views on one buffer, as files give them. */
async function* cut(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}
