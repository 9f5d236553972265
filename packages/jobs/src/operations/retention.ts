// Forgets operations that were done long ago.
import { describeThrown, type JobEngine } from "@beseda/core";
import { deleteBatch } from "../batches/batch-place.ts";
import { webhookKind } from "./announce.ts";
import { runKind } from "./run-spec.ts";

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
/** How many are looked at in one go. */
const page = 100;

/** Now, and every hour; looking alone does not keep the process alive. Ends with the signal. */
export function keepForgetting(engine: JobEngine, keepDays: number, signal: AbortSignal): void {
  const sweep = () =>
    void forgetOld(engine, keepDays, signal).catch((thrown: unknown) => {
      if (signal.aborted) return;
      process.emitWarning(`Old operations cannot be deleted: ${describeThrown(thrown)}`, "BesedaWarning");
    });
  const timer = setInterval(sweep, hourMs).unref();
  signal.addEventListener("abort", () => clearInterval(timer), { once: true });
  sweep();
}

/** Deletes what was done more than so many days ago, a page at a time for as long as a page has some. */
export async function forgetOld(engine: JobEngine, keepDays: number, signal?: AbortSignal): Promise<void> {
  const since = Date.now() - keepDays * dayMs;
  for (const kind of [runKind, webhookKind, "batch"]) {
    for (let isMore = true; isMore && !signal?.aborted; ) {
      const done = await engine.list({ kind, state: "done", oldestFirst: true, limit: page });
      const old = done.filter(({ modifiedAt }) => Date.parse(modifiedAt) < since);
      for (const { id } of old) await (kind === "batch" ? deleteBatch(engine, id) : engine.delete(id));
      isMore = old.length > 0;
    }
  }
}
