import fs from "node:fs";
import { join } from "node:path";
import type { Store } from "@beseda/core";
import { memoryCases, storeCases } from "@beseda/core/testing";
import { afterEach, describe, expect, it } from "vitest";
import { copiesOf, newFolder, removeFolders, threadPath, user, users, watchedDisk } from "./file/try-folder.ts";
import { type FileMemory, fileMemory, fileMemoryOn } from "./file-memory.ts";
import { lastMessages, wholeThread } from "./fit/window.ts";

afterEach(removeFolders);

const whole = { window: wholeThread };

describe("a memory in files", () => {
  const folders = new WeakMap<FileMemory, string>();
  const openIn = (folder: string) => {
    const memory = fileMemory(folder, whole);
    folders.set(memory, folder);
    return memory;
  };
  const reopen = async (memory: FileMemory) => {
    await memory.close();
    return openIn(folders.get(memory) as string);
  };
  const suite = memoryCases(() => openIn(newFolder()), { reopen, close: (memory) => memory.close() });
  for (const { name, run } of suite) it(name, run);

  it("makes nothing before the first use", async () => {
    const folder = join(newFolder(), "deeper", "data");
    const memory = fileMemory(folder);
    expect(fs.existsSync(folder)).toBe(false);
    await memory.open();
    expect(fs.existsSync(folder)).toBe(true);
    await memory.close();
  });

  it("keeps names and files inside the folder, and from other users", async () => {
    const folder = newFolder();
    await using memory = fileMemory(join(folder, "data"), whole);
    for (const id of ["../../x", "/etc/passwd", "CON", "\0", "x".repeat(10_000)]) await memory.append(id, [user(id)]);
    expect(fs.readdirSync(folder)).toEqual(["data"]);
    const names = fs.readdirSync(join(folder, "data", "threads"));
    expect(names).toHaveLength(5);
    for (const name of names) {
      expect(name).toMatch(/^[a-z0-9][a-z0-9-]{0,80}\.jsonl$/);
      expect(fs.statSync(join(folder, "data", "threads", name)).mode & 0o077).toBe(0);
    }
  });

  it("mixes no ids that differ only in half a surrogate pair", async () => {
    const folder = newFolder();
    const memory = fileMemory(folder, whole);
    const ids = ["\ud800", "\ud801", "\ufffd"];
    for (const [index, id] of ids.entries()) await memory.append(id, users(index, index + 1));
    await memory.close();
    await using again = fileMemory(folder, whole);
    for (const [index, id] of ids.entries()) expect(await again.load(id)).toEqual(users(index, index + 1));
    expect((await again.threads()).map(({ threadId }) => threadId).sort()).toEqual(ids);
  });

  it("writes lines that any reader of JSON lines understands", async () => {
    const folder = newFolder();
    await using memory = fileMemory(folder);
    await memory.append("t", [user("a\nb"), user("\u2028")]);
    const lines = fs.readFileSync(threadPath(folder, "t"), "utf8").trimEnd().split("\n");
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      { format: "beseda-thread", version: 1, threadId: "t" },
      { role: "user", content: "a\nb" },
      { role: "user", content: "\u2028" },
    ]);
  });

  it("takes lines that somebody edited by hand, without a checksum", async () => {
    const folder = newFolder();
    const memory = fileMemory(folder, whole);
    await memory.append("t", users(0, 1));
    await memory.close();
    fs.appendFileSync(threadPath(folder, "t"), '\r\n\n{"role":"user","content":"by hand"}\r\n');
    await using again = fileMemory(folder, whole);
    expect(await again.load("t")).toEqual([user("message 0"), user("by hand")]);
  });

  it("an append to 10,000 messages reads and writes what an append to 10 does, open or not", async () => {
    const [short, long] = [await bytesOfAppends(10), await bytesOfAppends(10_000)];
    expect(long).toEqual({ afterOpening: { ...short.afterOpening, read: expect.any(Number) }, open: short.open });
    expect(long.open.read).toBe(0);
    expect(long.afterOpening.read).toBeLessThan(5_000);
  });

  it("an append writes no index, however many threads there are", async () => {
    const folder = newFolder();
    const written: unknown[] = [];
    const disk = watchedDisk((name, args) => {
      if (name === "writeFile" || name === "writeFileSync") written.push(args[0]);
      return undefined;
    });
    const appendToAll = async () => {
      await using memory = fileMemoryOn(disk, folder);
      for (let id = 0; id < 20; id++) await memory.append(`t${id}`, [user("x")]);
      expect((await memory.threads())[0]?.threadId).toBe("t19");
    };
    await appendToAll();
    expect(written).toContain(join(folder, "threads.json.new"));
    written.length = 0;
    await appendToAll();
    expect(written).toEqual([expect.stringContaining("lock-")]);
  });

  it("reads only the end of a long thread for a window", async () => {
    const folder = newFolder();
    await fillThread(folder, 10_000);
    const traffic = { read: 0, written: 0 };
    await using memory = fileMemoryOn(countingDisk(traffic), folder, { window: lastMessages(50) });
    expect(await memory.load("t")).toEqual(users(9_950, 10_000));
    expect(traffic.read).toBeLessThan(80_000);
    expect(fs.statSync(threadPath(folder, "t")).size).toBeGreaterThan(500_000);
  });

  it("keeps no more than a hundred files open", async () => {
    const open = new Set<number>();
    let most = 0;
    const disk = watchedDisk((name, args) => {
      if (name === "closeSync") open.delete(args[0] as number);
      if (name !== "openSync") return undefined;
      const fd = fs.openSync(...(args as Parameters<typeof fs.openSync>));
      most = Math.max(most, open.add(fd).size);
      return fd;
    });
    const memory = fileMemoryOn(disk, newFolder(), whole);
    for (let round = 0; round < 2; round++) {
      for (let id = 0; id < 150; id++) await memory.append(`t${id}`, [user(`round ${round}`)]);
    }
    for (let id = 0; id < 150; id++) expect(await memory.load(`t${id}`)).toEqual([user("round 0"), user("round 1")]);
    // A file is opened before the least recent one is closed for it.
    expect(most).toBe(101);
    await memory.close();
    expect(open.size).toBe(0);
  });

  it("refuses every call after it was closed, and can be closed twice", async () => {
    const memory = fileMemory(newFolder());
    await memory.append("t", [user("x")]);
    await Promise.all([memory.close(), memory.close()]);
    await expect(memory.load("t")).rejects.toMatchObject({ code: "unavailable" });
    await expect(memory.store.get("x")).rejects.toMatchObject({ code: "unavailable" });
    await memory.close();
  });

  it("finishes what was begun before it was closed", async () => {
    const folder = newFolder();
    const memory = fileMemory(folder, whole);
    const begun = [memory.append("t", [user("x")]), memory.store.set("a", 1), memory.store.set("b", 2)];
    await memory.close();
    await Promise.all(begun);
    await using again = fileMemory(folder, whole);
    expect(await again.load("t")).toEqual([user("x")]);
    expect(await again.store.entries("")).toEqual([
      ["a", 1],
      ["b", 2],
    ]);
  });

  it("keeps the folder locked until the last document is written", async () => {
    const folder = newFolder();
    let goOn: () => void = () => {};
    const gate = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    const disk = watchedDisk((name, args) => {
      if (name !== "writeFile") return undefined;
      return gate.then(() => fs.promises.writeFile(...(args as Parameters<typeof fs.promises.writeFile>)));
    });
    const isLocked = () => fs.readdirSync(folder).some((name) => name.startsWith("lock-"));
    const memory = fileMemoryOn(disk, folder);
    const set = memory.store.set("key", 1);
    await memory.open();
    const closed = memory.close();
    for (let turn = 0; turn < 5; turn++) await new Promise((next) => setImmediate(next));
    expect(isLocked()).toBe(true);
    goOn();
    await Promise.all([set, closed]);
    expect(isLocked()).toBe(false);
  });

  it("a deleted thread leaves nothing of itself behind, damaged copies included", async () => {
    const folder = newFolder();
    const memory = fileMemory(folder);
    await memory.append("t", users(0, 3));
    await memory.append("other", users(0, 1));
    await memory.close();
    fs.appendFileSync(threadPath(folder, "t"), "junk\n");
    await using again = fileMemory(folder);
    await expect(again.load("t")).rejects.toMatchObject({ code: "damaged" });
    expect(copiesOf(threadPath(folder, "t"), "corrupt")).toHaveLength(1);
    await again.delete("t");
    expect(fs.readdirSync(join(folder, "threads"))).toHaveLength(1);
  });
});

