import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { markOf, readTape, writeTape } from "./tape-file.ts";

let folder: string;
let file: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tape-"));
  file = join(folder, "tape.jsonl");
});
afterEach(() => rmSync(folder, { recursive: true }));

const entries = [{ request: { a: 1 }, reply: "yes" }];

describe("the file of a recording", () => {
  it("is read as it was written, and leaves nothing else behind", async () => {
    const mark = await writeTape(file, "model", { entries, before: "none" });
    expect(await readTape(file, "model")).toEqual(entries);
    const more = [...entries, { request: { a: 2 }, reply: "no" }];
    await writeTape(file, "model", { entries: more, before: mark });
    expect(await readTape(file, "model")).toEqual(more);
    expect(readdirSync(folder)).toEqual(["tape.jsonl"]);
  });

  it("is never written over by a second recorder", async () => {
    const mark = await writeTape(file, "model", { entries, before: "none" });
    await expect(writeTape(file, "model", { entries, before: "none" })).rejects.toMatchObject({ code: "locked" });
    await writeTape(file, "model", { entries: [], before: mark });
    await expect(writeTape(file, "model", { entries, before: mark })).rejects.toMatchObject({ code: "locked" });
    expect(await readTape(file, "model")).toEqual([]);
    expect(readdirSync(folder)).toEqual(["tape.jsonl"]);
  });

  it("has one winner where two begin it at the same moment", async () => {
    const both = await Promise.allSettled([1, 2].map(() => writeTape(file, "model", { entries, before: "none" })));
    expect(both.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
  });

  it.each([
    ["half a line", '{"beseda":"model-tape","version":1}\n{"request":', "damaged"],
    ["something else", "hello\n", "damaged"],
    ["nothing", "", "damaged"],
    ["other JSON", "[1]\n", "invalid-argument"],
    ["a recording of the wire", '{"beseda":"wire-tape","version":1}\n', "invalid-argument"],
    ["a newer recording", '{"beseda":"model-tape","version":2}\n', "unsupported"],
  ])("that holds %s is refused, with advice", async (_name, content, code) => {
    writeFileSync(file, content);
    await expect(readTape(file, "model")).rejects.toMatchObject({ code, hint: expect.any(String) });
  });

  it("that is missing is an error that says how to make it", async () => {
    expect(await markOf(file)).toBe("none");
    await expect(readTape(file, "model")).rejects.toMatchObject({
      code: "invalid-argument",
      hint: expect.stringContaining('mode: "record"'),
    });
  });
});
