// JSON objects as they stand in our files: readable by anybody, and with a checksum that tells a damaged one.
import { crc32 } from "node:zlib";

/** Something in a file that cannot be read. Never leaves this package: whoever catches it saves the rest and reports. */
export class Unreadable extends Error {
  override readonly name = "Unreadable";
}

const seal = ',"crc":"';
const sealLength = seal.length + 8 + '"}'.length;

/** `{"a":1}` becomes `{"a":1,"crc":"…"}`, the CRC-32 of the UTF-8 before the seal. The object must not be empty. */
export function sealJson(json: string): string {
  const body = json.slice(0, -1);
  return `${body}${seal}${crc32(body).toString(16).padStart(8, "0")}"}`;
}

/**
 * The text of the object without its seal. An object that has none is taken as it is: somebody may have edited it by
 * hand, and taken away the seal that no longer fitted.
 * @throws Unreadable where the seal does not fit, or the bytes are no UTF-8
 */
function unsealJson(bytes: Buffer): string {
  const sealAt = bytes.length - sealLength;
  const isSealed = sealAt > 0 && bytes.toString("latin1", sealAt, sealAt + seal.length) === seal;
  if (!isSealed) return decode(bytes);
  const body = bytes.subarray(0, sealAt);
  const expected = bytes.toString("latin1", sealAt + seal.length, bytes.length - 2);
  if (crc32(body).toString(16).padStart(8, "0") !== expected) throw new Unreadable("a checksum does not fit");
  return `${decode(body)}}`;
}

/** @throws Unreadable */
export function parseSealed(bytes: Buffer): unknown {
  return parseJson(unsealJson(bytes));
}

/** @throws Unreadable */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Unreadable("it is no JSON");
  }
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function decode(bytes: Buffer): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw new Unreadable("it is no UTF-8");
  }
}
