// Names for contents: the same for the same, short enough for labels and file names.
import { createHash } from "node:crypto";

/** @returns 32 hexadecimal digits */
export function digestOf(content: unknown): string {
  return createHash("sha256").update(JSON.stringify(content)).digest("hex").slice(0, 32);
}
