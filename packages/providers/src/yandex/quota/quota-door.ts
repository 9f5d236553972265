// The door of one quota: lets callers in by the plan, one after another in the order in which they came.
import { BesedaError } from "@beseda/core";
import { ended, entered, newQuotaPlan, type QuotaPlan, refused, turnAt } from "./quota-plan.ts";
import type { QuotaRefusal } from "./quota-refusal.ts";

/** One caller's place in the order, which it keeps when it is refused and comes again. */
export type Ticket = { readonly number: number; since: number | undefined };

type Waiter = { ticket: Ticket; letIn(seat: Seat): void; turnAway(error: BesedaError): void };

/** As long as some of ours run: sooner or later one of them ends. */
const longestQueueMs = 600_000;
/** A minute, which is the longest window that is waited for, and something over. */
const defaultPatienceMs = 90_000;

export class QuotaDoor {
  readonly #patienceMs: number;
  readonly #queue: Waiter[] = [];
  #plan: QuotaPlan = newQuotaPlan;
  #tickets = 0;
  #refusal: QuotaRefusal | undefined;
  #timer: NodeJS.Timeout | undefined;
  #restsUntil = Number.NEGATIVE_INFINITY;

  /** @param patienceMs how long a caller waits while nobody is let in and none of ours runs */
  constructor(patienceMs: number | undefined) {
    this.#patienceMs = patienceMs ?? defaultPatienceMs;
  }

  ticket(): Ticket {
    return { number: this.#tickets++, since: undefined };
  }

  /**
   * Waits until there is room. An aborted signal throws its reason.
   * @throws BesedaError `rate-limited`, when nothing moves for too long
   */
  async enter(ticket: Ticket, signal: AbortSignal | undefined): Promise<Seat> {
    signal?.throwIfAborted();
    const now = performance.now();
    if (this.#queue.length === 0 && this.#turnAt() <= now) return this.#seat(now);
    ticket.since ??= now;
    return this.#queued(ticket, signal);
  }

  /** The service wants to be left alone for so long: who waits here is not let in before. */
  rest(ms: number): void {
    this.#restsUntil = Math.max(this.#restsUntil, performance.now() + ms);
  }

  #turnAt(): number {
    return Math.max(turnAt(this.#plan), this.#restsUntil);
  }

  #seat(now: number): Seat {
    this.#plan = entered(this.#plan, { now, random: Math.random() });
    return new Seat(now, (sentAt, refusal, isWell) => this.#left(sentAt, refusal, isWell));
  }

  #left(sentAt: number, refusal: QuotaRefusal | undefined, isWell: boolean): void {
    const now = performance.now();
    this.#refusal = refusal ?? this.#refusal;
    this.#plan = refusal
      ? refused(this.#plan, refusal, { sentAt, now, random: Math.random() })
      : ended(this.#plan, { now, isWell });
    this.#serve();
  }

  #queued(ticket: Ticket, signal: AbortSignal | undefined): Promise<Seat> {
    return new Promise((resolve, reject) => {
      const leave = () => {
        this.#queue.splice(this.#queue.indexOf(waiter), 1);
        signal?.removeEventListener("abort", onAbort);
      };
      const onAbort = () => {
        leave();
        this.#serve();
        reject(signal?.reason);
      };
      const waiter: Waiter = {
        ticket,
        letIn(seat) {
          leave();
          resolve(seat);
        },
        turnAway(error) {
          leave();
          reject(error);
        },
      };
      const behind = this.#queue.findIndex((other) => other.ticket.number > ticket.number);
      this.#queue.splice(behind < 0 ? this.#queue.length : behind, 0, waiter);
      signal?.addEventListener("abort", onAbort);
      this.#serve();
    });
  }

  /** Lets in whom it can, turns away who has waited too long, and sets the one timer for the next one. */
  #serve(): void {
    clearTimeout(this.#timer);
    for (let next = this.#queue[0]; next; next = this.#queue[0]) {
      const now = performance.now();
      const turn = this.#turnAt();
      const giveUpAt = this.#giveUpAt(next.ticket.since ?? now);
      if (turn <= now) next.letIn(this.#seat(now));
      else if (now >= giveUpAt || (this.#plan.running === 0 && turn > giveUpAt)) {
        next.turnAway(this.#noRoom(now - (next.ticket.since ?? now), turn - now));
      } else {
        this.#timer = setTimeout(() => this.#serve(), Math.ceil(Math.min(turn, giveUpAt) - now));
        return;
      }
    }
  }

  #giveUpAt(since: number): number {
    const { running, progressAt } = this.#plan;
    const patienceMs = running > 0 ? Math.max(this.#patienceMs, longestQueueMs) : this.#patienceMs;
    return Math.max(since, progressAt) + patienceMs;
  }

  #noRoom(waitedMs: number, turnMs: number): BesedaError {
    const said = this.#refusal ? ` Its quota ${this.#refusal.id} allows ${this.#refusal.allowed} requests.` : "";
    const waited = Math.round(waitedMs / 1000);
    return new BesedaError(`Yandex AI Studio has had no room for the request in ${waited} s.${said}`, {
      code: "rate-limited",
      hint: "Others use the same quota. Send less at once, raise longestWaitMs of the retry policy, or ask the support of the cloud for a larger quota.",
      isRetryable: true,
      ...(Number.isFinite(turnMs) && { retryAfterMs: Math.ceil(turnMs) }),
      status: 429,
    });
  }
}

/** Room for one request. It is left once; what is said later is not heard. */
export class Seat {
  readonly #sentAt: number;
  #onLeft: ((sentAt: number, refusal: QuotaRefusal | undefined, isWell: boolean) => void) | undefined;

  constructor(sentAt: number, onLeft: (sentAt: number, refusal: QuotaRefusal | undefined, isWell: boolean) => void) {
    this.#sentAt = sentAt;
    this.#onLeft = onLeft;
  }

  /** The service has not let it in. */
  refused(refusal: QuotaRefusal): void {
    this.#leave(refusal, false);
  }

  /** @param isWell it was let in: what the service has done says something of the quota */
  leave(isWell: boolean): void {
    this.#leave(undefined, isWell);
  }

  #leave(refusal: QuotaRefusal | undefined, isWell: boolean): void {
    const onLeft = this.#onLeft;
    this.#onLeft = undefined;
    onLeft?.(this.#sentAt, refusal, isWell);
  }
}
