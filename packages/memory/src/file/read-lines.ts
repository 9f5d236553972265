// Lines of a file from the last back, read in blocks: the last 50 of 10,000 cost what the last 50 of 60 cost.
import type { Disk } from "./disk.ts";
import { Unreadable } from "./sealed-json.ts";

const blockBytes = 64 * 1024;
export const newline = 10;

/**
 * The bytes from `start` to `end`, split at newlines, the last piece first. The very first piece is what follows the
 * last newline: empty in a file that was written to its end. The file has to stay open until the reader is done.
 */
export function* linesFromEnd(disk: Disk, fd: number, start: number, end: number): Generator<Buffer> {
  /** Blocks of a line whose beginning was not met yet, the earliest first. */
  let rest: Buffer[] = [];
  for (let position = end; position > start; ) {
    const length = Math.min(blockBytes, position - start);
    position -= length;
    const block = readExactly(disk, fd, position, length);
    let lineEnd = length;
    for (let at = lastNewline(block, lineEnd); at !== -1; at = lastNewline(block, lineEnd)) {
      yield Buffer.concat([block.subarray(at + 1, lineEnd), ...rest]);
      rest = [];
      lineEnd = at;
    }
    rest.unshift(block.subarray(0, lineEnd));
  }
  yield Buffer.concat(rest);
}

/** A negative offset would count from the end, hence the look at 0. */
function lastNewline(block: Buffer, before: number): number {
  return before === 0 ? -1 : block.lastIndexOf(newline, before - 1);
}

/** The first line, without its newline; `undefined` where the file ends before one. */
export function firstLine(disk: Disk, fd: number, size: number): Buffer | undefined {
  const blocks: Buffer[] = [];
  for (let position = 0; position < size; ) {
    const block = readExactly(disk, fd, position, Math.min(firstBlockBytes, size - position));
    const at = block.indexOf(newline);
    if (at !== -1) return Buffer.concat([...blocks, block.subarray(0, at)]);
    blocks.push(block);
    position += block.length;
    if (position > longestFirstLine) throw new Unreadable("it has no first line");
  }
  return undefined;
}

const firstBlockBytes = 4 * 1024;
/** A header holds the thread's id, which may be long, but not that long. Keeps us from reading a film to its end. */
const longestFirstLine = 16 * 1024 * 1024;

export function readExactly(disk: Disk, fd: number, position: number, length: number): Buffer {
  const bytes = Buffer.allocUnsafe(length);
  for (let filled = 0; filled < length; ) {
    const count = disk.readSync(fd, bytes, filled, length - filled, position + filled);
    if (count === 0) throw new Unreadable("it became shorter while it was read");
    filled += count;
  }
  return bytes;
}
