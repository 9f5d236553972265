// P13: processes with an operation under way are killed at every moment of their lives, and started again until they are done.
import { type ChildProcess, fork } from "node:child_process";
import fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { startYandexServer, type YandexServer } from "../fakes/yandex/yandex-server.ts";
import { randomFrom, tell } from "./fault-bench.ts";
import { billedIn } from "./yandex-bench.ts";
import type { OperationJob, Said } from "./yandex-operation-child.ts";

/** In the order of a life. Those that the process tells of, and those that only the service sees. */
const moments = [
  ...["started", "key kept", "sent, not accepted", "accepted, not answered", "id in hand", "id kept"],
  ...["first poll", "third poll", "done, not answered", "answer in hand", "answer kept"],
] as const;
type Moment = (typeof moments)[number];

export type KillOptions = {
  kills: number;
  seed: number;
  kind: OperationJob["kind"];
  /** Whether the service gives the same operation again for the same key. The process relies on it where it does. */
  honoursKeys: boolean;
};

/** Counted by the ledgers. */
export type Killed = {
  jobs: number;
  kills: number;
  /** Killed when the service had begun, and before the id was kept. */
  killedBetween: number;
  operations: number;
  billed: number;
  orphans: number;
  answered: number;
  /** Jobs whose process said in the end that it does not know. */
  unknown: number;
  /** Requests to begin one, for jobs that had kept an id. */
  submittedAgain: number;
  answers: Set<string>;
};

/** Jobs, two at once, each killed a few times, until there were so many kills. */
export async function killOperations({ kills, seed, ...options }: KillOptions): Promise<Killed> {
  const random = randomFrom(seed);
  const killed: Killed = {
    ...{ jobs: 0, kills: 0, killedBetween: 0, operations: 0, billed: 0, orphans: 0, answered: 0, unknown: 0 },
    ...{ submittedAgain: 0, answers: new Set() },
  };
  const worker = async () => {
    while (killed.kills < kills) await doJob(planOf(random), { kills, ...options }, killed);
  };
  await Promise.all([worker(), worker()]);
  const { answers: _, ...counts } = killed;
  tell(`P13 Yandex ${options.kind}, ${options.honoursKeys ? "keys honoured" : "keys ignored"}`, { ...counts, seed });
  return killed;
}

/** Some moments, in the order in which they come, from any one on; one of them can come twice. */
function planOf(random: () => number): Moment[] {
  const first = Math.floor(random() * moments.length);
  const others = Array.from({ length: 5 }, () => first + Math.floor(random() * (moments.length - first)));
  return [first, ...others.sort((a, b) => a - b)].map((index) => moments[index] as Moment);
}

async function doJob(plan: readonly Moment[], options: Omit<KillOptions, "seed">, killed: Killed) {
  const { kind, honoursKeys, kills } = options;
  killed.jobs++;
  const folder = fs.mkdtempSync(join(tmpdir(), "beseda-operation-"));
  const server = await startYandexServer({
    honoursIdempotencyKeys: honoursKeys,
    operations: { unfinished: 5 },
    replies: [{ text: "Seven roubles." }],
    respond: () => ({ text: "It was asked twice." }),
  });
  try {
    const whenUnknown = honoursKeys ? "submit again" : "tell";
    const job: OperationJob = { folder, kind, whenUnknown, settings: server.settings };
    const watched = watch(server);
    for (const target of [...plan, undefined]) {
      const end = await run(job, watched, killed.kills < kills ? target : undefined, killed);
      if (!end) continue;
      if (end.end === "unknown") killed.unknown++;
      else {
        killed.answered++;
        killed.answers.add(end.answer ?? "");
      }
      break;
    }
    killed.operations += server.operations.all.length;
    killed.billed += billedIn(server).length;
    killed.orphans += server.operations.orphans.length;
    killed.submittedAgain += watched.submittedAgain;
  } finally {
    await server.close();
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

type Watched = { reached: (moment: Moment) => boolean; hasId: boolean; submittedAgain: number };

/** What the service sees of a life. `reached` tells whether the process was killed then. */
function watch({ faults, operations }: YandexServer): Watched {
  const watched: Watched = { reached: () => false, hasId: false, submittedAgain: 0 };
  const take = faults.take.bind(faults);
  faults.take = (method, path) => {
    if (method !== "POST") return take(method, path);
    if (watched.hasId) watched.submittedAgain++;
    return watched.reached("sent, not accepted") ? { cut: "request" } : undefined;
  };
  const begin = operations.begin.bind(operations);
  operations.begin = (order) => {
    const begun = begin(order);
    watched.reached("accepted, not answered");
    return begun;
  };
  const poll = operations.poll.bind(operations);
  let polls = 0;
  operations.poll = (id) => {
    const operation = poll(id);
    polls++;
    if (operation.done) watched.reached("done, not answered");
    else if (polls > 2) watched.reached("third poll");
    else watched.reached("first poll");
    return operation;
  };
  return watched;
}

/** One process, killed as soon as it is as far as `target`, or further; without one it goes on to its end. */
async function run(job: OperationJob, watched: Watched, target: Moment | undefined, killed: Killed) {
  const script = fileURLToPath(new URL("yandex-operation-child.ts", import.meta.url));
  const child = fork(script, [JSON.stringify(job)], { execArgv: ["--import", "tsx"] });
  const ended = new Promise((resolve) => child.once("exit", resolve));
  let end: Extract<Said, { end: unknown }> | undefined;
  watched.reached = (moment) => {
    if (moment === "id kept") watched.hasId = true;
    if (child.killed || target === undefined || moments.indexOf(moment) < moments.indexOf(target)) return false;
    if (moment === "accepted, not answered" || moment === "id in hand") killed.killedBetween++;
    return kill(child);
  };
  child.on("message", (said: Said) => {
    if ("end" in said) end = said;
    else if (!watched.reached(said.moment as Moment)) child.send("go on");
  });
  await ended;
  if (child.signalCode === "SIGKILL") killed.kills++;
  else if (!end) throw new Error(`The process ended with ${child.exitCode} and without a word.`);
  return end;
}

function kill(child: ChildProcess): true {
  child.kill("SIGKILL");
  return true;
}
