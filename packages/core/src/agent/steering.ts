// What is said to a run while it works: seen at its next step.
import type { UserMessage } from "../message.ts";

export class Steering {
  #waiting: UserMessage[] | undefined;
  #isOver = false;

  /** False where the run is over: nobody would see it. */
  add(message: UserMessage): boolean {
    if (this.#isOver) return false;
    this.#waiting ??= [];
    this.#waiting.push(message);
    return true;
  }

  get hasMessages(): boolean {
    return this.#waiting !== undefined;
  }

  take(): UserMessage[] {
    const waiting = this.#waiting ?? [];
    this.#waiting = undefined;
    return waiting;
  }

  /** What nobody has seen yet. */
  end(): UserMessage[] {
    this.#isOver = true;
    return this.take();
  }
}
