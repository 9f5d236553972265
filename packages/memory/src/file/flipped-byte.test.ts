// One bit of a file turned over, at many places.
import fs from "node:fs";
import { join } from "node:path";
import { type BesedaError, textOf } from "@beseda/core";
import { afterEach, describe, expect, it } from "vitest";
import type { FileMemory } from "../file-memory.ts";
import { copiesOf, filledFolder, removeFolders, reopened, users } from "./try-folder.ts";

afterEach(removeFolders);

describe("any flipped byte", { timeout: 30_000 }, () => {
  it("of a thread is reported, with nothing else lost, or changes no message", async () => {
    const { folder, path } = await filledFolder(users(0, 5));
    const before = fs.readFileSync(path);
    let reported = 0;
    for (const position of seededPositions(200, before.length)) {
      fs.writeFileSync(path, flip(before, position));
      await using memory = reopened(folder);
      let error: BesedaError | undefined;
      const first = await memory.load("t").catch((thrown: BesedaError) => {
        error = thrown;
        return undefined;
      });
      if (error) reported++;
      if (error) expect(error.code, `byte ${position}`).toBe("damaged");
      const messages = first ?? (await memory.load("t"));
      const lost = users(0, 5).filter((message) => !messages.some((each) => textOf(each) === textOf(message)));
      // A flipped newline takes two lines along.
      expect(lost.length, `byte ${position}`).toBeLessThanOrEqual(error ? 2 : 0);
      expect(messages.length).toBeLessThanOrEqual(5);
    }
    expect(reported).toBeGreaterThan(150);
  });

  it("of the store is reported, or changes no document", async () => {
    const { folder } = await filledFolder(users(0, 1));
    const path = join(folder, "store.json");
    const before = fs.readFileSync(path);
    for (const position of seededPositions(100, before.length)) {
      fs.writeFileSync(path, flip(before, position));
      await using memory = reopened(folder);
      const entries = await entriesOf(memory);
      const expected = [
        ["user/1", { name: "Anna" }],
        ["user/2", { name: "Boris" }],
      ];
      if (entries === "damaged") expect(copiesOf(path, "corrupt").length).toBeGreaterThan(0);
      else expect(entries, `byte ${position}`).toEqual(expected);
    }
  });

  async function entriesOf({ store }: FileMemory): Promise<unknown> {
    return store.entries("").catch((thrown: BesedaError) => thrown.code);
  }
});

function flip(bytes: Buffer, position: number): Buffer {
  const flipped = Buffer.from(bytes);
  flipped[position] = (bytes[position] as number) ^ (1 << (position % 8));
  return flipped;
}

/** The same positions at each run: a linear congruential generator, constants from Numerical Recipes. */
function seededPositions(count: number, length: number): number[] {
  let seed = 42;
  return Array.from({ length: count }, () => {
    seed = (seed * 1_664_525 + 1_013_904_223) % 2 ** 32;
    return Math.floor((seed / 2 ** 32) * length);
  });
}
