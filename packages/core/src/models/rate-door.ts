// The door in front of a model with limits: lets requests in by the plan, one after another in the order in which they came.
import { BesedaError } from "../errors.ts";
import { longestTimer } from "../http/wait.ts";
import {
  type Asked,
  ended,
  entered,
  expectedTokens,
  foreseen,
  newRatePlan,
  type Outcome,
  type Outlook,
  outlookFrom,
  type RateLimits,
  type RatePlan,
  type Tokens,
  turnAt,
} from "./rate-plan.ts";

export type RateDoorOptions = { limits: RateLimits; longestWaitMs: number; modelName: string };

type Waiter = { asked: Asked; letIn(seat: Seat): void };

export class RateDoor {
  readonly #options: RateDoorOptions;
  /** In the order in which they came. */
  readonly #queue = new Set<Waiter>();
  #plan: RatePlan = newRatePlan;
  /** With all of the queue sent; unknown after every change. */
  #outlook: Outlook | undefined;
  /** One for all, set while somebody waits for a time. */
  #timer: NodeJS.Timeout | undefined;

  constructor(options: RateDoorOptions) {
    this.#options = options;
  }

  /**
   * At once where there is room. `signals` are asked for where there is something to wait for: one that is aborted throws its reason.
   * @throws BesedaError `too-large` for what never fits, `rate-limited` where the turn is known to come too late
   */
  enter(asked: Asked, signals: () => readonly (AbortSignal | undefined)[]): Seat | Promise<Seat> {
    const { limits, longestWaitMs } = this.#options;
    if (asked.inputTokens > (limits.tokensPerMinute ?? Number.POSITIVE_INFINITY)) throw this.#tooLarge(asked);
    const now = performance.now();
    if (this.#queue.size === 0 && this.#turnOf(asked) <= now) return this.#seat(asked, now);
    const outlook = foreseen(this.#outlook ?? this.#looked(now), limits, asked);
    const waitMs = outlook.at - now;
    if (waitMs > longestWaitMs) throw this.#tooLong(waitMs);
    this.#outlook = outlook;
    return this.#queued(asked, signals());
  }

  #looked(now: number): Outlook {
    let outlook = outlookFrom(this.#plan, now);
    for (const { asked } of this.#queue) outlook = foreseen(outlook, this.#options.limits, asked);
    return outlook;
  }

  #turnOf(asked: Asked): number {
    const { limits } = this.#options;
    return turnAt(this.#plan, limits, expectedTokens(this.#plan, limits, asked));
  }

  #seat(asked: Asked, sentAt: number): Seat {
    const { limits } = this.#options;
    const expected = expectedTokens(this.#plan, limits, asked);
    this.#plan = entered(this.#plan, limits, expected, sentAt);
    return new Seat(expected, (outcome) => {
      this.#plan = ended(this.#plan, { sentAt, now: performance.now(), expected, outcome });
      this.#serve();
    });
  }

  #queued(asked: Asked, signals: readonly (AbortSignal | undefined)[]): Promise<Seat> {
    return new Promise((resolve, reject) => {
      const leave = () => {
        this.#queue.delete(waiter);
        for (const signal of signals) signal?.removeEventListener("abort", onAbort);
      };
      const onAbort = (event: Event) => {
        leave();
        this.#serve();
        reject((event.target as AbortSignal).reason);
      };
      const waiter: Waiter = {
        asked,
        letIn(seat) {
          leave();
          resolve(seat);
        },
      };
      this.#queue.add(waiter);
      for (const signal of signals) signal?.addEventListener("abort", onAbort);
      if (this.#queue.size === 1) this.#setTimer();
    });
  }

  /** After every change: lets in whom it can. */
  #serve(): void {
    this.#outlook = undefined;
    for (const next of this.#queue) {
      const now = performance.now();
      if (this.#turnOf(next.asked) > now) break;
      next.letIn(this.#seat(next.asked, now));
    }
    this.#setTimer();
  }

  /** It keeps the process alive: somebody waits for a reply. Where one has to end first, that serves. */
  #setTimer(): void {
    clearTimeout(this.#timer);
    const [next] = this.#queue;
    const turn = next ? this.#turnOf(next.asked) : Number.POSITIVE_INFINITY;
    if (turn === Number.POSITIVE_INFINITY) return;
    const ms = Math.ceil(turn - performance.now());
    this.#timer = setTimeout(() => this.#serve(), Math.min(ms, longestTimer));
  }

  #tooLarge({ inputTokens }: Asked): BesedaError {
    const { limits, modelName } = this.#options;
    return new BesedaError(
      `The request for ${modelName} is about ${inputTokens} tokens, and tokensPerMinute is ${limits.tokensPerMinute}.`,
      { code: "too-large", hint: "Ask with a shorter thread or fewer tools, or raise tokensPerMinute." },
    );
  }

  #tooLong(waitMs: number): BesedaError {
    const { longestWaitMs, modelName } = this.#options;
    return new BesedaError(
      `So many requests wait for ${modelName} that this one's turn would come in ${Math.ceil(waitMs / 1000)} s: it was not sent.`,
      {
        code: "rate-limited",
        hint: "Try again later, ask less at once, or raise the limits or longestWaitMs of rateLimited().",
        isRetryable: true,
        retryAfterMs: Math.ceil(waitMs - longestWaitMs),
      },
    );
  }
}

/** Room for one request. It is left once; what is said later is not heard. */
export class Seat {
  readonly expected: Tokens;
  #onLeft: ((outcome: Outcome) => void) | undefined;

  constructor(expected: Tokens, onLeft: (outcome: Outcome) => void) {
    this.expected = expected;
    this.#onLeft = onLeft;
  }

  leave(outcome: Outcome): void {
    const onLeft = this.#onLeft;
    this.#onLeft = undefined;
    onLeft?.(outcome);
  }
}
