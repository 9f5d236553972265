// Operations that begin again and again: when one begins, the next one is there, once.
import type { Job, JobEngine, JsonValue } from "@beseda/core";
import { type RunSpec, runKind } from "./run-spec.ts";

/** Makes the one after this; a second attempt at this one finds it made. Times that have gone by are left out. */
export async function beginNext(job: Job, engine: JobEngine): Promise<void> {
  const { series, ...spec } = job.spec as unknown as RunSpec;
  if (!series) return;
  const { id, every } = series;
  const number = series.number + 1;
  const due = Date.parse(job.runAt);
  const steps = Math.floor(Math.max(0, Date.now() - due) / every) + 1;
  const next = await engine.create({
    id: `${id}/${number}`,
    queue: job.queue,
    kind: runKind,
    spec: { ...spec, series: { ...series, number } } as unknown as JsonValue,
    labels: job.labels,
    runAt: new Date(due + steps * every).toISOString(),
  });
  // Whoever ended the series just now may have missed the new one.
  if ((await engine.get(job.id))?.isCancelled) await engine.cancel(next.id);
}

/** Calls off all that is left of the series that a job is one of. */
export async function endSeries(job: Job, engine: JobEngine): Promise<void> {
  const { series } = job.spec as unknown as RunSpec;
  if (!series) return;
  for (const state of ["queued", "running", "waiting"] as const) {
    const left = await engine.list({ kind: runKind, state, labels: { series: series.id } });
    for (const { id, isCancelled } of left) if (!isCancelled) await engine.cancel(id);
  }
}
