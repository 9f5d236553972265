// When a failed request is sent again, and how long that waits.
import { BesedaError } from "../errors.ts";

export type RetryPolicy = {
  /** How many times a request is sent again. Default 2. */
  retries?: number;
  /** Above this the error is thrown at once, carrying `retryAfterMs`. Milliseconds, default 60,000. */
  longestWaitMs?: number;
};

/**
 * Calls until it succeeds, the error is not retryable, the service asks for too long a wait or the retries are used up.
 * An aborted signal ends the wait and throws its reason.
 */
export async function retrying<Value>(
  attempt: () => Promise<Value>,
  { retries = 2, longestWaitMs = 60_000 }: RetryPolicy = {},
  signal?: AbortSignal,
): Promise<Value> {
  for (let failures = 0; ; failures++) {
    try {
      return await attempt();
    } catch (error) {
      if (failures >= retries || !(error instanceof BesedaError) || !error.isRetryable || signal?.aborted) throw error;
      const delay = retryDelay({ failures, retryAfterMs: error.retryAfterMs, longestWaitMs, random: Math.random() });
      if (delay === undefined) throw error;
      await waited(delay, signal);
    }
  }
}

export type RetryMoment = {
  /** How many attempts have failed before the one that just did. */
  failures: number;
  retryAfterMs: number | undefined;
  longestWaitMs: number;
  /** From 0 to 1. */
  random: number;
};

/**
 * Milliseconds to wait; nothing where the service asks for more than the longest wait. Never earlier than it asks, at
 * most a tenth later; unasked, 0.5 s, 1 s, 2 s … 8 s, of which up to a half is left to chance.
 */
export function retryDelay({ failures, retryAfterMs, longestWaitMs, random }: RetryMoment): number | undefined {
  if (retryAfterMs === undefined) return Math.min(8_000, 500 * 2 ** failures, longestWaitMs) * (1 - random / 2);
  return retryAfterMs > longestWaitMs ? undefined : retryAfterMs * (1 + random / 10);
}

/** The timer keeps the process alive: somebody waits for the reply. */
function waited(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", onAbort);
      resolve();
    }, ms);
    signal?.addEventListener("abort", onAbort, { once: true });
  });
}
