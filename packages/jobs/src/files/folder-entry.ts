// What stands under a name in a folder of files, where no symbolic link is followed.
import type fs from "node:fs/promises";
import { join } from "node:path";
import { BesedaError } from "@beseda/core";
import { codeOf } from "./system-code.ts";

/** Itself and not what a link leads to. Nothing where one of the folders above it is a link. */
export async function entryAt(
  disk: Pick<typeof fs, "lstat">,
  root: string,
  name: string,
): Promise<"file" | "folder" | "other" | undefined> {
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

export function leadsAway(path: string): BesedaError {
  return new BesedaError(`Cannot use ${path}: it is a symbolic link, or no folder.`, {
    code: "unavailable",
    hint: "Put a folder in its place, or choose another folder for all files.",
  });
}
