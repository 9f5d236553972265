// P13: processes with an operation under way are killed at every moment of their lives, and started again until they are done.
import { type ChildProcess, fork } from "node:child_process";
import fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { startYandexServer, type YandexServer } from "../fakes/yandex/yandex-server.ts";
import { inParallel, randomFrom, tell } from "./fault-bench.ts";
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
  await inParallel(Number.POSITIVE_INFINITY, 2, async () => {
    if (killed.kills >= kills) return "stop";
    killed.jobs++;
    await doJob(planOf(random), options, killed);
  });
  const { answers: _, ...counts } = killed;
  tell(`P13 Yandex ${options.kind}, ${options.honoursKeys ? "keys honoured" : "keys ignored"}`, { ...counts, seed });
  return killed;
}

/** Some moments, in the order in which they come; one of them can come twice. */
function planOf(random: () => number): Moment[] {
  const indexes = Array.from({ length: 6 }, () => Math.floor(random() * moments.length));
  return indexes.sort((a, b) => a - b).map((index) => moments[index] as Moment);
}
