// Operations that begin again and again: when one begins, the next one is there, once.
import type { Job, JobEngine, JsonValue, Lease } from "@beseda/core";
import { cancelRun } from "./cancel-run.ts";
import { type RunSpec, runKind, type Series } from "./run-spec.ts";

/** In the journal: the one after this was made. It may be done and forgotten before this one is. */
const entry = "worker/next";

/** Makes the one after this; a second attempt at this one finds it made. Times that have gone by are left out. */
export async function beginNext(lease: Lease, engine: JobEngine): Promise<void> {
  const { job } = lease;
  const { series, ...spec } = job.spec as unknown as RunSpec;
  if (!series || (await lease.read(entry)).length > 0) return;
  const { id, every } = series;
  const number = series.number + 1;
  // The job's own time is another one once it was given back.
  const due = Date.parse(series.due);
  const steps = Math.floor(Math.max(0, Date.now() - due) / every) + 1;
  const runAt = new Date(due + steps * every).toISOString();
  const next = await engine.create({
    id: `${id}/${number}`,
    queue: job.queue,
    kind: runKind,
    spec: { ...spec, series: { ...series, number, due: runAt } } as unknown as JsonValue,
    labels: job.labels,
    runAt,
  });
  // Whoever ended the series just now may have missed the new one.
  if ((await engine.get(job.id))?.isCancelled) await cancelRun(next, engine);
  await lease.write([[entry, next.id]]);
}

/** Calls off all that is left of the series that a job is one of. */
export async function endSeries(job: Job, engine: JobEngine): Promise<void> {
  const { series } = job.spec as unknown as RunSpec;
  if (!series) return;
  for (let isMore = true; isMore; ) {
    isMore = false;
    for await (const one of leftOf(series, engine)) {
      if (one.isCancelled) continue;
      await cancelRun(one, engine);
      // One that has begun meanwhile has made another.
      isMore = true;
    }
  }
}

/** Whether it is the first of a series that goes on: whoever starts it again by its id is to find it. */
export async function isHeadOfLive(job: Job, engine: JobEngine): Promise<boolean> {
  const { series } = job.spec as unknown as RunSpec;
  if (series?.number !== 0) return false;
  for await (const { isCancelled } of leftOf(series, engine)) if (!isCancelled) return true;
  return false;
}

async function* leftOf(series: Series, engine: JobEngine): AsyncGenerator<Job> {
  for (const state of ["queued", "running", "waiting"] as const) {
    yield* await engine.list({ kind: runKind, state, labels: { series: series.id } });
  }
}
