// Real processes, killed without warning; judged by what the next one finds.
import { type ChildProcess, spawn } from "node:child_process";
import fs from "node:fs";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { textOf } from "@beseda/core";
import { afterEach, expect, it } from "vitest";
import { fileMemory } from "../file-memory.ts";
import { wholeThread } from "../fit/window.ts";
import { newFolder, removeFolders } from "./try-folder.ts";

const children: ChildProcess[] = [];

afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
  removeFolders();
});

const kills = 15;
const atOnce = 3;

it(`loses no message that was promised when the process is killed, ${kills} times`, { timeout: 120_000 }, async () => {
  await Promise.all(Array.from({ length: atOnce }, () => killAgainAndAgain(newFolder(), kills / atOnce)));
});

async function killAgainAndAgain(folder: string, times: number): Promise<void> {
  for (let kill = 1; kill <= times; kill++) {
    // The lock that the last one left is taken over: otherwise this one would say `failed` and keep nothing.
    const said = await killAfter(start("append", folder), kill * 7);
    const kept = numbers(said, "kept");
    expect(kept.length, said.join()).toBeGreaterThan(0);
    await using memory = fileMemory(folder, { window: wholeThread });
    const found = (await memory.load("t")).map((message) => Number(textOf(message).split(" ")[0]));
    expect(found).toEqual(found.map((_, index) => index));
    // At most the one that was being written is there without having been promised.
    const promised = (kept.at(-1) ?? 0) + 1;
    expect([promised, promised + 1]).toContain(found.length);
    const set = numbers(said, "set").at(-1);
    if (set !== undefined) expect(await memory.store.get("last")).toBeGreaterThanOrEqual(set);
    const threads = (await memory.threads()).map(({ threadId }) => threadId);
    for (const at of kept.slice(0, -1)) if (at % 10 === 0) expect(threads).toContain(`t${at}`);
  }
}

it("a second process is told who has the folder, and the first goes on", { timeout: 60_000 }, async () => {
  const folder = newFolder();
  const first = start("hold", folder);
  await first.untilSaid("open");
  const second = start("append", folder);
  await second.ended;
  expect(second.said.join("\n")).toContain("failed locked");
  expect(second.said.join("\n")).toContain(`is in use by process ${first.child.pid}`);
  expect(first.child.exitCode).toBeNull();
  expect(lockNames(folder)).toEqual([expect.stringContaining(`lock-${first.child.pid}-`)]);
});

it("of many processes that come at once to the lock of a dead one, one gets it", { timeout: 60_000 }, async () => {
  const folder = newFolder();
  await killAfter(start("append", folder), 1);
  const racers = Array.from({ length: 4 }, () => start("hold", folder));
  await Promise.all(racers.map((racer) => racer.untilSaid(/open|failed/)));
  const said = racers.map((racer) => racer.said.join(" "));
  expect(said.filter((line) => line.startsWith("open"))).toHaveLength(1);
  expect(said.filter((line) => line.startsWith("failed locked"))).toHaveLength(3);
});

it("a process that exits without closing leaves no lock", { timeout: 60_000 }, async () => {
  const folder = newFolder();
  const child = start("exit", folder);
  await child.ended;
  expect(child.said.join()).toMatch(/^open/);
  expect(lockNames(folder)).toEqual([]);
});

function lockNames(folder: string): string[] {
  return fs.readdirSync(folder).filter((name) => name.startsWith("lock-"));
}

type Started = {
  child: ChildProcess;
  said: string[];
  ended: Promise<unknown>;
  untilSaid(what: string | RegExp, times?: number): Promise<void>;
};

function start(task: string, folder: string): Started {
  const script = fileURLToPath(new URL("crash-child.ts", import.meta.url));
  const child = spawn(process.execPath, ["--import", "tsx", script, task, folder], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  children.push(child);
  const said: string[] = [];
  const lines = createInterface({ input: child.stdout });
  lines.on("line", (line) => said.push(line));
  const ended = new Promise((resolve) => child.once("close", resolve));
  const untilSaid = (what: string | RegExp, times = 1) =>
    new Promise<void>((resolve, reject) => {
      const look = () => {
        if (said.filter((line) => line.match(what)).length >= times) resolve();
      };
      lines.on("line", look);
      ended.then(() => reject(new Error(`The process ended and had said: ${said.join()}`)));
      look();
    });
  return { child, said, ended, untilSaid };
}

/** Kills it in the middle of what it does after it has kept so many messages. */
async function killAfter({ child, said, ended, untilSaid }: Started, times: number): Promise<string[]> {
  await untilSaid("kept", times);
  child.kill("SIGKILL");
  await ended;
  return said;
}

function numbers(said: string[], word: string): number[] {
  return said.flatMap((line) => (line.startsWith(`${word} `) ? [Number(line.slice(word.length))] : []));
}
