// Files that are written here: what the system says against it is an error like every other.
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BesedaError } from "@beseda/core";

/** A new folder for what is needed for a while. */
export function temporaryFolder(prefix: string): Promise<string> {
  return writing(tmpdir(), mkdtemp(join(tmpdir(), prefix)));
}

/** @throws BesedaError `invalid-argument` where the system does not let it be written, such as to a disk that is full */
export async function writing<Result>(path: string, work: Promise<Result>): Promise<Result> {
  try {
    return await work;
  } catch (cause) {
    if (cause instanceof BesedaError || systemCode(cause) === undefined) throw cause;
    throw new BesedaError(`Nothing can be written to ${path} (${systemCode(cause)}).`, {
      code: "invalid-argument",
      hint: "Is there room, and may it be written to? For temporary files TMPDIR names another folder.",
      cause,
    });
  }
}

/** Such as `ENOSPC`. Nothing for what is no error of the system. */
export function systemCode(cause: unknown): string | undefined {
  return cause instanceof Error && "syscall" in cause && "code" in cause ? String(cause.code) : undefined;
}
