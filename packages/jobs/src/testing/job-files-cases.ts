// What every JobFiles has to do, as cases that any test runner can run.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import type { JobFiles } from "@beseda/core";
import { type ConformanceCase, type Skipped, withoutSkipped } from "@beseda/core/testing";
import { refused } from "./claim-now.ts";

/** `open` gives files of which there are none yet, other ones for each case. */
export function jobFilesCases(
  open: () => Promise<{ files: JobFiles; close?: () => void | Promise<void> }>,
  skip?: Skipped,
): ConformanceCase[] {
  const all = Object.entries(cases).map(([name, check]) => ({
    name,
    run: async () => {
      const { files, close } = await open();
      await check(files).finally(() => close?.());
    },
  }));
  return withoutSkipped(all, skip);
}

export function bytesOf(...texts: string[]): Uint8Array[] {
  return texts.map((text) => new TextEncoder().encode(text));
}

export async function textOf(bytes: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of bytes) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

const cases: Record<string, (files: JobFiles) => Promise<void>> = {
  "gives the bytes of a file back as they were": async (files) => {
    const all = Uint8Array.from({ length: 70_000 }, (_, n) => (n * 37) % 256);
    assert.equal(await files.put("a/bytes.bin", [all.subarray(0, 1), all.subarray(1, 1), all.subarray(1)]), true);
    const chunks: Uint8Array[] = [];
    for await (const chunk of files.get("a/bytes.bin")) chunks.push(chunk);
    assert.ok(Buffer.concat(chunks).equals(all));
    assert.equal(await files.put("empty", []), true);
    assert.equal(await textOf(files.get("empty")), "");
    assert.deepEqual(await files.list(""), ["a/bytes.bin", "empty"]);
  },

  "knows no file that was not written": async (files) => {
    await assert.rejects(textOf(files.get("a/b")), refused("not-found"));
    assert.deepEqual(await files.list(""), []);
    assert.deepEqual(await files.list("a/"), []);
    await files.delete("a/");
    await files.put("a/b", bytesOf("x"));
    for (const name of ["a", "a/b/c", "a/bc"]) await assert.rejects(textOf(files.get(name)), refused("not-found"));
  },

  "keeps the file of the first writer of a name": async (files) => {
    assert.equal(await files.put("a/b", bytesOf("first")), true);
    assert.equal(await files.put("a/b", bytesOf("second")), false);
    assert.equal(await textOf(files.get("a/b")), "first");
  },

  "lets one of many writers of a name win, whole": async (files) => {
    const texts = Array.from({ length: 10 }, (_, n) => `${n}`.repeat(10_000));
    const won = await Promise.all(texts.map((text) => files.put("prize", bytesOf(...(text.match(/.{1000}/g) ?? [])))));
    assert.equal(won.filter(Boolean).length, 1);
    assert.equal(await textOf(files.get("prize")), texts[won.indexOf(true)]);
  },

  "shows nothing of a file until all of it is written": async (files) => {
    const name = "a/slow";
    async function* slowly() {
      yield* bytesOf("one");
      assert.deepEqual(await files.list(""), []);
      await assert.rejects(textOf(files.get(name)), refused("not-found"));
      yield* bytesOf("two");
    }
    assert.equal(await files.put(name, slowly()), true);
    assert.equal(await textOf(files.get(name)), "onetwo");
  },

  "keeps nothing of a file whose bytes end in an error": async (files) => {
    const broken = new Error("The source is broken.");
    async function* breaking() {
      yield* bytesOf("half");
      throw broken;
    }
    await assert.rejects(files.put("a/b", breaking()), broken);
    await assert.rejects(textOf(files.get("a/b")), refused("not-found"));
    assert.deepEqual(await files.list(""), []);
    assert.equal(await files.put("a/b", bytesOf("whole")), true);
  },

  "lists the names that begin with a prefix, sorted, and takes the prefix to the letter": async (files) => {
    const names = ["a/2", "a/10", "a/1", "a/1.d/x", "a-b", "Z/1", "ab/1", "b_c", "b.c"];
    for (const name of names) await files.put(name, bytesOf(name));
    assert.deepEqual(await files.list("a/"), ["a/1", "a/1.d/x", "a/10", "a/2"]);
    assert.deepEqual(await files.list("a/1"), ["a/1", "a/1.d/x", "a/10"]);
    assert.deepEqual(await files.list("a"), ["a-b", "a/1", "a/1.d/x", "a/10", "a/2", "ab/1"]);
    assert.deepEqual(await files.list("b_"), ["b_c"]);
    assert.deepEqual(await files.list("b.c"), ["b.c"]);
    assert.deepEqual(await files.list(""), [...names].sort());
  },

  "deletes the files that begin with a prefix and no other, and the names are free": async (files) => {
    for (const name of ["a/1", "a/10", "a/2", "b"]) await files.put(name, bytesOf(name));
    await files.delete("a/1");
    assert.deepEqual(await files.list(""), ["a/2", "b"]);
    await files.delete("a/");
    await files.delete("a/");
    assert.deepEqual(await files.list(""), ["b"]);
    assert.equal(await files.put("a/1", bytesOf("again")), true);
    assert.equal(await textOf(files.get("a/1")), "again");
    await files.delete("");
    assert.deepEqual(await files.list(""), []);
  },

  "refuses names that are none": async (files) => {
    const names = [
      "",
      "/",
      "/a",
      "a/",
      "a//b",
      ".",
      "..",
      "../a",
      "a/../b",
      "a/./b",
      "a\\b",
      "a b",
      "чат",
      "a\0",
      "a\n",
    ];
    for (const name of [...names, "a?", "a*", "a:b", "%2e%2e", "n".repeat(5_000)]) {
      await assert.rejects(files.put(name, bytesOf("x")), refused("invalid-argument"), JSON.stringify(name));
      await assert.rejects(textOf(files.get(name)), refused("invalid-argument"), JSON.stringify(name));
    }
    for (const prefix of ["../", "/", "a/../", "a\\", "..", "*"]) {
      await assert.rejects(files.list(prefix), refused("invalid-argument"), prefix);
      await assert.rejects(files.delete(prefix), refused("invalid-argument"), prefix);
    }
    assert.deepEqual(await files.list(""), []);
  },

  "writes and reads a file of 40 MB piece by piece": async (files) => {
    const written = createHash("sha256");
    async function* pieces() {
      for (let n = 0; n < 640; n++) {
        const piece = Buffer.alloc(64 * 1024, `${n} `);
        written.update(piece);
        yield piece;
      }
    }
    await files.put("large", pieces());
    const read = createHash("sha256");
    let longest = 0;
    for await (const chunk of files.get("large")) {
      read.update(chunk);
      longest = Math.max(longest, chunk.length);
    }
    assert.equal(read.digest("hex"), written.digest("hex"));
    assert.ok(longest <= 16 * 1024 * 1024, `a chunk has ${longest} bytes`);
  },

  "lets a reader leave in the middle": async (files) => {
    await files.put("a", bytesOf("x".repeat(1_000_000)));
    for await (const chunk of files.get("a")) {
      assert.ok(chunk.length > 0);
      break;
    }
    await files.delete("a");
    assert.deepEqual(await files.list(""), []);
  },
};
