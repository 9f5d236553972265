// What the system complains of when a folder is used, told to people: which path, what is wrong, and what to do.
import { BesedaError } from "@beseda/core";

/** What is no complaint of the system comes back as it is. */
export function folderTrouble(path: string, thrown: unknown): unknown {
  if (!(thrown instanceof Error) || !("code" in thrown) || !("syscall" in thrown)) return thrown;
  const code = String(thrown.code);
  const [reason, hint, isRetryable] = reasons[code] ?? [
    `the system answers ${code}`,
    "See whether the disk is well, then try again.",
    false,
  ];
  return new BesedaError(`Cannot use ${path}: ${reason}.`, { code: "unavailable", hint, isRetryable, cause: thrown });
}

const permission = "Give this user the right to write there, or choose another folder.";
const room = "Nothing that was written before is lost. Make room on the disk, then go on.";
const notAFolder = "Choose another folder, or move that file away.";

const reasons: Readonly<Record<string, readonly [reason: string, hint: string, isRetryable: boolean]>> = {
  EACCES: ["permission denied", permission, false],
  EPERM: ["permission denied", permission, false],
  EROFS: ["the disk is read-only", "Choose a folder on a disk that can be written to.", false],
  ENOTDIR: ["there is a file where a folder should be", notAFolder, false],
  EEXIST: ["something else is in its place", "Choose another name or folder, or move that away.", false],
  EISDIR: ["there is a folder where a file should be", "Choose another name, or move that folder away.", false],
  ENOENT: ["it is not there, and cannot be made", "Put the folder back, or choose another one.", false],
  ENAMETOOLONG: ["the name is too long", "Choose a shorter one.", false],
  ENOSPC: ["the disk is full", room, true],
  EDQUOT: ["this user's share of the disk is full", room, true],
  EMFILE: ["this process has too many files open", "Close some, or raise its limit (ulimit -n).", true],
};
