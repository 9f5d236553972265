// How often in a row the work on a job came to nothing: kept in its journal, where no report overwrites it.
import type { Job, JsonValue, Lease } from "@beseda/core";

/** No performer has entries that begin like it. */
const entry = "worker/failures";

type Failures = { count: number; wakes: number; point: number };

/** One more. A job that was woken since, or has got further than it ever had, begins to count anew. */
export async function countFailure(lease: Lease, metadata: Job["metadata"]): Promise<number> {
  const [[, known] = []] = await lease.read(entry);
  const { count, wakes, point } = (known ?? { count: 0, wakes: 0, point: 0 }) as Failures;
  const now = { wakes: lease.job.inbox.length, point: pointOf(metadata) };
  const isAnew = now.wakes > wakes || now.point > point;
  const failures: Failures = { ...now, point: Math.max(point, now.point), count: isAnew ? 1 : count + 1 };
  await lease.write([[entry, failures as unknown as JsonValue]]);
  return failures.count;
}

/** How far it is, in what cannot grow for ever: rows, or steps. */
export function pointOf({ finished = 0, failed = 0, step = 0 }: Job["metadata"]): number {
  return Number(finished) + Number(failed) + Number(step);
}
