// How long a run may wait, and for what. Anything that can wait has a limit.
import { BesedaError } from "../errors.ts";

/** In milliseconds. `Infinity` switches one off. */
export type Timeouts = {
  /** The whole run. Default 10 minutes. */
  totalMs: number;
  /** One model reply, from the request to its end. Default 5 minutes. */
  stepMs: number;
  /** Until the first event of a streamed reply. Default 2 minutes: some models think long and silently. */
  firstChunkMs: number;
  /** Between two events of a streamed reply. Default 1 minute. */
  chunkMs: number;
  /** One tool call, where the tool itself does not say. Default 1 minute. */
  toolMs: number;
  /** How long a call may wait for an approval. Default 7 days. */
  approvalMs: number;
};

export const defaultTimeouts: Timeouts = {
  totalMs: 600_000,
  stepMs: 300_000,
  firstChunkMs: 120_000,
  chunkMs: 60_000,
  toolMs: 60_000,
  approvalMs: 7 * 24 * 3_600_000,
};

/** What is undefined stays as it is. @throws BesedaError `invalid-argument` for what is no number from 0 */
export function changedTimeouts(timeouts: Timeouts, changes: Partial<Timeouts>): Timeouts {
  const changed = { ...timeouts };
  for (const name of Object.keys(timeouts) as (keyof Timeouts)[]) {
    changed[name] = changes[name] ?? timeouts[name];
    // Written so that NaN is none either.
    if (changed[name] >= 0) continue;
    throw new BesedaError(`timeouts.${name} cannot be ${changed[name]}.`, {
      code: "invalid-argument",
      hint: "Give a number of milliseconds from 0, or Infinity for no limit.",
    });
  }
  return changed;
}

/** Like `setTimeout`, for limits that may be `Infinity` or longer than the 24.8 days that Node can count. */
export function startTimer(ms: number, whenOver: () => void): NodeJS.Timeout | undefined {
  return ms <= 2 ** 31 - 1 ? setTimeout(whenOver, ms) : undefined;
}
