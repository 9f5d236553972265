// Folders whose own names are on the disk for good: a new name in such a one needs one flush, not one for each above it.
import type { open } from "node:fs/promises";
import { dirname } from "node:path";

/** How many are remembered before all are forgotten. */
const mostKept = 10_000;

export class KeptFolders {
  readonly #disk: { open: typeof open };
  readonly #root: string;
  /** Path → which folder it was: another process may have taken it away, and a third one made it anew. */
  readonly #kept = new Map<string, string>();

  constructor(disk: { open: typeof open }, root: string) {
    this.#disk = disk;
    this.#root = root;
  }

  /** A name is durable when its folder is flushed, and so is the name of that folder. */
  async flush(folder: string): Promise<void> {
    if (process.platform === "win32") return;
    const handle = await this.#disk.open(folder, "r");
    let identity: string;
    try {
      await handle.sync();
      const { dev, ino, birthtimeNs } = await handle.stat({ bigint: true });
      identity = `${dev} ${ino} ${birthtimeNs}`;
    } finally {
      await handle.close();
    }
    if (folder === this.#root || this.#kept.get(folder) === identity) return;
    await this.flush(dirname(folder));
    if (this.#kept.size >= mostKept) this.#kept.clear();
    this.#kept.set(folder, identity);
  }
}
