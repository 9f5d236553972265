// Forgets operations that were done long ago, and ends those that have waited too long.
import { describeThrown, type Job, type JobEngine } from "@beseda/core";
import { deleteBatch } from "../batches/batch-place.ts";
import { callOffKind } from "../worker/call-off.ts";
import { webhookIdOf, webhookKind } from "./announce.ts";
import { endTooLate, isTooLate } from "./decisions.ts";
import { unlessLocked } from "./delete-run.ts";
import { runKind } from "./run-spec.ts";
import { isHeadOfLive } from "./series.ts";

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
/** How many of those that wait are looked at. */
const mostWaiting = 10_000;
/** How many are looked at in one go, at first. */
const page = 100;

/** Now, and every hour; looking alone does not keep the process alive. Ends with the signal. */
export function keepForgetting(engine: JobEngine, keepDays: number, signal: AbortSignal): void {
  const sweep = () =>
    void endTooLong(engine, signal)
      .then(() => forgetOld(engine, keepDays, signal))
      .catch((thrown: unknown) => {
        if (signal.aborted) return;
        process.emitWarning(`Old operations cannot be ended and deleted: ${describeThrown(thrown)}`, "BesedaWarning");
      });
  const timer = setInterval(sweep, hourMs).unref();
  signal.addEventListener("abort", () => clearInterval(timer), { once: true });
  sweep();
}

/** Ends the runs whose calls have waited too long for their approvals. */
async function endTooLong(engine: JobEngine, signal: AbortSignal): Promise<void> {
  // Those that were woken wait no more; those that may wait still are in the way of nobody but each other.
  const waiting = await engine.list({ kind: runKind, state: "waiting", oldestFirst: true, limit: mostWaiting });
  for (const job of waiting) if (isTooLate(job) && !signal.aborted) await endTooLate(engine, job);
}

/** Deletes what was done more than so many days ago, unless it is the head of a series that goes on, or its webhook is not delivered. */
export async function forgetOld(engine: JobEngine, keepDays: number, signal?: AbortSignal): Promise<void> {
  const since = Date.now() - keepDays * dayMs;
  for (const kind of [runKind, webhookKind, callOffKind, "batch"]) {
    for (let limit = page; !signal?.aborted; ) {
      const done = await engine.list({ kind, state: "done", oldestFirst: true, limit });
      let deleted = 0;
      for (const job of done) {
        if (Date.parse(job.modifiedAt) >= since) continue;
        if ((await isHeadOfLive(job, engine)) || (await isUntold(job, engine))) continue;
        if (await isForgotten(engine, job)) deleted++;
      }
      const last = done.at(-1);
      // Listed by when they were created: behind this one there are none that were done before it began.
      if (!last || done.length < limit || Date.parse(last.createdAt) >= since) break;
      // Those that stay would hide the ones behind them.
      if (deleted < limit / 2) limit *= 2;
    }
  }
}

/** One that is still worked on, such as a part of a batch that ends slowly, is no reason to keep the others. */
async function isForgotten(engine: JobEngine, { id, kind, createdAt }: Job): Promise<boolean> {
  // Since it was listed somebody may have deleted it, and begun another one under its id.
  if ((await engine.get(id))?.createdAt !== createdAt) return true;
  return unlessLocked(kind === "batch" ? deleteBatch(engine, id) : engine.delete(id));
}

/** Whether somebody is still to be told of it. */
async function isUntold(job: Job, engine: JobEngine): Promise<boolean> {
  const id = webhookIdOf(job);
  const webhook = id === undefined ? undefined : await engine.get(id);
  return webhook !== undefined && webhook.state !== "done";
}
