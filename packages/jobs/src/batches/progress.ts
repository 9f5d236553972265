// Says how far a batch is, for those who look at its job.
import type { BesedaError, JsonValue, Lease } from "@beseda/core";
import { plainError } from "../worker/job-error.ts";
import type { BatchProgress, BatchSpec } from "./batch.ts";
import type { LatestLimits } from "./latest-limits.ts";
import type { Problem, Totals } from "./parts-at-work.ts";

/** The pace is that of about so long. */
const paceMs = 10_000;
const mostMarks = 64;
/** While it is worked on whoever looks is told so often at most: on a storage of the network each report is an object. */
const reportMs = 1_000;

export class Progress {
  readonly #lease: Lease;
  readonly #spec: BatchSpec;
  readonly #limits: LatestLimits;
  /** How many rows were finished at some moments, the latest last. */
  #marks: { at: number; finished: number }[] = [];
  #last: BatchProgress | undefined;
  #reportedAt = Number.NEGATIVE_INFINITY;

  constructor(lease: Lease, spec: BatchSpec, limits: LatestLimits) {
    this.#lease = lease;
    this.#spec = spec;
    this.#limits = limits;
  }

  /** Reports what is new, at once. */
  async report(totals: Totals & Problem, state: BatchProgress["state"]): Promise<void> {
    const progress = this.#progress(totals, state);
    if (!isNews(progress, this.#last)) return;
    this.#last = progress;
    this.#reportedAt = performance.now();
    await this.#lease.report({ metadata: plain(progress) });
  }

  /** Reports what is new while rows are worked on, if it is time. @returns in how many milliseconds it will be, if it is not */
  async reportInTime(totals: Totals & Problem): Promise<number | undefined> {
    const leftMs = this.#reportedAt + reportMs - performance.now();
    if (leftMs > 0) return isNews(this.#progress(totals, "working"), this.#last) ? leftMs : undefined;
    await this.report(totals, "working");
    return undefined;
  }

  /** The metadata of one that waits for somebody. */
  stopped({ finished, failed, usage }: Totals, error: BesedaError): Record<string, JsonValue> {
    return {
      ...plain(this.#progress({ finished, failed, usage }, "stopped")),
      stopped: plainError(error) as unknown as JsonValue,
    };
  }

  #progress({ finished, failed, usage, problem }: Totals & Problem, state: BatchProgress["state"]): BatchProgress {
    const { rows, calls } = this.#spec;
    return {
      state,
      rows,
      finished,
      failed,
      usage,
      calls,
      concurrency: this.#limits.now.concurrency,
      rowsPerSecond: this.#pace(finished),
      startedAt: this.#lease.job.createdAt,
      ...(problem !== undefined && { problem }),
    };
  }

  #pace(finished: number): number {
    const now = performance.now();
    if (this.#marks.at(-1)?.finished !== finished) this.#marks.push({ at: now, finished });
    while (this.#marks.length > mostMarks || (this.#marks.length > 2 && now - (this.#marks[0]?.at ?? now) > paceMs)) {
      this.#marks.shift();
    }
    const first = this.#marks[0];
    if (!first || now === first.at) return 0;
    return Math.round(((finished - first.finished) / (now - first.at)) * 10_000) / 10;
  }
}

/** While nothing is done the pace falls with every moment: only that it has halved is news. */
function isNews(now: BatchProgress, last: BatchProgress | undefined): boolean {
  if (!last || now.rowsPerSecond < last.rowsPerSecond / 2) return true;
  const { rowsPerSecond } = last;
  return JSON.stringify({ ...now, rowsPerSecond }) !== JSON.stringify(last);
}

function plain(progress: BatchProgress): Record<string, JsonValue> {
  return progress as unknown as Record<string, JsonValue>;
}
