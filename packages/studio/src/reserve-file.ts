// A file that is about to be written: that it can be is known before anything is spent on what comes into it.
import { randomUUID } from "node:crypto";
import { access, open, rename, rm } from "node:fs/promises";
import { BesedaError } from "@beseda/core";

export interface ReservedFile {
  /** All of it or nothing of it is there afterwards. */
  keep(bytes: Uint8Array): Promise<void>;
  /** Once, at the end: what was not kept leaves nothing behind. */
  release(): Promise<void>;
}

/** @throws BesedaError `invalid-argument` where the file is there already, or its folder cannot be written to */
export async function reserveFile(
  path: string,
  { force = false }: { force?: boolean | undefined },
): Promise<ReservedFile> {
  if (!force && (await isThere(path))) {
    throw new BesedaError(`${path} is there already.`, {
      code: "invalid-argument",
      hint: "Name another file, or write over it with --force.",
    });
  }
  const part = `${path}.${randomUUID().slice(0, 8)}.part`;
  const handle = await open(part, "wx").catch((cause: Error) => {
    throw new BesedaError(`${path} cannot be written: ${cause.message}.`, {
      code: "invalid-argument",
      hint: "Name a file in a folder that is there and may be written to.",
      cause,
    });
  });
  return {
    async keep(bytes) {
      await handle.writeFile(bytes);
      await handle.sync();
      await handle.close();
      await rename(part, path);
    },
    async release() {
      await handle.close().catch(() => {});
      await rm(part, { force: true });
    },
  };
}

function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
