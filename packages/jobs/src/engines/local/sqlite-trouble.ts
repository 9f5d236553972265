// What SQLite complains of, told to people: what happened to which file, and what to do next.
import { BesedaError } from "@beseda/core";
import { Broken } from "./sealed-json.ts";
import { resultCodes, SqliteFailure } from "./sqlite-driver.ts";

/** What is no complaint about the database comes back as it is. */
export function sqliteTrouble(path: string, thrown: unknown): unknown {
  if (thrown instanceof Broken) return damaged(path, thrown.message, thrown, thrown.hint);
  if (!(thrown instanceof SqliteFailure)) return thrown;
  if (damage.includes(thrown.code)) return damaged(path, thrown.message, thrown);
  const [reason, hint, isRetryable] = reasons[thrown.code] ?? [
    `SQLite answers "${thrown.message}"`,
    "See whether the disk is well, then try again.",
    false,
  ];
  return new BesedaError(`Cannot use ${path}: ${reason}.`, { code: "unavailable", hint, isRetryable, cause: thrown });
}

/**
 * The file is never put aside by itself: a service that starts again after this error would then begin with nothing, and
 * pay again for what was there.
 */
function damaged(path: string, reason: string, cause: unknown, hint = restoreHint(path)): BesedaError {
  return new BesedaError(`${path} is damaged: ${reason}. It was left as it is.`, { code: "damaged", hint, cause });
}

function restoreHint(path: string): string {
  return (
    "Put a copy from before in its place. To begin anew, stop all workers and rename it, and the files beside it that " +
    `end in -wal and -shm, to ${path}.corrupt; what batches had finished is in the folder "files".`
  );
}

/** What is asked of a database is always the same: one that does not know a table or a column of ours is not what was written. */
const damage: readonly number[] = [resultCodes.error, resultCodes.corrupt, resultCodes.notADatabase];

const permission = "Give this user the right to write there, or choose another folder.";

const reasons: Readonly<Record<number, readonly [reason: string, hint: string, isRetryable: boolean]>> = {
  [resultCodes.full]: [
    "the disk is full",
    "Nothing that was written before is lost. Make room on the disk, then go on.",
    true,
  ],
  [resultCodes.busy]: ["another process has been writing to it for long", "Try again, or end that process.", true],
  [resultCodes.protocol]: ["many processes open it at once", "Try again.", true],
  [resultCodes.readOnly]: ["it can only be read", permission, false],
  [resultCodes.permission]: ["permission denied", permission, false],
  [resultCodes.cannotOpen]: ["it cannot be opened", permission, false],
  [resultCodes.ioError]: [
    "the disk answers with an error",
    "See whether the disk is well and has room, then try again.",
    true,
  ],
};
