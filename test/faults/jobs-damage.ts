// A store of jobs that something has happened to: it is read whole, or what is wrong with it is said.
import fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BesedaError, JobEngine } from "@beseda/core";
import { localEngine } from "@beseda/jobs";

const made: string[] = [];
const place = fs.existsSync("/dev/shm") ? "/dev/shm" : tmpdir();

export function newFolder(): string {
  const folder = fs.mkdtempSync(join(place, "beseda-jobs-"));
  made.push(folder);
  return folder;
}

export function removeFolders(): void {
  for (const folder of made.splice(0)) fs.rmSync(folder, { recursive: true, force: true });
}

const ids = Array.from({ length: 12 }, (_, n) => `job ${n}`);

/** The bytes of a database with jobs in every state, journals and events, and what is to be read of it. */
export async function filledStore(): Promise<{ bytes: Buffer; contents: string }> {
  const folder = newFolder();
  const engine = localEngine(folder);
  for (const [n, id] of ids.entries()) {
    await engine.create({ id, queue: "q", kind: "run", spec: { n }, labels: { even: `${n % 2 === 0}` } });
  }
  for (let n = 0; n < 9; n++) {
    const lease = await claim(engine);
    const rows = Array.from({ length: 20 }, (_, row) => [`row/${row}`, { answer: `${row} `.repeat(20) }] as const);
    await lease.write(rows);
    await lease.report({ metadata: { rows: 20 }, events: [{ n }, "done"] });
    if (n % 3 === 0) await lease.finish({ response: { n } });
    if (n % 3 === 1) await lease.wait({ for: "you" });
    if (n % 3 === 2) await lease.release("2100-01-01T00:00:00.000Z");
  }
  await engine.close();
  const bytes = fs.readFileSync(join(folder, "jobs.db"));
  return { bytes, contents: await contentsOf(bytes) };
}

/** All that is in a database, as text; `damaged` where the engine says so. */
export async function contentsOf(bytes: Uint8Array): Promise<string> {
  const folder = newFolder();
  const path = join(folder, "jobs.db");
  fs.writeFileSync(path, bytes);
  const engine = localEngine(folder);
  try {
    const jobs = await engine.list({ limit: 1_000 });
    // A list leaves out what cannot be read.
    const found = await Promise.all(ids.map((id) => engine.get(id)));
    const events = await Promise.all(jobs.map(({ id }) => engine.events(id)));
    const journals: unknown[] = [];
    for (const { id, state, createdAt, modifiedAt } of jobs) {
      if (state !== "waiting") continue;
      await engine.wake(id, { createdAt, modifiedAt });
      journals.push(id);
    }
    for (const _ of [...journals]) {
      const lease = await claim(engine);
      journals.push([lease.job.id, await lease.read()]);
    }
    const labelled = (await engine.list({ labels: { even: "true" } })).map(({ id }) => id);
    return JSON.stringify([jobs, found, events, journals, labelled, await engine.count()]);
  } catch (thrown) {
    const { name, code } = thrown as BesedaError;
    if (name !== "BesedaError" || (code !== "damaged" && code !== "unsupported")) throw thrown;
    return code;
  } finally {
    await engine.close().catch(() => {});
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

/** What becomes of a store: `different` would be damage that nobody is told of. */
export async function verdictOn(bytes: Uint8Array, contents: string): Promise<"same" | "damaged" | "different"> {
  const found = await contentsOf(bytes);
  if (found === "damaged" || found === "unsupported") return "damaged";
  return found === contents ? "same" : "different";
}

async function claim(engine: JobEngine) {
  const lease = await engine.claim({ queue: "q", kinds: ["run"], signal: AbortSignal.timeout(5_000) });
  if (!lease) throw new Error("There is no job to be claimed.");
  return lease;
}

export function flipped(bytes: Buffer, position: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[position] = (bytes[position] as number) ^ (1 << (position % 8));
  return copy;
}

/** The same positions at each run: a linear congruential generator, constants from Numerical Recipes. */
export function seededPositions(count: number, length: number): number[] {
  let seed = 42;
  return Array.from({ length: count }, () => {
    seed = (seed * 1_664_525 + 1_013_904_223) % 2 ** 32;
    return Math.floor((seed / 2 ** 32) * length);
  });
}
