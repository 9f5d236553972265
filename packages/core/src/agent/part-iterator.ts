// Takes the loop's arrays of parts apart for one reader. Hand-written: an async generator would cost every part more.
import type { StreamPart } from "./stream-part.ts";

export type PartSource = {
  /** The next parts; nothing after the last. Never rejects. */
  pull(): Promise<readonly StreamPart[] | undefined>;
  /** The reader leaves: stops the run. */
  leave(): Promise<void>;
};

/**
 * Yields what `pick` makes of each part, leaving out `undefined`; what `pick` throws of the terminal part, `next()`
 * throws, once. Concurrent calls of `next()` are answered in their order; after the end or `return()` it stays done.
 */
export class PartIterator<Value> implements AsyncIterableIterator<Value> {
  readonly #source: PartSource;
  readonly #pick: (part: StreamPart) => Value | undefined;
  #parts: readonly StreamPart[] = [];
  #at = 0;
  #isDone = false;
  /** The call of `next()` that others have to wait for. */
  #pending: Promise<unknown> | undefined;

  constructor(source: PartSource, pick: (part: StreamPart) => Value | undefined) {
    this.#source = source;
    this.#pick = pick;
  }

  next(): Promise<IteratorResult<Value>> {
    if (this.#pending === undefined) {
      try {
        const ready = this.#takeReady();
        if (ready) return Promise.resolve(ready);
      } catch (error) {
        return Promise.reject(error);
      }
    }
    const turn = this.#pending === undefined ? this.#take() : this.#pending.then(() => this.#take());
    const settled: Promise<void> = turn.then(noop, noop).then(() => {
      if (this.#pending === settled) this.#pending = undefined;
    });
    this.#pending = settled;
    return turn;
  }

  async return(): Promise<IteratorResult<Value>> {
    if (!this.#isDone) {
      this.#isDone = true;
      await this.#source.leave();
    }
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async #take(): Promise<IteratorResult<Value>> {
    for (;;) {
      const ready = this.#takeReady();
      if (ready) return ready;
      const parts = await this.#source.pull();
      if (parts === undefined) this.#isDone = true;
      else {
        this.#parts = parts;
        this.#at = 0;
      }
    }
  }

  #takeReady(): IteratorResult<Value> | undefined {
    if (this.#isDone) return { done: true, value: undefined };
    while (this.#at < this.#parts.length) {
      const value = this.#pick(this.#parts[this.#at++] as StreamPart);
      if (value !== undefined) return { done: false, value };
    }
    return undefined;
  }
}

function noop(): void {}
