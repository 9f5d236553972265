// Who is at work: a row for each open engine, whose heartbeat keeps all of its leases.
import { isDead, type ProcessIdentity, thisProcess } from "./process-identity.ts";
import { textOf } from "./sealed-json.ts";
import type { SqliteDatabase, SqliteRow, SqliteStatement } from "./sqlite-driver.ts";

/** Milliseconds that go on evenly, the same for all processes of this machine, whatever is done to the clock. */
export type Clock = () => number;

export const machineClock: Clock = () => Number(process.hrtime.bigint() / 1_000_000n);

export class WorkerTable {
  readonly #now: Clock;
  readonly #leaseMs: number;
  readonly #all: SqliteStatement;
  readonly #enter: SqliteStatement;
  readonly #beat: SqliteStatement;
  readonly #remove: SqliteStatement;

  constructor(database: SqliteDatabase, leaseMs: number, now: Clock) {
    this.#now = now;
    this.#leaseMs = leaseMs;
    this.#all =
      database.prepare(`SELECT id, CAST(host AS BLOB) AS host, CAST(pid AS INTEGER) AS pid, CAST(started AS BLOB) AS started,
        CAST(lease_ms AS INTEGER) AS lease_ms, CAST(lease_end AS INTEGER) AS lease_end FROM workers`);
    this.#enter = database.prepare(
      "INSERT INTO workers (host, pid, started, lease_ms, lease_end) VALUES (?, ?, ?, ?, ?) RETURNING id",
    );
    this.#beat = database.prepare("UPDATE workers SET lease_end = ? WHERE id = ?");
    this.#remove = database.prepare("DELETE FROM workers WHERE id = ?");
  }

  /** @returns the id, which no other worker of this database ever has */
  enter(): number {
    const { host, pid, started } = thisProcess();
    const [row] = this.#enter.all(host, pid, started, this.#leaseMs, this.#now() + this.#leaseMs);
    return Number(row?.id);
  }

  /** @returns `false` where others took it for dead */
  beat(id: number): boolean {
    return this.#beat.run(this.#now() + this.#leaseMs, id) > 0;
  }

  remove(id: number): void {
    this.#remove.run(id);
  }

  /** The workers whose process has died, or who have been silent for longer than their leases last. */
  silent(): number[] {
    return this.#all.all().flatMap((row) => (this.#isSilent(row) ? [Number(row.id)] : []));
  }

  #isSilent(row: SqliteRow): boolean {
    const left = Number(row.lease_end) - this.#now();
    // One that ends later than it can have been begun is from before the machine was started anew.
    return left < 0 || left > Number(row.lease_ms) || isDead(identityOf(row));
  }
}

function identityOf(row: SqliteRow): ProcessIdentity {
  return { host: textOf(row.host), pid: Number(row.pid), started: textOf(row.started) };
}
