// What becomes of files that were torn, flipped, emptied, swapped or written by a newer version.
import fs from "node:fs";
import { join } from "node:path";
import type { BesedaError } from "@beseda/core";
import { afterEach, describe, expect, it, vi } from "vitest";
import { copiesOf, filledFolder, removeFolders, reopened, threadPath, user, users } from "./try-folder.ts";

afterEach(() => {
  vi.useRealTimers();
  removeFolders();
});

async function damageOf(call: Promise<unknown>): Promise<BesedaError> {
  const error = (await call.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )) as BesedaError;
  expect(error).toMatchObject({ name: "BesedaError", code: "damaged" });
  return error;
}

describe("a torn last line", { timeout: 30_000 }, () => {
  it("torn at any byte is cut off and kept aside, and the thread goes on", async () => {
    const { folder, path } = await filledFolder(users(0, 2));
    const before = fs.readFileSync(path);
    const last = before.length - (before.lastIndexOf("\n", before.length - 2) + 1);
    for (let cut = 1; cut < last; cut++) {
      fs.writeFileSync(path, before.subarray(0, before.length - cut));
      await using memory = reopened(folder);
      // With only the newline missing, the message is all there.
      const expected = cut === 1 ? users(0, 2) : users(0, 1);
      expect(await memory.load("t")).toEqual(expected);
      await memory.append("t", [user("next")]);
      expect(await memory.load("t")).toEqual([...expected, user("next")]);
      const torn = copiesOf(path, "torn").map((copy) => fs.readFileSync(copy));
      if (cut > 1) expect(torn.at(-1)).toEqual(before.subarray(before.length - last, before.length - cut));
    }
  });

  it("of the first write of a thread leaves no thread, and its id can be used", async () => {
    const { folder } = await filledFolder(users(0, 1));
    const path = threadPath(folder, "new");
    for (const begun of ["", '{"format":"beseda-thr']) {
      fs.writeFileSync(path, begun);
      await using memory = reopened(folder);
      expect((await memory.threads()).map(({ threadId }) => threadId)).not.toContain("new");
      expect(await memory.load("new")).toEqual([]);
      await memory.append("new", [user("x")]);
      expect(await memory.load("new")).toEqual([user("x")]);
      await memory.delete("new");
    }
  });
});

