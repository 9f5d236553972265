// What ends a chat from outside: a signal of the system, or a reader of the output that is gone.
import type { Writable } from "node:stream";
import { BesedaError } from "@beseda/core";

/** `exitCode` is 128 and the signal's number, as shells count, or 1 with the error. */
export type Leave = { exitCode: number; error?: BesedaError };

const exitCodes = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

/**
 * Watches until `stop()`. A second signal of the same kind does what it does by default: it ends the process at once.
 */
export class LeaveWatch {
  readonly #controller = new AbortController();
  readonly #output: Writable;
  readonly #handlers = new Map<NodeJS.Signals, () => void>();
  reason: Leave | undefined;

  constructor(output: Writable) {
    this.#output = output;
    output.on("error", this.#onOutputError);
    for (const [name, exitCode] of Object.entries(exitCodes) as [NodeJS.Signals, number][]) {
      const handler = () => this.#leave({ exitCode });
      this.#handlers.set(name, handler);
      process.once(name, handler);
    }
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** What `work` resolves to, or nothing as soon as the chat is to be left. */
  async orLeave<Value>(work: Promise<Value>): Promise<Value | undefined> {
    if (this.signal.aborted) return undefined;
    let onAbort = () => {};
    const left = new Promise<undefined>((resolve) => {
      onAbort = () => resolve(undefined);
    });
    this.signal.addEventListener("abort", onAbort);
    return Promise.race([work, left]).finally(() => this.signal.removeEventListener("abort", onAbort));
  }

  stop(): void {
    this.#output.off("error", this.#onOutputError);
    for (const [name, handler] of this.#handlers) process.off(name, handler);
  }

  readonly #onOutputError = (cause: Error): void => {
    const error = new BesedaError(`The output cannot be written to: ${cause.message}.`, {
      code: "unavailable",
      hint: "What was said so far is kept in the thread; start again with an output that is read to its end.",
      cause,
    });
    this.#leave({ exitCode: 1, error });
  };

  #leave(reason: Leave): void {
    this.reason ??= reason;
    this.#controller.abort("the chat is left");
  }
}
