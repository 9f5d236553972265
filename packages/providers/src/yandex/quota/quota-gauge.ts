// How many may run at once, where the service allows a number that others use up as well: pure, told the time. All in milliseconds.
import { backOffMs } from "@beseda/core/http";

export type Gauge = {
  /** By the service, to all processes together. */
  readonly allowed: number;
  /** What of it is ours, as far as is known: never more than `allowed`, and 0 while others have it all. */
  readonly limit: number;
  readonly refusedAt: number;
  /** Attempts in a row that were refused, each sent after the one before was. */
  readonly refusals: number;
  /** How many have ended since `limit` has changed. */
  readonly ended: number;
  /** When one more is tried, beyond `limit`. */
  readonly probeAt: number;
};

/** After so long the service may allow another number, and nobody says so: all are let in, until one is refused again. */
const gaugeForgottenMs = 600_000;

/** @param running others of ours, the refused one not among them */
export function gaugeRefused(
  gauge: Gauge | undefined,
  {
    allowed,
    running,
    sentAt,
    now,
    random,
  }: { allowed: number; running: number; sentAt: number; now: number; random: number },
): Gauge {
  // Those that were under way already say the same once more.
  const isNews = !gauge || sentAt >= gauge.refusedAt;
  const refusals = isNews ? (gauge?.refusals ?? 0) + 1 : gauge.refusals;
  const probeAt = isNews ? now + backOffMs(refusals - 1, random) : gauge.probeAt;
  return { allowed, limit: Math.min(allowed, running), refusedAt: now, refusals, ended: 0, probeAt };
}

/** @param running with the one that is let in now */
export function gaugeEntered(
  gauge: Gauge,
  { running, now, random }: { running: number; now: number; random: number },
): Gauge {
  return running <= gauge.limit ? gauge : { ...gauge, probeAt: now + backOffMs(gauge.refusals, random) };
}

/** @param running with the one that has ended: so many were let in at once. One more is allowed after each round. */
export function gaugeEnded(gauge: Gauge, running: number): Gauge {
  const limit = Math.max(gauge.limit, Math.min(running, gauge.allowed));
  const ended = gauge.ended + 1;
  return ended < limit || limit === gauge.allowed
    ? { ...gauge, limit, ended, refusals: 0 }
    : { ...gauge, limit: limit + 1, ended: 0, refusals: 0 };
}

/** When the next one may be sent, as things are: the past means now. */
export function gaugeTurnAt(gauge: Gauge | undefined, running: number): number {
  if (!gauge || running < gauge.limit) return Number.NEGATIVE_INFINITY;
  const forgottenAt = gauge.refusedAt + gaugeForgottenMs;
  return gauge.limit < gauge.allowed ? Math.min(gauge.probeAt, forgottenAt) : forgottenAt;
}
