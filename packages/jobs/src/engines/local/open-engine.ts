// An open database with its workers, its leases and those who wait for work.
import { BesedaError, describeThrown } from "@beseda/core";
import { GroupCommit } from "./group-commit.ts";
import type { JobRow } from "./job-row.ts";
import { JobTable } from "./job-table.ts";
import { JournalTable } from "./journal-table.ts";
import { type LeaseDesk, LocalLease } from "./lease.ts";
import { OpenedFile } from "./opened-file.ts";
import { nameOf, thisProcess } from "./process-identity.ts";
import { ReadyJobs } from "./ready-jobs.ts";
import type { SqliteDatabase, SqliteStatement } from "./sqlite-driver.ts";
import { sqliteTrouble } from "./sqlite-trouble.ts";
import { type Clock, newWorkerId, WorkerTable } from "./worker-table.ts";

/** How often is looked for what other processes have done. A look costs about 0.1 ms. */
const lookEveryMs = 150;

export class OpenEngine {
  readonly commits: GroupCommit;
  readonly jobs: JobTable;
  readonly journal: JournalTable;
  readonly file: OpenedFile;
  readonly #database: SqliteDatabase;
  readonly #workers: WorkerTable;
  readonly #ready: ReadyJobs;
  readonly #dataVersion: SqliteStatement;
  readonly #desk: LeaseDesk;
  readonly #held = new Set<LocalLease>();
  readonly #waiting = new Set<() => void>();
  readonly #heartbeat: NodeJS.Timeout;
  readonly #look: NodeJS.Timeout;
  readonly #worker = newWorkerId();
  /** It has claimed something: there is a row of it to be kept. */
  #isWorking = false;
  #lastVersion: unknown;
  #isNudged = false;
  #isSweeping = false;
  #isClosed = false;

  constructor(database: SqliteDatabase, path: string, leaseMs: number, now: Clock) {
    this.#database = database;
    this.file = new OpenedFile(path);
    const told = (thrown: unknown) => sqliteTrouble(path, thrown);
    this.commits = new GroupCommit(database, { beforeCommit: () => this.file.requireThere(), told });
    this.journal = new JournalTable(database);
    this.jobs = new JobTable(database, this.journal, (broken) =>
      process.emitWarning(describeThrown(told(broken)), "BesedaWarning"),
    );
    this.#ready = new ReadyJobs(database);
    this.#workers = new WorkerTable(database, leaseMs, now);
    this.#dataVersion = database.prepare("PRAGMA data_version");
    const ended = (lease: LocalLease) => {
      this.#held.delete(lease);
      this.#nudge();
      void this.#sweep();
    };
    this.#desk = { commits: this.commits, jobs: this.jobs, journal: this.journal, ended };
    this.#heartbeat = setInterval(() => void this.#beat(), leaseMs / 3).unref();
    this.#look = setInterval(() => void this.#lookAround(), lookEveryMs).unref();
  }

  /** A job was changed in this process: leases hear of it, and those who wait for work look once more. */
  changed(): void {
    this.#reviewLeases();
    this.#nudge();
  }

