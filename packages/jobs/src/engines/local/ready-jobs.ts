// Which job is the next to be claimed: found at the top of an index, however many are ready or have an appointment.
import type { SqliteDatabase, SqliteStatement } from "./sqlite-driver.ts";
import { toStored } from "./stored-text.ts";

const heads = ["run_at = 0 ORDER BY n", "run_at > 0 AND run_at <= ?3 ORDER BY run_at, n"];
const head = (rest: string) =>
  `SELECT n FROM (SELECT n FROM jobs INDEXED BY ready_jobs WHERE queue = ?1 AND kind = ?2 AND state = 'queued' AND ${rest} LIMIT 1)`;

/** Of one queue and kind: the older of the first that can be had at once and of the first whose appointment has come. */
export const nextOfKind = `SELECT min(n) AS n FROM (${heads.map(head).join(" UNION ALL ")})`;

export class ReadyJobs {
  readonly #next: SqliteStatement;

  constructor(database: SqliteDatabase) {
    this.#next = database.prepare(nextOfKind);
  }

  /** The number of its row. */
  next(queue: string, kinds: readonly string[]): number | undefined {
    const now = Date.now();
    const found = kinds.flatMap((kind) => {
      const [row] = this.#next.all(toStored(queue), toStored(kind), now);
      return typeof row?.n === "number" ? row.n : [];
    });
    return found.length > 0 ? Math.min(...found) : undefined;
  }
}
