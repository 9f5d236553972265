// The files that others are until they are whole: named by who writes them, so that what killed writers have left can go.
import { createHash, randomUUID } from "node:crypto";
import { readdir, rm, stat } from "node:fs/promises";
import { hostname } from "node:os";
import { basename, dirname, join } from "node:path";
import { codeOf } from "../files/system-code.ts";

/** In the same folder: the path, then 24 hexadecimal digits for the machine, the process, and this one, then `.part`. */
export function partFileOf(path: string): string {
  const process8 = process.pid.toString(16).padStart(8, "0");
  return `${path}.${machine()}${process8}${randomUUID().slice(0, 8)}.part`;
}

/** Other machines, and containers, may share the folder, and have processes of the same number. */
function machine(): string {
  return createHash("sha256").update(hostname()).digest("hex").slice(0, 8);
}

/** Those of this path that were begun on this machine by processes that are no more. What cannot be removed stays. */
export async function removeDeadParts(path: string): Promise<void> {
  const folder = dirname(path);
  const start = `${basename(path)}.${machine()}`;
  for (const entry of await readdir(folder).catch(() => [])) {
    if (!entry.startsWith(start)) continue;
    const pid = /^([0-9a-f]{8})[0-9a-f]{8}\.part$/.exec(entry.slice(start.length))?.[1];
    const part = join(folder, entry);
    if (pid !== undefined && (await isDead(Number.parseInt(pid, 16), part)))
      await rm(part, { force: true }).catch(() => {});
  }
}

async function isDead(pid: number, part: string): Promise<boolean> {
  if (pid === process.pid) {
    // In containers each main process has the number 1.
    const touched = await stat(part).catch(() => undefined);
    return touched !== undefined && touched.mtimeMs < Date.now() - process.uptime() * 1_000 - clockError;
  }
  try {
    process.kill(pid, 0);
    return false;
  } catch (cause) {
    return codeOf(cause) === "ESRCH";
  }
}

/** Milliseconds by which the clocks of file systems are behind. */
const clockError = 5_000;
