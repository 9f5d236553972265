// JobFiles in a folder: on this machine's disk, or on a disk that many machines share.
import { randomBytes } from "node:crypto";
import type { FileHandle } from "node:fs/promises";
import fs from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { BesedaError, type JobFiles } from "@beseda/core";
import { folderTrouble } from "./directory-files-trouble.ts";
import { requireFileName, requireFilePrefix } from "./file-name.ts";
import { KeptFolders } from "./kept-folders.ts";
import { makeFolder } from "./make-folder.ts";
import { codeOf } from "./system-code.ts";
import { writeAll } from "./write-all.ts";

/** The file system as it is used here: one object, so that tests can make it fail. */
export type Disk = Pick<
  typeof fs,
  "mkdir" | "open" | "link" | "unlink" | "rm" | "rmdir" | "readdir" | "stat" | "lstat"
>;

/** No file of a job is called so. Files that are being written lie in it. */
const unfinished = ".unfinished";
/** A file that nobody has written to for so long is of a process that has died. */
const abandonedMs = 24 * 60 * 60 * 1_000;
const readSize = 256 * 1024;

/**
 * A file appears under its name when all of it is on the disk, and is never changed from then on: it is written under
 * another name, flushed, and linked to its own, which the system grants only to the first one. The disk has to know hard
 * links. The folder is made when something is put; it may itself be a symbolic link, but in it none is followed.
 * @throws BesedaError from every call: `invalid-argument` for a name that is none, `unavailable` naming the file where
 * the disk is full or does not answer, with nothing changed
 */
export function directoryFiles(dir: string): JobFiles {
  return directoryFilesOn(fs, dir);
}

/** With a file system of the caller's. */
export function directoryFilesOn(disk: Disk, dir: string): JobFiles {
  const root = resolve(dir);
  const drafts = join(root, unfinished);
  const kept = new KeptFolders(disk, root);
  let isTidy = false;

  async function openDraft(): Promise<{ draft: string; file: FileHandle }> {
    await makeFolder(disk, drafts);
    if (!isTidy) await removeAbandoned(disk, drafts);
    isTidy = true;
    const draft = join(drafts, randomBytes(16).toString("hex"));
    return { draft, file: await disk.open(draft, "wx", 0o600) };
  }

  return {
    async put(name, bytes) {
      requireFileName(name);
      const path = join(root, name);
      return told(path, async () => {
        for (const folder of [unfinished, ...foldersAbove(name)]) {
          if ((await entryAt(disk, root, folder)) === "other") throw leadsAway(join(root, folder));
        }
        if (await isFile(disk, root, name)) return false;
        const { draft, file } = await openDraft();
        try {
          await writeDraft(file, bytes);
          return await publish(disk, draft, { root, name }, kept);
        } finally {
          // One that cannot be removed now is tidied up another day.
          await disk.unlink(draft).catch(() => {});
        }
      });
    },

    async *get(name) {
      requireFileName(name);
      const path = join(root, name);
      const file = await told(path, () => openToRead(disk, root, name));
      try {
        for (;;) {
          const { buffer, bytesRead } = await told(path, () => file.read(Buffer.allocUnsafe(readSize), 0, readSize));
          if (bytesRead === 0) return;
          yield buffer.subarray(0, bytesRead);
        }
      } finally {
        await file.close();
      }
    },

    async list(prefix) {
      requireFilePrefix(prefix);
      return told(root, () => namesUnder(disk, root, prefix));
    },

    async delete(prefix) {
      requireFilePrefix(prefix);
      await told(root, async () => {
        const names = await namesUnder(disk, root, prefix);
        for (const name of names) await disk.rm(join(root, name), { force: true });
        const folders = new Set(names.flatMap(foldersAbove));
        // The deepest first. One that is not empty stays.
        const deepestFirst = [...folders].sort((a, b) => b.length - a.length);
        for (const folder of deepestFirst) await disk.rmdir(join(root, folder)).catch(() => {});
      });
    },
  };
}

