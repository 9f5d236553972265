// What ends the work on a part before it is done, for all who work on it.
import { setMaxListeners } from "node:events";
import { BesedaError, type Lease, toBesedaError } from "@beseda/core";
import { waited } from "@beseda/core/http";

export type Stop =
  /** The worker closes: another one goes on. */
  | { why: "closing" }
  | { why: "budget" }
  /** What is left waits until the worker has lived for a while: so many milliseconds. */
  | { why: "young"; ms: number }
  /** The service takes nothing from us: each row would fail alike. */
  | { why: "refused"; error: BesedaError }
  /** The lease is lost, or the job is called off. */
  | { why: "gone"; reason: unknown }
  /** Such as a full disk. */
  | { why: "failed"; thrown: unknown };

/** Rows under way may come to their ends for so long when a worker closes. */
const drainMs = 10_000;

export class Halt {
  stop: Stop | undefined;
  readonly listeners = new Set<() => void>();
  /** Aborted where rows under way are to be broken off. */
  readonly #cut = new AbortController();
  /** Aborted where the part is left: what goes on elsewhere is waited for by whoever goes on with it. */
  readonly #leaving = new AbortController();
  /** Aborted with the first stop. */
  readonly #soon = new AbortController();
  readonly #lease: Lease;
  readonly #closing: AbortSignal;
  #timer: NodeJS.Timeout | undefined;

  constructor(lease: Lease, closing: AbortSignal) {
    this.#lease = lease;
    this.#closing = closing;
    // Each row that waits for its turn listens to it.
    setMaxListeners(0, this.leaving);
    lease.signal.addEventListener("abort", this.#onGone);
    closing.addEventListener("abort", this.#onClosing);
    if (lease.signal.aborted) this.#onGone();
    if (closing.aborted) this.#onClosing();
  }

  /** Nothing more can be done in this attempt, not even the last steps. */
  get isBroken(): boolean {
    return this.stop?.why === "gone" || this.stop?.why === "failed";
  }

  get cut(): AbortSignal {
    return this.#cut.signal;
  }

  get leaving(): AbortSignal {
    return this.#leaving.signal;
  }

  get soon(): AbortSignal {
    return this.#soon.signal;
  }

  /** The first reason counts; what is worse breaks off what is under way. */
  now(stop: Stop): void {
    this.stop ??= stop;
    if (stop.why === "closing" || stop.why === "failed" || (stop.why === "gone" && !isCalledOff(stop.reason))) {
      this.#leaving.abort(broken(stop));
    }
    if (stop.why === "gone" || stop.why === "failed") {
      this.stop = this.stop.why === "gone" ? this.stop : stop;
      this.#cut.abort(broken(stop));
    }
    this.#soon.abort(broken(stop));
    for (const listener of this.listeners) listener();
  }

  fail(thrown: unknown): void {
    this.now({ why: "failed", thrown });
  }

  /** Ends early where it is halted. */
  async pause(ms: number): Promise<void> {
    if (ms > 0 && !this.stop) await waited(ms, this.soon).catch(() => {});
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#lease.signal.removeEventListener("abort", this.#onGone);
    this.#closing.removeEventListener("abort", this.#onClosing);
  }

  readonly #onGone = (): void => this.now({ why: "gone", reason: this.#lease.signal.reason });

  readonly #onClosing = (): void => {
    this.now({ why: "closing" });
    this.#timer = setTimeout(() => this.#cut.abort(broken({ why: "closing" })), drainMs);
  };
}

function isCalledOff(reason: unknown): boolean {
  return toBesedaError(reason).code === "aborted";
}

function broken({ why }: Stop): BesedaError {
  return new BesedaError(`The work on the part was ended: ${why}.`, { code: "aborted" });
}
