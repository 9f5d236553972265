// Who is at work: a row for each open engine that claims, whose heartbeat keeps all of its leases.
import { randomInt } from "node:crypto";
import { isDead, type ProcessIdentity, thisProcess } from "./process-identity.ts";
import { textOf } from "./sealed-json.ts";
import type { SqliteDatabase, SqliteRow, SqliteStatement } from "./sqlite-driver.ts";

/** Milliseconds that go on evenly, the same for all processes of this machine, whatever is done to the clock. */
export type Clock = () => number;

export const machineClock: Clock = () => Number(process.hrtime.bigint() / 1_000_000n);

/** An id that no other worker of any database has. */
export function newWorkerId(): number {
  return randomInt(1, 2 ** 48 - 1);
}

export class WorkerTable {
  readonly #process = thisProcess();
  readonly #now: Clock;
  readonly #leaseMs: number;
  readonly #all: SqliteStatement;
  readonly #orphans: SqliteStatement;
  readonly #beat: SqliteStatement;
  readonly #remove: SqliteStatement;

  constructor(database: SqliteDatabase, leaseMs: number, now: Clock) {
    this.#now = now;
    this.#leaseMs = leaseMs;
    this.#all =
      database.prepare(`SELECT id, CAST(host AS BLOB) AS host, CAST(pid AS INTEGER) AS pid, CAST(started AS BLOB) AS started,
        CAST(lease_ms AS INTEGER) AS lease_ms, CAST(lease_end AS INTEGER) AS lease_end FROM workers`);
    this.#orphans = database.prepare(
      `SELECT DISTINCT worker FROM jobs INDEXED BY running_jobs
       WHERE state = 'running' AND worker IS NOT NULL AND worker NOT IN (SELECT id FROM workers)`,
    );
    this.#beat = database.prepare(
      `INSERT INTO workers (id, host, pid, started, lease_ms, lease_end) VALUES (?, ?, ?, ?, ?, ?)
       ON CONFLICT (id) DO UPDATE SET lease_end = excluded.lease_end`,
    );
    this.#remove = database.prepare("DELETE FROM workers WHERE id = ?");
  }

  /** Keeps its leases for another while. It is entered, also where others took it for dead in the meantime. */
  beat(id: number): void {
    const { host, pid, started } = this.#process;
    this.#beat.run(id, host, pid, started, this.#leaseMs, this.#now() + this.#leaseMs);
  }

  remove(id: number): void {
    this.#remove.run(id);
  }

  /** Those whose process has died, or who have been silent for longer than their leases last, or who are not entered. */
  silent(): number[] {
    const silent = this.#all.all().filter((row) => this.#isSilent(row));
    return [...silent.map(({ id }) => Number(id)), ...this.#orphans.all().map(({ worker }) => Number(worker))];
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
