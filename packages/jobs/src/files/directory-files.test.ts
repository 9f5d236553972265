import fs from "node:fs";
import fsPromises, { type FileHandle } from "node:fs/promises";
import { join, relative } from "node:path";
import type { BesedaError } from "@beseda/core";
import { afterAll, describe, expect, it } from "vitest";
import { jobFilesCases } from "../testing/index.ts";
import { type Disk, directoryFiles, directoryFilesOn } from "./directory-files.ts";
import { newFolder, removeFolders } from "./try-folder.fake.ts";

afterAll(removeFolders);

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
    const drafts = join(folder, ".unfinished/of-this-disk");
    fs.mkdirSync(drafts, { recursive: true });
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

  it("are in no folder without a name, such as that of an empty variable", () => {
    for (const dir of ["", " ", undefined as unknown as string]) {
      expect(() => directoryFiles(dir)).toThrow(expect.objectContaining({ code: "invalid-argument" }));
    }
  });

  it("refuse everything where the folder has become another one, as when its disk is unmounted, until it is back", async () => {
    const place = newFolder();
    const [folder, mounted] = [join(place, "files"), join(place, "mounted")];
    const files = directoryFiles(folder);
    await files.put("a/b", bytes("x"));
    const refusal = { code: "unavailable", isRetryable: true, message: expect.stringContaining(folder) };
    fs.renameSync(folder, mounted);
    for (const isEmpty of [false, true]) {
      // The place at which it is mounted; and one into which a worker has put something that began only now.
      if (isEmpty) fs.mkdirSync(folder);
      else await directoryFiles(folder).put("c", bytes("theirs"));
      await expect(files.put("a/b", bytes("y"))).rejects.toMatchObject(refusal);
      await expect(files.put("new", bytes("y"))).rejects.toMatchObject(refusal);
      await expect(textOf(files.get("a/b"))).rejects.toMatchObject(refusal);
      await expect(files.list("a/")).rejects.toMatchObject(refusal);
      await expect(files.delete("a/")).rejects.toMatchObject(refusal);
      expect(fs.readdirSync(folder)).toEqual(isEmpty ? [] : [".unfinished", "c"]);
      fs.rmSync(folder, { recursive: true });
    }
    await expect(files.put("a/b", bytes("y"))).rejects.toMatchObject(refusal);
    expect(fs.existsSync(folder)).toBe(false);
    fs.renameSync(mounted, folder);
    expect(await files.put("a/c", bytes("y"))).toBe(true);
    expect(await files.list("")).toEqual(["a/b", "a/c"]);
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
    // Whoever has put it may have died before its name was flushed.
    expect(await flushesOf("a/b/2")).toEqual(["a/b"]);
    // Another process takes it away, and makes it again without having come to flush it.
    fs.rmSync(join(folder, "a/b"), { recursive: true });
    fs.mkdirSync(join(folder, "a/b"));
    expect(await flushesOf("a/b/3")).toEqual(["a/b", "a"]);
  });

  it("never lead out of the folder by a symbolic link, which is neither read nor listed, written to or emptied", async () => {
    const outside = newFolder();
    fs.mkdirSync(join(outside, "deep"));
    const theirs = ["1", "deep/2"];
    for (const name of theirs) fs.writeFileSync(join(outside, name), "theirs");
    const folder = newFolder();
    const files = directoryFiles(folder);
    await files.put("a/b", bytes("x"));
    fs.symlinkSync(outside, join(folder, "link"));
    fs.symlinkSync(outside, join(folder, "a/link"));
    fs.symlinkSync(join(outside, "1"), join(folder, "file"));
    for (const prefix of ["link/", "link/deep/", "link/1", "a/link/", "file"]) {
      expect(await files.list(prefix), prefix).toEqual([]);
      await files.delete(prefix);
    }
    for (const name of ["link/1", "link/deep/2", "a/link/1", "file"]) {
      await expect(textOf(files.get(name)), name).rejects.toMatchObject({ code: "not-found" });
    }
    for (const name of ["link/3", "link/new/3", "link/deep/3", "a/link/3", "file", "file/3"]) {
      await expect(files.put(name, bytes("x")), name).rejects.toMatchObject({
        code: "unavailable",
        message: expect.stringContaining(folder),
      });
    }
    expect(await files.list("")).toEqual(["a/b"]);
    await files.delete("");
    expect(fs.readdirSync(outside, { recursive: true }).sort()).toEqual(["1", "deep", "deep/2"]);
    for (const name of theirs) expect(fs.readFileSync(join(outside, name), "utf8")).toBe("theirs");
  });

  it("leave the folder of unfinished files alone where it is a symbolic link", async () => {
    const outside = newFolder();
    const theirs = join(outside, "old");
    fs.writeFileSync(theirs, "theirs");
    fs.utimesSync(theirs, new Date(0), new Date(0));
    const folder = newFolder();
    fs.symlinkSync(outside, join(folder, ".unfinished"));
    await expect(directoryFiles(folder).put("a", bytes("x"))).rejects.toMatchObject({ code: "unavailable" });
    expect(fs.readdirSync(outside)).toEqual(["old"]);
  });

  it("can be in a folder that is reached by a symbolic link", async () => {
    const place = newFolder();
    fs.symlinkSync(newFolder(), join(place, "link"));
    const files = directoryFiles(join(place, "link"));
    await files.put("a/b", bytes("x"));
    expect(await files.list("a/")).toEqual(["a/b"]);
    expect(await textOf(files.get("a/b"))).toBe("x");
  });

  it.skipIf(process.platform !== "linux")("say that a folder cannot be made where the system takes none", async () => {
    await expect(directoryFiles("/proc/beseda").put("a/b", bytes("x"))).rejects.toMatchObject({
      code: "unavailable",
      message: expect.stringContaining("/proc/beseda"),
    });
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
