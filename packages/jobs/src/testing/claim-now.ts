// What the cases say often: a job like any other, and the claim of it.
import assert from "node:assert/strict";
import type { Job, JobEngine, Lease, NewJob } from "@beseda/core";

export const queue = "work";

export function newJob(id: string, more: Partial<NewJob> = {}): NewJob {
  return { id, queue, kind: "run", spec: { of: id }, ...more };
}

export const never: AbortSignal = new AbortController().signal;

/** Waits for the next job of the queue. */
export async function claimNow(engine: JobEngine, kinds: readonly string[] = ["run"]): Promise<Lease> {
  const lease = await engine.claim({ queue, kinds, signal: never });
  assert.ok(lease, "claim gave nothing although nobody called it off");
  return lease;
}

/** A job that was created and claimed. */
export async function working(engine: JobEngine, id = "job", more: Partial<NewJob> = {}): Promise<Lease> {
  await engine.create(newJob(id, more));
  const lease = await claimNow(engine);
  assert.equal(lease.job.id, id);
  return lease;
}

export async function found(engine: JobEngine, id: string): Promise<Job> {
  const job = await engine.get(id);
  assert.ok(job, `there is no job ${id}`);
  return job;
}

export function refused(code: string): object {
  return { name: "BesedaError", code };
}

/** Resolves with the code of the reason. */
export function abortOf(signal: AbortSignal): Promise<unknown> {
  const code = () => (signal.reason as { code?: unknown }).code;
  if (signal.aborted) return Promise.resolve(code());
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(code()), { once: true }));
}
