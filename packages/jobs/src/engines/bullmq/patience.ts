// Calls to a server that may be away for a while: they wait for it, with pauses, up to a limit.
import { BesedaError } from "@beseda/core";
import { waited } from "@beseda/core/http";

/** How long a call waits for a server that is away. */
const longestMs = 30_000;

/**
 * Calls again, after 0.1, 0.2, 0.4 … 2 s, for as long as the server cannot be reached; every call must be one that may be
 * made twice. `place` is how the server is named in errors, without its password.
 * @throws BesedaError `unavailable` when the time is up; the reason of the signal once it is aborted; what else the call
 * throws, as it is
 */
export async function patiently<Value>(call: () => Promise<Value>, place: string, signal: AbortSignal): Promise<Value> {
  signal.throwIfAborted();
  const end = performance.now() + longestMs;
  for (let failures = 0; ; failures++) {
    try {
      return await inTime(call, end, place);
    } catch (error) {
      if (!isAway(error)) throw error;
      const pauseMs = pauseAfter(failures);
      if (performance.now() + pauseMs >= end) throw unreachable(place, error);
      await waited(pauseMs, signal);
    }
  }
}

export function pauseAfter(failures: number): number {
  return Math.min(2_000, 100 * 2 ** failures);
}

async function inTime<Value>(call: () => Promise<Value>, end: number, place: string): Promise<Value> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(unreachable(place, undefined)), end - performance.now());
  });
  try {
    return await Promise.race([call(), late]);
  } finally {
    clearTimeout(timer);
  }
}

/** In the words of Node's sockets, of ioredis, of pg and of the servers themselves while they start and stop. */
function isAway(error: unknown): boolean {
  if (!(error instanceof Error) || error instanceof BesedaError) return false;
  const code = "code" in error ? String(error.code) : "";
  if (/^(ECONN|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN|57P0|08|53300)/.test(code)) return true;
  const words =
    /Connection is closed|Connection terminated|Stream isn't writeable|max retries per request|LOADING|MASTERDOWN|READONLY|starting up|shutting down|not queryable|ECONN/i;
  return words.test(error.message);
}

function unreachable(place: string, cause: unknown): BesedaError {
  return new BesedaError(`The server of the job queue at ${place} could not be reached for ${longestMs / 1000} s.`, {
    code: "unavailable",
    hint: "Is it running, and can it be reached from here? Nothing is lost: try again when it is back.",
    isRetryable: true,
    cause,
  });
}
