// Thread ids are any text; file names are not.
import { createHash } from "node:crypto";

/**
 * A few letters of the id, for people, and a hash, which alone makes the name: no id leaves the folder, is too long,
 * is the name of a device, or meets another that differs only by case. Hashed as UTF-16, because in UTF-8 ids that
 * differ only in a lone surrogate would be the same.
 */
export function threadFileName(threadId: string): string {
  const letters = threadId
    .slice(0, 40)
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-");
  const hash = createHash("sha256").update(Buffer.from(threadId, "utf16le")).digest("hex").slice(0, 40);
  return `${letters.replace(/^-+|-+$/g, "") || "thread"}-${hash}.jsonl`;
}
