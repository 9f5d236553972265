// How far a batch is, out of the metadata of its operation.
import type { JsonValue } from "@beseda/core";
import type { BatchProgress } from "@beseda/jobs";
import type { Progress } from "./progress-bar.ts";
import { countText, rowsText } from "./progress-figures.ts";

type Metadata = Readonly<Record<string, JsonValue>> | undefined;

const states: Readonly<Record<BatchProgress["state"], string | undefined>> = {
  working: undefined,
  finishing: "writing the output",
  stopped: "stopped",
  done: undefined,
};

/** Before it is known what the rows are, and while the job is not taken yet, nothing is known. */
export function progressOf(metadata: Metadata): Progress {
  const known = (metadata ?? {}) as Partial<BatchProgress>;
  return {
    rows: known.rows,
    finished: known.finished ?? 0,
    failed: known.failed ?? 0,
    tokens: known.usage?.totalTokens ?? 0,
    cost: known.usage?.cost,
    rowsPerSecond: known.rowsPerSecond,
    state: known.state && states[known.state],
    problem: known.problem,
  };
}

/** As it was last seen: a row or two may have been finished since. */
export function standOf(metadata: Metadata): string {
  const { rows, finished } = progressOf(metadata);
  if (!rows) return "What was finished is kept.";
  return `At least ${countText(finished)} of ${rowsText(rows)} are finished and kept.`;
}
