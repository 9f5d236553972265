// A service that asks one caller to wait is left alone by all who use the same key; then they come back one after another.
import { createHash } from "node:crypto";
import { BesedaError } from "../errors.ts";
import type { Guard } from "./guard.ts";
import { secretsIn } from "./mask-secrets.ts";
import { isOver, lasting, lettingIn, type PausePlan, turnOf } from "./plan-pause.ts";
import { longestTimer } from "./wait.ts";

/**
 * Who is asked, and with which credentials: whoever has both in common shares a pause. Where a guard brings the credentials,
 * whoever has the guard in common.
 */
export type Service = {
  url: string;
  headers?: Readonly<Record<string, string>> | undefined;
  guard?: Guard | undefined;
};

const pauses = new Map<string | Guard, Pause>();

/**
 * Waits for this caller's turn; nothing to wait for where no pause is on, as a rule. An aborted signal throws its reason.
 * @throws BesedaError with `retryAfterMs`, at once, as soon as it is known that the turn comes after `longestWaitMs`.
 */
export function keepPause(
  service: Service,
  longestWaitMs: number,
  signal?: () => AbortSignal | undefined,
): Promise<void> | undefined {
  if (pauses.size === 0) return undefined;
  const now = performance.now();
  for (const [key, pause] of pauses) if (pause.isForgotten(now)) pauses.delete(key);
  return pauses.get(keyOf(service))?.turn(longestWaitMs, signal?.());
}

/** From now on everybody waits as long as the service asked one of them to; never less, and at most a twentieth more. */
export function beginPause(service: Service, asked: BesedaError, retryAfterMs: number): void {
  const key = keyOf(service);
  const shared = pauses.get(key) ?? new Pause(new URL(service.url).origin);
  pauses.set(key, shared);
  // Other processes use the key too, and should not all come back in the same moment.
  shared.last(asked, performance.now() + retryAfterMs * (1 + Math.random() / 20));
}

/** Credentials are kept as a digest only. */
function keyOf({ url, headers, guard }: Service): string | Guard {
  if (guard) return guard;
  const secret = JSON.stringify([new URL(url).origin, ...secretsIn(headers)]);
  return createHash("sha256").update(secret).digest("base64");
}

type Caller = { until: number; letIn(): void; turnAway(error: BesedaError): void };

class Pause {
  readonly #origin: string;
  /** In the order in which they came. */
  readonly #queue = new Set<Caller>();
  #plan: PausePlan = { liftsAt: -1, nextAt: -1, letIn: 0 };
  #asked: BesedaError | undefined;
  /** One for all, set while somebody waits. */
  #timer: NodeJS.Timeout | undefined;

  constructor(origin: string) {
    this.#origin = origin;
  }

  last(asked: BesedaError, until: number): void {
    if (until <= this.#plan.liftsAt) return;
    this.#plan = lasting(this.#plan, until);
    this.#asked = asked;
    let ahead = 0;
    for (const caller of [...this.#queue]) {
      if (turnOf(this.#plan, ahead) > caller.until) caller.turnAway(this.#tooLong(ahead));
      else ahead++;
    }
    this.#setTimer();
  }

  isForgotten(now: number): boolean {
    return this.#queue.size === 0 && isOver(this.#plan, now);
  }

  async turn(longestWaitMs: number, signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted();
    const now = performance.now();
    const ahead = this.#queue.size;
    const turn = turnOf(this.#plan, ahead);
    if (ahead === 0 && turn <= now) this.#plan = lettingIn(this.#plan, now);
    else if (turn > now + longestWaitMs) throw this.#tooLong(ahead);
    else await this.#queued(now + longestWaitMs, signal);
  }

  #queued(until: number, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const leave = () => {
        this.#queue.delete(caller);
        signal?.removeEventListener("abort", onAbort);
      };
      const onAbort = () => {
        leave();
        this.#setTimer();
        reject(signal?.reason);
      };
      const caller: Caller = {
        until,
        letIn() {
          leave();
          resolve();
        },
        turnAway(error) {
          leave();
          reject(error);
        },
      };
      this.#queue.add(caller);
      signal?.addEventListener("abort", onAbort);
      this.#setTimer();
    });
  }

  /** It keeps the process alive: somebody waits for a reply. */
  #setTimer(): void {
    clearTimeout(this.#timer);
    if (this.#queue.size === 0) return;
    const ms = Math.ceil(turnOf(this.#plan, 0) - performance.now());
    this.#timer = setTimeout(() => this.#letNextIn(), Math.min(ms, longestTimer));
  }

  #letNextIn(): void {
    const now = performance.now();
    const [next] = this.#queue;
    // A timer may be a little early.
    if (turnOf(this.#plan, 0) <= now) {
      this.#plan = lettingIn(this.#plan, now);
      next?.letIn();
    }
    this.#setTimer();
  }

  #tooLong(ahead: number): BesedaError {
    const retryAfterMs = Math.ceil(turnOf(this.#plan, ahead) - performance.now());
    const seconds = Math.ceil(retryAfterMs / 1000);
    return new BesedaError(`${this.#origin} asked to be left alone for another ${seconds} s: nothing was sent.`, {
      code: this.#asked?.code ?? "rate-limited",
      hint: "Try again then, or raise longestWaitMs of the retry policy.",
      isRetryable: true,
      retryAfterMs,
      status: this.#asked?.status,
    });
  }
}
