// What the parts of one batch share in one process: the places for rows, and the budget.
import type { JobEngine } from "@beseda/core";
import type { LatestLimits } from "../latest-limits.ts";
import { Budget } from "./budget.ts";
import { RowSlots } from "./slots.ts";

/** How soon it is looked whether the limits are others. Milliseconds. */
const lookMs = 2_000;

export class BatchHere {
  readonly slots: RowSlots;
  readonly budget: Budget;
  limits: LatestLimits;
  parts = 0;
  readonly #timer: NodeJS.Timeout;

  constructor(engine: JobEngine, batchId: string, limits: LatestLimits) {
    this.slots = new RowSlots(limits.now.concurrency);
    this.budget = new Budget(engine, batchId);
    this.limits = limits;
    this.limitTo(limits);
    // Where it cannot be looked now it is looked the next time.
    this.#timer = setInterval(() => void this.#look().catch(() => {}), lookMs);
  }

  /** The latest hold, also for rows that are to be begun by parts which are worked on already. */
  limitTo(limits: LatestLimits): void {
    if (limits.version < this.limits.version) return;
    this.limits = limits;
    this.budget.limitTo(limits.now);
    this.slots.limitTo(limits.now.concurrency);
  }

  close(): void {
    clearInterval(this.#timer);
  }

  async #look(): Promise<void> {
    if (await this.limits.look({ urgent: true })) this.limitTo(this.limits);
  }
}

const ofEngines = new WeakMap<JobEngine, Map<string, BatchHere>>();

/** Until the last part that is worked on here has left. */
export function joinBatch(engine: JobEngine, batchId: string, limits: LatestLimits): BatchHere {
  const batches = ofEngines.get(engine) ?? new Map<string, BatchHere>();
  ofEngines.set(engine, batches);
  const here = batches.get(batchId) ?? new BatchHere(engine, batchId, limits);
  batches.set(batchId, here);
  here.parts++;
  here.limitTo(limits);
  return here;
}

export function leaveBatch(engine: JobEngine, batchId: string): void {
  const batches = ofEngines.get(engine);
  const here = batches?.get(batchId);
  if (!here || --here.parts > 0) return;
  here.close();
  batches?.delete(batchId);
}
