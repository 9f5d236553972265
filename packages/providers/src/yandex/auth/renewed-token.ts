// Tokens that run out: fetched once for everybody, and ahead of time, so that nobody has to wait for the next one.
import { BesedaError } from "@beseda/core";
import { stoppable } from "../connection/connection-guard.ts";
import type { Credentials } from "./credentials.ts";

/** `expiresAt` in milliseconds since 1970; undefined or NaN where the source did not say, or nobody can read what it said. */
export type IssuedToken = { token: string; expiresAt: number | undefined };

/** On the clock of `Date.now()`, which goes on while a computer sleeps. */
type TokenLife = {
  /** From then on the next one is fetched, while this one still serves. */
  renewAt: number;
  endsAt: number;
};

const hourMs = 3_600_000;
/** Tokens of the service live no longer. */
const longestLifeMs = 12 * hourMs;
/** After a renewal ahead of time has failed. Its requests were repeated already. */
const pauseMs = 10_000;
/** So long the refusal of a token is told to those who come a little later, and who would be refused as well. */
const refusalMs = 1_000;

/** Pure. An end that lies in the past means that one of two clocks is wrong: such a token is taken to live for an hour. */
function planLife(expiresAt: number | undefined, now: number): TokenLife {
  const said = expiresAt === undefined ? Number.NaN : expiresAt - now;
  const lifeMs = said > 0 ? Math.min(said, longestLifeMs) : hourMs;
  return { renewAt: now + lifeMs - Math.min(lifeMs / 10, hourMs / 6), endsAt: now + lifeMs };
}

type FetchToken = (signal: AbortSignal) => Promise<IssuedToken>;

/**
 * @param fetchToken is called once at a time, and stopped when nobody waits for it any more. What it throws is what all who
 * wait are told; the next call tries again, after a second where the error is not retryable.
 */
export function renewedCredentials(fetchToken: FetchToken): Credentials {
  return new RenewedToken(fetchToken);
}

type Renewal = { authorization: Promise<string>; stop: AbortController; waiting: number };

class RenewedToken implements Credentials {
  readonly #fetchToken: FetchToken;
  #current: (TokenLife & { authorization: string }) | undefined;
  #renewal: Renewal | undefined;
  #refusal: { error: BesedaError; endsAt: number } | undefined;

  constructor(fetchToken: FetchToken) {
    this.#fetchToken = fetchToken;
  }

  authorization(signal?: AbortSignal): string | Promise<string> {
    const now = Date.now();
    const current = this.#current;
    if (!current || now >= current.endsAt) return this.#renewed(signal);
    if (now >= current.renewAt && !this.#renewal) {
      this.#begin().authorization.catch(() => {
        current.renewAt = Date.now() + pauseMs;
      });
    }
    return current.authorization;
  }

  refused(authorization: string): boolean {
    // Where it is another one, that is fetched already.
    if (this.#current?.authorization === authorization) this.#current = undefined;
    return true;
  }

  async #renewed(signal: AbortSignal | undefined): Promise<string> {
    if (this.#refusal && performance.now() < this.#refusal.endsAt) throw this.#refusal.error;
    const renewal = this.#renewal ?? this.#begin();
    renewal.waiting++;
    try {
      return await stoppable(renewal.authorization, signal);
    } finally {
      renewal.waiting--;
      if (renewal.waiting === 0) this.#end(renewal);
    }
  }

  #begin(): Renewal {
    const stop = new AbortController();
    const renewal = { authorization: this.#renew(stop.signal), stop, waiting: 0 };
    const end = () => this.#end(renewal);
    renewal.authorization.then(end, end);
    this.#renewal = renewal;
    return renewal;
  }

  #end(renewal: Renewal): void {
    renewal.stop.abort();
    if (this.#renewal === renewal) this.#renewal = undefined;
  }

  async #renew(signal: AbortSignal): Promise<string> {
    const { token, expiresAt } = await this.#fetchToken(signal).catch((error) => {
      if (error instanceof BesedaError && !error.isRetryable)
        this.#refusal = { error, endsAt: performance.now() + refusalMs };
      throw error;
    });
    const authorization = `Bearer ${token}`;
    this.#current = { authorization, ...planLife(expiresAt, Date.now()) };
    return authorization;
  }
}
