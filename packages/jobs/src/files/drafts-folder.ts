// Where files are written before they have their names. It is made once and never again: where it was and is not any more,
// the folder around it is another one, such as the empty place at which a disk or a share is not mounted just now.
import { randomBytes } from "node:crypto";
import type fs from "node:fs/promises";
import { join } from "node:path";
import { BesedaError } from "@beseda/core";
import { entryAt, leadsAway } from "./folder-entry.ts";
import { makeFolder } from "./make-folder.ts";

/** No file of a job is called so. In it is a folder of a name that no other disk has. */
export const unfinished = ".unfinished";
/** A file that nobody has written to for so long is of a process that has died. */
const abandonedMs = 24 * 60 * 60 * 1_000;

type Disk = Pick<typeof fs, "mkdir" | "stat" | "lstat" | "readdir" | "rm">;

export class DraftsFolder {
  readonly #disk: Disk;
  readonly #root: string;
  #place: string | undefined;

  constructor(disk: Disk, root: string) {
    this.#disk = disk;
    this.#root = root;
  }

  /** Its path. @throws BesedaError `unavailable` where it is gone */
  async path(): Promise<string> {
    if (this.#place === undefined) this.#place = await this.#find();
    else await this.requireThere();
    return join(this.#root, this.#place);
  }

  /** That nothing is found means nothing where it is gone. Before the first file is put it is not known. */
  async requireThere(): Promise<void> {
    if (this.#place === undefined) return;
    if ((await entryAt(this.#disk, this.#root, this.#place)) !== "folder") throw gone(this.#root);
  }

  /** The one that is there, or a new one. */
  async #find(): Promise<string> {
    const top = join(this.#root, unfinished);
    if ((await entryAt(this.#disk, this.#root, unfinished)) === "other") throw leadsAway(top);
    await makeFolder(this.#disk, top);
    const found = (await this.#disk.readdir(top, { withFileTypes: true })).find((entry) => entry.isDirectory());
    const name = found?.name ?? randomBytes(8).toString("hex");
    await makeFolder(this.#disk, join(top, name));
    await removeAbandoned(this.#disk, join(top, name));
    return `${unfinished}/${name}`;
  }
}

async function removeAbandoned(disk: Disk, drafts: string): Promise<void> {
  for (const name of await disk.readdir(drafts)) {
    const path = join(drafts, name);
    const { mtimeMs } = await disk.stat(path).catch(() => ({ mtimeMs: Number.POSITIVE_INFINITY }));
    if (Date.now() - mtimeMs > abandonedMs) await disk.rm(path, { force: true });
  }
}

function gone(root: string): BesedaError {
  return new BesedaError(`Cannot use ${root}: what was in it is gone.`, {
    code: "unavailable",
    hint: "Mount the disk or the share that belongs there, and the work goes on. If it was emptied on purpose, start this program anew.",
    isRetryable: true,
  });
}
