// How long a run may wait, and for what. Anything that can wait has a limit.

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

/** Like `setTimeout`, for limits that may be `Infinity` or longer than the 24.8 days that Node can count. */
export function startTimer(ms: number, whenOver: () => void): NodeJS.Timeout | undefined {
  return ms <= 2 ** 31 - 1 ? setTimeout(whenOver, ms) : undefined;
}
