// Between the socket and whoever reads: holds the bytes as they came and parses them when somebody asks.

/** Turns bytes into events. One for each reply: it remembers what the last read left unfinished. */
export interface Decoder<Event> {
  /**
   * Adds the events in `read` from `from` on, until there are `limit`; returns where it stopped. It keeps what it needs
   * of an unfinished event. Throws for what cannot be an event.
   */
  decode(read: Buffer, from: number, events: Event[], limit: number): number;
  /** The reply is over and whole: adds what was still held back. Throws when something is missing. */
  end(events: Event[]): void;
  /** Set once nothing more is expected: only the end of the reply is waited for, and not for long. */
  readonly isComplete?: boolean;
}

/** The part of a reply that a reader steers. */
export interface ByteSource {
  pause(): void;
  resume(): void;
  abort(reason?: unknown): void;
}

/** So many events at a time, that the first is not kept waiting behind a burst. */
const mostAtOnce = 32;
const mostUnread = 1024 * 1024;
/** A complete reply usually ends at once, and then its socket serves the next request. */
const graceMs = 100;

type Waiter<Event> = {
  resolve(result: IteratorResult<Event[]>): void;
  reject(reason: unknown): void;
};

/**
 * Hands over events in arrays that are never empty. Calls of `next()` may overlap and are answered in their order; after
 * the end or an error it stays done. Events that came before an error are handed over before it is thrown.
 */
export class EventReader<Event> implements AsyncIterableIterator<Event[]> {
  /** The first bytes, until the first events are handed over: they show what came where no event did. */
  head: Buffer | undefined;
  readonly #decoder: Decoder<Event>;
  readonly #explain: (error: unknown) => unknown;
  #source: ByteSource | undefined;
  /** What was read, those before `#first` parsed already: to shift a long array for each read costs more than parsing. */
  #reads: Buffer[] = [];
  #first = 0;
  /** How far the first of the reads has been parsed. */
  #at = 0;
  #hasBegun = false;
  #unread = 0;
  #isPaused = false;
  readonly #waiters: Waiter<Event>[] = [];
  /** How the bytes ended, once they have. */
  #ending: { error?: unknown } | undefined;
  #isDone = false;
  #graceTimer: NodeJS.Timeout | undefined;

  /** @param explain what is thrown instead of an error of the decoder or of the connection */
  constructor(decoder: Decoder<Event>, explain: (error: unknown) => unknown = (error) => error) {
    this.#decoder = decoder;
    this.#explain = explain;
  }

  /** Where the bytes come from, as soon as that is known. */
  connect(source: ByteSource): void {
    this.#source = source;
    if (this.#isDone) source.abort();
    else if (this.#isPaused) source.pause();
  }

  push(bytes: Buffer): void {
    if (this.#isDone || this.#ending) return;
    if (!this.#hasBegun) this.head ??= bytes;
    this.#reads.push(bytes);
    this.#unread += bytes.length;
    if (this.#waiters.length > 0) this.#serve();
    if (this.#unread > mostUnread && !this.#isPaused) {
      this.#isPaused = true;
      this.#source?.pause();
    }
  }

  /** No more bytes will come: the reply is whole, or broke off with this error. */
  close(...failure: [] | [error: unknown]): void {
    clearTimeout(this.#graceTimer);
    if (this.#isDone || this.#ending) return;
    this.#ending = failure.length === 0 || this.#decoder.isComplete ? {} : { error: failure[0] };
    this.#serve();
  }

  /** Closes the socket and drops what is unread; the reason is thrown to whoever waits or asks next. */
  abort(reason: unknown): void {
    if (this.#isDone) return;
    this.#forget();
    this.#ending = { error: reason };
    this.#source?.abort(reason);
    this.#serve();
  }

  next(): Promise<IteratorResult<Event[]>> {
    if (this.#waiters.length === 0) {
      try {
        const result = this.#take();
        if (result) {
          this.#resume();
          return Promise.resolve(result);
        }
      } catch (error) {
        return Promise.reject(error);
      }
    }
    const promise = new Promise<IteratorResult<Event[]>>((resolve, reject) => this.#waiters.push({ resolve, reject }));
    this.#serve();
    return promise;
  }

  /** Closes the socket, unless the reply is over. */
  return(): Promise<IteratorResult<Event[]>> {
    if (!this.#isDone) {
      this.#isDone = true;
      this.#forget();
      this.#source?.abort();
      this.#serve();
    }
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #serve(): void {
    while (this.#waiters.length > 0) {
      try {
        const result = this.#take();
        if (!result) break;
        this.#waiters.shift()?.resolve(result);
      } catch (error) {
        this.#waiters.shift()?.reject(error);
      }
    }
    this.#resume();
  }

  /** Last, because it can bring the next bytes at once. */
  #resume(): void {
    if (!this.#isPaused || this.#hasUnread()) return;
    this.#isPaused = false;
    this.#source?.resume();
  }

  #hasUnread(): boolean {
    return this.#first < this.#reads.length;
  }

  /** The next result, where it is already known. Throws an error once; then the end. */
  #take(): IteratorResult<Event[]> | undefined {
    const events: Event[] = [];
    try {
      while (this.#hasUnread() && events.length < mostAtOnce) this.#parse(events);
      if (this.#ending && !this.#isDone && !this.#hasUnread()) this.#finish(this.#ending, events);
    } catch (thrown) {
      const error = this.#explain(thrown);
      this.#isDone = events.length === 0;
      this.#forget();
      this.#ending = { error };
      this.#source?.abort(error);
      if (this.#isDone) throw error;
    }
    if (events.length > 0) {
      this.#hasBegun = true;
      this.head = undefined;
      return { done: false, value: events };
    }
    return this.#isDone ? { done: true, value: undefined } : undefined;
  }

  #parse(events: Event[]): void {
    const read = this.#reads[this.#first] as Buffer;
    const from = this.#at;
    this.#at = this.#decoder.decode(read, from, events, mostAtOnce);
    this.#unread -= this.#at - from;
    if (this.#at >= read.length) {
      this.#at = 0;
      if (++this.#first === this.#reads.length) this.#forgetReads();
    }
    if (this.#decoder.isComplete && !this.#ending) {
      this.#graceTimer ??= setTimeout(() => {
        this.close();
        this.#source?.abort();
      }, graceMs);
    }
  }

  #finish(ending: { error?: unknown }, events: Event[]): void {
    if ("error" in ending) throw ending.error;
    this.#isDone = true;
    this.#decoder.end(events);
  }

  #forget(): void {
    clearTimeout(this.#graceTimer);
    this.#forgetReads();
    this.#unread = 0;
  }

  #forgetReads(): void {
    this.#reads.length = 0;
    this.#first = 0;
    this.#at = 0;
  }
}
