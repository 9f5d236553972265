// Runs in jobs over operations of Yandex AI Studio, whose process is killed at random moments and started again.
import { type ChildProcess, fork } from "node:child_process";
import fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Message } from "@beseda/core";
import { fileMemory } from "@beseda/memory";
import type { TextReply, TextRequest } from "../fakes/yandex/text/text-script.ts";
import { startYandexServer } from "../fakes/yandex/yandex-server.ts";
import { bundled } from "./bundled.ts";
import { randomFrom, tell } from "./fault-bench.ts";
import type { ChildNews, KilledWork, RunEnd } from "./jobs-killed-child.ts";
import { billedIn } from "./yandex-bench.ts";

/** Counted by the ledgers. */
export type KilledRuns = {
  runs: number;
  kills: number;
  ends: RunEnd[];
  operations: number;
  billed: number;
  /** Paid for, and fetched by nobody. */
  orphans: number;
  /** The runs in which the tool that must not run twice did. */
  paidTwice: string[];
  paid: number;
  /** Tools that may be repeated, carried out more than once. */
  lookedTwice: number;
  threads: Message[][];
};

/** New runs are begun with each process, so that there is always work to be killed in. */
const runsAtFirst = 20;
const runsPerLife = 3;
/** Each run asks the model three times. */
export const stepsPerRun = 3;

export async function killRuns(options: { kills: number; seed: number; honoursKeys: boolean }): Promise<KilledRuns> {
  const random = randomFrom(options.seed);
  const folder = fs.mkdtempSync(join(tmpdir(), "beseda-killed-runs-"));
  const { path: script, remove } = await bundled("jobs-killed-child.ts");
  const server = await startYandexServer({
    honoursIdempotencyKeys: options.honoursKeys,
    operations: { unfinished: 2 },
    respond,
  });
  try {
    let requests = 0;
    let onRequest = () => {};
    const take = server.faults.take.bind(server.faults);
    server.faults.take = (method, path) => {
      requests++;
      onRequest();
      return take(method, path);
    };
    /** After so many requests, and a little later. */
    const moment = (kill: () => void) => {
      const last = requests + Math.floor(random() * 80);
      const ms = Math.floor(random() * 40);
      onRequest = () => {
        if (requests < last) return;
        onRequest = () => {};
        setTimeout(kill, ms);
      };
      onRequest();
    };
    const work = (runs: number): KilledWork => ({ folder, runs, settings: server.settings });
    let kills = 0;
    let ends: RunEnd[] | undefined;
    let runs = runsAtFirst;
    for (; kills < options.kills; runs += runsPerLife) {
      const end = await live(script, work(runs), moment);
      if (!end) kills++;
    }
    while (!ends) ends = await live(script, work(runs), undefined);
    const world = fs.readFileSync(join(folder, "world.log"), "utf8").trim().split("\n");
    const counts = new Map<string, number>();
    for (const line of world) counts.set(line, (counts.get(line) ?? 0) + 1);
    const twice = [...counts].filter(([, count]) => count > 1).map(([line]) => line);
    const memory = fileMemory(join(folder, "threads"));
    const threads = await Promise.all(ends.map((_, run) => memory.load(`thread-${run}`)));
    await memory.close();
    const found: KilledRuns = {
      runs,
      kills,
      ends,
      operations: server.operations.all.length,
      billed: billedIn(server).length,
      orphans: server.operations.orphans.length,
      paidTwice: twice.filter((line) => line.startsWith("pay")),
      paid: [...counts.keys()].filter((line) => line.startsWith("pay")).length,
      lookedTwice: twice.filter((line) => line.startsWith("look")).length,
      threads,
    };
    const { ends: _, threads: __, paidTwice, ...figures } = found;
    tell(`Killed runs, keys ${options.honoursKeys ? "honoured" : "ignored"}`, {
      ...figures,
      "paid twice": paidTwice.length,
      seed: options.seed,
    });
    return found;
  } finally {
    await server.close();
    remove();
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

/** Looks, then pays, then answers. */
function respond({ messages }: TextRequest): TextReply {
  const said = messages.findLastIndex(({ role }) => role === "user");
  const bill = /\d+/.exec(messages[said]?.text ?? "")?.[0] ?? "?";
  const steps = messages.slice(said).filter(({ toolResults }) => toolResults).length;
  const call = ["look", "pay"][steps];
  return call ? { toolCalls: [{ name: call, arguments: { of: bill } }] } : { text: `Bill ${bill} is seen to.` };
}

/** One process, killed at some moment after it began to work; without one it goes on to its end. */
async function live(
  script: string,
  work: KilledWork,
  moment: ((kill: () => void) => void) | undefined,
): Promise<RunEnd[] | undefined> {
  const child: ChildProcess = fork(script, [JSON.stringify(work)], { execArgv: [] });
  const ended = new Promise((resolve) => child.once("exit", resolve));
  let ends: RunEnd[] | undefined;
  child.on("message", (news: ChildNews) => {
    if (news.news === "done") ends = news.ends;
    else moment?.(() => child.kill("SIGKILL"));
  });
  await ended;
  if (!ends && child.signalCode !== "SIGKILL")
    throw new Error(`The process ended with ${child.exitCode} without a word.`);
  return ends;
}
