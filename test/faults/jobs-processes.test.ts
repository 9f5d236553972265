import { localEngine } from "@beseda/jobs";
import { afterEach, expect, it } from "vitest";
import { newFolder, removeFolders } from "./jobs-damage.ts";
import { killAll, startWorker } from "./jobs-processes.ts";
import { shareJobs } from "./jobs-shared.ts";

afterEach(() => {
  killAll();
  removeFolders();
});

it("of two processes with many jobs each job is done once, by one of them", { timeout: 120_000 }, async () => {
  await expect(shareJobs(100)).resolves.toBeUndefined();
});

it("processes that open a new folder at the same moment all find it ready", { timeout: 60_000 }, async () => {
  const folder = newFolder();
  const workers = Array.from({ length: 4 }, () => startWorker("open", `${folder}/new`));
  for (const { child } of workers) child.stdin?.end();
  await Promise.all(workers.map(({ ended }) => ended));
  for (const { said } of workers) expect(said).toEqual(["opened"]);
  const engine = localEngine(`${folder}/new`);
  expect(await engine.list()).toHaveLength(4);
  await engine.close();
});

it("what a killed worker was promised is there, and its job is taken over at once", { timeout: 60_000 }, async () => {
  const folder = newFolder();
  // So long a lease that only the death of the process can be the reason.
  const leaseMs = 3_600_000;
  const engine = localEngine(folder, { leaseMs });
  await engine.create({ id: "job", queue: "q", kind: "run", spec: null });
  for (let kill = 1; kill <= 3; kill++) {
    const worker = startWorker("write", folder, leaseMs);
    await worker.untilSaid(/^kept/, kill * 5);
    expect((await engine.get("job"))?.holder).toMatch(new RegExp(`:${worker.child.pid}$`));
    await expect(engine.delete("job")).rejects.toMatchObject({
      code: "locked",
      message: expect.stringContaining(`:${worker.child.pid}`),
    });
    worker.child.kill("SIGKILL");
    await worker.ended;
    const kept = worker.said.filter((line) => line.startsWith("kept"));
    const lease = await engine.claim({ queue: "q", kinds: ["run"], signal: AbortSignal.timeout(20_000) });
    // Those that died, and this one.
    expect(lease?.job.attempts).toBe(kill + 1);
    const found = (await lease?.read("row/")) ?? [];
    // At most the one that was being written is there without having been promised.
    expect(found.length).toBeGreaterThanOrEqual(kept.length);
    await lease?.release();
  }
  await engine.close();
});

it("a process that only waits for work ends by itself", { timeout: 60_000 }, async () => {
  const worker = startWorker("wait", newFolder());
  await worker.ended;
  expect(worker.said).toEqual(["waiting"]);
  expect(worker.child.exitCode).toBe(0);
});
