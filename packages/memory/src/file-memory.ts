// Threads and documents in a folder: for one process at a time, across restarts.
import fs from "node:fs";
import { resolve } from "node:path";
import { BesedaError, type Memory, type Store } from "@beseda/core";
import { documentStore } from "./documents.ts";
import type { Disk } from "./file/disk.ts";
import { type OpenFolder, openFolder } from "./file/open-folder.ts";
import { sealJson } from "./file/sealed-json.ts";
import { defaultWindow, type Window } from "./fit/window.ts";
import { requireName } from "./plain-json.ts";
import { toJsonTexts } from "./stored-message.ts";

export type FileMemoryOptions = {
  /** What `load` gives of a thread; the file keeps all of it. `defaultWindow` unless set. */
  window?: Window;
};

export interface FileMemory extends Memory {
  /** Small documents in the same folder: facts about a user, settings, runs that wait for an approval. */
  readonly store: Store;
  /** Opens the folder now and not at the first use, so that whatever is wrong with it is known early. */
  open(): Promise<void>;
  /** Waits for what is being written, then gives the folder free. Afterwards every call is refused. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Keeps each thread in a file of its own under `dir/threads`, a JSON line for each message, and the documents of
 * `store` in `dir/store.json`. The folder is made and locked at the first use; a process that was killed leaves a lock
 * that the next one takes over.
 *
 * What was appended survives the death of the process at any moment. It is not flushed to the disk each time, so a
 * power cut may cost the last seconds of a thread; documents are flushed.
 *
 * A file that cannot be read is never taken for an empty one. It is kept as `<name>.corrupt-<time>`, the call throws
 * `damaged`, and the next call goes on with everything in it that can be read.
 *
 * @throws BesedaError from every call: `locked` while another process, or another `fileMemory` of this one, has the
 * folder; `damaged`; `unsupported` for files of a newer version, which are left alone; `unavailable` for a folder that
 * cannot be written to or a full disk, with nothing changed
 */
export function fileMemory(dir: string, options: FileMemoryOptions = {}): FileMemory {
  return fileMemoryOn(fs, dir, options);
}

/** With a file system of the caller's. */
export function fileMemoryOn(disk: Disk, dir: string, options: FileMemoryOptions = {}): FileMemory {
  requireName(dir, "folder of the memory");
  const { window = defaultWindow } = options;
  const folder = resolve(dir);
  let opening: Promise<OpenFolder> | undefined;
  let closing: Promise<void> | undefined;

  const use = <Result>(work: (open: OpenFolder) => Result | Promise<Result>): Promise<Result> => {
    if (closing) return Promise.reject(closed(folder));
    opening ??= openFolder(disk, folder).catch((thrown: unknown) => {
      opening = undefined;
      throw thrown;
    });
    return opening.then(work);
  };
  const shut = async () => {
    // Why it could not be opened was told to those who wanted it open. Their work begins before this goes on.
    const open = await opening?.catch(() => undefined);
    await open?.close();
  };
  const close = () => {
    closing ??= shut();
    return closing;
  };

  return {
    store: documentStore((work) => use(({ documents }) => work(documents))),
    async open() {
      await use(() => {});
    },
    async load(threadId) {
      requireName(threadId, "thread id");
      return use(({ threads }) => threads.load(threadId, window));
    },
    async append(threadId, messages) {
      requireName(threadId, "thread id");
      // Made before anything is waited for: the caller may change the messages afterwards.
      const lines = toJsonTexts(messages).map((text) => `${sealJson(text)}\n`);
      await use(({ threads }) => {
        if (lines.length > 0) threads.append(threadId, lines.join(""));
      });
    },
    threads: () => use(({ threads }) => threads.list()),
    async delete(threadId) {
      requireName(threadId, "thread id");
      await use(({ threads }) => threads.delete(threadId));
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

function closed(folder: string): BesedaError {
  return new BesedaError(`The memory in ${folder} was closed.`, {
    code: "unavailable",
    hint: "Make another fileMemory() to go on with the folder, or close this one later.",
  });
}
