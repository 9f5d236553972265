// Waiting for the moment at which something was recorded.

/** Resolves at `at` milliseconds after `start`, as `performance.now()` counts; an aborted signal throws its reason. */
export function waitUntil(at: number, start: number, signal?: AbortSignal): Promise<void> {
  const left = start + at - performance.now();
  if (left <= 0) return Promise.resolve();
  return new Promise((resolve, reject) => {
    const onAbort = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", onAbort);
      resolve();
    }, left);
    signal?.addEventListener("abort", onAbort, { once: true });
  });
}
