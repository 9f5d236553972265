import { BesedaError } from "@beseda/core";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { renewedCredentials } from "./renewed-token.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

it("What refuses a token for good is told for a second without asking again; what may pass is asked again at once", async () => {
  let asked = 0;
  let isRetryable = false;
  const credentials = renewedCredentials(async () => {
    asked++;
    throw new BesedaError("No.", { code: "unauthorized", isRetryable });
  });
  const ask = () => expect(async () => credentials.authorization()).rejects.toThrow("No.");
  await ask();
  await ask();
  expect(asked).toBe(1);
  isRetryable = true;
  vi.advanceTimersByTime(1_001);
  await ask();
  await ask();
  expect(asked).toBe(3);
});
