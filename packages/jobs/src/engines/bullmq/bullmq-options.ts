// What an engine on BullMQ is given.
import type { JobFiles } from "@beseda/core";
import { requireLeaseMs } from "../lease-time.ts";

export type BullmqEngineOptions = {
  /** `redis://…`, `rediss://…` (TLS) or `postgres://…`, with user and password. */
  connection: string;
  /** What its keys in Redis begin with, and its schema in Postgres: one for each set of jobs on a server. Default `beseda`. */
  prefix?: string | undefined;
  /** Where jobs, their journals, datasets and results are: the same place for all workers, such as S3 or a shared directory. */
  files: JobFiles;
  /**
   * A worker that is silent for so long loses its job; another one has it at the latest after twice this. In milliseconds,
   * from 1,000 to a day; default 30,000.
   */
  leaseMs?: number | undefined;
  /** Told the ids of jobs that the server had lost, when they have been put back into its queue. */
  onLost?: ((ids: readonly string[]) => void) | undefined;
};

/** A lease is renewed thrice in its time, over a network. */
const shortestLeaseMs = 1_000;

/** @throws BesedaError `invalid-argument` */
export function readOptions(options: BullmqEngineOptions) {
  const { connection, prefix = "beseda", files, leaseMs = 30_000, onLost = () => {} } = options;
  return { connection, prefix, files, leaseMs: requireLeaseMs(leaseMs, shortestLeaseMs), onLost };
}
