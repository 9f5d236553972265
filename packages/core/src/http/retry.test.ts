import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { BesedaError } from "../errors.ts";
import { retryAfterMs } from "./reply-error.ts";
import { backOffMs, type RetriedCall, retrying } from "./retry.ts";

const now = Date.parse("2026-11-22T12:00:00Z");

function failure(details: { isRetryable?: boolean; retryAfterMs?: number } = {}): BesedaError {
  return new BesedaError("busy", { code: "unavailable", isRetryable: true, ...details });
}

describe("how long a service asks to wait", () => {
  it.each([
    [{ "retry-after-ms": "1500", "retry-after": "9" }, 1500],
    [{ "retry-after": "9" }, 9000],
    [{ "retry-after": "0" }, 0],
    [{ "retry-after": "3600" }, 3_600_000],
    [{ "retry-after": "Sun, 22 Nov 2026 12:00:20 GMT" }, 20_000],
    [{ "retry-after": "Sun, 22 Nov 2026 11:00:00 GMT" }, 0],
    [{ "retry-after": "-5" }, undefined],
    [{ "retry-after": "soon" }, undefined],
    [{ "retry-after-ms": "soon", "retry-after": ["2", "3"] }, 2000],
    // A moment instead of a time to wait, as some have it.
    [{ "retry-after": "1795000000" }, undefined],
    [{ "retry-after-ms": "1795000000000" }, undefined],
    [{ "retry-after": "Fri, 31 Dec 9999 23:59:59 GMT" }, undefined],
    [{}, undefined],
  ])("%j is %s ms", (headers, expected) => {
    expect(retryAfterMs(headers, now)).toBe(expected);
  });
});

it("unasked, a wait doubles from half a second to 8 s, half of it left to chance", () => {
  const delays = [0, 1, 2, 3, 4, 5].map((failures) => [0, 1].map((random) => backOffMs(failures, random)));
  expect(delays).toEqual([
    [500, 250],
    [1000, 500],
    [2000, 1000],
    [4000, 2000],
    [8000, 4000],
    [8000, 4000],
  ]);
});

let services = 0;

/** Another one each time: a pause outlives the test that it began in. */
function newService(): string {
  services++;
  return `https://service-${services}.test/v1/chat`;
}

describe("a failed request", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  /** Fails with these errors, then succeeds. */
  function start(errors: readonly Error[], call: Partial<RetriedCall> = {}) {
    const attempt = vi.fn(async () => {
      const error = errors[attempt.mock.calls.length - 1];
      if (error) throw error;
      return "fine";
    });
    const outcome = retrying(attempt, { url: newService(), ...call }).then(
      (value) => ({ value }),
      (error: unknown) => ({ error }),
    );
    return { attempt, outcome };
  }

  it("is not sent again and again where the number of retries is none, such as of a variable that is not set", async () => {
    const { attempt, outcome } = start([failure(), failure(), failure()], { retry: { retries: Number.NaN } });
    await vi.advanceTimersByTimeAsync(60_000);
    expect(await outcome).toMatchObject({ error: { code: "unavailable" } });
    expect(attempt).toHaveBeenCalledTimes(1);
  });

  it("is sent again twice, not a moment before the service allows it", async () => {
    const { attempt, outcome } = start([failure({ retryAfterMs: 5_000 }), failure({ retryAfterMs: 1_000 })]);
    await vi.advanceTimersByTimeAsync(4_999);
    expect(attempt).toHaveBeenCalledTimes(1);
    await vi.advanceTimersByTimeAsync(501);
    expect(attempt).toHaveBeenCalledTimes(2);
    await vi.advanceTimersByTimeAsync(1_100);
    expect(await outcome).toEqual({ value: "fine" });
    expect(attempt).toHaveBeenCalledTimes(3);
  });

  it("is given up after the last retry with the error of that retry", async () => {
    const last = failure();
    const { attempt, outcome } = start([failure(), failure(), last]);
    await vi.runAllTimersAsync();
    expect(await outcome).toEqual({ error: last });
    expect(attempt).toHaveBeenCalledTimes(3);
  });

  it("is not sent again when that cannot help, or would mean waiting longer than the cap", async () => {
    for (const error of [failure({ isRetryable: false }), failure({ retryAfterMs: 61_000 }), new Error("a defect")]) {
      const { attempt, outcome } = start([error]);
      expect(await outcome).toEqual({ error });
      expect(attempt).toHaveBeenCalledTimes(1);
    }
    expect(vi.getTimerCount()).toBe(0);
  });

  it("waits no longer once it is aborted, and leaves no timer", async () => {
    const controller = new AbortController();
    const { attempt, outcome } = start([failure({ retryAfterMs: 5_000 })], { signal: () => controller.signal });
    await vi.advanceTimersByTimeAsync(1_000);
    controller.abort("stopped");
    expect(await outcome).toEqual({ error: "stopped" });
    expect(vi.getTimerCount()).toBe(0);
    expect(attempt).toHaveBeenCalledTimes(1);
  });
});
