// How long one tool call may take, and how it is told to stop.
import { BesedaError } from "../errors.ts";
import { startTimer } from "./timeouts.ts";

/** Its AbortSignal is made when somebody looks at it: most tools never do, and it is half of what a call costs. */
export class CallLimit {
  readonly #name: string;
  readonly #ms: number;
  #controller: AbortController | undefined;
  /** Why it was stopped. */
  #stopped: { reason: unknown } | undefined;
  #reject: ((reason: unknown) => void) | undefined;

  constructor(toolName: string, ms: number) {
    this.#name = toolName;
    this.#ms = ms;
  }

  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.#stopped) this.#controller.abort(this.#stopped.reason);
    return this.#controller.signal;
  }

  throwIfStopped(): void {
    if (this.#stopped) throw this.#stopped.reason;
  }

  stop(reason: unknown): void {
    this.#stopped ??= { reason };
    this.#controller?.abort(reason);
    this.#reject?.(reason);
  }

  /** What the work resolves to, or why it was stopped, whichever is first; work that goes on is left alone. */
  async run<Value>(work: () => Promise<Value>): Promise<Value> {
    this.throwIfStopped();
    const timer = startTimer(this.#ms, () =>
      this.stop(new BesedaError(`${this.#name} did not answer in ${this.#ms} ms.`, { code: "timeout" })),
    );
    try {
      return await new Promise<Value>((resolve, reject) => {
        this.#reject = reject;
        work().then(resolve, reject);
      });
    } finally {
      clearTimeout(timer);
    }
  }
}
