// Time that passes only when a test says so, while sockets go on as ever.
import { onTestFinished, vi } from "vitest";
import { turn } from "./fault-bench.ts";

/** Every timer that is set from now on waits for `passing()`. */
export function holdTime(): void {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  onTestFinished(() => void vi.useRealTimers());
}

/**
 * Lets time pass, `stepMs` at once, with some turns of the event loop for the sockets after each, until it is over.
 * @returns how many milliseconds have passed.
 */
export async function passing(over: Promise<unknown>, mostMs: number, stepMs = 10): Promise<number> {
  let isOver = false;
  over.finally(() => (isOver = true)).catch(() => {});
  for (let ms = 0; ms <= mostMs; ms += stepMs) {
    for (let turns = 0; turns < 4; turns++) await turn();
    if (isOver) return ms;
    vi.advanceTimersByTime(stepMs);
  }
  throw new Error(`It is not over after ${mostMs} ms.`);
}

/** Turns of the event loop, without time, until it is so. */
export async function until(isSo: () => boolean): Promise<void> {
  for (let turns = 0; turns < 100_000; turns++) {
    if (isSo()) return;
    await turn();
  }
  throw new Error("It does not come true.");
}
