// What a batch was and what it came to, as it stands beside the output: enough to tell how the rows were made.
import { existsSync, readFileSync } from "node:fs";
import type { Job, Usage } from "@beseda/core";
import type { BatchSpec } from "../batch.ts";
import { specOf } from "../batch-place.ts";
import type { RowStatistics } from "./row-statistics.ts";

/** What only the batch knows: its time and its way. */
export type Account = { seconds: number; concurrency: number; providerBatches: number };

/** The version of its shape is `format`. */
export type Manifest = {
  format: 1;
  id: string;
  output: string;
  createdAt: string;
  finishedAt: string;
  dataset: { name: string; hash: string; rows: number; badRows: BatchSpec["badRows"] };
  rows: number;
  answered: number;
  failed: number;
  finishReasons: Record<string, number>;
  /** By the code of the error. */
  errors: Record<string, number>;
  usage: Usage;
  cost: Readonly<Record<string, number>> | null;
  /** Cells that are not of the type of their column, and so are null in the output; the first of them in words. */
  lostCells: { count: number; first: string[] };
  /** Of work. */
  seconds: number;
  rowsPerSecond: number;
  /** Replies of models, and calls of tools. */
  steps: number;
  toolCalls: number;
  /** How often rows were begun, and the batch itself: more than once after crashes. */
  attempts: { rows: number; batch: number };
  calls: string;
  concurrency: number;
  /** How many batches the provider was given. */
  providerBatches: number;
  seed: number | null;
  models: { model: string; rows: number; versions: string[] }[];
  agent: { name: string; fingerprint: string; facts: BatchSpec["agentFacts"] };
  versions: { beseda: string; node: string };
};

export function manifestOf(
  job: Job,
  statistics: RowStatistics,
  account: Account & Pick<Manifest, "lostCells">,
): Manifest {
  const spec = specOf(job);
  const { rows, answered, failed, usage, steps, toolCalls, attempts } = statistics;
  const { seed } = (spec.agentFacts.settings ?? {}) as { seed?: number };
  const seconds = Math.round(account.seconds * 1_000) / 1_000;
  return {
    format: 1,
    id: job.id,
    output: spec.output,
    createdAt: job.createdAt,
    finishedAt: new Date().toISOString(),
    dataset: { name: spec.dataset, hash: spec.datasetHash, rows: rows + spec.badRows.count, badRows: spec.badRows },
    rows,
    answered,
    failed,
    finishReasons: Object.fromEntries(statistics.finishReasons),
    errors: Object.fromEntries(statistics.errors),
    usage,
    cost: usage.cost ?? null,
    lostCells: account.lostCells,
    seconds,
    rowsPerSecond: seconds === 0 ? 0 : Math.round((rows / seconds) * 100) / 100,
    steps,
    toolCalls,
    attempts: { rows: attempts, batch: job.attempts },
    calls: spec.calls,
    concurrency: account.concurrency,
    providerBatches: account.providerBatches,
    seed: seed ?? null,
    models: [...statistics.models].map(([model, known]) => ({
      model,
      rows: known.rows,
      versions: [...known.versions.keys()],
    })),
    agent: { name: spec.agentName, fingerprint: spec.fingerprint, facts: spec.agentFacts },
    versions: { beseda: ownVersion(), node: process.versions.node },
  };
}

/** Of the package that this file is in, built or not. */
function ownVersion(): string {
  let url = new URL("./package.json", import.meta.url);
  while (!existsSync(url) && url.pathname !== "/package.json") url = new URL("../package.json", url);
  return JSON.parse(readFileSync(url, "utf8")).version;
}
