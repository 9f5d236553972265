// A folder that is made where it is missing, with those above it.
import type fs from "node:fs/promises";
import { dirname } from "node:path";
import { codeOf } from "./system-code.ts";

/** Level by level: with `recursive`, Node 20 goes round in circles where the system takes no new folder, as in /proc. */
export async function makeFolder(disk: Pick<typeof fs, "mkdir" | "stat">, folder: string): Promise<void> {
  if (await isFolder(disk, folder)) return;
  const above = dirname(folder);
  if (above !== folder) await makeFolder(disk, above);
  try {
    await disk.mkdir(folder, { mode: 0o700 });
  } catch (thrown) {
    // Somebody else has made it in the meantime.
    if (codeOf(thrown) !== "EEXIST" || !(await isFolder(disk, folder))) throw thrown;
  }
}

async function isFolder(disk: Pick<typeof fs, "stat">, path: string): Promise<boolean> {
  try {
    return (await disk.stat(path)).isDirectory();
  } catch (thrown) {
    if (codeOf(thrown) === "ENOENT" || codeOf(thrown) === "ENOTDIR") return false;
    throw thrown;
  }
}
