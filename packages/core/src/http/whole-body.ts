// The body of a reply that comes in one piece, collected.
import type { ByteSink } from "./request.ts";

export class WholeBody implements ByteSink {
  readonly text: Promise<string>;
  readonly #reads: Buffer[] = [];
  #resolve!: (text: string) => void;
  #reject!: (reason: unknown) => void;

  constructor() {
    this.text = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  push(bytes: Buffer): void {
    this.#reads.push(bytes);
  }

  close(...failure: [] | [error: unknown]): void {
    if (failure.length > 0) this.#reject(failure[0]);
    else this.#resolve(Buffer.concat(this.#reads).toString());
  }

  abort(reason: unknown): void {
    this.#reject(reason);
  }
}
