// What each request of a connection passes: credentials before it, room for it, and what its failure means.
import type { BesedaError } from "@beseda/core";
import type { Guard, Visit } from "@beseda/core/http";
import type { Credentials } from "../auth/credentials.ts";
import type { QuotaDoor, Seat } from "../quota/quota-door.ts";
import type { QuotaName } from "../quota/quota-name.ts";
import { quotaRefusal } from "../quota/quota-refusal.ts";
import { toYandexError } from "./yandex-error.ts";

export function connectionGuard(credentials: Credentials, door: QuotaDoor, quota: QuotaName): Guard {
  return { begin: () => new ConnectionVisit(credentials, door, quota) };
}

type Told = ReturnType<Visit["failed"]>;

class ConnectionVisit implements Visit {
  readonly #credentials: Credentials;
  readonly #door: QuotaDoor;
  readonly #quota: QuotaName;
  readonly #ticket: ReturnType<QuotaDoor["ticket"]>;
  #seat: Seat | undefined;
  #authorization = "";
  /** The last attempt was refused for its token. */
  #isUnauthorized = false;
  /** What `admit` has thrown, which no further attempt would help. */
  #notAdmitted: unknown;

  constructor(credentials: Credentials, door: QuotaDoor, quota: QuotaName) {
    this.#credentials = credentials;
    this.#door = door;
    this.#quota = quota;
    this.#ticket = door.ticket();
  }

  async admit(signal: AbortSignal | undefined): Promise<{ authorization: string }> {
    try {
      this.#seat = await this.#door.enter(this.#ticket, signal);
      this.#authorization = await stoppable(this.#credentials.authorization(signal), signal);
      return { authorization: this.#authorization };
    } catch (error) {
      this.#leave(false);
      this.#notAdmitted = error;
      throw error;
    }
  }

  failed(error: BesedaError): Told {
    if (error === this.#notAdmitted) return { error, again: "never" };
    const told = toYandexError(error, this.#quota);
    if (error.retryAfterMs !== undefined) this.#door.rest(error.retryAfterMs);
    if (error.status === 401) return this.#unauthorized(told);
    this.#isUnauthorized = false;
    return error.status === 429 ? this.#limited(error, told) : this.#hasFailed(told);
  }

  end(): void {
    this.#leave(true);
  }

  /** A token that has just been renewed and is refused as well will not get better. */
  #unauthorized(error: BesedaError): Told {
    this.#leave(false);
    if (this.#isUnauthorized) return { error, again: "never" };
    this.#isUnauthorized = true;
    return { error, again: this.#credentials.refused(this.#authorization) ? "now" : undefined };
  }

  #limited(error: BesedaError, told: BesedaError): Told {
    const refusal = quotaRefusal(error);
    if (!refusal) return this.#hasFailed(told);
    const isLong = refusal.kind === "rate" && (refusal.window === "hour" || refusal.window === "day");
    if (isLong || refusal.allowed === 0) {
      this.#leave(false);
      return { error: told, again: "never" };
    }
    this.#seat?.refused(refusal);
    this.#seat = undefined;
    // Where the service says how long to wait, that is kept by everybody.
    return { error: told, again: error.retryAfterMs === undefined ? "now" : undefined };
  }

  #hasFailed(error: BesedaError): Told {
    this.#leave(false);
    return { error };
  }

  #leave(isWell: boolean): void {
    this.#seat?.leave(isWell);
    this.#seat = undefined;
  }
}

/** The value, unless the signal is aborted before it is there: others wait for the same one. */
export async function stoppable<Value>(value: Value | Promise<Value>, signal: AbortSignal | undefined): Promise<Value> {
  if (!(value instanceof Promise) || !signal) return value;
  // Nobody may be left to hear that it failed.
  value.catch(() => {});
  signal.throwIfAborted();
  let onAbort = () => {};
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(signal.reason);
    signal.addEventListener("abort", onAbort);
  });
  try {
    return await Promise.race([value, aborted]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}
