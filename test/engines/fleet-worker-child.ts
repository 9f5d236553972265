// A worker of a fleet in a process of its own, which can be killed or stopped: works on what there is until it is ended.
// `fork("fleet-worker-child.ts", [<JSON of FleetWork>])`; says once that it works.
import fs from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { createJobs } from "@beseda/jobs";
import { type FleetPlace, fleetAgent, fleetEngine, fleetFiles } from "./fleet-agent.ts";

export type FleetWork = FleetPlace & {
  name: string;
  /** A line is appended when the output of a part was put: its name, and `true` for the first one of this name. */
  commits: string;
  /** The first worker that has written all of an output but its name stands still until another one has written the same. */
  firstStandsStill: boolean;
};

const given = JSON.parse(process.argv[2] ?? "") as FleetWork;
const files = fleetFiles(given);

async function putOutput(name: string, bytes: Parameters<typeof files.put>[1]): Promise<boolean> {
  const isFirst = await files.put(name, given.firstStandsStill ? stoppedAtEnd(name, bytes) : bytes);
  fs.appendFileSync(given.commits, `${name} ${isFirst}\n`);
  const [, pid] = linesOf(`${name} stands`).at(-1)?.split("stands ") ?? [];
  if (pid !== undefined && Number(pid) !== process.pid) {
    process.kill(Number(pid), "SIGCONT");
    // The batch does not end before the other one has tried.
    while (linesOf(name).length < 3) await pause(10);
  }
  return isFirst;
}

async function* stoppedAtEnd(name: string, bytes: Parameters<typeof files.put>[1]): AsyncGenerator<Uint8Array> {
  yield* bytes;
  if (!isChosen()) return;
  fs.appendFileSync(given.commits, `${name} stands ${process.pid}\n`);
  process.kill(process.pid, "SIGSTOP");
}

function isChosen(): boolean {
  try {
    fs.closeSync(fs.openSync(`${given.commits}.chosen`, "wx"));
    return true;
  } catch {
    return false;
  }
}

function linesOf(start: string): string[] {
  const lines = fs.readFileSync(given.commits, "utf8").split("\n");
  return lines.filter((line) => line.startsWith(start));
}

const watched: typeof files = {
  ...files,
  put: (name, bytes) => (name.includes("/out/") ? putOutput(name, bytes) : files.put(name, bytes)),
};
const jobs = createJobs({ agents: [fleetAgent(given, given.name)], engine: fleetEngine(given, watched), work: false });
process.send?.("works");
await jobs.work();
