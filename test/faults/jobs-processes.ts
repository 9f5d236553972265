// Worker processes for the tests: started, listened to, stopped and killed.
import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

export type Worker = {
  child: ChildProcess;
  said: string[];
  ended: Promise<unknown>;
  /** Resolves with the line once so many have been said that fit. */
  untilSaid(what: RegExp, times?: number): Promise<string>;
};

const children = new Set<ChildProcess>();
const script = fileURLToPath(new URL("jobs-child.ts", import.meta.url));

/** `from`: the script as plain JavaScript, which starts faster. */
export function startWorker(
  task: "work" | "write" | "open" | "wait",
  folder: string,
  leaseMs = 30_000,
  from?: string,
): Worker {
  const program = from === undefined ? ["--import", "tsx", script] : [from];
  const child = spawn(process.execPath, [...program, task, folder, `${leaseMs}`], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  children.add(child);
  const said: string[] = [];
  const lines = createInterface({ input: child.stdout });
  lines.on("line", (line) => said.push(line));
  const ended = new Promise((resolve) => child.once("close", resolve));
  const untilSaid = (what: RegExp, times = 1) =>
    new Promise<string>((resolve, reject) => {
      const look = () => {
        const line = said.filter((each) => what.test(each))[times - 1];
        if (line === undefined) return;
        lines.off("line", look);
        resolve(line);
      };
      lines.on("line", look);
      ended.then(() => reject(new Error(`The process ended and had said: ${said.slice(-5).join()}`)));
      look();
    });
  return { child, said, ended, untilSaid };
}

export function killAll(): void {
  for (const child of children) child.kill("SIGKILL");
  children.clear();
}
