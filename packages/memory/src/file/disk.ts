// The file system as this package sees it: one object, so that tests can make it fail, and errors that name the path.
import type fs from "node:fs";
import { dirname } from "node:path";
import { BesedaError } from "@beseda/core";

export type Disk = typeof fs;

/** @throws BesedaError in place of whatever the system said about `path` */
export function onDisk<Result>(path: string, work: () => Result): Result {
  try {
    return work();
  } catch (thrown) {
    throw unusable(path, thrown);
  }
}

export function unusable(path: string, thrown: unknown): unknown {
  const code = systemCode(thrown);
  if (code === undefined) return thrown;
  const [reason, hint] = reasons[code] ?? [
    `the system answers ${code}`,
    "See whether the disk is well, then try again.",
  ];
  return new BesedaError(`Cannot use ${path}: ${reason}.`, {
    code: "unavailable",
    hint,
    isRetryable: code in reasons && mayPass.has(code),
    cause: thrown,
  });
}

/** `ENOENT` and the like; `undefined` for what is no error of the system. */
export function systemCode(thrown: unknown): string | undefined {
  if (!(thrown instanceof Error) || !("code" in thrown) || !("syscall" in thrown)) return undefined;
  return String(thrown.code);
}

const permission = "Give this user the right to write there, or choose another folder.";
const notAFolder = "Choose another folder, or move that file away.";

const reasons: Record<string, readonly [reason: string, hint: string]> = {
  EACCES: ["permission denied", permission],
  EPERM: ["permission denied", permission],
  EROFS: ["the disk is read-only", "Choose a folder on a disk that can be written to."],
  ENOTDIR: ["there is a file where a folder should be", notAFolder],
  EEXIST: ["there is a file where a folder should be", notAFolder],
  ENOSPC: ["the disk is full", "Nothing was changed. Make room on the disk, then try again."],
  EDQUOT: ["this user's share of the disk is full", "Nothing was changed. Make room, then try again."],
  EMFILE: ["this process has too many files open", "Close some, or raise its limit (ulimit -n)."],
  ENOENT: ["it is not there, and cannot be made", "Put the folder back, or choose another one."],
};

const mayPass = new Set(["ENOSPC", "EDQUOT", "EMFILE"]);

/**
 * The folder and those above it, where they are missing. Level by level: with `recursive`, Node 20 goes round in circles
 * for ever where the system takes no new folder but has no objection either, as in /proc.
 */
export function makeFolder(disk: Disk, path: string): void {
  if (disk.existsSync(path)) return;
  if (dirname(path) !== path) makeFolder(disk, dirname(path));
  try {
    disk.mkdirSync(path, { mode: 0o700 });
  } catch (thrown) {
    // Somebody else made it at the same time.
    if (systemCode(thrown) !== "EEXIST") throw thrown;
  }
}

/** A free name for a copy beside `path`, with the time in it, without the colons that Windows refuses. */
export function asideName(disk: Disk, path: string, kind: "corrupt" | "torn"): string {
  const name = `${path}.${kind}-${new Date().toISOString().replace(/[:.]/g, "-")}`;
  let free = name;
  for (let count = 2; disk.existsSync(free); count++) free = `${name}-${count}`;
  return free;
}

/** The file is, at any moment and after a crash too, the old one or the new one. */
export function replaceFile(disk: Disk, path: string, bytes: string | Uint8Array): void {
  disk.writeFileSync(`${path}.new`, bytes, { mode: 0o600, flush: true });
  disk.renameSync(`${path}.new`, path);
}
