import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { BesedaError } from "../errors.ts";
import type { Guard } from "./guard.ts";
import { type RetriedCall, retrying } from "./retry.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

let services = 0;

/** A service that refuses what comes before it opens, and its ledger. */
function limitedService(openMs: number, retryAfterMs: number | undefined = openMs) {
  const url = `https://limited-${++services}.test/v1/chat`;
  const openAt = performance.now() + openMs;
  const ledger: number[] = [];
  const ask = async () => {
    ledger.push(performance.now());
    if (performance.now() >= openAt) return "fine";
    throw new BesedaError("slow down", { code: "rate-limited", status: 429, isRetryable: true, retryAfterMs });
  };
  const call = (more: Partial<RetriedCall> = {}) =>
    retrying(ask, { url, headers: { authorization: "Bearer sk-one" }, ...more }).then(
      (value) => value,
      (error: unknown) => error,
    );
  return { openAt, ledger, call, url };
}

const minuteMs = 60_000;

describe("a service that asks one caller to wait", () => {
  it("is asked by nobody until then, and by no more than two in the first 100 ms after it, though 50 wait", async () => {
    const { openAt, ledger, call } = limitedService(10_000);
    const answers = Array.from({ length: 50 }, () => call());
    await vi.advanceTimersByTimeAsync(5_000);
    answers.push(call());
    await vi.advanceTimersByTimeAsync(20_000);
    expect(await Promise.all(answers)).toEqual(Array(51).fill("fine"));
    const after = ledger.slice(50);
    const first = after[0] ?? 0;
    expect(after).toHaveLength(51);
    expect(first).toBeGreaterThanOrEqual(openAt);
    expect(first).toBeLessThanOrEqual(openAt + 1_000);
    expect(after.filter((at) => at < first + 100).length).toBeLessThanOrEqual(2);
    expect(after.filter((at) => at < first + 1_000)).toHaveLength(51);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("goes on waiting where the first that are let in are refused again: the others have not been sent", async () => {
    const { openAt, ledger, call } = limitedService(3_000, 1_000);
    const answers = Array.from({ length: 20 }, () => call({ retry: { retries: 3 } }));
    await vi.advanceTimersByTimeAsync(20_000);
    expect(new Set(await Promise.all(answers))).toEqual(new Set(["fine"]));
    const refused = ledger.filter((at) => at < openAt);
    expect(refused).toHaveLength(20 + 2);
    expect(new Set(ledger.slice(20, 22).map((at) => Math.floor((at - openAt) / 1_000)))).toEqual(new Set([-2, -1]));
  });

  it("turns away at once, unasked, whoever cannot wait that long, with the time that is left", async () => {
    const { ledger, call } = limitedService(30_000);
    const patient = call();
    await vi.advanceTimersByTimeAsync(10_000);
    const error = await call({ retry: { longestWaitMs: 15_000 } });
    expect(error).toMatchObject({ code: "rate-limited", status: 429, isRetryable: true, hint: expect.any(String) });
    const { retryAfterMs = 0, message } = error as BesedaError;
    expect(retryAfterMs).toBeGreaterThanOrEqual(20_000);
    // A twentieth more, and one who is let in before.
    expect(retryAfterMs).toBeLessThanOrEqual(21_600);
    expect(message).toMatch(
      /^https:\/\/limited-\d+\.test asked to be left alone for another 2[0-2] s: nothing was sent/,
    );
    expect(ledger).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(minuteMs);
    expect(await patient).toBe("fine");
  });

  it("turns those away who wait, as soon as the pause grows beyond their limit", async () => {
    const { ledger, call } = limitedService(30_000, 5_000);
    const first = call({ retry: { retries: 9 } });
    await vi.advanceTimersByTimeAsync(1_000);
    const hurried = call({ retry: { longestWaitMs: 6_000 } });
    await vi.advanceTimersByTimeAsync(5_000);
    expect(await hurried).toMatchObject({ code: "rate-limited", retryAfterMs: expect.any(Number) });
    expect(ledger).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(minuteMs);
    expect(await first).toBe("fine");
  });

  it("gives the error itself to the caller that was asked to wait too long, and has the others wait for it", async () => {
    const { ledger, call } = limitedService(3_600_000);
    expect(await call()).toMatchObject({ message: "slow down", retryAfterMs: 3_600_000 });
    expect(await call()).toMatchObject({ message: expect.stringContaining("nothing was sent") });
    expect(ledger).toHaveLength(1);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("is left by a caller whose signal is aborted, without a trace", async () => {
    const { ledger, call } = limitedService(30_000);
    const controller = new AbortController();
    const leaving = call({ signal: () => controller.signal });
    await vi.advanceTimersByTimeAsync(1_000);
    expect(vi.getTimerCount()).toBe(1);
    controller.abort("enough");
    expect(await leaving).toBe("enough");
    expect(vi.getTimerCount()).toBe(0);
    expect(await call({ signal: () => controller.signal })).toBe("enough");
    expect(ledger).toHaveLength(1);
  });

  it("is asked meanwhile by those with another key, and other services by those with the same", async () => {
    const busy = limitedService(30_000);
    const waiting = busy.call();
    await vi.advanceTimersByTimeAsync(1_000);
    const ask = async () => "fine";
    const other = { authorization: "Bearer sk-other" };
    expect(await retrying(ask, { url: busy.url, headers: other })).toBe("fine");
    expect(await retrying(ask, { url: "https://elsewhere.test", headers: { authorization: "Bearer sk-one" } })).toBe(
      "fine",
    );
    let isIn = false;
    const samePath = retrying(ask, { url: `${busy.url}/other`, headers: { authorization: "Bearer sk-one" } });
    void samePath.then(() => {
      isIn = true;
    });
    await vi.advanceTimersByTimeAsync(28_000);
    expect(isIn).toBe(false);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(await Promise.all([waiting, samePath])).toEqual(["fine", "fine"]);
  });

  it("is asked meanwhile by those with another guard, which brings other credentials, and not by those with the same", async () => {
    const newGuard = (): Guard => ({ begin: () => ({ admit: () => ({}), failed: (error) => ({ error }), end() {} }) });
    const guard = newGuard();
    const busy = limitedService(30_000);
    const waiting = busy.call({ guard, headers: { "idempotency-key": "the first of them" } });
    await vi.advanceTimersByTimeAsync(1_000);
    expect(await retrying(async () => "fine", { url: busy.url, guard: newGuard() })).toBe("fine");
    const same = busy.call({ guard, headers: { "idempotency-key": "another one" } });
    await vi.advanceTimersByTimeAsync(28_000);
    expect(busy.ledger).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(await Promise.all([waiting, same])).toEqual(["fine", "fine"]);
  });

  it("may ask to wait 0 ms, 50 of its callers at once: they come back at a distance all the same", async () => {
    const { ledger, call } = limitedService(1, 0);
    const answers = Array.from({ length: 50 }, () => call());
    await vi.advanceTimersByTimeAsync(20_000);
    expect(new Set(await Promise.all(answers))).toEqual(new Set(["fine"]));
    const after = ledger.slice(50);
    const first = after[0] ?? 0;
    expect(after.filter((at) => at < first + 100).length).toBeLessThanOrEqual(2);
  });

  it("is waited for longer than the 24.8 days that a timer can count, where the caller has the patience", async () => {
    const { ledger, call } = limitedService(40 * 86_400_000);
    const waiting = call({ retry: { longestWaitMs: Number.POSITIVE_INFINITY } });
    await vi.advanceTimersByTimeAsync(39 * 86_400_000);
    expect(ledger).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(4 * 86_400_000);
    expect(await waiting).toBe("fine");
  });
});
