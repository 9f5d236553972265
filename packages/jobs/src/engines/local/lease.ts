// The right to work on one job: every call looks, in the transaction of its change, whether it still has it.
import { BesedaError, type Job, type JobOutcome, type JsonValue, type Lease } from "@beseda/core";
import { plainCopy } from "../plain-json.ts";
import { readRunAt } from "../run-at.ts";
import { requireText } from "../stored-arguments.ts";
import type { GroupCommit } from "./group-commit.ts";
import { type JobRow, toJob } from "./job-row.ts";
import { appointment, type JobTable } from "./job-table.ts";
import { type JournalTable, storedEntry, storedEvent } from "./journal-table.ts";
import { storedRange } from "./stored-text.ts";

/** What a lease needs of its engine. */
export type LeaseDesk = {
  commits: GroupCommit;
  jobs: JobTable;
  journal: JournalTable;
  /** Nothing more comes of it; somebody else may have the job. */
  ended(lease: LocalLease): void;
};

export class LocalLease implements Lease {
  readonly job: Job;
  readonly #desk: LeaseDesk;
  readonly #stop = new AbortController();
  #row: JobRow;
  /** A change of the row may have been undone. */
  #isStale = false;
  /** The transaction in which it was last seen that the lease is held: until its end nobody can take it. */
  #seenIn = -1;
  #refusal: BesedaError | undefined;
  #isEnding = false;

  constructor(desk: LeaseDesk, row: JobRow) {
    this.#desk = desk;
    this.#row = row;
    this.job = structuredClone(toJob(row));
    if (row.cancelledAt !== undefined) this.callOff();
  }

  get n(): number {
    return this.#row.n;
  }

  get fence(): number {
    return this.#row.fence;
  }

  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  async read(prefix = ""): Promise<[key: string, value: JsonValue][]> {
    const range = storedRange(requireText(prefix, "The prefix"));
    return this.#change(() => this.#desk.journal.read(this.n, range));
  }

  async write(entries: readonly (readonly [key: string, value: JsonValue | undefined])[]): Promise<void> {
    const stored = entries.map(storedEntry);
    return this.#change(() => this.#desk.journal.write(this.n, stored));
  }

  async report({ metadata, events = [] }: Parameters<Lease["report"]>[0]): Promise<void> {
    const stored = events.map(storedEvent);
    const changes = metadata && { metadata: plainCopy(metadata, "The metadata") };
    return this.#change(() => {
      this.#desk.journal.addEvents(this.n, stored);
      if (changes) this.#row = this.#desk.jobs.save(this.#row, changes);
    });
  }

  async finish(outcome: JobOutcome): Promise<void> {
    const kept = plainCopy(outcome, "The outcome");
    return this.#end(() => this.#desk.jobs.finish(this.#row, kept));
  }

  async wait(metadata: Readonly<Record<string, JsonValue>>): Promise<void> {
    const changes = { state: "waiting", metadata: plainCopy(metadata, "The metadata") } as const;
    return this.#end(() => this.#desk.jobs.putDown(this.#row, changes));
  }

  async release(runAt?: string): Promise<void> {
    const at = readRunAt(runAt);
    return this.#end(() => this.#desk.jobs.giveBack(this.#row, at, appointment(runAt)));
  }

  /** From here on every call is refused. */
  lose(reason = lost(this.job.id)): void {
    // Its own end may be seen in the database before whoever asked for it hears that it is through.
    if (this.#isEnding) return;
    this.#refusal ??= reason;
    this.#stop.abort(reason);
    this.#desk.ended(this);
  }

  callOff(): void {
    this.#stop.abort(new BesedaError(`The job "${this.job.id}" was called off.`, { code: "aborted" }));
  }

  async #end(apply: () => void): Promise<void> {
    await this.#change(() => {
      apply();
      // What comes after it in this transaction has to look again, and sees that it is over.
      this.#seenIn = -1;
      this.#isEnding = true;
    });
    this.#refusal ??= lost(this.job.id);
    this.#desk.ended(this);
  }

  async #change<Result>(apply: () => Result): Promise<Result> {
    if (this.#refusal) throw this.#refusal;
    const { commits } = this.#desk;
    try {
      return await commits.run(() => {
        if (this.#seenIn !== commits.count) {
          const row = this.#look();
          if (!row) throw lost(this.job.id);
          this.#row = row;
          this.#seenIn = commits.count;
        }
        return apply();
      });
    } catch (thrown) {
      this.#isStale = true;
      this.#isEnding = false;
      if (thrown instanceof BesedaError && thrown.code === "locked") this.lose(thrown);
      throw thrown;
    }
  }

  /** The row as it is now, where the lease is still held. */
  #look(): JobRow | undefined {
    const row = this.#desk.jobs.held(this.#row, this.#isStale);
    this.#isStale = false;
    return row;
  }
}

function lost(id: string): BesedaError {
  return new BesedaError(`The lease of the job "${id}" is over: it is finished, or another worker has it.`, {
    code: "locked",
    hint: "Stop working on it. Nothing was changed.",
  });
}
