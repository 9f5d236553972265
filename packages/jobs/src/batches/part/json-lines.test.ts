// Lines of JSON, read as they come.
import { expect, it } from "vitest";
import { readJsonLines, writeJsonLines } from "./json-lines.ts";

const values = [{ text: "раз\nдва" }, [], "😀", null];

it("lines of JSON are read as they were written, wherever their bytes are cut, the last with or without its end", async () => {
  const bytes = Buffer.concat(await all(writeJsonLines(pieces(values))));
  for (let size = 1; size <= bytes.length; size++) {
    expect(await all(readJsonLines("rows.jsonl", cut(bytes, size)))).toEqual(values);
    expect(await all(readJsonLines("rows.jsonl", cut(bytes.subarray(0, -1), size)))).toEqual(values);
  }
});

it("a line that is no JSON is named", async () => {
  const read = all(readJsonLines("rows.jsonl", pieces([Buffer.from('1\n{"half\n')])));
  await expect(read).rejects.toMatchObject({ code: "damaged", message: "Line 2 of rows.jsonl is not JSON." });
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
