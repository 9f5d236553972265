// One process at a time in a folder: a lock that the dead do not keep.
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { BesedaError } from "@beseda/core";
import { type Disk, onDisk, systemCode } from "./disk.ts";

/** Who holds a folder stands in the name of an empty file, so that a lock is there all at once or not at all. */
type Claim = { name: string; pid: number; startedAt: string; host: string };

const claimName = /^lock-(\d+)-(\w*)-[0-9a-f]{8}@(.+)$/;
const heartbeatMs = 10_000;
/** For locks of another computer or container, whose processes cannot be seen from here. */
const silentMs = 60_000;
const attempts = 20;

/**
 * Everybody makes a claim under a name of their own, then looks whether another living one is there, and if so steps
 * back. Of two the later looker sees the earlier claim, so there are never two holders; and as no name is used twice,
 * taking away the claim of a dead process cannot hit a living one.
 * @returns what gives the folder back; it is also given back when the process exits
 * @throws BesedaError `locked`, naming the process that holds it
 */
export async function lockFolder(folder: string, disk: Disk): Promise<() => void> {
  for (let attempt = 1; ; attempt++) {
    const holder = livingClaims(folder, disk)[0];
    if (holder) throw locked(folder, holder);
    const own = claim(folder, disk);
    const release = hold(join(folder, own), disk);
    let rival: Claim | undefined;
    try {
      rival = livingClaims(folder, disk).find(({ name }) => name !== own);
    } catch (thrown) {
      release();
      throw thrown;
    }
    if (!rival) return release;
    release();
    if (attempt === attempts) throw locked(folder, rival);
    // Two came at once, and both step back; whoever returns first gets it.
    await pause(Math.random() * 50);
  }
}

function claim(folder: string, disk: Disk): string {
  const name = `lock-${process.pid}-${startOf(process.pid)}-${randomBytes(4).toString("hex")}@${thisHost}`;
  onDisk(join(folder, name), () => disk.writeFileSync(join(folder, name), "", { flag: "wx", mode: 0o600 }));
  return name;
}

/** Those of dead processes are cleared away. */
function livingClaims(folder: string, disk: Disk): Claim[] {
  const claims = onDisk(folder, () => disk.readdirSync(folder)).flatMap(parseClaim);
  return claims.filter((each) => {
    const path = join(folder, each.name);
    const isAlive = each.host === thisHost ? isRunning(each) : wasHeardOf(path, disk);
    if (!isAlive) onDisk(path, () => disk.rmSync(path, { force: true }));
    return isAlive;
  });
}

function parseClaim(name: string): Claim[] {
  const [, pid, startedAt = "", host = ""] = claimName.exec(name) ?? [];
  return pid === undefined ? [] : [{ name, pid: Number(pid), startedAt, host }];
}

/** A process of that number that started at another time is not the one: numbers are used again. */
function isRunning({ pid, startedAt }: Claim): boolean {
  try {
    process.kill(pid, 0);
  } catch (thrown) {
    if (systemCode(thrown) !== "EPERM") return false;
  }
  const actual = startOf(pid);
  return actual === "" || startedAt === "" || actual === startedAt;
}

function wasHeardOf(path: string, disk: Disk): boolean {
  const mtimeMs = disk.statSync(path, { throwIfNoEntry: false })?.mtimeMs;
  return mtimeMs !== undefined && Date.now() - mtimeMs < silentMs;
}

const held = new Map<string, () => void>();

function hold(path: string, disk: Disk): () => void {
  const heartbeat = setInterval(() => {
    const now = new Date();
    // Only other computers look at it; one missed beat is no reason to stop.
    disk.utimes(path, now, now, () => {});
  }, heartbeatMs).unref();
  const release = () => {
    clearInterval(heartbeat);
    held.delete(path);
    if (held.size === 0) process.removeListener("exit", releaseAll);
    disk.rmSync(path, { force: true });
  };
  if (held.size === 0) process.on("exit", releaseAll);
  held.set(path, release);
  return release;
}

function releaseAll(): void {
  for (const release of held.values()) release();
}

function locked(folder: string, { name, pid, host }: Claim): BesedaError {
  const lockFile = join(folder, name);
  if (held.has(lockFile)) {
    return new BesedaError(`The folder ${folder} is already open in this process (${pid}).`, {
      code: "locked",
      hint: "Make one fileMemory() for a folder and share it, or close() the first before the second is used.",
    });
  }
  const where = host === thisHost ? "" : ` on ${host}`;
  return new BesedaError(`The folder ${folder} is in use by process ${pid}${where}.`, {
    code: "locked",
    hint: `Stop that process, or choose another folder. If it is certain that it is gone, delete ${lockFile}.`,
  });
}

const thisHost = hostname().replace(/[^A-Za-z0-9.-]/g, "_") || "localhost";

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
