import { expect, it, onTestFinished, vi } from "vitest";
import { longestTimer, waited } from "./wait.ts";

it("A wait that is longer than Node can count is as long as it can", async () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  let isOver = false;
  const waiting = waited(30 * 86_400_000, undefined).then(() => {
    isOver = true;
  });
  await vi.advanceTimersByTimeAsync(longestTimer - 1);
  expect(isOver).toBe(false);
  await vi.advanceTimersByTimeAsync(1);
  await waiting;
});
