// What everybody who works on a job is given.
import type { Agent, JobEngine, Lease } from "@beseda/core";

export type Workplace = {
  engine: JobEngine;
  queue: string;
  agents: ReadonlyMap<string, Agent>;
  /** By the ids of batches that this process has begun or gone on with: of models of one name there may be several. */
  agentsOfBatches: ReadonlyMap<string, Agent>;
  /** Aborted when no more is to be begun: come to a point from which another attempt goes on, and give the lease back. */
  closing: AbortSignal;
};

/**
 * Works on a job and ends its lease: finishes it, lets it wait, or gives it back. What it throws gives the lease back, to
 * be tried again later.
 */
export type Perform = (lease: Lease, place: Workplace) => Promise<void>;