describe("a damaged thread", () => {
  const damages: Record<string, (bytes: Buffer) => Buffer | string> = {
    "with a broken line in the middle": (bytes) => bytes.toString().replace('"message 2"', '"message 2'),
    "with a changed letter in the middle": (bytes) => bytes.toString().replace('"message 2"', '"messages2"'),
    "with bytes that are no UTF-8": (bytes) => swap(bytes, "message 2", Buffer.from("mess\xffge 2", "latin1")),
    "with a line that is no message": (bytes) =>
      bytes.toString().replace(/\{[^\n]*message 2[^\n]*/, '{"role":"ghost"}'),
  };
  for (const [what, damage] of Object.entries(damages)) {
    it(`${what} is kept aside and reported, and goes on with all that can be read`, async () => {
      const { folder, path } = await filledFolder(users(0, 5));
      const damaged = damage(fs.readFileSync(path));
      fs.writeFileSync(path, damaged);
      await using memory = reopened(folder);
      const error = await damageOf(memory.load("t"));
      const [copy = ""] = copiesOf(path, "corrupt");
      expect(error.advice).toContain(`${path} is damaged`);
      expect(error.advice).toContain(copy);
      expect(error.hint).toContain("go on with the 4 messages that can be read; the copy has 1 lines that cannot");
      expect(fs.readFileSync(copy)).toEqual(Buffer.from(damaged));
      const saved = users(0, 5).filter((_, index) => index !== 2);
      expect(await memory.load("t")).toEqual(saved);
      await memory.append("t", [user("next")]);
      expect(await memory.load("t")).toEqual([...saved, user("next")]);
      expect(await memory.load("other")).toEqual([user("untouched")]);
    });
  }

  const beginnings: Record<string, { damage: (bytes: Buffer) => Buffer | string; saved: number }> = {
    "that was emptied": { damage: () => "", saved: 0 },
    "that is binary junk": {
      damage: () => Buffer.from(Array.from({ length: 5_000 }, (_, n) => (n * 37) % 256)),
      saved: 0,
    },
    "that is one long line of junk": { damage: () => "x".repeat(100_000), saved: 0 },
    "without its header": { damage: (bytes) => bytes.subarray(bytes.indexOf("\n") + 1), saved: 5 },
    "with a flipped letter in its header": { damage: (bytes) => swap(bytes, '"t"', Buffer.from('"u"')), saved: 5 },
    "with an array for a header": { damage: (bytes) => `[]${bytes.subarray(bytes.indexOf("\n"))}`, saved: 5 },
  };
  for (const [what, { damage, saved }] of Object.entries(beginnings)) {
    it(`${what} is reported by an append too, which then appends nothing`, async () => {
      const { folder, path } = await filledFolder(users(0, 5));
      fs.writeFileSync(path, damage(fs.readFileSync(path)));
      await using memory = reopened(folder);
      await damageOf(memory.append("t", [user("next")]));
      expect(copiesOf(path, "corrupt")).toHaveLength(1);
      expect(await memory.load("t")).toEqual(users(0, saved));
      await memory.append("t", [user("next")]);
      expect(await memory.load("t")).toEqual([...users(0, saved), user("next")]);
      expect((await memory.threads()).map(({ threadId }) => threadId).sort()).toEqual(["other", "t"]);
    });
  }

  it("that is damaged again within a millisecond is kept a second time", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    const { folder, path } = await filledFolder(users(0, 1));
    for (let round = 1; round <= 3; round++) {
      fs.appendFileSync(path, `junk ${round}\n`);
      await using memory = reopened(folder);
      await damageOf(memory.load("t"));
    }
    expect(copiesOf(path, "corrupt")).toHaveLength(3);
  });

  it("that holds the messages of another is put aside, and not taken for this one", async () => {
    const { folder, path } = await filledFolder(users(0, 2));
    fs.copyFileSync(threadPath(folder, "other"), path);
    await using memory = reopened(folder);
    expect((await damageOf(memory.load("t"))).message).toContain("belongs to another thread");
    expect(await memory.load("t")).toEqual([]);
    expect(await memory.load("other")).toEqual([user("untouched")]);
  });

  it("of a newer format is refused and left as it is", async () => {
    const { folder, path } = await filledFolder(users(0, 2));
    const newer = '{"format":"beseda-thread","version":99,"threadId":"t","createdAt":"x"}\n{"new":"shape"}';
    fs.writeFileSync(path, newer);
    await using memory = reopened(folder);
    const refused = { code: "unsupported", message: expect.stringContaining(path) };
    await expect(memory.load("t")).rejects.toMatchObject(refused);
    await expect(memory.append("t", [user("x")])).rejects.toMatchObject(refused);
    expect(fs.readFileSync(path, "utf8")).toBe(newer);
    expect(fs.readdirSync(join(folder, "threads"))).toHaveLength(2);
    expect(await memory.load("other")).toEqual([user("untouched")]);
    await memory.close();
    fs.rmSync(join(folder, "threads.json"));
    await using withoutIndex = reopened(folder);
    expect((await withoutIndex.threads()).map(({ threadId }) => threadId)).toEqual(["other"]);
  });
});

