// What is said to a run while it works: seen at its next step.
import type { UserMessage } from "../message.ts";

export class Steering {
  #waiting: UserMessage[] = [];
  #isOver = false;

  /** False where the run is over: nobody would see it. */
  add(message: UserMessage): boolean {
    if (!this.#isOver) this.#waiting.push(message);
    return !this.#isOver;
  }

  get hasMessages(): boolean {
    return this.#waiting.length > 0;
  }

  take(): UserMessage[] {
    return this.#waiting.splice(0);
  }

  /** What nobody has seen yet. */
  end(): UserMessage[] {
    this.#isOver = true;
    return this.take();
  }
}
