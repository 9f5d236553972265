// A folder for one test, and a file system that can be made to fail. Only for the tests of this package.
import fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Message } from "@beseda/core";
import { type FileMemory, fileMemory } from "../file-memory.ts";
import { wholeThread } from "../fit/window.ts";
import type { Disk } from "./disk.ts";
import { threadFileName } from "./thread-name.ts";

const made: string[] = [];
/** In memory where there is such a place: these tests flush a thousand files, which a busy disk takes its time for. */
const place = canWrite("/dev/shm") ? "/dev/shm" : tmpdir();

export function newFolder(): string {
  const folder = fs.mkdtempSync(join(place, "beseda-memory-"));
  made.push(folder);
  return folder;
}

function canWrite(folder: string): boolean {
  try {
    fs.accessSync(folder, fs.constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

export function removeFolders(): void {
  for (const folder of made.splice(0)) fs.rmSync(folder, { recursive: true, force: true });
}

export function threadPath(folder: string, threadId: string): string {
  return join(folder, "threads", threadFileName(threadId));
}

/** Copies kept beside a file: `corrupt` or `torn`. */
export function copiesOf(path: string, kind: "corrupt" | "torn"): string[] {
  const folder = join(path, "..");
  const names = fs.readdirSync(folder).filter((name) => join(folder, name).startsWith(`${path}.${kind}-`));
  return names.map((name) => join(folder, name));
}

export function user(content: string): Message {
  return { role: "user", content };
}

export function users(from: number, to: number): Message[] {
  return Array.from({ length: to - from }, (_, index) => user(`message ${from + index}`));
}

export function reopened(folder: string): FileMemory {
  return fileMemory(folder, { window: wholeThread });
}

/** A folder with the threads `t`, at `path`, and `other`, and two documents; closed. */
export async function filledFolder(messages: Message[]): Promise<{ folder: string; path: string }> {
  const folder = newFolder();
  await using memory = reopened(folder);
  await memory.append("other", [user("untouched")]);
  await memory.append("t", messages);
  await memory.store.set("user/1", { name: "Anna" });
  await memory.store.set("user/2", { name: "Boris" });
  return { folder, path: threadPath(folder, "t") };
}

/** The real file system, with `before` called ahead of each call: it may throw, or give another result instead. */
export function watchedDisk(before: (name: string, args: unknown[]) => unknown): Disk {
  const watch = <Module extends object>(module: Module): Module =>
    new Proxy(module, {
      get(target, name, receiver) {
        const member = Reflect.get(target, name, receiver);
        if (name === "promises") return watch(member as object);
        if (typeof member !== "function") return member;
        return (...args: unknown[]) => before(String(name), args) ?? member.apply(target, args);
      },
    });
  return watch(fs as Disk);
}

export function systemError(code: string, syscall: string): Error {
  return Object.assign(new Error(`${code}: ${syscall}`), { code, syscall });
}
