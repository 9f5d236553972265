// Where a dataset is written to: a file that is there whole or not at all, or whatever takes bytes.
import { link, open, rename, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { BesedaError } from "@beseda/core";
import { codeOf } from "../files/system-code.ts";
import { writeAll } from "../files/write-all.ts";
import { partFileOf, removeDeadParts } from "./part-file.ts";

/** Takes bytes in order. The bytes may be overwritten once `write` has resolved. */
export interface ByteSink {
  /** For people. */
  readonly name: string;
  write(bytes: Uint8Array): Promise<void>;
  /** All of it is there for good. */
  close(): Promise<void>;
  /** Nothing of it stays. */
  abort(): Promise<void>;
}

/**
 * Written under another name beside it, brought to the disk and renamed: after a crash at any moment there is the whole
 * file or none. What an earlier attempt has left half written that was killed goes.
 * @throws BesedaError `invalid-argument` where the file is there already and is not to be overwritten, is a directory, or
 *   its folder cannot be written to
 */
export async function fileSink(
  path: string,
  { overwrite = false }: { overwrite?: boolean | undefined } = {},
): Promise<ByteSink> {
  await checkPlace(path, overwrite);
  await removeDeadParts(path);
  const part = partFileOf(path);
  const handle = await writing(path, open(part, "wx"));
  let isOpen = true;
  const closeFile = async () => {
    if (!isOpen) return;
    isOpen = false;
    await handle.close();
  };
  const abort = async () => {
    await closeFile().catch(() => {});
    await rm(part, { force: true }).catch(() => {});
  };
  return {
    name: path,
    write: (bytes) => writing(path, writeAll(handle, bytes)),
    async close() {
      try {
        await writing(path, handle.sync());
        await writing(path, closeFile());
        await writing(path, overwrite ? rename(part, path) : renameToNew(part, path));
      } catch (error) {
        await abort();
        throw error;
      }
      await syncFolder(dirname(path));
    },
    abort,
  };
}

async function checkPlace(path: string, overwrite: boolean): Promise<void> {
  const there = await stat(path).catch(() => undefined);
  // Devices and pipes, too: what is renamed into their place would take it.
  if (there && !there.isFile()) {
    throw new BesedaError(`${path} is no file.`, {
      code: "invalid-argument",
      hint: "Name a file, such as rows.parquet.",
    });
  }
  if (there && !overwrite) throw isThere(path);
}

function isThere(path: string): BesedaError {
  return new BesedaError(`${path} is there already.`, {
    code: "invalid-argument",
    hint: "Name another file, or let this one be replaced: overwrite (--overwrite).",
  });
}

/** What somebody else has put there in the meantime stays; without links, what is there when it is looked at. */
async function renameToNew(part: string, path: string): Promise<void> {
  try {
    await link(part, path);
  } catch (cause) {
    if (codeOf(cause) === "EEXIST") throw isThere(path);
    if (codeOf(cause) === "ENOENT") throw cause;
    // Not every file system has links.
    if (await stat(path).catch(() => undefined)) throw isThere(path);
    return rename(part, path);
  }
  await rm(part, { force: true });
}

/** So that the name, too, is there after a loss of power; not every system lets a folder be synced. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r").catch(() => undefined);
  await handle?.sync().catch(() => {});
  await handle?.close();
}

async function writing<Result>(path: string, work: Promise<Result>): Promise<Result> {
  try {
    return await work;
  } catch (cause) {
    const code = codeOf(cause);
    if (cause instanceof BesedaError || code === undefined) throw cause;
    throw new BesedaError(`${path} cannot be written (${code}).`, {
      code: "invalid-argument",
      hint:
        code === "ENOSPC" ? "Make room on the disk, and try again." : "Is its folder there, and may it be written to?",
      cause,
    });
  }
}
