// JSON as it stands in the database: with a checksum, since SQLite itself does not notice a flipped bit in a text.
import { isUtf8 } from "node:buffer";
import { crc32 } from "node:zlib";
import type { JsonValue } from "@beseda/core";
import type { SqliteRow } from "./sqlite-driver.ts";

const sealLength = 8;
const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });

/** `what` is the key of the value: the seal fits no other place. */
export function seal(what: string, json: string): string {
  return checksum(what, json) + json;
}

/** @throws Broken */
export function unseal(what: string, stored: SqliteRow[string] | undefined): JsonValue {
  if (stored instanceof Uint8Array) {
    const json = stored.subarray(sealLength);
    const found = Buffer.from(stored.buffer, stored.byteOffset, sealLength).toString("latin1");
    if (found === checksum(what, json)) return JSON.parse(utf8.decode(json)) as JsonValue;
  }
  throw new Broken(`the checksum of ${what} does not fit`);
}

/** @throws Broken */
export function textOf(stored: SqliteRow[string] | undefined): string {
  if (stored instanceof Uint8Array && isUtf8(stored)) return utf8.decode(stored);
  throw new Broken("a text is none");
}

/** Something in the database is not what was written there. Never leaves the engine, which says `damaged`. */
export class Broken extends Error {
  override readonly name = "Broken";
  /** What to do, where the rest of the database can be used. */
  readonly hint: string | undefined;

  constructor(message: string, { hint, cause }: { hint?: string; cause?: unknown } = {}) {
    super(message, { cause });
    this.hint = hint;
  }
}

function checksum(what: string, json: string | Uint8Array): string {
  return crc32(json, crc32(what)).toString(16).padStart(sealLength, "0");
}
