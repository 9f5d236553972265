// Lines of JSON as bytes, and back, as they come; and the seal by which a changed bit in them is noticed.
import { crc32 } from "node:zlib";
import { BesedaError } from "@beseda/core";

const newline = 0x0a;
/** Written together: so many characters at least. */
const chunkChars = 65_536;

/** @throws BesedaError `damaged` for a line that is no JSON */
export async function* readJsonLines<Value>(name: string, bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Value> {
  let number = 0;
  /** The beginning of a line that goes on in the next chunk. */
  let begun: Buffer[] = [];
  for await (const { buffer, byteOffset, byteLength } of bytes) {
    const chunk = Buffer.from(buffer, byteOffset, byteLength);
    let from = 0;
    for (let end = chunk.indexOf(newline); end !== -1; end = chunk.indexOf(newline, from)) {
      const line = begun.length === 0 ? chunk.toString("utf8", from, end) : joined(begun, chunk.subarray(0, end));
      begun = [];
      from = end + 1;
      yield parsed(name, ++number, line);
    }
    if (from < chunk.length) begun.push(chunk.subarray(from));
  }
  if (begun.length > 0) yield parsed(name, ++number, joined(begun));
}

function joined(begun: readonly Buffer[], ...rest: Buffer[]): string {
  return Buffer.concat([...begun, ...rest]).toString("utf8");
}

function parsed<Value>(name: string, number: number, line: string): Value {
  try {
    return JSON.parse(line);
  } catch (cause) {
    throw new BesedaError(`Line ${number} of ${name} is not JSON.`, {
      code: "damaged",
      hint: "The folder of the jobs was changed from outside, or its disk is failing: put the file back, then go on (--resume), or begin the batch anew.",
      cause,
    });
  }
}

/** @param lines each a value as JSON */
export async function* writeJsonLines(lines: AsyncIterable<string>): AsyncGenerator<Uint8Array> {
  let text = "";
  for await (const line of lines) {
    text += `${line}\n`;
    if (text.length < chunkChars) continue;
    yield Buffer.from(text);
    text = "";
  }
  if (text !== "") yield Buffer.from(text);
}

const sealLength = 9;

/** Ends with a checksum of all that stands before it: eight hexadecimal digits and the end of the line. */
export async function* sealed(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let sum = 0;
  for await (const chunk of bytes) {
    sum = crc32(chunk, sum);
    yield chunk;
  }
  yield Buffer.from(sealOf(sum));
}

/** What was sealed, as it comes: that it is right is known when it has come to its end. @throws BesedaError `damaged` */
export async function* unsealed(name: string, bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let sum = 0;
  let held: Uint8Array = Buffer.alloc(0);
  for await (const chunk of bytes) {
    const known = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
    const end = Math.max(0, known.length - sealLength);
    held = known.subarray(end);
    if (end === 0) continue;
    const content = known.subarray(0, end);
    sum = crc32(content, sum);
    yield content;
  }
  if (Buffer.from(held).toString("latin1") === sealOf(sum)) return;
  throw new BesedaError(`${name} is not what was written: its checksum is another.`, { code: "damaged" });
}

function sealOf(sum: number): string {
  return `${sum.toString(16).padStart(8, "0")}\n`;
}
