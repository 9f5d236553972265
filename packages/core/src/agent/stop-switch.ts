// What stops a run, for those inside of it. An AbortSignal would do, but costs each run a kilobyte and each step a listener.

export class StopSwitch {
  #stopped: { reason: unknown } | undefined;
  /** Told once. One slot: a run does one thing at a time, it asks the model or runs the tools of a step. */
  onStop: ((reason: unknown) => void) | undefined;

  get isStopped(): boolean {
    return this.#stopped !== undefined;
  }

  /** The first reason counts. */
  stop(reason: unknown): void {
    if (this.#stopped) return;
    this.#stopped = { reason };
    this.onStop?.(reason);
  }

  /** What the work resolves to, or why the run was stopped, whichever is first; for work that does not listen itself. */
  async race<Value>(work: () => Value | Promise<Value>): Promise<Value> {
    this.throwIfStopped();
    try {
      return await new Promise<Value>((resolve, reject) => {
        this.onStop = reject;
        Promise.resolve().then(work).then(resolve, reject);
      });
    } finally {
      this.onStop = undefined;
    }
  }

  throwIfStopped(): void {
    if (this.#stopped) throw this.#stopped.reason;
  }
}
