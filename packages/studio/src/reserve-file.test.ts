import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { reserveFile } from "./reserve-file.ts";

const folder = mkdtempSync(join(tmpdir(), "beseda-reserve-"));
afterAll(() => rmSync(folder, { recursive: true }));

describe("a reserved file", () => {
  it("is a file: nothing, a folder and a device are refused, whatever is forced", async () => {
    for (const path of ["", " ", folder, `${folder}/.`, "/dev/null"]) {
      await expect(reserveFile(path, { force: true })).rejects.toMatchObject({
        code: "invalid-argument",
        message: expect.stringContaining("is no file"),
      });
    }
    expect(readdirSync(folder)).toEqual([]);
  });

  it("that cannot be kept where it was wanted is kept elsewhere, and the error tells where", async () => {
    const path = join(folder, "fox.jpg");
    const file = await reserveFile(path, {});
    mkdirSync(path);
    const failure = await file.keep(Buffer.from("picture")).catch((thrown) => thrown);
    await file.release();
    expect(failure.message).toBe(`${path} cannot be written (EISDIR).`);
    const [, place = ""] = /^It is in (.*)\.$/.exec(failure.hint) ?? [];
    expect(readFileSync(place, "utf8")).toBe("picture");
    expect(readdirSync(folder)).toEqual(["fox.jpg"]);
    rmSync(dirname(place), { recursive: true });
  });
});
