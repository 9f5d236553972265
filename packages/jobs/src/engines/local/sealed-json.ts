// JSON as it stands in the database: with a checksum, since SQLite itself does not notice a flipped bit in a text.
import { isUtf8 } from "node:buffer";
import { crc32 } from "node:zlib";
import { BesedaError, describeThrown, type JsonValue } from "@beseda/core";
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
}

/** @throws BesedaError `invalid-argument` for what JSON cannot hold: a cycle, a bigint, nothing at all */
export function toJson(value: unknown, what: string): string {
  let json: string | undefined;
  let reason = `${typeof value} has no JSON`;
  try {
    json = JSON.stringify(value);
  } catch (thrown) {
    reason = describeThrown(thrown);
  }
  if (json !== undefined) return json;
  throw new BesedaError(`${what} cannot be kept: ${reason}.`, {
    code: "invalid-argument",
    hint: "Only plain data can be: objects, arrays, strings, numbers, booleans and null.",
  });
}

/** A copy that the caller cannot change any more. @throws BesedaError `invalid-argument` */
export function plainCopy<Value>(value: Value, what: string): Value {
  return JSON.parse(toJson(value, what)) as Value;
}

function checksum(what: string, json: string | Uint8Array): string {
  return crc32(json, crc32(what)).toString(16).padStart(sealLength, "0");
}
