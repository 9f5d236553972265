// The time limit of fetching a token: nobody's own signal ends what is fetched for all.
import { BesedaError } from "@beseda/core";
import type { IssuedToken } from "./renewed-token.ts";

/** @throws BesedaError `timeout` after so many milliseconds */
export async function fetchingToken(
  ms: number,
  fetchToken: (signal: AbortSignal) => Promise<IssuedToken>,
): Promise<IssuedToken> {
  const late = new BesedaError(`No token came in ${ms / 1000} s.`, {
    code: "timeout",
    hint: "Try again. If it stays so, look whether the address where tokens come from can be reached from here.",
    isRetryable: true,
  });
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(late), ms);
  try {
    return await fetchToken(stop.signal);
  } finally {
    clearTimeout(timer);
  }
}
