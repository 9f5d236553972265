// A worker that stands still for longer than its lease lasts, while another one takes its job and finishes it.
import assert from "node:assert/strict";
import type { ChildProcess } from "node:child_process";
import { setTimeout as pause } from "node:timers/promises";
import type { JobEngine, Lease } from "@beseda/core";
import { localEngine } from "@beseda/jobs";
import { newFolder } from "./jobs-damage.ts";
import { startWorker } from "./jobs-processes.ts";

const leaseMs = 150;

/** So many rounds, each with a stopped process. Throws where a stale worker has written anything after it lost its job. */
export async function loseLeases(rounds: number): Promise<void> {
  const folder = newFolder();
  // Its own leases last: a busy machine may keep it from its heartbeat for longer than the others' do.
  const engine = localEngine(folder);
  for (let round = 1; round <= rounds; round++) {
    const id = `job ${round}`;
    const stale = startWorker("write", folder, leaseMs);
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
    assert.ok(before.length >= kept, `round ${round}: ${kept} were promised, ${before.length} are there`);
    await lease.finish({ response: round });
    assert.deepEqual((await engine.get(id))?.outcome, { response: round });
  }
  await engine.close();
}

/** Its lease ends by itself: the process lives. */
async function takeOver(engine: JobEngine, stale: ChildProcess): Promise<Lease> {
  const claim = engine.claim({ queue: "q", kinds: ["run"], signal: AbortSignal.timeout(60_000) });
  for (;;) {
    const lease = await Promise.race([claim, pause(10 * leaseMs)]);
    if (lease) return lease;
    // It was stopped in the middle of a transaction, which holds up everybody: it goes on for a moment.
    stale.kill("SIGCONT");
    await pause(5);
    stale.kill("SIGSTOP");
  }
}
