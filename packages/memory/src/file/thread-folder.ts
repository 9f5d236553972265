// The threads of a folder, a file each, the files in use kept open.
import { join } from "node:path";
import type { Message, ThreadSummary } from "@beseda/core";
import type { Window } from "../fit/window.ts";
import { asideName, type Disk, onDisk } from "./disk.ts";
import { salvageThread } from "./salvage.ts";
import { Unreadable } from "./sealed-json.ts";
import {
  appendLines,
  createThreadFile,
  messagesFromEnd,
  openThreadFile,
  type ThreadFile,
  TornBeginning,
} from "./thread-file.ts";
import type { ThreadIndex } from "./thread-index.ts";
import { threadFileName } from "./thread-name.ts";

/** Descriptors kept open; systems allow a process 256 at the least. */
const mostOpen = 100;

/** Everything that touches a thread's file is done without waiting in between, so that nothing can come in between. */
export class ThreadFolder {
  readonly #disk: Disk;
  readonly #folder: string;
  readonly #index: ThreadIndex;
  /** The least recently used first. */
  readonly #open = new Map<string, ThreadFile>();

  constructor(disk: Disk, folder: string, index: ThreadIndex) {
    this.#disk = disk;
    this.#folder = folder;
    this.#index = index;
  }

  load(threadId: string, window: Window): Message[] {
    return this.#reading(threadId, () => {
      const file = this.#use(threadId);
      return window(file ? messagesFromEnd(this.#disk, file) : []);
    });
  }

  append(threadId: string, lines: string): void {
    const file = this.#reading(threadId, () => this.#use(threadId));
    if (file) this.#append(file, lines);
    const { header } = file ?? this.#create(threadId, lines);
    this.#index.wrote(header);
  }

  list(): ThreadSummary[] {
    return this.#index.list();
  }

  /** Forgets the copies that were kept of it, too. */
  delete(threadId: string): void {
    this.#close(threadId);
    const name = threadFileName(threadId);
    onDisk(this.#folder, () => {
      const copies = this.#disk.readdirSync(this.#folder).filter((each) => each.startsWith(`${name}.`));
      for (const each of [...copies, name]) this.#disk.rmSync(join(this.#folder, each), { force: true });
    });
    this.#index.deleted(threadId);
  }

  /** Resolves when the index is written, too. */
  close(): Promise<void> {
    for (const threadId of [...this.#open.keys()]) this.#close(threadId);
    return this.#index.idle();
  }

  #append(file: ThreadFile, lines: string): void {
    try {
      appendLines(this.#disk, file, lines);
    } catch (thrown) {
      // The next one to open it looks at its end again.
      this.#close(file.header.threadId);
      throw thrown;
    }
  }

  #create(threadId: string, lines: string): ThreadFile {
    const header = { threadId, createdAt: new Date().toISOString() };
    return this.#keepOpen(threadId, createThreadFile(this.#disk, this.#path(threadId), header, lines));
  }

  #use(threadId: string): ThreadFile | undefined {
    const open = this.#open.get(threadId);
    if (open) return this.#keepOpen(threadId, open);
    const file = this.#openFile(threadId);
    if (!file) return undefined;
    this.#keepOpen(threadId, file);
    if (file.header.threadId !== threadId) throw new Unreadable("it belongs to another thread");
    return file;
  }

  #openFile(threadId: string): ThreadFile | undefined {
    const path = this.#path(threadId);
    try {
      return openThreadFile(this.#disk, path);
    } catch (thrown) {
      if (!(thrown instanceof TornBeginning) || this.#index.createdAt(threadId) !== undefined) throw thrown;
      // The process died while it made the file, and nobody was told that there is such a thread.
      this.#disk.renameSync(path, asideName(this.#disk, path, "torn"));
      return undefined;
    }
  }

  #keepOpen(threadId: string, file: ThreadFile): ThreadFile {
    this.#open.delete(threadId);
    this.#open.set(threadId, file);
    const [leastRecent] = this.#open.keys();
    if (this.#open.size > mostOpen && leastRecent !== undefined) this.#close(leastRecent);
    return file;
  }

  #close(threadId: string): void {
    const file = this.#open.get(threadId);
    this.#open.delete(threadId);
    if (file) this.#disk.closeSync(file.fd);
  }

  #reading<Result>(threadId: string, work: () => Result): Result {
    try {
      return onDisk(this.#path(threadId), work);
    } catch (thrown) {
      if (!(thrown instanceof Unreadable)) throw thrown;
      this.#close(threadId);
      const createdAt = this.#index.createdAt(threadId) ?? new Date().toISOString();
      throw salvageThread(this.#disk, this.#path(threadId), { threadId, createdAt }, thrown);
    }
  }

  #path(threadId: string): string {
    return join(this.#folder, threadFileName(threadId));
  }
}
