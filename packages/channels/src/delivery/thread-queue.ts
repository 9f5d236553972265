// One message at a time per conversation: what comes while an answer is being written waits for its turn.

type Lane = { last: Promise<void>; running: AbortController | undefined };

export class ThreadQueue {
  readonly #lanes = new Map<string, Lane>();

  /**
   * Runs `job` when all earlier jobs of the thread have ended, in the order of the calls, and gives what it gives. Other
   * threads do not wait; a job that fails does not keep back the next one. Give the signal to the run of the agent.
   */
  run<Result>(threadId: string, job: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
    const lane = this.#lanes.get(threadId) ?? { last: Promise.resolve(), running: undefined };
    this.#lanes.set(threadId, lane);
    const result = lane.last.then(() => {
      lane.running = new AbortController();
      return job(lane.running.signal);
    });
    const last: Promise<void> = result
      .catch(() => {})
      .then(() => {
        lane.running = undefined;
        if (lane.last === last) this.#lanes.delete(threadId);
      });
    lane.last = last;
    return result;
  }

  /** Stops the job of the thread that is running; those that wait have their turn. */
  stop(threadId: string): void {
    this.#lanes.get(threadId)?.running?.abort("somebody asked to stop");
  }

  /** Resolves when no job of any thread runs or waits. */
  async idle(): Promise<void> {
    while (this.#lanes.size > 0) await Promise.all([...this.#lanes.values()].map(({ last }) => last));
  }
}
