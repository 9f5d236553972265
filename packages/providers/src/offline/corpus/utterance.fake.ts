// How an utterance and what should be called for it are written down.

/** `[message, tool, arguments]`; several calls are several pairs; none: nothing is to be called, and nothing asked. */
export type Utterance = readonly [message: string, ...calls: (string | Record<string, unknown>)[]];

/** Today, for all of them: a Sunday, half past ten by the clock on the wall. */
export const today = new Date(2026, 10, 22, 10, 30);

/** The instant of a time on the wall, as `date-time` parameters get it. */
export function wall(time: string): string {
  return new Date(time).toISOString();
}
