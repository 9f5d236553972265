// JobFiles in a folder: on this machine's disk, or on a disk that many machines share.
import { randomBytes } from "node:crypto";
import type { FileHandle } from "node:fs/promises";
import fs from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { BesedaError, type JobFiles } from "@beseda/core";
import { folderTrouble } from "./directory-files-trouble.ts";
import { DraftsFolder, unfinished } from "./drafts-folder.ts";
import { requireFileName, requireFilePrefix } from "./file-name.ts";
import { entryAt, leadsAway } from "./folder-entry.ts";
import { KeptFolders } from "./kept-folders.ts";
import { makeFolder } from "./make-folder.ts";
import { codeOf } from "./system-code.ts";
import { writeAll } from "./write-all.ts";

/** The file system as it is used here: one object, so that tests can make it fail. */
export type Disk = Pick<
  typeof fs,
  "mkdir" | "open" | "link" | "unlink" | "rm" | "rmdir" | "readdir" | "stat" | "lstat"
>;

const readSize = 256 * 1024;

/**
 * A file appears under its name when all of it is on the disk, and is never changed from then on: it is written under
 * another name, flushed, and linked to its own, which the system grants only to the first one. The disk has to know hard
 * links. The folder is made when something is put, but not again where it has vanished since, as when a disk is unmounted:
 * then nothing is put into its place. It may itself be a symbolic link, but in it none is followed.
 * @throws BesedaError `invalid-argument` for an empty `dir`; from every call: the same for a name that is none, `unavailable`
 * naming the file where the disk is full or does not answer, with nothing changed
 */
export function directoryFiles(dir: string): JobFiles {
  return directoryFilesOn(fs, dir);
}

/** With a file system of the caller's. */
export function directoryFilesOn(disk: Disk, dir: string): JobFiles {
  requireFolder(dir);
  const root = resolve(dir);
  const drafts = new DraftsFolder(disk, root);
  const kept = new KeptFolders(disk, root);

  return {
    async put(name, bytes) {
      requireFileName(name);
      const path = join(root, name);
      return told(path, async () => {
        for (const folder of foldersAbove(name)) {
          if ((await entryAt(disk, root, folder)) === "other") throw leadsAway(join(root, folder));
        }
        if (await isFile(disk, root, name)) {
          // Whoever has put it may have died just before its name was on the disk.
          await kept.flush(dirname(path));
          return false;
        }
        const draft = join(await drafts.path(), randomBytes(16).toString("hex"));
        const file = await disk.open(draft, "wx", 0o600);
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
      const file = await told(path, () => openToRead(disk, root, name, drafts));
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
      return told(root, () => namesUnder(disk, root, prefix, drafts));
    },

    async delete(prefix) {
      requireFilePrefix(prefix);
      await told(root, async () => {
        const names = await namesUnder(disk, root, prefix, drafts);
        for (const name of names) await disk.rm(join(root, name), { force: true });
        const folders = new Set(names.flatMap(foldersAbove));
        // The deepest first. One that is not empty stays.
        const deepestFirst = [...folders].sort((a, b) => b.length - a.length);
        for (const folder of deepestFirst) await disk.rmdir(join(root, folder)).catch(() => {});
      });
    },
  };
}

/** Of a name that is left empty the system makes the folder in which the program was started. */
function requireFolder(dir: string): void {
  if (typeof dir === "string" && dir.trim() !== "") return;
  throw new BesedaError("The folder of the files is not named.", {
    code: "invalid-argument",
    hint: 'Give a path, such as directoryFiles("./files").',
  });
}

async function isFile(disk: Disk, root: string, name: string): Promise<boolean> {
  return (await entryAt(disk, root, name)) === "file";
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
      if (codeOf(thrown) === "EEXIST" && (await isFile(disk, root, name))) {
        await kept.flush(dirname(path));
        return false;
      }
      // Somebody who deletes other files has taken the empty folder away in between.
      if (codeOf(thrown) !== "ENOENT" || attempt === 10) throw thrown;
    }
  }
}

async function openToRead(disk: Disk, root: string, name: string, drafts: DraftsFolder): Promise<FileHandle> {
  if (await isFile(disk, root, name)) return disk.open(join(root, name), "r");
  await drafts.requireThere();
  throw new BesedaError(`There is no file ${name} in ${root}.`, {
    code: "not-found",
    hint: "It was not written, or has been deleted. Look for its name with list().",
  });
}

async function namesUnder(disk: Disk, root: string, prefix: string, drafts: DraftsFolder): Promise<string[]> {
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
  if (names.length === 0) await drafts.requireThere();
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
