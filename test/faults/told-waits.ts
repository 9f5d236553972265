// How services say how long to wait, in all forms that there are, and a clock that is moved while sockets go on.
import { vi } from "vitest";
import { turn } from "./fault-bench.ts";

/** What a service says, and what that is in milliseconds from now. */
export type Told = { headers: Record<string, string>; ms: number };

export const inSeconds = (seconds: number) => (): Told => ({
  headers: { "retry-after": `${seconds}` },
  ms: seconds * 1_000,
});

export const inMs = (ms: number) => (): Told => ({ headers: { "retry-after-ms": `${ms}`, "retry-after": "9" }, ms });

export const asDate = (seconds: number) => (): Told => {
  const date = new Date((Math.ceil(Date.now() / 1_000) + seconds) * 1_000);
  return { headers: { "retry-after": date.toUTCString() }, ms: Math.max(0, date.getTime() - Date.now()) };
};

/** What a timer of the clock, which counts in steps of 5 ms here, may add. */
export const stepMs = 6;

/** Lets time pass, 5 ms at once, and what was sent arrive after each. */
export async function pass(ms: number): Promise<void> {
  for (let passed = 0; ; passed += 5) {
    for (let turns = 0; turns < 20; turns++) await turn();
    if (passed >= ms) return;
    await vi.advanceTimersByTimeAsync(5);
  }
}
