// What is no text in UTF-8, told by how it begins: each of its lines would be told as a row that is none.
import { BesedaError } from "@beseda/core";

/** @throws BesedaError `invalid-argument` for UTF-16, as some programs save CSV, and for what is packed */
export function refuseOtherBytes(name: string, start: Buffer): void {
  const mark = start.length < 2 ? 0 : start.readUInt16BE(0);
  if (mark === gzip) {
    throw new BesedaError(`${name} is packed (gzip).`, {
      code: "invalid-argument",
      hint: "Unpack it first, such as by `gunzip -c FILE.gz > FILE`.",
    });
  }
  if (mark !== 0xfffe && mark !== 0xfeff) return;
  throw new BesedaError(`${name} is UTF-16.`, { code: "invalid-argument", hint: "Save it as UTF-8." });
}

const gzip = 0x1f8b;
