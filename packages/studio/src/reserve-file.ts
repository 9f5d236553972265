// A file that is about to be written: that it can be is known before anything is spent on what comes into it.
import { randomUUID } from "node:crypto";
import { mkdtemp, open, rename, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { BesedaError } from "@beseda/core";

export interface ReservedFile {
  /**
   * All of it or nothing of it is there afterwards.
   * @throws BesedaError that names the file in a temporary folder, where it could not be kept in its own
   */
  keep(bytes: Uint8Array): Promise<void>;
  /** Once, at the end: what was not kept leaves nothing behind. */
  release(): Promise<void>;
}

/** @throws BesedaError `invalid-argument` where the file is there already, is a folder, or its folder cannot be written to */
export async function reserveFile(
  path: string,
  { force = false }: { force?: boolean | undefined },
): Promise<ReservedFile> {
  await checkPlace(path, force);
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
      try {
        await handle.writeFile(bytes);
        await handle.sync();
        await handle.close();
        await rename(part, path);
      } catch (cause) {
        throw await rescued({ bytes, path, cause });
      }
    },
    async release() {
      await handle.close().catch(() => {});
      await rm(part, { force: true });
    },
  };
}

async function checkPlace(path: string, force: boolean): Promise<void> {
  const there = await stat(path).catch(() => undefined);
  // Devices and pipes, too: what is renamed into their place would take it.
  const isFile = path.trim() !== "" && there?.isFile() !== false;
  if (isFile && (force || !there)) return;
  throw new BesedaError(isFile ? `${path} is there already.` : `“${path}” is no file.`, {
    code: "invalid-argument",
    hint: isFile ? "Name another file, or write over it with --force." : "Name a file, such as fox.jpg.",
  });
}

/** What has cost money is not thrown away because a disk is full. */
async function rescued({ bytes, path, cause }: { bytes: Uint8Array; path: string; cause: unknown }) {
  const reason = cause instanceof Error && "code" in cause ? ` (${cause.code})` : "";
  const message = `${path} cannot be written${reason}.`;
  try {
    const file = join(await mkdtemp(join(tmpdir(), "beseda-")), basename(path));
    await writeFile(file, bytes);
    return new BesedaError(message, { code: "internal", hint: `It is in ${file}.`, cause });
  } catch {
    return new BesedaError(message, {
      code: "internal",
      hint: `Nor can anything be written in ${tmpdir()}.`,
      cause,
    });
  }
}
