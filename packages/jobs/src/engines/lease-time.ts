// How long leases may last, for all engines.
import { BesedaError } from "@beseda/core";

const longestMs = 24 * 60 * 60 * 1_000;

/** From `leastMs` to a day. @throws BesedaError `invalid-argument` */
export function requireLeaseMs(leaseMs: number, leastMs: number): number {
  if (Number.isFinite(leaseMs) && leaseMs >= leastMs && leaseMs <= longestMs) return leaseMs;
  throw new BesedaError(`leaseMs is ${leaseMs}.`, {
    code: "invalid-argument",
    hint: `Give a number of milliseconds from ${leastMs} to ${longestMs}, which is a day, or leave it out.`,
  });
}
