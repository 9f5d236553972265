// Many changes in one transaction: what comes within a few milliseconds is made durable by one flush of the disk.
import { setTimeout as pause } from "node:timers/promises";
import { BesedaError } from "@beseda/core";
import { Broken } from "./sealed-json.ts";
import { inTransaction, resultCodes, type SqliteDatabase, SqliteFailure } from "./sqlite-driver.ts";

/** `beforeCommit` throws where nothing may be committed any more; `told` makes of what goes wrong what the callers are told. */
export type CommitRules = { beforeCommit(): void; told(thrown: unknown): unknown };

type Change = { apply: () => unknown; resolve: (result: never) => void; reject: (thrown: unknown) => void };

/**
 * A transaction costs about 0.25 ms of CPU, and a flush 0.2 ms on a good disk and 10 ms on a bad one, during which the
 * process stands still. So after one there is a gap of four times what it took, within these bounds. The first change
 * after a rest waits for nothing. An entry costs 30 µs in groups of 16, 15 in groups of 256, and 470 alone.
 */
const gapPerCost = 4;
const gapMs = { least: 4, most: 50 };
/** How long another process may hold the database before the changes are refused, and between the attempts. */
const busyMs = 15_000;
const busyPauseMs = 25;

export class GroupCommit {
  readonly #database: SqliteDatabase;
  readonly #rules: CommitRules;
  /** Of the transactions that were begun. */
  count = 0;
  #changes: Change[] = [];
  #isScheduled = false;
  #notBefore = 0;

  constructor(database: SqliteDatabase, rules: CommitRules) {
    this.#database = database;
    this.#rules = rules;
  }

  /**
   * Runs `apply` in a transaction with others, in the order of the calls; resolves when it is committed. A `BesedaError`
   * or `Broken` from it refuses this change alone, so it must be thrown before anything was changed; any other error
   * undoes and refuses the whole group.
   */
  run<Result>(apply: () => Result): Promise<Result> {
    return new Promise<Result>((resolve, reject) => {
      this.#changes.push({ apply, resolve, reject });
      this.#schedule();
    });
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    const start = () => void this.#commit();
    const leftMs = this.#notBefore - performance.now();
    if (leftMs > 0) setTimeout(start, leftMs);
    else setImmediate(start);
  }

  async #commit(): Promise<void> {
    const changes = this.#changes;
    this.#changes = [];
    const startedAt = performance.now();
    const settle = await this.#patiently(() => this.#apply(changes)).catch((thrown: unknown) => () => {
      const told = this.#rules.told(thrown);
      for (const { reject } of changes) reject(told);
    });
    const endedAt = performance.now();
    const gap = (endedAt - startedAt) * gapPerCost;
    this.#notBefore = endedAt + Math.min(Math.max(gap, gapMs.least), gapMs.most);
    this.#isScheduled = false;
    settle();
    if (this.#changes.length > 0) this.#schedule();
  }

  /** @returns what tells the callers, once it is sure that the transaction is through */
  #apply(changes: Change[]): () => void {
    const outcomes: (() => void)[] = [];
    inTransaction(this.#database, () => {
      this.count++;
      for (const { apply, resolve, reject } of changes) {
        try {
          const result = apply();
          outcomes.push(() => resolve(result as never));
        } catch (thrown) {
          if (!(thrown instanceof BesedaError || thrown instanceof Broken)) throw thrown;
          outcomes.push(() => reject(this.#rules.told(thrown)));
        }
      }
      this.#rules.beforeCommit();
    });
    return () => {
      for (const tell of outcomes) tell();
    };
  }

  async #patiently<Result>(work: () => Result): Promise<Result> {
    const until = performance.now() + busyMs;
    for (;;) {
      try {
        return work();
      } catch (thrown) {
        const isBusy = thrown instanceof SqliteFailure && thrown.code === resultCodes.busy;
        if (!isBusy || performance.now() > until) throw thrown;
      }
      await pause(busyPauseMs);
    }
  }
}
