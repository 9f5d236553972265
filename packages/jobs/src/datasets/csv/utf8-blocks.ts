// Bytes in blocks that no character is cut by, without the mark at their beginning, and whether each is UTF-8.
import { isUtf8 } from "node:buffer";
import type { ByteSource } from "../dataset.ts";
import { refuseOtherBytes } from "../refuse-other-bytes.ts";

export async function* utf8Blocks({ name, bytes }: ByteSource): AsyncGenerator<{ block: Buffer; isUtf8: boolean }> {
  let rest: Buffer = Buffer.alloc(0);
  let isStart = true;
  for await (const read of bytes()) {
    // A copy: whoever gave the bytes may use their memory again, and records are read out of them later.
    const held = Buffer.concat([rest, read]);
    if (isStart && held.length < byteOrderMark.length) {
      rest = held;
      continue;
    }
    const start = isStart ? startOfText(name, held) : 0;
    isStart = false;
    const end = held.length - cutCharacter(held);
    rest = held.subarray(end);
    if (end > start) yield checked(held.subarray(start, end));
  }
  if (rest.length > 0) yield checked(rest);
}

const byteOrderMark = Buffer.from("\uFEFF");

function startOfText(name: string, bytes: Buffer): number {
  refuseOtherBytes(name, bytes);
  return bytes.subarray(0, byteOrderMark.length).equals(byteOrderMark) ? byteOrderMark.length : 0;
}

function checked(block: Buffer): { block: Buffer; isUtf8: boolean } {
  return { block, isUtf8: isUtf8(block) };
}

/** How many bytes at the end are the beginning of a character that is not whole: 0 to 3. */
function cutCharacter(bytes: Buffer): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back] as number;
    if (byte < 0x80) return 0;
    if (byte >= 0xc0) return back < (byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2) ? back : 0;
  }
  return 0;
}