describe("a store in a file", () => {
  const memories = new WeakMap<Store, { memory: FileMemory; folder: string }>();
  const openIn = (folder: string) => {
    const memory = fileMemory(folder);
    memories.set(memory.store, { memory, folder });
    return memory.store;
  };
  const close = async (store: Store) => memories.get(store)?.memory.close();
  const reopen = async (store: Store) => {
    await close(store);
    return openIn(memories.get(store)?.folder as string);
  };
  for (const { name, run } of storeCases(() => openIn(newFolder()), { reopen, close })) it(name, run);
});

type Traffic = { read: number; written: number };

async function fillThread(folder: string, length: number): Promise<void> {
  const memory = fileMemory(folder);
  await memory.append("t", users(0, length));
  await memory.close();
}

async function bytesOfAppends(length: number): Promise<{ afterOpening: Traffic; open: Traffic }> {
  const folder = newFolder();
  await fillThread(folder, length);
  const traffic = { read: 0, written: 0 };
  await using memory = fileMemoryOn(countingDisk(traffic), folder);
  await memory.open();
  const append = async () => {
    Object.assign(traffic, { read: 0, written: 0 });
    await memory.append("t", [user("one more")]);
    return { ...traffic };
  };
  return { afterOpening: await append(), open: await append() };
}

/** Counts what is asked of the system, in bytes, whole files included. */
function countingDisk(traffic: Traffic) {
  return watchedDisk((name, args) => {
    if (name === "readSync") traffic.read += args[3] as number;
    if (name === "writeSync") traffic.written += args[3] as number;
    if (name === "readFileSync") traffic.read += fs.statSync(args[0] as string, { throwIfNoEntry: false })?.size ?? 0;
    if (name === "writeFile" || name === "writeFileSync") traffic.written += Buffer.byteLength(args[1] as string);
    return undefined;
  });
}
