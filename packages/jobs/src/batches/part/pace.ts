// How many rows at once a service bears: fewer as soon as it refuses, one more after a long while of answers.
import { type BesedaError, toBesedaError } from "@beseda/core";
import { isoIn } from "../../iso-time.ts";

/** So many answers for each row that is asked at once, before there is one more. */
const patience = 8;
/** Where the service does not say how long it wants to be left alone: at first, and at most. Milliseconds. */
const firstPauseMs = 1_000;
const longestPauseMs = 30_000;
/** Whoever looks at the batch wonders why it stands still after so long. Milliseconds. */
const worthTelling = 5_000;

/** Additive increase, multiplicative decrease. */
export class Pace {
  /** So many rows may be under way. */
  limit: number;
  most: number;
  #answers = 0;
  #refusals = 0;
  #pausedUntil = 0;
  #problem: string | undefined;
  #cutAt = Number.NEGATIVE_INFINITY;

  constructor(most: number) {
    this.most = most;
    this.limit = most;
  }

  /** One that was cut because of refusals grows as it would have. */
  limitTo(most: number): void {
    if (this.limit === this.most || this.limit > most) this.limit = most;
    this.most = most;
  }

  answered(): void {
    this.#refusals = 0;
    if (this.limit >= this.most || ++this.#answers < this.limit * patience) return;
    this.#answers = 0;
    this.limit++;
  }

  /** Of all that were under way together one refusal counts: `startedAt` says when that row was begun. */
  refused(error: BesedaError, startedAt: number, now = performance.now()): void {
    const pauseMs = error.retryAfterMs ?? Math.min(firstPauseMs * 2 ** this.#refusals, longestPauseMs);
    if (error.code === "rate-limited" && now + pauseMs > this.#pausedUntil) {
      this.#pausedUntil = now + pauseMs;
      const told = `Nothing is asked before ${isoIn(pauseMs)}: ${error.message}`;
      this.#problem = pauseMs > worthTelling ? told : undefined;
    }
    if (startedAt < this.#cutAt) return;
    this.#cutAt = now;
    this.#answers = 0;
    this.#refusals++;
    this.limit = Math.max(1, Math.floor(this.limit / 2));
  }

  /** Why no row is begun for a while. */
  get problem(): string | undefined {
    return this.pauseMs() > 0 ? this.#problem : undefined;
  }

  /** For so long no row is begun. */
  pauseMs(now = performance.now()): number {
    return Math.max(0, this.#pausedUntil - now);
  }
}

/** Whether a row that failed so is worth another attempt, later. */
export function mayPass(thrown: unknown): boolean {
  const { code, isRetryable } = toBesedaError(thrown);
  return isRetryable && (code === "rate-limited" || code === "unavailable" || code === "timeout");
}

/** What is not found may be of one row alone: so many have to meet it before it is taken for the name of the model. */
export const fewestAlike = 3;

/** Whether every other row would fail alike: then it is no matter of this row. */
export function concernsAll({ code, isRetryable }: BesedaError, { finished }: { finished: number }): boolean {
  if (code === "unauthorized" || code === "missing-setting") return true;
  // The money or the quota is used up for good; no model of that name, if others meet the same.
  return (code === "rate-limited" && !isRetryable) || (code === "not-found" && finished === 0);
}
