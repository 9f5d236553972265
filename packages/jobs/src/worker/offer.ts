// A job that this worker cannot do is for others: it is offered again, soon at first, then later and later.
import type { BesedaError, Job, JsonValue, Lease } from "@beseda/core";
import { isoIn } from "../iso-time.ts";

const firstMs = 250;
const longestMs = 5_000;

/** Gives it back with the problem, for those who look. How often it was offered stands in its metadata until somebody works on it. */
export async function leaveToOthers(lease: Lease, problem: BesedaError): Promise<void> {
  const { metadata } = lease.job;
  const offers = Number(metadata.offers ?? 0) + 1;
  await lease.report({ metadata: { ...metadata, offers, problem: problem.advice } });
  // Workers look for jobs each to its own beat: after the same pause the same one would find it again.
  const share = 0.5 + 0.5 * Math.random();
  await lease.release(isoIn(share * Math.min(firstMs * 2 ** (offers - 1), longestMs)));
}

/** The metadata for whoever works on it after all. */
export function withoutOffers(metadata: Job["metadata"]): Record<string, JsonValue> {
  const { offers, problem, ...others } = metadata;
  return offers === undefined ? { ...metadata } : others;
}
