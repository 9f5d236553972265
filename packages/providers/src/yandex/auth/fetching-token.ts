// Fetching a token: in how long, and without repeating what came instead.
import { BesedaError } from "@beseda/core";
import { type RetriedRequest, requestJson } from "@beseda/core/http";
import type { IssuedToken } from "./renewed-token.ts";

/**
 * What `tokenIn` finds in the reply.
 * @throws BesedaError `timeout` after so many milliseconds
 */
export async function fetchingToken(
  ms: number,
  request: RetriedRequest,
  tokenIn: (body: unknown) => IssuedToken,
): Promise<IssuedToken> {
  const late = new BesedaError(`No token came in ${ms / 1000} s.`, {
    code: "timeout",
    hint: "Try again. If it stays so, look whether the address where tokens come from can be reached from here.",
    isRetryable: true,
  });
  const stop = new AbortController();
  const signal = request.signal ? AbortSignal.any([request.signal, stop.signal]) : stop.signal;
  const timer = setTimeout(() => stop.abort(late), ms);
  try {
    return tokenIn(await requestJson({ ...request, signal }).catch(unrepeated));
  } finally {
    clearTimeout(timer);
  }
}

/** What cannot be read may hold a token all the same, such as where it was cut off. */
function unrepeated(error: unknown): never {
  const isUnread = error instanceof BesedaError && error.code === "bad-response" && (error.status ?? 300) < 300;
  throw isUnread ? error.with({ message: "What came in place of a token is not JSON." }) : error;
}
