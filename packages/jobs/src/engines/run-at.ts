// When a job may begin, as everybody writes it.
import { BesedaError } from "@beseda/core";

/** ISO 8601, in UTC; now, unless it is said. @throws BesedaError `invalid-argument` */
export function readRunAt(runAt: string | undefined): string {
  const ms = runAt === undefined ? Date.now() : Date.parse(runAt);
  if (Number.isFinite(ms)) return new Date(ms).toISOString();
  throw new BesedaError(`runAt is "${runAt}", which is no time.`, {
    code: "invalid-argument",
    hint: "Give a time of ISO 8601, such as 2026-01-31T08:00:00Z.",
  });
}
