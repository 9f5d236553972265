// What cannot be sent.

/** The events of a request that cannot be made: the reason is told where every other error is, by the first `next()`. */
export async function* refusal(error: unknown): AsyncGenerator<never> {
  yield await Promise.reject(error);
}
