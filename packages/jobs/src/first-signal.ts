// One signal for several of which some live on, such as that of a process for each of its jobs.
import { setMaxListeners } from "node:events";

export type FirstSignal = {
  /** Aborted with the first of them. */
  signal: AbortSignal;
  /** Nobody listens to them any more. */
  letGo(): void;
};

/** `AbortSignal.any` cannot let go: on Node 20 each signal that it has made stays for as long as one of its sources lives. */
export function firstSignal(sources: readonly (AbortSignal | undefined)[]): FirstSignal {
  const first = new AbortController();
  const letGos = sources.map((source) => {
    if (!source) return undefined;
    const abort = () => first.abort(source.reason);
    if (source.aborted) abort();
    setMaxListeners(0, source);
    source.addEventListener("abort", abort, { once: true });
    return () => source.removeEventListener("abort", abort);
  });
  return {
    signal: first.signal,
    letGo: () => {
      for (const letGo of letGos) letGo?.();
    },
  };
}
