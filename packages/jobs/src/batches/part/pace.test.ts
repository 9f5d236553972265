import { BesedaError } from "@beseda/core";
import { describe, expect, it } from "vitest";
import { concernsAll, mayPass, Pace } from "./pace.ts";

const refusal = (retryAfterMs?: number) =>
  new BesedaError("Too many requests.", { code: "rate-limited", isRetryable: true, retryAfterMs });

describe("the pace of a batch", () => {
  it("is halved by a refusal, and what was begun before that counts no more", () => {
    const pace = new Pace(16);
    for (let row = 0; row < 10; row++) pace.refused(refusal(), 0, 100 + row);
    expect(pace.limit).toBe(8);
    pace.refused(refusal(), 200, 300);
    expect(pace.limit).toBe(4);
    for (let row = 0; row < 10; row++) pace.refused(refusal(), 400 + row * 100, 450 + row * 100);
    expect(pace.limit).toBe(1);
  });

  it("grows by one row after a while of answers, up to what was asked for", () => {
    const pace = new Pace(4);
    pace.refused(refusal(), 0, 0);
    expect(pace.limit).toBe(2);
    for (let answer = 0; answer < 16; answer++) pace.answered();
    expect(pace.limit).toBe(3);
    for (let answer = 0; answer < 1_000; answer++) pace.answered();
    expect(pace.limit).toBe(4);
  });

  it("is given another end: at once where the service bears it, otherwise as it has grown by then", () => {
    const pace = new Pace(4);
    pace.limitTo(8);
    expect(pace.limit).toBe(8);
    pace.refused(refusal(), 0, 0);
    pace.limitTo(16);
    expect(pace.limit).toBe(4);
    pace.limitTo(2);
    expect(pace.limit).toBe(2);
    for (let answer = 0; answer < 1_000; answer++) pace.answered();
    expect(pace.limit).toBe(2);
  });

  it("leaves the service alone for as long as it asks, and longer and longer where it does not say", () => {
    const pace = new Pace(16);
    pace.refused(refusal(5_000), 0, 1_000);
    expect(pace.pauseMs(1_000)).toBe(5_000);
    expect(pace.pauseMs(6_500)).toBe(0);
    const silent = new Pace(16);
    const pauses = [0, 1, 2, 3].map((nth) => {
      silent.refused(refusal(), nth * 100_000 + 1, nth * 100_000 + 2);
      return silent.pauseMs(nth * 100_000 + 2);
    });
    expect(pauses).toEqual([1_000, 2_000, 4_000, 8_000]);
  });

  it("leaves a service alone and says so, though it asks for longer than there are dates", () => {
    const pace = new Pace(16);
    pace.refused(refusal(1e17), 0);
    expect(pace.pauseMs()).toBeGreaterThan(1e16);
    expect(pace.problem).toContain("Too many requests.");
  });

  it("tells what may pass from what concerns every row", () => {
    expect(mayPass(refusal())).toBe(true);
    expect(mayPass(new BesedaError("No.", { code: "rejected" }))).toBe(false);
    expect(mayPass(new Error("A defect."))).toBe(false);
    const usedUp = new BesedaError("You have no money left.", { code: "rate-limited" });
    expect(concernsAll(usedUp, { finished: 5 })).toBe(true);
    expect(concernsAll(refusal(), { finished: 5 })).toBe(false);
    const noModel = new BesedaError("There is no such model.", { code: "not-found" });
    expect([0, 1].map((finished) => concernsAll(noModel, { finished }))).toEqual([true, false]);
  });
});
