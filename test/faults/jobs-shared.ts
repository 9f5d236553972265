// Two processes that share many jobs: judged by what both have said and by what the store says.
import assert from "node:assert/strict";
import { localEngine } from "@beseda/jobs";
import { newFolder } from "./jobs-damage.ts";
import { startWorker } from "./jobs-processes.ts";

/** Throws where a job was done twice, or not at all. */
export async function shareJobs(count: number): Promise<void> {
  const folder = newFolder();
  const engine = localEngine(folder);
  const ids = Array.from({ length: count }, (_, n) => `job ${n}`);
  await Promise.all(ids.map((id) => engine.create({ id, queue: "q", kind: "run", spec: null })));
  const workers = [startWorker("work", folder), startWorker("work", folder)];
  while ((await engine.count()).done < count) await new Promise((resolve) => setTimeout(resolve, 20));
  for (const { child } of workers) child.stdin?.end();
  await Promise.all(workers.map(({ ended }) => ended));
  const claimed = workers.flatMap(({ said }) => said.filter((line) => line.startsWith("claimed ")));
  assert.deepEqual(claimed.map((line) => line.slice("claimed ".length)).sort(), [...ids].sort());
  const jobs = await engine.list({ limit: 2 * count });
  assert.ok(jobs.every(({ attempts }) => attempts === 1));
  for (const { child, said } of workers) {
    const own = jobs.filter(({ outcome }) => outcome?.response === child.pid);
    assert.equal(own.length, said.filter((line) => line.startsWith("finished")).length);
  }
  await engine.close();
}
