import { BesedaError } from "@beseda/core";
import { afterEach, describe, expect, it, vi } from "vitest";
import { RowSlots } from "./slots.ts";

afterEach(() => {
  vi.useRealTimers();
});

/** Whether it has come true by now. */
async function isIn(place: Promise<boolean>): Promise<boolean> {
  return Promise.race([place, new Promise<boolean>((resolve) => setImmediate(resolve, false))]);
}

describe("the places for rows", () => {
  it("are shared by the parts of a batch, and the first part goes first", async () => {
    const slots = new RowSlots(2);
    const [first, second, third] = [slots.seat(1), slots.seat(2), slots.seat(3)];
    expect([await second.take(), await second.take()]).toEqual([true, true]);
    const later = third.take();
    const sooner = first.take();
    expect([await isIn(later), await isIn(sooner)]).toEqual([false, false]);
    second.release();
    expect([await isIn(later), await isIn(sooner)]).toEqual([false, true]);
    second.release();
    expect(await later).toBe(true);
  });

  it("are waited for without haste where the service wants to be left alone for longer than Node can count", async () => {
    vi.useFakeTimers();
    const slots = new RowSlots(2);
    const month = new BesedaError("Later.", { code: "rate-limited", isRetryable: true, retryAfterMs: 30 * 86_400_000 });
    slots.pace.refused(month, performance.now());
    const place = slots.seat(1).take();
    const setTimer = vi.spyOn(globalThis, "setTimeout");
    await vi.advanceTimersByTimeAsync(29 * 86_400_000);
    expect(setTimer.mock.calls.length).toBeLessThan(3);
    await vi.advanceTimersByTimeAsync(86_400_001);
    expect(await place).toBe(true);
  });

  it("are all given to a row that is to be alone", async () => {
    const slots = new RowSlots(4);
    const [first, second] = [slots.seat(1), slots.seat(2)];
    await second.take();
    const alone = first.take({ isAlone: true });
    const other = second.take();
    expect([await isIn(alone), await isIn(other)]).toEqual([false, false]);
    second.release();
    expect([await isIn(alone), await isIn(other)]).toEqual([true, false]);
    first.release();
    expect(await other).toBe(true);
  });

  it("are free again after the pause that a service has asked for", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
    const slots = new RowSlots(4);
    slots.pace.refused(new BesedaError("Wait.", { code: "rate-limited", retryAfterMs: 5_000 }), performance.now());
    const place = slots.seat(1).take();
    await vi.advanceTimersByTimeAsync(4_900);
    expect(await isIn(place)).toBe(false);
    await vi.advanceTimersByTimeAsync(200);
    expect(await isIn(place)).toBe(true);
  });

  it("are not waited for by a part that has come to an end", async () => {
    const slots = new RowSlots(1);
    const [first, second] = [slots.seat(1), slots.seat(2)];
    await first.take();
    const place = second.take();
    second.close();
    expect(await place).toBe(false);
    expect(await second.take()).toBe(false);
  });
});
