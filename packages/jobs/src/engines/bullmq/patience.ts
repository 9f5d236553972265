// Calls to a server that may be away for a while: they wait for it, with pauses, up to a limit.
import type { BesedaError } from "@beseda/core";
import { waited } from "@beseda/core/http";
import { isAway, refusalOf, troubleOf } from "./server-trouble.ts";

/** How long a call waits for a server that is away. */
const longestMs = 30_000;

/** `place` is how it is named in errors, without its password; `heard` is the last error that came of its connections. */
export type Waited = { readonly place: string; readonly heard: unknown };

/**
 * Calls again, after 0.1, 0.2, 0.4 … 2 s, for as long as the server cannot be reached or is full; every call must be one
 * that may be made twice.
 * @throws BesedaError `unavailable` when the time is up, `unauthorized` and `invalid-argument` for what the server refuses;
 * the reason of the signal once it is aborted; what else the call throws, as it is
 */
export async function patiently<Value>(
  call: () => Promise<Value>,
  server: Waited,
  signal: AbortSignal,
): Promise<Value> {
  signal.throwIfAborted();
  const end = performance.now() + longestMs;
  for (let failures = 0; ; failures++) {
    try {
      return await inTime(call, end, server);
    } catch (error) {
      const refusal = refusalOf(error, server.place);
      if (refusal ? !refusal.isRetryable : !isAway(error)) throw refusal ?? error;
      const pauseMs = pauseAfter(failures);
      if (performance.now() + pauseMs >= end) throw tired(error, server.place);
      await waited(pauseMs, signal);
    }
  }
}

export function pauseAfter(failures: number): number {
  return Math.min(2_000, 100 * 2 ** failures);
}

async function inTime<Value>(call: () => Promise<Value>, end: number, server: Waited): Promise<Value> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(tired(server.heard, server.place)), end - performance.now());
  });
  try {
    return await Promise.race([call(), late]);
  } finally {
    clearTimeout(timer);
  }
}

function tired(error: unknown, place: string): BesedaError {
  const trouble = troubleOf(error, place);
  return trouble.isRetryable ? trouble.with({ hint: `${trouble.hint} Nothing is lost: try again then.` }) : trouble;
}