  #nudge(): void {
    if (this.#isNudged || this.#waiting.size === 0) return;
    this.#isNudged = true;
    setImmediate(() => {
      this.#isNudged = false;
      for (const wake of [...this.#waiting]) wake();
    });
  }

  async claim(queue: string, kinds: readonly string[], signal: AbortSignal): Promise<LocalLease | undefined> {
    while (!signal.aborted && !this.#isClosed) {
      this.file.requireThere();
      const isReady = this.#ready.next(queue, kinds) !== undefined;
      const lease = isReady ? await this.#claimNow(queue, kinds) : undefined;
      // Closing gives back whatever this worker has, also what was claimed in the same transaction.
      if (this.#isClosed) break;
      if (!lease) await this.#news(signal);
      else if (!signal.aborted) return lease;
      else await lease.release();
    }
    return undefined;
  }

  /** Inside a transaction: those who have fallen silent lose what they had. */
  readonly clearSilent = (): void => {
    for (const worker of this.#workers.silent()) {
      this.jobs.takeFrom(worker);
      this.#workers.remove(worker);
    }
  };

  async close(): Promise<void> {
    this.#isClosed = true;
    clearInterval(this.#heartbeat);
    clearInterval(this.#look);
    for (const wake of [...this.#waiting]) wake();
    try {
      // What is lost needs not be given back.
      if (!this.file.trouble) await this.commits.run(() => this.#leave());
    } finally {
      const closed = new BesedaError("The engine was closed.", { code: "locked" });
      for (const lease of [...this.#held]) lease.lose(closed);
      this.#tidy();
      this.#database.close();
    }
  }

  #leave(): void {
    this.jobs.giveBackAll(this.#worker);
    this.#workers.remove(this.#worker);
  }

  /** All of the database is in one file again, where no other process has it open. Its log, empty then, goes with the last connection. */
  #tidy(): void {
    try {
      this.#database.exec("PRAGMA wal_checkpoint(TRUNCATE)");
    } catch {
      // Then the write-ahead log stays beside it, and the next one reads both.
    }
  }

  async #claimNow(queue: string, kinds: readonly string[]): Promise<LocalLease | undefined> {
    this.#isWorking = true;
    const row = await this.commits.run(() => this.#claimNext(queue, kinds));
    if (!row) return undefined;
    const lease = new LocalLease(this.#desk, { ...row, holder: nameOf(thisProcess()) });
    this.#held.add(lease);
    return lease;
  }

  #claimNext(queue: string, kinds: readonly string[]): JobRow | undefined {
    for (;;) {
      const n = this.#isClosed ? undefined : this.#ready.next(queue, kinds);
      if (n === undefined) return undefined;
      // Together with the claim: no job ever belongs to a worker whom others have struck off.
      this.#workers.beat(this.#worker);
      const row = this.jobs.claim(n, this.#worker);
      if (row) return row;
    }
  }

  #news(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        this.#waiting.delete(wake);
        signal.removeEventListener("abort", wake);
        resolve();
      };
      this.#waiting.add(wake);
      signal.addEventListener("abort", wake);
      if (signal.aborted || this.#isClosed) wake();
    });
  }

  async #beat(): Promise<void> {
    if (!this.#isWorking) return;
    try {
      await this.commits.run(() => this.#workers.beat(this.#worker));
      this.#reviewLeases();
    } catch {
      // The next one may get through; if none does, others take over what is held here.
    }
  }

  async #lookAround(): Promise<void> {
    const { trouble } = this.file;
    if (trouble) for (const lease of [...this.#held]) lease.lose(trouble.with({ code: "locked" }));
    try {
      if (this.#workers.silent().length > 0) await this.commits.run(this.clearSilent);
      if (this.#othersWrote()) this.#reviewLeases();
      await this.#sweep();
    } catch {
      // Whoever calls next is told.
    }
    this.#nudge();
  }

  /** What is left of dropped journals goes, a bit with each transaction. Whatever stops it, another one goes on. */
  async #sweep(): Promise<void> {
    if (this.#isSweeping || !this.#isWorking) return;
    this.#isSweeping = true;
    try {
      while (!this.#isClosed && this.journal.hasDropped()) await this.commits.run(() => this.journal.sweep());
    } catch {
      // Whoever calls next is told.
    } finally {
      this.#isSweeping = false;
    }
  }

  /** Leases that others have taken are lost, jobs that were called off are to be stopped. */
  #reviewLeases(): void {
    if (this.#held.size === 0) return;
    const held = new Map(this.jobs.heldBy(this.#worker).map((each) => [each.n, each]));
    for (const lease of [...this.#held]) {
      const found = held.get(lease.n);
      if (found?.fence !== lease.fence) lease.lose();
      else if (found.isCancelled) lease.callOff();
    }
  }

  /** Whether the database was changed by another connection since this was asked. */
  #othersWrote(): boolean {
    const version = this.#dataVersion.all()[0]?.data_version;
    const isNew = version !== this.#lastVersion;
    this.#lastVersion = version;
    return isNew;
  }
}
