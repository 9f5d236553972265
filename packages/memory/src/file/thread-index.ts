// Which threads there are. Their files are the truth; the index saves opening each of them at the start.
import { join } from "node:path";
import type { ThreadSummary } from "@beseda/core";
import { isRecord } from "../stored-message.ts";
import { type Disk, onDisk } from "./disk.ts";
import { LowdbFile } from "./lowdb-file.ts";
import { firstLine } from "./read-lines.ts";
import { parseJson } from "./sealed-json.ts";
import { parseHeader, type ThreadHeader } from "./thread-header.ts";
import { threadFileName } from "./thread-name.ts";

/** `updatedAt` is set for threads written to by this process, and learnt from the file for the others. */
type Entry = { createdAt: string; updatedAt?: string };

/** Written when a thread is made or deleted, never by an append: that would cost more the more threads there are. */
export class ThreadIndex {
  readonly #disk: Disk;
  readonly #folder: string;
  readonly #file: LowdbFile;
  /** In the order in which this process last wrote to them. */
  readonly #entries = new Map<string, Entry>();

  /** @throws BesedaError as `LowdbFile.open` does */
  static async open(disk: Disk, indexPath: string, folder: string): Promise<ThreadIndex> {
    const index = new ThreadIndex(disk, folder, await LowdbFile.open(disk, indexPath));
    index.#compareWithFiles();
    await index.idle();
    return index;
  }

  constructor(disk: Disk, folder: string, file: LowdbFile) {
    this.#disk = disk;
    this.#folder = folder;
    this.#file = file;
  }

  createdAt(threadId: string): string | undefined {
    return this.#entries.get(threadId)?.createdAt;
  }

  wrote({ threadId, createdAt }: ThreadHeader): void {
    const isNew = !this.#entries.delete(threadId);
    this.#entries.set(threadId, { createdAt, updatedAt: new Date().toISOString() });
    if (isNew) this.#save(threadId, { createdAt });
  }

  deleted(threadId: string): void {
    if (this.#entries.delete(threadId)) this.#save(threadId, undefined);
  }

  list(): ThreadSummary[] {
    const summaries = [...this.#entries].flatMap(([threadId, entry]) => {
      const { createdAt, updatedAt = this.#changedAt(threadId, createdAt) } = entry;
      if (updatedAt === undefined) return [];
      entry.updatedAt = updatedAt;
      return [{ threadId, createdAt, updatedAt }];
    });
    return summaries.reverse().sort((a, b) => (a.updatedAt < b.updatedAt ? 1 : a.updatedAt > b.updatedAt ? -1 : 0));
  }

  idle(): Promise<void> {
    return this.#file.idle();
  }

  #changedAt(threadId: string, createdAt: string): string | undefined {
    const path = join(this.#folder, threadFileName(threadId));
    const changed = onDisk(path, () => this.#disk.statSync(path, { throwIfNoEntry: false }))?.mtime.toISOString();
    // The clock of the file system is some milliseconds behind ours.
    return changed && changed < createdAt ? createdAt : changed;
  }

  /** After a crash between a file and its entry, or an index that was lost, the two differ. */
  #compareWithFiles(): void {
    const folder = this.#folder;
    const files = new Set(
      onDisk(folder, () => this.#disk.readdirSync(folder)).filter((name) => name.endsWith(".jsonl")),
    );
    for (const [threadId, text] of this.#file.texts) {
      const entry = parseJson(text);
      const isKnown = isRecord(entry) && typeof entry.createdAt === "string" && files.delete(threadFileName(threadId));
      if (isKnown) this.#entries.set(threadId, { createdAt: entry.createdAt as string });
      else this.#save(threadId, undefined);
    }
    for (const name of files) {
      const header = this.#readHeader(join(folder, name));
      if (header && threadFileName(header.threadId) === name) {
        const { threadId, createdAt } = header;
        this.#entries.set(threadId, { createdAt });
        this.#save(threadId, { createdAt });
      }
    }
  }

  /** A thread whose header cannot be read, for whatever reason, is not listed. Whoever loads it is told, and only they. */
  #readHeader(path: string): ThreadHeader | undefined {
    try {
      const fd = this.#disk.openSync(path, "r");
      try {
        const line = firstLine(this.#disk, fd, this.#disk.fstatSync(fd).size);
        return line && parseHeader(line, path);
      } finally {
        this.#disk.closeSync(fd);
      }
    } catch {
      return undefined;
    }
  }

  /** Nobody waits for it, and that it could not be saved is no one's loss: the next start looks at the files. */
  #save(threadId: string, entry: Entry | undefined): void {
    this.#file.change(threadId, entry && JSON.stringify(entry)).catch(() => {});
  }
}
