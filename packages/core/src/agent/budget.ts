// How many model replies may still be made: by a run, and by all the runs that work for it.

/** A sub-agent's step is also a step of the run that asked for it, so that a whole tree of agents keeps one limit. */
export class StepBudget {
  #left: number;
  readonly #above: StepBudget | undefined;

  constructor(steps: number, above?: StepBudget) {
    this.#left = steps;
    this.#above = above;
  }

  /** Without the limits above. */
  get left(): number {
    return this.#left;
  }

  get isSpent(): boolean {
    return this.#left <= 0 || (this.#above?.isSpent ?? false);
  }

  take(): void {
    this.#left--;
    this.#above?.take();
  }
}
