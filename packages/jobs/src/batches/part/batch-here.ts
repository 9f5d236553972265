// What the parts of one batch share in one process: the places for rows, and the budget.
import type { JobEngine } from "@beseda/core";
import type { BatchLimits } from "../batch.ts";
import { Budget } from "./budget.ts";
import { RowSlots } from "./slots.ts";

export type BatchHere = { slots: RowSlots; budget: Budget; parts: number };

const ofEngines = new WeakMap<JobEngine, Map<string, BatchHere>>();

/** Until the last part that is worked on here has left. */
export function joinBatch(engine: JobEngine, batchId: string, limits: BatchLimits): BatchHere {
  const batches = ofEngines.get(engine) ?? new Map<string, BatchHere>();
  ofEngines.set(engine, batches);
  const here = batches.get(batchId) ?? {
    slots: new RowSlots(limits.concurrency),
    budget: new Budget(engine, batchId),
    parts: 0,
  };
  batches.set(batchId, here);
  here.parts++;
  here.budget.limitTo(limits);
  return here;
}

export function leaveBatch(engine: JobEngine, batchId: string): void {
  const batches = ofEngines.get(engine);
  const here = batches?.get(batchId);
  if (here && --here.parts === 0) batches?.delete(batchId);
}
