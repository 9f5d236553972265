// Takes the loop's arrays of parts apart for one reader. Hand-written: an async generator would cost every part more.
import type { StreamPart } from "./stream-part.ts";

export type PartSource = {
  /** The next parts. Rejects where another reader has the run. */
  pull(reader: object, name: string): Promise<IteratorResult<readonly StreamPart[]>>;
  /** Told of the parts before the reader is given them. */
  publish(parts: readonly StreamPart[]): void;
  /** The reader leaves: stops the run. */
  leave(reader: object): Promise<void>;
};

type Waiter<Value> = { resolve(result: IteratorResult<Value>): void; reject(reason: unknown): void };

/**
 * Yields what `pick` makes of each part, leaving out `undefined`; what `pick` throws of the terminal part, `next()`
 * throws, once. Concurrent calls of `next()` are answered in their order; after the end or `return()` it stays done.
 */
export class PartIterator<Value> implements AsyncIterableIterator<Value> {
  readonly #source: PartSource;
  readonly #name: string;
  readonly #pick: (part: StreamPart) => Value | undefined;
  #parts: readonly StreamPart[] = [];
  #at = 0;
  #isDone = false;
  #isPulling = false;
  readonly #waiters: Waiter<Value>[] = [];

  constructor(source: PartSource, name: string, pick: (part: StreamPart) => Value | undefined) {
    this.#source = source;
    this.#name = name;
    this.#pick = pick;
  }

  next(): Promise<IteratorResult<Value>> {
    if (this.#waiters.length === 0) {
      try {
        const ready = this.#takeReady();
        if (ready) return Promise.resolve(ready);
      } catch (error) {
        return Promise.reject(error);
      }
    }
    return new Promise((resolve, reject) => {
      this.#waiters.push({ resolve, reject });
      if (!this.#isPulling) this.#pull();
    });
  }

  async return(): Promise<IteratorResult<Value>> {
    if (!this.#isDone) {
      this.#isDone = true;
      await this.#source.leave(this);
    }
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #pull(): void {
    this.#isPulling = true;
    this.#source.pull(this, this.#name).then(this.#onParts, this.#onRefusal);
  }

  // Made once, and not for each pull.
  readonly #onParts = ({ done, value }: IteratorResult<readonly StreamPart[]>): void => {
    this.#isPulling = false;
    if (done) this.#isDone = true;
    else {
      this.#source.publish(value);
      this.#parts = value;
      this.#at = 0;
    }
    this.#serve();
  };

  readonly #onRefusal = (reason: unknown): void => {
    this.#isPulling = false;
    for (const waiter of this.#waiters.splice(0)) waiter.reject(reason);
  };

  #serve(): void {
    while (this.#waiters.length > 0) {
      try {
        const ready = this.#takeReady();
        if (!ready) break;
        this.#waiters.shift()?.resolve(ready);
      } catch (error) {
        this.#waiters.shift()?.reject(error);
      }
    }
    if (this.#waiters.length > 0) this.#pull();
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