describe("a damaged store", () => {
  const damages: Record<string, { damage: (text: string) => string; saved: string[] }> = {
    "that is an array": { damage: () => "[]", saved: [] },
    "that is empty": { damage: () => "", saved: [] },
    "that is junk": { damage: () => "\0\0\xff".repeat(100), saved: [] },
    "with one broken document": { damage: (text) => text.replace('"Anna"', '"Anna'), saved: ["user/2"] },
    "that was cut off": { damage: (text) => text.slice(0, text.indexOf("Boris")), saved: ["user/1"] },
    "that somebody formatted and broke": { damage: (text) => formatted(text).replace('"Anna"', '"Anna'), saved: [] },
    "with a changed letter": { damage: (text) => text.replace("Anna", "Anka"), saved: ["user/1", "user/2"] },
    "that is lost but for its frame": {
      damage: (text) => text.replace("documents", "docunemts"),
      saved: ["user/1", "user/2"],
    },
  };
  for (const [what, { damage, saved }] of Object.entries(damages)) {
    it(`${what} is kept aside and reported, and goes on with the documents that can be read`, async () => {
      const { folder } = await filledFolder(users(0, 1));
      const path = join(folder, "store.json");
      const damaged = damage(fs.readFileSync(path, "utf8"));
      fs.writeFileSync(path, damaged);
      await using memory = reopened(folder);
      const error = await damageOf(memory.store.get("user/1"));
      const [copy = ""] = copiesOf(path, "corrupt");
      expect(error.advice).toContain(copy);
      expect(fs.readFileSync(copy, "utf8")).toBe(damaged);
      expect((await memory.store.entries("")).map(([key]) => key)).toEqual(saved);
      expect(await memory.load("t")).toEqual(users(0, 1));
    });
  }

  it("of a newer format is refused and left as it is", async () => {
    const { folder } = await filledFolder(users(0, 1));
    const newer = '{"format":"beseda-documents","version":2,"tables":{}}';
    fs.writeFileSync(join(folder, "store.json"), newer);
    await using memory = reopened(folder);
    for (let attempt = 0; attempt < 2; attempt++) {
      await expect(memory.store.get("x")).rejects.toMatchObject({ code: "unsupported" });
    }
    expect(fs.readFileSync(join(folder, "store.json"), "utf8")).toBe(newer);
  });
});

describe("a store that somebody formatted or edited", () => {
  it("is read as it is", async () => {
    const { folder } = await filledFolder(users(0, 1));
    const path = join(folder, "store.json");
    fs.writeFileSync(path, formatted(fs.readFileSync(path, "utf8")).replace("Anna", "Anja"));
    await using memory = reopened(folder);
    expect(await memory.store.get("user/1")).toEqual({ name: "Anja" });
  });
});

describe("a damaged index of threads", () => {
  it("is kept aside and reported, and made again from the threads", async () => {
    const { folder, path } = await filledFolder(users(0, 2));
    const index = join(folder, "threads.json");
    fs.writeFileSync(index, "{}");
    await using memory = reopened(folder);
    expect((await damageOf(memory.open())).message).toContain(index);
    expect((await memory.threads()).map(({ threadId }) => threadId).sort()).toEqual(["other", "t"]);
    expect(await memory.load("t")).toEqual(users(0, 2));
    expect(copiesOf(index, "corrupt")).toHaveLength(1);
    expect(copiesOf(path, "corrupt")).toEqual([]);
  });

  it("that was deleted, or is behind the files, is put right without a word", async () => {
    const { folder, path } = await filledFolder(users(0, 2));
    fs.rmSync(path);
    await namesIn(folder, ["other"]);
    expect(fs.readFileSync(join(folder, "threads.json"), "utf8")).not.toContain('"t"');
    fs.rmSync(join(folder, "threads.json"));
    await namesIn(folder, ["other"]);
  });

  async function namesIn(folder: string, expected: string[]): Promise<void> {
    await using memory = reopened(folder);
    expect((await memory.threads()).map(({ threadId }) => threadId)).toEqual(expected);
  }
});

function formatted(json: string): string {
  return JSON.stringify(JSON.parse(json), null, 2);
}

function swap(bytes: Buffer, text: string, by: Buffer): Buffer {
  const at = bytes.indexOf(text);
  return Buffer.concat([bytes.subarray(0, at), by, bytes.subarray(at + text.length)]);
}
