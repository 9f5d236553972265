// When a failed request is sent again, and how long that waits.
import { BesedaError } from "../errors.ts";
import type { Visit } from "./guard.ts";
import { beginPause, keepPause, type Service } from "./pauses.ts";
import { waited } from "./wait.ts";

export type RetryPolicy = {
  /** How many times a request is sent again. Default 2. */
  retries?: number;
  /** Above this the error is thrown at once, carrying `retryAfterMs`. Milliseconds, default 60,000. */
  longestWaitMs?: number;
};

/**
 * What is asked, and how often. `signal` is asked for where there is something to wait for: it ends the waiting. `visit`
 * says what a failure means, where there is a guard.
 */
export type RetriedCall = Service & {
  retry?: RetryPolicy | undefined;
  signal?: () => AbortSignal | undefined;
  visit?: Visit | undefined;
};

/**
 * Calls until it succeeds, the error is not retryable, the service asks for too long a wait or the retries are used up.
 * Where the service says how long to wait, all callers with the same origin and credentials wait, the ones that come
 * new as well, and are then let in one after another. An aborted signal ends the wait and throws its reason.
 */
export async function retrying<Value>(attempt: () => Promise<Value>, call: RetriedCall): Promise<Value> {
  const { retries = 2, longestWaitMs = 60_000 } = call.retry ?? {};
  for (let failures = 0; ; ) {
    await keepPause(call, longestWaitMs, call.signal);
    try {
      return await attempt();
    } catch (thrown) {
      if (!(thrown instanceof BesedaError)) throw thrown;
      const { error, again } = call.visit?.failed(thrown) ?? { error: thrown, again: undefined };
      if (again === "now" && !call.signal?.()?.aborted) continue;
      if (!error.isRetryable || again === "never") throw error;
      const { retryAfterMs } = error;
      const signal = call.signal?.();
      if (retryAfterMs !== undefined) beginPause(call, error, retryAfterMs);
      // Written so that NaN is no retry, where it would be one after the other.
      const isLast = !(failures < retries);
      if (isLast || signal?.aborted || (retryAfterMs ?? 0) > longestWaitMs) throw error;
      if (retryAfterMs === undefined) await waited(Math.min(longestWaitMs, backOffMs(failures, Math.random())), signal);
      failures++;
    }
  }
}

/** Milliseconds to wait unasked, by how many attempts had failed before: 0.5 s, 1 s, 2 s … 8 s, of which up to a half is left to chance, `random` from 0 to 1. */
export function backOffMs(failures: number, random: number): number {
  return Math.min(8_000, 500 * 2 ** failures) * (1 - random / 2);
}
