import fs from "node:fs";
import { join } from "node:path";
import { localEngine } from "@beseda/jobs";
import { afterAll, describe, expect, it } from "vitest";
import { filledStore, flipped, newFolder, removeFolders, seededPositions, verdictOn } from "./jobs-damage.ts";

afterAll(removeFolders);

const { bytes, contents } = await filledStore();

describe("a store of jobs", { timeout: 60_000 }, () => {
  it("is the same after it was copied", async () => {
    expect(await verdictOn(bytes, contents)).toBe("same");
    expect(contents.length).toBeGreaterThan(10_000);
  });

  it("with a flipped bit is damaged, or has everything all the same", async () => {
    let damaged = 0;
    for (const position of seededPositions(40, bytes.length)) {
      const verdict = await verdictOn(flipped(bytes, position), contents);
      expect(verdict, `byte ${position}`).not.toBe("different");
      if (verdict === "damaged") damaged++;
    }
    expect(damaged).toBeGreaterThan(2);
  });

  it("with a flipped letter in an answer is damaged", async () => {
    // In every place: some of them are left over from journals that were dropped.
    const answer = '"answer":"7 7 ';
    const changed = Buffer.from(bytes.toString("latin1").replaceAll(answer, '"answer":"6 7 '), "latin1");
    expect(changed.equals(bytes)).toBe(false);
    expect(await verdictOn(changed, contents)).toBe("damaged");
  });

  it("that was cut off anywhere is damaged", async () => {
    for (const position of [0, 1, 50, 99, 100, 4_095, 4_096, 8_192, bytes.length - 4_096, bytes.length - 1]) {
      expect(await verdictOn(bytes.subarray(0, position), contents), `cut at ${position}`).toBe("damaged");
    }
  });

  it("that is none is left as it is, with an error that says so, at every call", async () => {
    const others: Record<string, Buffer> = {
      empty: Buffer.alloc(0),
      junk: Buffer.from("junk ".repeat(3_000)),
      text: Buffer.from("[]"),
    };
    for (const [name, other] of Object.entries(others)) {
      const folder = newFolder();
      const path = join(folder, "jobs.db");
      fs.writeFileSync(path, other);
      const engine = localEngine(folder);
      for (let call = 0; call < 2; call++) {
        await expect(engine.get("job"), name).rejects.toMatchObject({
          code: "damaged",
          message: expect.stringContaining(path),
          hint: expect.stringContaining("To begin anew"),
        });
      }
      await engine.close();
      expect(fs.readFileSync(path).equals(other)).toBe(true);
    }
  });

  it("of a newer version is refused and left as it is", async () => {
    const folder = newFolder();
    const path = join(folder, "jobs.db");
    const newer = Buffer.from(bytes);
    // The user version of SQLite's header, https://www.sqlite.org/fileformat.html#user_version_number
    newer.writeUInt32BE(99, 60);
    fs.writeFileSync(path, newer);
    const engine = localEngine(folder);
    await expect(engine.list()).rejects.toMatchObject({
      code: "unsupported",
      message: expect.stringContaining("its format is 99"),
      hint: expect.stringContaining("Update"),
    });
    await engine.close();
    expect(fs.readFileSync(path).equals(newer)).toBe(true);
  });
});

describe("a folder for jobs", () => {
  it("that is a file is refused by name", async () => {
    const path = join(newFolder(), "file");
    fs.writeFileSync(path, "mine");
    const engine = localEngine(path);
    await expect(engine.list()).rejects.toMatchObject({ code: "unavailable", message: expect.stringContaining(path) });
    await expect(engine.files.put("a", [])).rejects.toMatchObject({
      code: "unavailable",
      message: expect.stringContaining(path),
    });
    expect(fs.readFileSync(path, "utf8")).toBe("mine");
  });

  it("that cannot be made is refused by name", async () => {
    const engine = localEngine("/proc/no/such");
    await expect(engine.list()).rejects.toMatchObject({
      code: "unavailable",
      message: expect.stringContaining("/proc/no"),
    });
  });

  it("has to be named, and a lease has to last", () => {
    expect(() => localEngine("")).toThrow(expect.objectContaining({ code: "invalid-argument" }));
    expect(() => localEngine("x", { leaseMs: 0 })).toThrow(expect.objectContaining({ code: "invalid-argument" }));
    for (const leaseMs of [Number.NaN, Number.POSITIVE_INFINITY, 2 ** 31]) {
      expect(() => localEngine("x", { leaseMs })).toThrow(expect.objectContaining({ code: "invalid-argument" }));
    }
  });
});
