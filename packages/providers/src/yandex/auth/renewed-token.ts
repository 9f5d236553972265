// Tokens that run out: fetched once for everybody, and ahead of time, so that nobody has to wait for the next one.
import { BesedaError } from "@beseda/core";
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

/** @param fetchToken is called once at a time. What it throws is what all who wait are told; the next call tries again, after a second where the error is not retryable. */
export function renewedCredentials(fetchToken: () => Promise<IssuedToken>): Credentials {
  return new RenewedToken(fetchToken);
}

class RenewedToken implements Credentials {
  readonly #fetchToken: () => Promise<IssuedToken>;
  #current: (TokenLife & { authorization: string }) | undefined;
  #renewal: Promise<string> | undefined;
  #refusal: { error: BesedaError; endsAt: number } | undefined;

  constructor(fetchToken: () => Promise<IssuedToken>) {
    this.#fetchToken = fetchToken;
  }

  authorization(): string | Promise<string> {
    const now = Date.now();
    const current = this.#current;
    if (!current || now >= current.endsAt) return this.#renewed();
    if (now >= current.renewAt && !this.#renewal) {
      this.#renewed().catch(() => {
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

  #renewed(): Promise<string> {
    if (this.#refusal && performance.now() < this.#refusal.endsAt) return Promise.reject(this.#refusal.error);
    this.#renewal ??= this.#renew().finally(() => {
      this.#renewal = undefined;
    });
    return this.#renewal;
  }

  async #renew(): Promise<string> {
    const { token, expiresAt } = await this.#fetchToken().catch((error) => {
      if (error instanceof BesedaError && !error.isRetryable)
        this.#refusal = { error, endsAt: performance.now() + refusalMs };
      throw error;
    });
    const authorization = `Bearer ${token}`;
    this.#current = { authorization, ...planLife(expiresAt, Date.now()) };
    return authorization;
  }
}
