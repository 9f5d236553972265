// Wakes whoever in this process waits for news of a job, so that only news of other processes has to be asked for.

export class Bell {
  readonly #listeners = new Map<string, Set<Listener>>();

  /** There is news of this job. */
  ring(id: string): void {
    for (const listener of this.#listeners.get(id) ?? []) listener.ring();
  }

  /** Listens from now on, until it is closed: what rings between two waits is heard by the second. */
  listen(id: string): Listener {
    const listeners = this.#listeners.get(id) ?? new Set<Listener>();
    this.#listeners.set(id, listeners);
    const listener = new Listener(() => {
      listeners.delete(listener);
      if (listeners.size === 0) this.#listeners.delete(id);
    });
    listeners.add(listener);
    return listener;
  }
}

export class Listener {
  readonly close: () => void;
  #hasRung = false;
  #wake: (() => void) | undefined;

  constructor(close: () => void) {
    this.close = close;
  }

  ring(): void {
    this.#hasRung = true;
    this.#wake?.();
  }

  /** Until it has rung, and no longer than so many milliseconds. Keeps the process alive. An aborted signal throws its reason. */
  async heard(ms: number, signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted();
    if (!this.#hasRung) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, ms);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
        signal?.addEventListener("abort", this.#wake, { once: true });
      });
      if (this.#wake) signal?.removeEventListener("abort", this.#wake);
      this.#wake = undefined;
    }
    this.#hasRung = false;
    signal?.throwIfAborted();
  }
}
