// The rows of a part that are still to be done, read ahead: each is marked as begun before it is handed out.
import type { InputRow } from "../batch.ts";
import type { Line, PartLog } from "./part-log.ts";
import { failedRow } from "./row-runner.ts";
import type { RowWork } from "./row-work.ts";

/**
 * `attempt` counts from 1, attempts at which a worker died included; `begunAt` is that of the first one in this process.
 * `failures`: those in passing since it has had the reply of `step`.
 */
export type FedRow = {
  line: Line;
  row: InputRow;
  work: RowWork;
  attempt: number;
  begunAt?: number;
  failures?: { step: number; count: number };
};

/** A row with which a worker died so often is tried by itself, after all the others. */
const crashesOfSuspects = 2;
/** A row with which a worker died so often is not tried again. */
const mostCrashes = 3;

export class RowFeed {
  /** Rows that are not handed out: each of them is to be tried alone. */
  readonly suspects: FedRow[] = [];
  readonly #rows: AsyncGenerator<InputRow>;
  readonly #log: PartLog;
  readonly #window: () => number;
  readonly #model: string;
  readonly #ready: FedRow[] = [];
  /** Marked, and not settled. */
  #begun = new Set<Line>();
  #ahead = 1;
  #line = 0;
  #isOver = false;
  #filling: Promise<void> | undefined;
  /** Rows are missing since: no others are handed out. */
  #failure: { thrown: unknown } | undefined;

  /** Up to `window()` rows are read ahead, few at first: what is read ahead and never begun is suspected all the same. */
  constructor(
    rows: AsyncGenerator<InputRow>,
    log: PartLog,
    { window, model }: { window: () => number; model: string },
  ) {
    this.#rows = rows;
    this.#log = log;
    this.#window = window;
    this.#model = model;
  }

  async next(): Promise<FedRow | undefined> {
    if (this.#ready.length <= this.#ahead / 2 && !this.#isOver) {
      this.#filling ??= this.#fill()
        .catch((thrown: unknown) => {
          this.#failure = { thrown };
          this.#isOver = true;
        })
        .finally(() => {
          this.#filling = undefined;
        });
    }
    while (this.#ready.length === 0 && this.#filling) await this.#filling;
    if (this.#failure) throw this.#failure.thrown;
    return this.#ready.shift();
  }

  /** The row is done, or will not be done in this attempt at the part. */
  settle(line: Line): void {
    this.#begun.delete(line);
  }

  /** It is under way again, and marked before those that are read ahead. */
  async resume(line: Line): Promise<void> {
    this.#begun = new Set([line, ...this.#begun]);
    await this.#log.begin([...this.#begun]);
  }

  async close(): Promise<void> {
    this.#isOver = true;
    await this.#filling;
    await this.#rows.return(undefined);
  }

  async #fill(): Promise<void> {
    const found: FedRow[] = [];
    while (this.#ready.length + found.length < this.#ahead && !this.#isOver) {
      const { done, value: row } = await this.#rows.next();
      if (done) {
        this.#isOver = true;
        break;
      }
      const line = ++this.#line;
      if (this.#log.isDone(line)) continue;
      const crashes = this.#log.crashes.get(line) ?? 0;
      if (crashes >= mostCrashes) await this.#setAside(line, row, crashes);
      else {
        const fed = { line, row, work: await this.#log.workOf(line), attempt: crashes + 1 };
        if (crashes >= crashesOfSuspects) this.suspects.push(fed);
        else found.push(fed);
      }
    }
    this.#ahead = Math.min(this.#ahead * 2, this.#window());
    if (found.length === 0) return;
    for (const { line } of found) this.#begun.add(line);
    await this.#log.begin([...this.#begun]);
    this.#ready.push(...found);
  }

  async #setAside(line: Line, row: InputRow, crashes: number): Promise<void> {
    const error = {
      code: "internal",
      message: `The row ${row.number} was being worked on when the worker crashed, three times.`,
      hint: "Look at what its tools do with it; the other rows are not concerned.",
    } as const;
    const work = await this.#log.workOf(line);
    const result = failedRow(row, error, { model: this.#model, attempts: crashes, usage: work.paid });
    await this.#log.finish(line, result, work);
  }
}
