// When a job may begin, as everybody writes it.
import { readIsoTime } from "../iso-time.ts";

/** ISO 8601, in UTC; now, unless it is said. @throws BesedaError `invalid-argument` */
export function readRunAt(runAt: string | undefined): string {
  return runAt === undefined ? new Date().toISOString() : readIsoTime(runAt, "runAt");
}
