// The places at which rows are worked on: all parts of a batch in a process share them, the first part first.
import { longestTimer } from "@beseda/core/http";
import { fewestAlike, Pace } from "./pace.ts";

type Waiter = { order: number; isAlone: boolean; enter(isIn: boolean): void };

export class RowSlots {
  readonly pace: Pace;
  #taken = 0;
  #isAlone = false;
  /** Each part has one at most. */
  readonly #waiters: Waiter[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(concurrency: number) {
    this.pace = new Pace(concurrency);
  }

  /** So many rows that are to be tried again later may wait before no more are begun. */
  get mostLater(): number {
    return Math.max(fewestAlike, this.pace.most * 2);
  }

  limitTo(concurrency: number): void {
    this.pace.limitTo(concurrency);
    this.#letIn();
  }

  /** What a part takes its places by; the lower its `order`, the sooner. */
  seat(order: number): Seat {
    return new Seat(
      (waiter) => this.#take({ ...waiter, order }),
      () => this.#release(),
    );
  }

  /** Gives what leaves the queue; nothing where there was a place. */
  #take(waiter: Waiter): (() => void) | undefined {
    if (this.#fits(waiter) && !this.#waiters.some(({ order }) => order <= waiter.order)) {
      this.#enter(waiter);
      return undefined;
    }
    this.#waiters.push(waiter);
    this.#letIn();
    return () => {
      const index = this.#waiters.indexOf(waiter);
      if (index === -1) return;
      this.#waiters.splice(index, 1);
      waiter.enter(false);
      this.#letIn();
    };
  }

  #release(): void {
    this.#taken--;
    this.#isAlone = false;
    this.#letIn();
  }

  #fits({ isAlone }: Waiter): boolean {
    if (this.#isAlone || this.pace.pauseMs() > 0) return false;
    return isAlone ? this.#taken === 0 : this.#taken < this.pace.limit;
  }

  #enter({ isAlone, enter }: Waiter): void {
    this.#taken++;
    this.#isAlone = isAlone;
    enter(true);
  }

  #letIn(): void {
    while (this.#waiters.length > 0) {
      const next = this.#waiters.reduce((first, each) => (each.order < first.order ? each : first));
      if (!this.#fits(next)) break;
      this.#waiters.splice(this.#waiters.indexOf(next), 1);
      this.#enter(next);
    }
    clearTimeout(this.#timer);
    const pauseMs = this.pace.pauseMs();
    if (this.#waiters.length === 0 || pauseMs === 0) return;
    this.#timer = setTimeout(() => this.#letIn(), Math.min(Math.ceil(pauseMs), longestTimer));
  }
}

export class Seat {
  readonly #queue: (waiter: Omit<Waiter, "order">) => (() => void) | undefined;
  readonly release: () => void;
  #leave: (() => void) | undefined;
  #isClosed = false;

  constructor(queue: (waiter: Omit<Waiter, "order">) => (() => void) | undefined, release: () => void) {
    this.#queue = queue;
    this.release = release;
  }

  /** Waits for a place; false where none is wanted any more. `isAlone`: one at which nobody else is at work. */
  async take({ isAlone = false } = {}): Promise<boolean> {
    if (this.#isClosed) return false;
    return new Promise((resolve) => {
      this.#leave = this.#queue({ isAlone, enter: resolve });
    });
  }

  close(): void {
    this.#isClosed = true;
    this.#leave?.();
  }
}
