// Says how far a batch is, for those who look at its job.
import type { BesedaError, JsonValue, Lease } from "@beseda/core";
import { plainError } from "../worker/job-error.ts";
import type { BatchLimits, BatchProgress, BatchSpec } from "./batch.ts";
import type { Problem, Totals } from "./parts-at-work.ts";

/** The pace is that of about so long. */
const paceMs = 10_000;
const mostMarks = 64;

export class Progress {
  readonly #lease: Lease;
  readonly #spec: BatchSpec;
  readonly #limits: BatchLimits;
  /** How many rows were finished at some moments, the latest last. */
  #marks: { at: number; finished: number }[] = [];
  #last = "";

  constructor(lease: Lease, spec: BatchSpec, limits: BatchLimits) {
    this.#lease = lease;
    this.#spec = spec;
    this.#limits = limits;
  }

  /** Reports what is new. */
  async report(totals: Totals & Problem, state: BatchProgress["state"]): Promise<void> {
    const metadata = this.#metadata(totals, state);
    const text = JSON.stringify(metadata);
    if (text === this.#last) return;
    this.#last = text;
    await this.#lease.report({ metadata });
  }

  /** The metadata of one that waits for somebody. */
  stopped({ finished, failed, usage }: Totals, error: BesedaError): Record<string, JsonValue> {
    return {
      ...this.#metadata({ finished, failed, usage }, "stopped"),
      stopped: plainError(error) as unknown as JsonValue,
    };
  }

  #metadata(
    { finished, failed, usage, problem }: Totals & Problem,
    state: BatchProgress["state"],
  ): Record<string, JsonValue> {
    const { rows, calls } = this.#spec;
    const progress: BatchProgress = {
      state,
      rows,
      finished,
      failed,
      usage,
      calls,
      concurrency: this.#limits.concurrency,
      rowsPerSecond: this.#pace(finished),
      startedAt: this.#lease.job.createdAt,
      ...(problem !== undefined && { problem }),
    };
    return progress as unknown as Record<string, JsonValue>;
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
