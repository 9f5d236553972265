// A folder with everything in it: the lock first, then what is kept there.
import { join } from "node:path";
import { type Disk, makeFolder, onDisk } from "./disk.ts";
import { lockFolder } from "./lock.ts";
import { LowdbFile } from "./lowdb-file.ts";
import { ThreadFolder } from "./thread-folder.ts";
import { ThreadIndex } from "./thread-index.ts";

export type OpenFolder = { threads: ThreadFolder; documents: LowdbFile; close(): Promise<void> };

/**
 * What is private to people is made for this user's eyes only.
 * @throws BesedaError `locked`, `damaged`, `unsupported`, `unavailable`; the folder is then free again
 */
export async function openFolder(disk: Disk, folder: string): Promise<OpenFolder> {
  const threadsFolder = join(folder, "threads");
  onDisk(folder, () => makeFolder(disk, threadsFolder));
  const unlock = await lockFolder(folder, disk);
  try {
    const documents = await LowdbFile.open(disk, join(folder, "store.json"));
    const index = await ThreadIndex.open(disk, join(folder, "threads.json"), threadsFolder);
    const threads = new ThreadFolder(disk, threadsFolder, index);
    const close = async () => {
      await threads.close();
      await documents.idle();
      unlock();
    };
    return { threads, documents, close };
  } catch (thrown) {
    unlock();
    throw thrown;
  }
}
