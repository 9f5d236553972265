// A disk that is full, read-only, or fails at any one of its calls.
import fs from "node:fs";
import { join } from "node:path";
import type { BesedaError } from "@beseda/core";
import { afterEach, describe, expect, it } from "vitest";
import { fileMemory, fileMemoryOn } from "../file-memory.ts";
import { wholeThread } from "../fit/window.ts";
import { newFolder, removeFolders, systemError, threadPath, user, users, watchedDisk } from "./try-folder.ts";

afterEach(removeFolders);

const whole = { window: wholeThread };

describe("a folder that cannot be used", () => {
  it("is named, with what to do, where a file is in its place", async () => {
    const file = join(newFolder(), "notes.txt");
    fs.writeFileSync(file, "notes");
    for (const path of [file, join(file, "deeper")]) {
      const error = await fileMemory(path)
        .open()
        .catch((thrown: BesedaError) => thrown);
      expect(error).toMatchObject({ code: "unavailable", message: expect.stringContaining(path) });
      expect((error as BesedaError).advice).toContain(
        "there is a file where a folder should be. Choose another folder",
      );
    }
    expect(fs.readFileSync(file, "utf8")).toBe("notes");
  });

  it("is named, with what to do, where this user may not write", async () => {
    for (const forbidden of ["mkdirSync", "writeFileSync", "readdirSync"]) {
      const folder = newFolder();
      const disk = watchedDisk((name) => {
        if (name === forbidden) throw systemError("EACCES", name);
        return undefined;
      });
      await expect(fileMemoryOn(disk, folder).load("t")).rejects.toMatchObject({
        code: "unavailable",
        message: expect.stringContaining(folder),
        hint: "Give this user the right to write there, or choose another folder.",
      });
    }
  });

  it.runIf(fs.existsSync("/proc/self"))(
    "is refused at once where the system makes no folders, as in /proc",
    async () => {
      await expect(fileMemory("/proc/none/deeper").open()).rejects.toMatchObject({ code: "unavailable" });
    },
  );

  it("must have a name", () => {
    expect(() => fileMemory("")).toThrow(/folder of the memory is empty/);
  });
});

describe("a full disk", () => {
  it("in the middle of an append takes back what was half written, and the next append works", async () => {
    const folder = newFolder();
    let room = Number.POSITIVE_INFINITY;
    const disk = watchedDisk((name, args) => {
      if (name !== "writeSync") return undefined;
      const [fd, bytes, offset, length, position] = args as [number, Buffer, number, number, number];
      if (room === 0) throw systemError("ENOSPC", "write");
      const taken = Math.min(room, length);
      room -= taken;
      return fs.writeSync(fd, bytes, offset, taken, position);
    });
    await using memory = fileMemoryOn(disk, folder, whole);
    await memory.append("t", users(0, 2));
    const before = fs.readFileSync(threadPath(folder, "t"));
    for (const id of ["t", "new"]) {
      room = 70;
      const error = await memory.append(id, users(2, 4)).catch((thrown: BesedaError) => thrown);
      expect(error).toMatchObject({ code: "unavailable", isRetryable: true });
      expect((error as BesedaError).advice).toContain(
        `${threadPath(folder, id)}: the disk is full. Nothing was changed.`,
      );
    }
    expect(fs.readFileSync(threadPath(folder, "t"))).toEqual(before);
    expect(fs.existsSync(threadPath(folder, "new"))).toBe(false);
    room = Number.POSITIVE_INFINITY;
    await memory.append("t", users(2, 4));
    expect(await memory.load("t")).toEqual(users(0, 4));
  });

  it("while a document is written leaves the old one, in the file and for who asks", async () => {
    const folder = newFolder();
    let isFull = false;
    const disk = watchedDisk((name) => {
      if (name === "writeFile" && isFull) return Promise.reject(systemError("ENOSPC", "write"));
      return undefined;
    });
    const memory = fileMemoryOn(disk, folder);
    await memory.store.set("key", "old");
    isFull = true;
    const refused = { code: "unavailable", message: expect.stringContaining("store.json") };
    const changes = [memory.store.set("key", "new"), memory.store.set("key", "newer"), memory.store.delete("key")];
    for (const result of await Promise.allSettled(changes)) expect(result).toMatchObject({ reason: refused });
    expect(await memory.store.get("key")).toBe("old");
    isFull = false;
    await memory.store.set("other", 1);
    await memory.close();
    await using again = fileMemory(folder);
    expect(await again.store.entries("")).toEqual([
      ["key", "old"],
      ["other", 1],
    ]);
  });
});

describe("a disk that fails at any one call, once or from then on", { timeout: 30_000 }, () => {
  for (const isLasting of [false, true]) {
    it(`${isLasting ? "for good" : "once"}: loses nothing that was promised, and what was kept can be read`, async () => {
      let hasFailed = true;
      for (let step = 1; hasFailed; step++) {
        const folder = newFolder();
        await using before = fileMemory(folder, whole);
        await before.append("old", users(0, 3));
        await before.close();
        hasFailed = await failAt(step, isLasting, folder);
        expect(step).toBeLessThan(200);
      }
    });
  }
});

/** Runs a small story with the `step`-th call failing, then reads with a good disk what is there. */
async function failAt(step: number, isLasting: boolean, folder: string): Promise<boolean> {
  let calls = 0;
  const disk = watchedDisk((name) => {
    calls++;
    const fails = isLasting ? calls >= step : calls === step;
    // Giving back what is held must not fail, or no process could ever end.
    if (!fails || name === "closeSync" || name === "rmSync") return undefined;
    const error = systemError("EIO", name);
    if (name === "writeFile" || name === "rename") return Promise.reject(error);
    throw error;
  });
  const memory = fileMemoryOn(disk, folder, whole);
  const promised = { old: users(0, 3), new: users(0, 0), key: undefined as unknown };
  const story: [work: () => Promise<unknown>, then: () => void][] = [
    [() => memory.open(), () => {}],
    [() => memory.append("old", users(3, 4)), () => promised.old.push(...users(3, 4))],
    [() => memory.append("new", users(0, 2)), () => promised.new.push(...users(0, 2))],
    [() => memory.store.set("key", 1), () => (promised.key = 1)],
    [() => memory.load("old"), () => {}],
    [() => memory.append("new", [user("last")]), () => promised.new.push(user("last"))],
  ];
  for (const [work, then] of story) {
    await work().then(then, (thrown: BesedaError) => {
      expect(thrown, `call ${step}`).toMatchObject({ code: "unavailable", message: expect.stringContaining(folder) });
    });
  }
  await memory.close();
  await using after = fileMemory(folder, whole);
  expect(await after.load("old"), `call ${step}`).toEqual(promised.old);
  expect(await after.load("new"), `call ${step}`).toEqual(promised.new);
  expect(await after.store.get("key"), `call ${step}`).toEqual(promised.key);
  const listed = (await after.threads()).map(({ threadId }) => threadId).sort();
  expect(listed).toEqual(promised.new.length > 0 ? ["new", "old"] : ["old"]);
  return calls >= step;
}
