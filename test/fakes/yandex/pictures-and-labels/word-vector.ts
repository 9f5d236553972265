// Texts as numbers, by their words alone: enough for texts about the same to be near each other.
import { createHash } from "node:crypto";

/** The beginnings of its words, so that “delivered” and “delivery” are the same; words of one or two letters left out. */
export function stemsOf(text: string): string[] {
  return (text.toLowerCase().match(/[\p{L}\p{N}]{3,}/gu) ?? []).map((word) => word.slice(0, 5));
}

/** Of length 1. The same text gives the same vector, in every process. */
export function wordVector(text: string, dimensions: number): number[] {
  const vector = Array<number>(dimensions).fill(0);
  for (const stem of [...stemsOf(text), text.trim().slice(0, 1)]) {
    const hash = createHash("sha256").update(stem).digest();
    // Two places each: where two stems meet in one, they differ in the other.
    for (const at of [0, 6]) {
      const place = hash.readUInt32BE(at) % dimensions;
      vector[place] = (vector[place] ?? 0) + ((hash[at + 4] ?? 0) < 128 ? 1 : -1);
    }
  }
  const length = Math.hypot(...vector) || 1;
  return vector.map((each) => each / length);
}

/** How many of the words of one text are in the other. */
export function commonStems(a: string, b: string): number {
  const others = new Set(stemsOf(b));
  return stemsOf(a).filter((stem) => others.has(stem)).length;
}
