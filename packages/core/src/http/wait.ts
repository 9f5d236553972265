// Waiting that can be stopped.

/** Milliseconds: Node counts no further than 24.8 days, and takes what is longer for nothing. */
export const longestTimer = 2 ** 31 - 1;

/** Resolves after so many milliseconds, or after `longestTimer`; an aborted signal throws its reason. The timer keeps the process alive: somebody waits. */
export function waited(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const onAbort = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(
      () => {
        signal?.removeEventListener("abort", onAbort);
        resolve();
      },
      Math.min(ms, longestTimer),
    );
    signal?.addEventListener("abort", onAbort, { once: true });
  });
}
