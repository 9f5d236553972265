// Any text as a part of the name of a file or of a queue: small letters, digits, `_` and `-`, never `.` nor `/`, so that
// disks that take `a` and `A` for one tell them apart.
import { createHash } from "node:crypto";

const longest = 120;

/** The same text always gives the same name, and no two texts give one. */
export function safeName(text: string): string {
  const name = text.replace(/[^a-z0-9-]/gu, (character) => `_${character.codePointAt(0)?.toString(16)}_`);
  if (name !== "" && name.length <= longest) return name;
  return `_sha256_${createHash("sha256").update(text).digest("hex")}`;
}
