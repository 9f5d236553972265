// A run that takes its worker down with it: paused, then worked on with no other such run, and in the end set aside.
import { BesedaError, type JobEngine, type JsonValue, type Lease } from "@beseda/core";
import { isoIn } from "../iso-time.ts";
import { onlyWaits } from "../journal/run-journal.ts";
import { deathsOf } from "../worker/deaths.ts";
import { pointOf } from "../worker/failures.ts";

/** So often a worker may die with a run that comes no further meanwhile. */
const mostCrashes = 10;
/** From so many on it is a suspect: those who died with it by chance come through while it pauses. */
const crashesOfSuspects = 3;
const firstPauseMs = 1_000;
const longestPauseMs = 60_000;

/**
 * In its journal. `total` is how many are known, `inRow` how many of them since it last came further than `point`. While it
 * did nothing but wait for its service, it has taken nobody down.
 */
type Crashes = { total: number; inRow: number; point: number };

const entry = "worker/crashes";
const none: Crashes = { total: 0, inRow: 0, point: 0 };

/** The engines of which a suspect is being worked on here. */
const suspects = new WeakSet<JobEngine>();

export type Suspicion =
  /** `leave` is to be called when the work on it ends. */
  | { leave(): void }
  /** It is to be given back until then. ISO 8601. */
  | { notBefore: string }
  | { error: BesedaError };

export async function suspicionOf(lease: Lease, engine: JobEngine): Promise<Suspicion> {
  const total = deathsOf(lease.job);
  if (total === 0) return { leave: () => {} };
  const [[, kept] = []] = await lease.read(entry);
  const known = (kept ?? none) as Crashes;
  const point = pointOf(lease.job.metadata);
  const isNew = total > known.total;
  const before = point > known.point ? 0 : known.inRow;
  const isBlamed = isNew && !onlyWaits(new Map([...(await lease.read("asked/")), ...(await lease.read("reply/"))]));
  const inRow = isBlamed ? before + total - known.total : known.inRow;
  if (isNew) {
    const counted: Crashes = { total, inRow, point: Math.max(point, known.point) };
    await lease.write([[entry, counted as unknown as JsonValue]]);
  }
  if (inRow >= mostCrashes) return { error: crashed(inRow) };
  if (inRow < crashesOfSuspects) return { leave: () => {} };
  if (isBlamed) return { notBefore: isoIn(Math.min(firstPauseMs * 2 ** (inRow - crashesOfSuspects), longestPauseMs)) };
  if (suspects.has(engine)) return { notBefore: isoIn(firstPauseMs) };
  suspects.add(engine);
  return { leave: () => void suspects.delete(engine) };
}

function crashed(times: number): BesedaError {
  return new BesedaError(`The worker died ${times} times while it worked on this run, at the same step of it.`, {
    code: "internal",
    hint: "Look at what its tools do at that step, such as using up the memory, or ending the process. Then start it anew.",
  });
}