/** What stands under a name, itself and not what a link leads to. Nothing where one of the folders above it is a link. */
async function entryAt(disk: Disk, root: string, name: string): Promise<"file" | "folder" | "other" | undefined> {
  const above = name.lastIndexOf("/");
  if (above >= 0 && (await entryAt(disk, root, name.slice(0, above))) !== "folder") return undefined;
  try {
    const found = await disk.lstat(join(root, name));
    return found.isFile() ? "file" : found.isDirectory() ? "folder" : "other";
  } catch (thrown) {
    if (codeOf(thrown) === "ENOENT" || codeOf(thrown) === "ENOTDIR") return undefined;
    throw thrown;
  }
}

async function isFile(disk: Disk, root: string, name: string): Promise<boolean> {
  return (await entryAt(disk, root, name)) === "file";
}

async function removeAbandoned(disk: Disk, drafts: string): Promise<void> {
  for (const name of await disk.readdir(drafts)) {
    const path = join(drafts, name);
    const { mtimeMs } = await disk.stat(path).catch(() => ({ mtimeMs: Number.POSITIVE_INFINITY }));
    if (Date.now() - mtimeMs > abandonedMs) await disk.rm(path, { force: true });
  }
}

async function writeDraft(file: FileHandle, bytes: Parameters<JobFiles["put"]>[1]): Promise<void> {
  try {
    for await (const chunk of bytes) await writeAll(file, chunk);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** @returns `false` where another one was first */
async function publish(
  disk: Disk,
  draft: string,
  { root, name }: { root: string; name: string },
  kept: KeptFolders,
): Promise<boolean> {
  const path = join(root, name);
  for (let attempt = 1; ; attempt++) {
    try {
      await makeFolder(disk, dirname(path));
      await disk.link(draft, path);
      await kept.flush(dirname(path));
      return true;
    } catch (thrown) {
      if (codeOf(thrown) === "EEXIST" && (await isFile(disk, root, name))) return false;
      // Somebody who deletes other files has taken the empty folder away in between.
      if (codeOf(thrown) !== "ENOENT" || attempt === 10) throw thrown;
    }
  }
}

async function openToRead(disk: Disk, root: string, name: string): Promise<FileHandle> {
  if (await isFile(disk, root, name)) return disk.open(join(root, name), "r");
  throw new BesedaError(`There is no file ${name} in ${root}.`, {
    code: "not-found",
    hint: "It was not written, or has been deleted. Look for its name with list().",
  });
}

async function namesUnder(disk: Disk, root: string, prefix: string): Promise<string[]> {
  const names: string[] = [];
  const walk = async (folder: string) => {
    for (const entry of await entriesOf(disk, join(root, folder))) {
      const name = folder + entry.name;
      if (entry.isFile() && name.startsWith(prefix)) names.push(name);
      const mayHold = `${name}/`.startsWith(prefix) || prefix.startsWith(`${name}/`);
      if (entry.isDirectory() && mayHold && entry.name !== unfinished) await walk(`${name}/`);
    }
  };
  // The folders above hold nothing that begins with it.
  const folder = prefix.slice(0, prefix.lastIndexOf("/") + 1);
  if (folder === "" || (await entryAt(disk, root, folder.slice(0, -1))) === "folder") await walk(folder);
  return names.sort();
}

async function entriesOf(disk: Disk, folder: string) {
  try {
    return await disk.readdir(folder, { withFileTypes: true });
  } catch (thrown) {
    if (codeOf(thrown) === "ENOENT" || codeOf(thrown) === "ENOTDIR") return [];
    throw thrown;
  }
}

function foldersAbove(name: string): string[] {
  const parts = name.split("/").slice(0, -1);
  return parts.map((_, index) => parts.slice(0, index + 1).join("/"));
}

async function told<Result>(path: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (thrown) {
    throw folderTrouble(path, thrown);
  }
}

function leadsAway(path: string): BesedaError {
  return new BesedaError(`Cannot use ${path}: it is a symbolic link, or no folder.`, {
    code: "unavailable",
    hint: "Put a folder in its place, or choose another folder for all files.",
  });
}
