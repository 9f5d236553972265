// When the next one may be sent, where the service allows a number in a window of time: pure, told the time. All in milliseconds.
import { backOffMs } from "@beseda/core/http";

export type Rate = {
  readonly allowed: number;
  readonly windowMs: number;
  readonly refusedAt: number;
  /** Attempts in a row that were refused, each sent after the one before was. */
  readonly refusals: number;
  /** Others use it as well: how soon it is tried where ours alone do not fill it. */
  readonly notBefore: number;
};

/** After so long without a refusal the service may allow another number, and nobody says so. */
export const rateForgottenMs = 600_000;

export function rateRefused(
  rate: Rate | undefined,
  {
    allowed,
    windowMs,
    sentAt,
    now,
    random,
  }: { allowed: number; windowMs: number; sentAt: number; now: number; random: number },
): Rate {
  // Those that were under way already say the same once more.
  const isNews = !rate || sentAt >= rate.refusedAt;
  const refusals = isNews ? (rate?.refusals ?? 0) + 1 : rate.refusals;
  const notBefore = isNews ? now + backOffMs(refusals - 1, random) : rate.notBefore;
  return { allowed, windowMs, refusedAt: now, refusals, notBefore };
}

/** @param starts when those were sent that were not refused, in order */
export function rateTurnAt(rate: Rate, starts: readonly number[]): number {
  const firstInWindow = starts.at(-rate.allowed);
  // Requests arrive at other distances than they were sent.
  const windowMs = rate.windowMs * 1.05;
  return Math.max(rate.notBefore, firstInWindow === undefined ? rate.notBefore : firstInWindow + windowMs);
}
