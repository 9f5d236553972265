import fs from "node:fs";
import fsPromises, { type FileHandle } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import type { BesedaError } from "@beseda/core";
import { afterAll, describe, expect, it } from "vitest";
import { jobFilesCases } from "../testing/index.ts";
import { type Disk, directoryFiles, directoryFilesOn } from "./directory-files.ts";

const made: string[] = [];
const place = fs.existsSync("/dev/shm") ? "/dev/shm" : tmpdir();

function newFolder(): string {
  const folder = fs.mkdtempSync(join(place, "beseda-files-"));
  made.push(folder);
  return folder;
}

afterAll(() => {
  for (const folder of made) fs.rmSync(folder, { recursive: true, force: true });
});

const bytes = (text: string) => [new TextEncoder().encode(text)];

async function textOf(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  const all: Uint8Array[] = [];
  for await (const chunk of chunks) all.push(chunk);
  return Buffer.concat(all).toString();
}

describe("files of jobs in a folder", () => {
  for (const { name, run } of jobFilesCases(async () => ({ files: directoryFiles(newFolder()) }))) it(name, run);

  it("leave nothing of what was not finished, and clear away what a dead process left a day ago", async () => {
    const folder = newFolder();
    const drafts = join(folder, ".unfinished");
    fs.mkdirSync(drafts);
    for (const name of ["old", "new"]) fs.writeFileSync(join(drafts, name), "half");
    const twoDaysAgo = new Date(Date.now() - 2 * 86_400_000);
    fs.utimesSync(join(drafts, "old"), twoDaysAgo, twoDaysAgo);
    const files = directoryFiles(folder);
    await files.put("a/b", bytes("x"));
    expect(fs.readdirSync(drafts)).toEqual(["new"]);
    expect(await files.list("")).toEqual(["a/b"]);
    await files.delete("");
    expect(fs.readdirSync(folder)).toEqual([".unfinished"]);
  });

  it("flush the folder of each file, and those above it while their own names are new", async () => {
    const folder = newFolder();
    const flushed: string[] = [];
    const open: Disk["open"] = async (path, flags, mode) => {
      if (flags === "r") flushed.push(relative(folder, String(path)));
      return fsPromises.open(path, flags, mode);
    };
    const files = directoryFilesOn({ ...fsPromises, open }, folder);
    const flushesOf = async (name: string) => {
      flushed.length = 0;
      await files.put(name, bytes("x"));
      return [...flushed];
    };
    expect(await flushesOf("a/b/1")).toEqual(["a/b", "a", ""]);
    expect(await flushesOf("a/b/2")).toEqual(["a/b"]);
    expect(await flushesOf("a/c/1")).toEqual(["a/c", "a"]);
    // Another process takes it away, and makes it again without having come to flush it.
    fs.rmSync(join(folder, "a/b"), { recursive: true });
    fs.mkdirSync(join(folder, "a/b"));
    expect(await flushesOf("a/b/3")).toEqual(["a/b", "a"]);
  });

  it("say which file could not be written where a folder is in its place", async () => {
    const folder = newFolder();
    const files = directoryFiles(folder);
    await files.put("a/b", bytes("x"));
    for (const name of ["a", "a/b/c"]) {
      await expect(files.put(name, bytes("y"))).rejects.toMatchObject({
        code: "unavailable",
        message: expect.stringContaining(join(folder, name)),
      });
    }
    expect(await files.list("")).toEqual(["a/b"]);
  });
});

describe("a disk that fails at any one call, once or from then on", { timeout: 30_000 }, () => {
  for (const code of ["ENOSPC", "EIO", "EMFILE"]) {
    for (const isLasting of [false, true]) {
      it(`${isLasting ? "for good" : "once"} with ${code}: a file is there whole or not at all, and can be put again`, async () => {
        let hasFailed = true;
        for (let step = 1; hasFailed; step++) {
          hasFailed = await failAt(step, code, isLasting);
          expect(step).toBeLessThan(100);
        }
      });
    }
  }
});

async function failAt(step: number, code: string, isLasting: boolean): Promise<boolean> {
  const folder = newFolder();
  const good = directoryFiles(folder);
  await good.put("a/old", bytes("old"));
  let calls = 0;
  const disk = watchedDisk(() => {
    calls++;
    if (isLasting ? calls >= step : calls === step) {
      throw Object.assign(new Error(`${code}: injected`), { code, syscall: "injected" });
    }
  });
  const failing = directoryFilesOn(disk, folder);
  const put = await failing.put("a/b/new", [...bytes("one"), ...bytes("two")]).catch((thrown: BesedaError) => thrown);
  const read = await textOf(failing.get("a/old")).catch((thrown: BesedaError) => thrown);
  for (const result of [put, read]) {
    if (typeof result === "object") {
      expect(result, `call ${step}`).toMatchObject({ code: "unavailable", message: expect.stringContaining(folder) });
    }
  }
  if (typeof read === "string") expect(read).toBe("old");
  const names = await good.list("");
  if (put === true) expect(names).toEqual(["a/b/new", "a/old"]);
  // One whose folder could not be flushed is there already, whole; its writer is told to try again.
  await good.put("a/b/new", [...bytes("one"), ...bytes("two")]);
  expect(await textOf(good.get("a/b/new")), `call ${step}`).toBe("onetwo");
  expect(await textOf(good.get("a/old"))).toBe("old");
  return calls >= step;
}

/** The real disk, with `before` called ahead of each call. Closing must not fail, or no process could ever end. */
function watchedDisk(before: () => void): Disk {
  const watch = <Target extends object>(target: Target): Target =>
    new Proxy(target, {
      get(_, name) {
        const member: unknown = Reflect.get(target, name);
        if (typeof member !== "function") return member;
        return async (...args: unknown[]) => {
          if (name !== "close") before();
          const result: unknown = await member.apply(target, args);
          return name === "open" ? watch(result as FileHandle) : result;
        };
      },
    });
  return watch(fsPromises);
}
