// Which process this is, so that others on the same machine see at once when it has died.
import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";

/** `started` is empty where the system does not tell. */
export type ProcessIdentity = { host: string; pid: number; started: string };

export function thisProcess(): ProcessIdentity {
  return { host: thisHost, pid: process.pid, started: startOf(process.pid) };
}

/** `false` only where it is certain: of processes elsewhere nothing is known from here. */
export function isDead({ host, pid, started }: ProcessIdentity): boolean {
  if (host !== thisHost) return false;
  try {
    process.kill(pid, 0);
  } catch (thrown) {
    // EPERM: it is there, and belongs to somebody else.
    if ((thrown as NodeJS.ErrnoException).code === "ESRCH") return true;
  }
  const actual = startOf(pid);
  // A process of that number that started at another time is not the one: numbers are used again.
  return actual !== "" && started !== "" && actual !== started;
}

/** For people: `host:pid`. */
export function nameOf({ host, pid }: Pick<ProcessIdentity, "host" | "pid">): string {
  return `${host.split("/")[0]}:${pid}`;
}

/** With the namespace of process numbers: containers may share a name, and each has a process 1. */
const thisHost = `${hostname().replace(/[^A-Za-z0-9.-]/g, "_") || "localhost"}${namespace()}`;

function namespace(): string {
  try {
    return `/${readlinkSync("/proc/self/ns/pid").replace(/\D/g, "")}`;
  } catch {
    return "";
  }
}

/**
 * When a process started, in ticks since the computer did (field 22 of /proc/PID/stat, see proc(5)); `gone` for one
 * that has ended and was not cleared away yet; empty where the system does not tell.
 */
function startOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The second field is the program's name in brackets, and may itself hold spaces and brackets.
    const [state, ...fields] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return state === "Z" || state === "X" ? "gone" : (fields[18] ?? "");
  } catch {
    return "";
  }
}
