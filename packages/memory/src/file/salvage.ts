// A damaged thread: the file is kept as it was found, and the thread goes on with what can be read of it.
import { BesedaError } from "@beseda/core";
import { asideName, type Disk, onDisk, replaceFile } from "./disk.ts";
import { linesFromEnd, newline } from "./read-lines.ts";
import { Unreadable } from "./sealed-json.ts";
import { isMessageLine } from "./thread-file.ts";
import { headerLine, parseHeader, type ThreadHeader } from "./thread-header.ts";

/**
 * Copies the file, then replaces it by one with a good header and all good messages, before the damage and after it.
 * Messages of another thread, whose file was put in this place, stay in the copy.
 * @returns the error that tells the user
 */
export function salvageThread(disk: Disk, path: string, expected: ThreadHeader, damage: Unreadable): BesedaError {
  return onDisk(path, () => {
    const lines = readLines(disk, path);
    const found = headerOf(lines, path);
    const isForeign = found !== undefined && found.threadId !== expected.threadId;
    const good = isForeign ? [] : lines.filter(isMessageLine);
    const copy = asideName(disk, path, "corrupt");
    disk.copyFileSync(path, copy, disk.constants.COPYFILE_EXCL);
    const kept = good.flatMap((line) => [line, Buffer.of(newline)]);
    replaceFile(
      disk,
      path,
      Buffer.concat([Buffer.from(headerLine(isForeign ? expected : (found ?? expected))), ...kept]),
    );
    const lost = lines.filter((line) => line.length > 0).length - good.length - (found ? 1 : 0);
    return new BesedaError(
      `${path} is damaged: ${isForeign ? "it belongs to another thread" : damage.message}. It was kept as ${copy}.`,
      {
        code: "damaged",
        hint: `Try again to go on with the ${good.length} messages that can be read; the copy has ${lost} lines that cannot.`,
      },
    );
  });
}

function readLines(disk: Disk, path: string): Buffer[] {
  const fd = disk.openSync(path, "r");
  try {
    return [...linesFromEnd(disk, fd, 0, disk.fstatSync(fd).size)].reverse();
  } finally {
    disk.closeSync(fd);
  }
}

function headerOf([first]: Buffer[], path: string): ThreadHeader | undefined {
  try {
    return first && parseHeader(first, path);
  } catch (thrown) {
    if (thrown instanceof Unreadable) return undefined;
    throw thrown;
  }
}
