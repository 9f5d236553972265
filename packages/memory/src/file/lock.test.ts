import { spawn } from "node:child_process";
import fs from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import { fileMemory } from "../file-memory.ts";
import { lockFolder } from "./lock.ts";
import { newFolder, removeFolders, user } from "./try-folder.ts";

afterEach(() => {
  vi.useRealTimers();
  removeFolders();
});

const lockNames = (folder: string) => fs.readdirSync(folder).filter((name) => name.startsWith("lock-"));
const host = hostname().replace(/[^A-Za-z0-9.-]/g, "_");
const lockOf = (pid: number, startedAt = "", where = host) => `lock-${pid}-${startedAt}-00000000@${where}`;

/** The number of a process that has ended. */
async function deadPid(): Promise<number> {
  const child = spawn(process.execPath, ["--version"], { stdio: "ignore" });
  await new Promise((ended) => child.once("exit", ended));
  return child.pid as number;
}

describe("the lock of a folder", () => {
  it("refuses a second memory in the same process, and is free once the first is closed", async () => {
    const folder = newFolder();
    const first = fileMemory(folder);
    const second = fileMemory(`${folder}/../${folder.split("/").at(-1)}`);
    await first.append("t", [user("x")]);
    await expect(second.load("t")).rejects.toMatchObject({
      code: "locked",
      message: `The folder ${folder} is already open in this process (${process.pid}).`,
      hint: expect.stringContaining("share it"),
    });
    await first.close();
    expect(lockNames(folder)).toEqual([]);
    expect(await second.load("t")).toEqual([user("x")]);
    await second.close();
  });

  it("names the process that holds it, and what to do", async () => {
    const folder = newFolder();
    fs.writeFileSync(join(folder, lockOf(process.ppid)), "");
    await expect(fileMemory(folder).open()).rejects.toMatchObject({
      code: "locked",
      message: `The folder ${folder} is in use by process ${process.ppid}.`,
      hint: expect.stringContaining(`delete ${join(folder, lockOf(process.ppid))}`),
    });
  });

  it("of a process that has died is taken over", async () => {
    const folder = newFolder();
    fs.writeFileSync(join(folder, lockOf(await deadPid())), "");
    await using memory = fileMemory(folder);
    await memory.open();
    expect(lockNames(folder)).toHaveLength(1);
    expect(lockNames(folder)[0]).toMatch(`lock-${process.pid}-`);
  });

  it.runIf(fs.existsSync("/proc/self/stat"))(
    "of a process whose number another one has now is taken over",
    async () => {
      const folder = newFolder();
      fs.writeFileSync(join(folder, lockOf(process.ppid, "1")), "");
      fs.writeFileSync(join(folder, lockOf(process.pid, "1")), "");
      await using memory = fileMemory(folder);
      await memory.open();
      expect(lockNames(folder)).toHaveLength(1);
    },
  );

  it("of another computer is respected for a minute after its last sign of life", async () => {
    const folder = newFolder();
    const path = join(folder, lockOf(1, "", "elsewhere"));
    const setAge = (ms: number) => fs.utimesSync(path, new Date(), new Date(Date.now() - ms));
    fs.writeFileSync(path, "");
    setAge(50_000);
    const memory = fileMemory(folder);
    await expect(memory.open()).rejects.toMatchObject({
      code: "locked",
      message: expect.stringContaining("1 on elsewhere"),
    });
    setAge(61_000);
    await memory.open();
    await memory.close();
  });

  it("gives a sign of life every ten seconds, and keeps no process alive", async () => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
    const folder = newFolder();
    const touched: Date[] = [];
    const disk = { ...fs, utimes: ((_: string, at: Date) => touched.push(at)) as unknown as typeof fs.utimes };
    const release = await lockFolder(folder, disk);
    vi.advanceTimersByTime(30_000);
    expect(touched).toHaveLength(3);
    release();
    vi.advanceTimersByTime(30_000);
    expect(touched).toHaveLength(3);
  });

  it("is held by one at a time, however many come at once to one that is stale", async () => {
    const folder = newFolder();
    const pid = await deadPid();
    for (let round = 0; round < 20; round++) {
      fs.writeFileSync(join(folder, lockOf(pid)), "");
      const memories = Array.from({ length: 4 }, () => fileMemory(folder));
      const results = await Promise.allSettled(memories.map((memory) => memory.open()));
      expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
      await Promise.all(memories.map((memory) => memory.close()));
    }
  });

  it("leaves nothing behind in the process once it is released", async () => {
    const before = process.listenerCount("exit");
    const releases = [await lockFolder(newFolder(), fs), await lockFolder(newFolder(), fs)];
    expect(process.listenerCount("exit")).toBe(before + 1);
    for (const release of releases) release();
    expect(process.listenerCount("exit")).toBe(before);
  });

  it("leaves files alone that are no locks", async () => {
    const folder = newFolder();
    const names = ["lock-file", "lock-1-2-3", "locks.txt", "lock--1--00000000@x"];
    for (const name of names) fs.writeFileSync(join(folder, name), "");
    const release = await lockFolder(folder, fs);
    release();
    expect(fs.readdirSync(folder).sort()).toEqual(names.sort());
  });

  /** Two that claim at the same moment both see the other; a disk that lists late shows what happens then. */
  it("is given to one of two that claim it at the same moment", async () => {
    const folder = newFolder();
    let rival: string | undefined = lockOf(process.ppid);
    let looks = 0;
    const disk = {
      ...fs,
      readdirSync: ((path: string) => {
        if (++looks === 2 && rival) fs.writeFileSync(join(folder, rival), "");
        const names = fs.readdirSync(path);
        if (looks === 2 && rival) fs.rmSync(join(folder, rival));
        return names;
      }) as unknown as typeof fs.readdirSync,
    };
    const release = await lockFolder(folder, disk);
    expect(looks).toBe(4);
    expect(lockNames(folder)).toHaveLength(1);
    rival = undefined;
    release();
    expect(lockNames(folder)).toEqual([]);
  });
});
