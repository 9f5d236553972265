// One thread in one file: a header, then a message a line, only ever written at the end.
import type { Message } from "@beseda/core";
import { isMessage } from "../stored-message.ts";
import { asideName, type Disk, onDisk, systemCode } from "./disk.ts";
import { firstLine, linesFromEnd, newline, readExactly } from "./read-lines.ts";
import { parseSealed, Unreadable } from "./sealed-json.ts";
import { headerLine, parseHeader, type ThreadHeader } from "./thread-header.ts";

/** `messagesAt` is where the first message begins. Nobody else writes to the file, so its size is known. */
export type ThreadFile = { path: string; fd: number; size: number; messagesAt: number; header: ThreadHeader };

/** The file ends within its first line: the beginning of a thread that was never finished, or all that is left of one. */
export class TornBeginning extends Unreadable {
  constructor() {
    super("it ends within its first line");
  }
}

/**
 * Opens the file of a thread, and puts right what a crash in the middle of a write left behind. `undefined` where there
 * is none. What it reads does not depend on how long the thread is.
 * @throws Unreadable, TornBeginning, whatever the system says
 * @throws BesedaError `unsupported` for a newer format
 */
export function openThreadFile(disk: Disk, path: string): ThreadFile | undefined {
  const fd = openExisting(disk, path);
  if (fd === undefined) return undefined;
  try {
    const size = disk.fstatSync(fd).size;
    const first = firstLine(disk, fd, size);
    if (first === undefined) throw new TornBeginning();
    const header = parseHeader(first, path);
    const messagesAt = first.length + 1;
    return { path, fd, size: repairEnd(disk, fd, path, messagesAt, size), messagesAt, header };
  } catch (thrown) {
    disk.closeSync(fd);
    throw thrown;
  }
}

function openExisting(disk: Disk, path: string): number | undefined {
  try {
    // Not for appending: on Windows such a descriptor could not take a torn line back.
    return disk.openSync(path, "r+");
  } catch (thrown) {
    if (systemCode(thrown) === "ENOENT") return undefined;
    throw thrown;
  }
}

/**
 * A last line without its newline is whole, but for the newline, or torn. A torn one belonged to an append that never
 * resolved; it is kept beside the file and cut off.
 * @returns the size of the file afterwards
 */
function repairEnd(disk: Disk, fd: number, path: string, messagesAt: number, size: number): number {
  if (readExactly(disk, fd, size - 1, 1)[0] === newline) return size;
  const [last = Buffer.alloc(0)] = linesFromEnd(disk, fd, messagesAt, size);
  if (isMessageLine(last)) return size + disk.writeSync(fd, "\n", size);
  disk.writeFileSync(asideName(disk, path, "torn"), last, { mode: 0o600 });
  disk.ftruncateSync(fd, size - last.length);
  return size - last.length;
}

/** Makes the file with its first messages, or leaves none. */
export function createThreadFile(disk: Disk, path: string, header: ThreadHeader, lines: string): ThreadFile {
  const first = headerLine(header);
  const fd = onDisk(path, () => disk.openSync(path, "wx+", 0o600));
  const file: ThreadFile = { path, fd, size: 0, messagesAt: Buffer.byteLength(first), header };
  try {
    appendLines(disk, file, first + lines);
  } catch (thrown) {
    disk.closeSync(fd);
    disk.rmSync(path, { force: true });
    throw thrown;
  }
  return file;
}

/**
 * Writes whole lines at the end in one go; what a failure leaves half written is taken back.
 * @throws BesedaError `unavailable`
 */
export function appendLines(disk: Disk, file: ThreadFile, lines: string): void {
  const bytes = Buffer.from(lines, "utf8");
  onDisk(file.path, () => {
    try {
      // One call as a rule. A disk that is filling up takes a part, and refuses the rest.
      for (let written = 0; written < bytes.length; ) {
        written += disk.writeSync(file.fd, bytes, written, bytes.length - written, file.size + written);
      }
    } catch (thrown) {
      disk.ftruncateSync(file.fd, file.size);
      throw thrown;
    }
  });
  file.size += bytes.length;
}

/** @throws Unreadable at the first line that is no message, whatever the system says */
export function* messagesFromEnd(disk: Disk, { fd, messagesAt, size }: ThreadFile): Generator<Message> {
  for (const line of linesFromEnd(disk, fd, messagesAt, size)) {
    if (!isBlank(line)) yield parseMessage(line);
  }
}

/** People who edit a file leave empty lines, and editors carriage returns. */
function isBlank(line: Buffer): boolean {
  return line.length === 0 || (line.length === 1 && line[0] === 13);
}

/** @throws Unreadable */
function parseMessage(line: Buffer): Message {
  const message = parseSealed(line.at(-1) === 13 ? line.subarray(0, -1) : line);
  if (!isMessage(message)) throw new Unreadable("there is a line in it that is no message");
  return message;
}

export function isMessageLine(line: Buffer): boolean {
  try {
    parseMessage(line);
    return true;
  } catch {
    return false;
  }
}
