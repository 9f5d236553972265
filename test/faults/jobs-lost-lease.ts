// A worker that stands still for longer than its lease lasts, while another one takes its job and finishes it.
import assert from "node:assert/strict";
import type { ChildProcess } from "node:child_process";
import { setTimeout as pause } from "node:timers/promises";
import type { JobEngine, Lease } from "@beseda/core";
import { localEngine } from "@beseda/jobs";
import { bundled } from "./bundled.ts";
import { newFolder } from "./jobs-damage.ts";
import { startWorker, type Worker } from "./jobs-processes.ts";

/** A busy machine keeps a worker from its heartbeat for a while: it should not lose its job before it is stopped. */
const leaseMs = 400;
/** A round is mostly waiting: so many go on at once, each in a store of its own. */
const mostAtOnce = 4;

/** So many rounds, each with a stopped process. Throws where a stale worker has written anything after it lost its job. */
export async function loseLeases(rounds: number): Promise<void> {
  const child = await bundled("jobs-child.ts");
  let begun = 0;
  const lane = async () => {
    // Its own leases last longer than those of the workers that are stopped.
    const folder = newFolder();
    const engine = localEngine(folder);
    while (begun < rounds) await loseLease(engine, startWorker("write", folder, leaseMs, child.path), ++begun);
    await engine.close();
  };
  try {
    await Promise.all(Array.from({ length: Math.min(mostAtOnce, rounds) }, lane));
  } finally {
    child.remove();
  }
}

async function loseLease(engine: JobEngine, stale: Worker, round: number): Promise<void> {
  const id = `job ${round}`;
  await stale.untilSaid(/^ready/);
  await engine.create({ id, queue: "q", kind: "run", spec: null });
  await stale.untilSaid(/^kept/, 3);
  stale.child.kill("SIGSTOP");
  const lease = await takeOver(engine, stale.child);
  assert.equal(lease.job.id, id);
  const before = await lease.read();
  // Three times as long as the lease lasts, from when it was surely stopped.
  await pause(2 * leaseMs);
  stale.child.kill("SIGCONT");
  await stale.ended;
  assert.match(stale.said.at(-1) ?? "", /^failed locked/, `round ${round}`);
  assert.deepEqual(await lease.read(), before, `round ${round}: the stale worker wrote`);
  const kept = stale.said.filter((line) => line.startsWith("kept")).length;
  assert.ok(kept >= 3 && before.length >= kept, `round ${round}: ${kept} were promised, ${before.length} are there`);
  await lease.finish({ response: round });
  assert.deepEqual((await engine.get(id))?.outcome, { response: round });
}

/** Its lease ends by itself: the process lives. */
async function takeOver(engine: JobEngine, stale: ChildProcess): Promise<Lease> {
  const claim = engine.claim({ queue: "q", kinds: ["run"], signal: AbortSignal.timeout(60_000) });
  for (;;) {
    const lease = await Promise.race([claim, pause(3 * leaseMs)]);
    if (lease) return lease;
    // It was stopped in the middle of a transaction, which holds up everybody: it goes on for a moment.
    stale.kill("SIGCONT");
    await pause(5);
    stale.kill("SIGSTOP");
  }
}
