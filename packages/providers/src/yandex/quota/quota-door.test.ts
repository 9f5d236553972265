import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { QuotaDoor, type Seat, type Ticket } from "./quota-door.ts";
import type { QuotaRefusal } from "./quota-refusal.ts";

const gauge = (allowed: number): QuotaRefusal => ({ id: "x.count", allowed, kind: "gauge" });
const perSecond: QuotaRefusal = { id: "xPerSecond.rate", allowed: 1, kind: "rate", window: "second" };

beforeEach(() => {
  vi.useFakeTimers();
  vi.spyOn(Math, "random").mockReturnValue(0);
});

afterEach(() => {
  // Nobody waits, so nothing is left that would keep a process alive.
  expect(vi.getTimerCount()).toBe(0);
  vi.restoreAllMocks();
  vi.useRealTimers();
});

/** Callers of one door: who is in, who was turned away. */
function callersOf(door: QuotaDoor) {
  const seats = new Map<string, Seat>();
  const turnedAway = new Map<string, unknown>();
  const tickets = new Map<string, Ticket>();
  return {
    seats,
    turnedAway,
    in: () => [...seats.keys()],
    async come(name: string, signal?: AbortSignal) {
      const ticket = tickets.get(name) ?? door.ticket();
      tickets.set(name, ticket);
      void door.enter(ticket, signal).then(
        (seat) => seats.set(name, seat),
        (error) => turnedAway.set(name, error),
      );
      await settled();
    },
    async refuse(name: string, refusal: QuotaRefusal) {
      seats.get(name)?.refused(refusal);
      seats.delete(name);
      await settled();
    },
    async end(name: string, isWell = true) {
      seats.get(name)?.leave(isWell);
      seats.delete(name);
      await settled();
    },
  };
}

async function settled(): Promise<void> {
  await vi.advanceTimersByTimeAsync(0);
}

describe("a full gauge", () => {
  /** a and b run; those who come now have to wait. */
  async function full(patienceMs?: number) {
    const callers = callersOf(new QuotaDoor(patienceMs));
    for (const name of ["a", "b", "c"]) await callers.come(name);
    await callers.refuse("c", gauge(2));
    return callers;
  }

  it("lets in who has waited longest as soon as one ends, and needs no clock for it", async () => {
    const callers = await full();
    await callers.come("d");
    await callers.come("e");
    await callers.come("c");
    expect(callers.in()).toEqual(["a", "b"]);
    await callers.end("a");
    expect(callers.in()).toEqual(["b", "c"]);
    await callers.end("b");
    await callers.end("c");
    expect(callers.in()).toEqual(["d", "e"]);
    await callers.end("d");
    await callers.end("e");
  });

  it("is left by whoever is aborted while waiting, and the place goes to the next", async () => {
    const callers = await full();
    const controller = new AbortController();
    await callers.come("c", controller.signal);
    await callers.come("d");
    controller.abort("enough");
    await settled();
    expect(callers.turnedAway.get("c")).toBe("enough");
    await callers.end("b");
    expect(callers.in()).toEqual(["a", "d"]);
    await callers.come("e", AbortSignal.abort("before"));
    expect(callers.turnedAway.get("e")).toBe("before");
  });

  it("counts a place once, however often it is left", async () => {
    const callers = await full();
    const seat = callers.seats.get("a");
    for (const name of ["c", "d", "e"]) await callers.come(name);
    seat?.leave(true);
    seat?.leave(true);
    seat?.refused(gauge(1));
    await settled();
    expect(callers.in()).toEqual(["a", "b", "c"]);
    for (const name of ["b", "c", "d", "e"]) await callers.end(name);
  });

  it("that others hold is tried by a growing clock, and given up with the quota's name when nothing moves", async () => {
    const callers = callersOf(new QuotaDoor(10_000));
    await callers.come("a");
    for (const ms of [500, 1_000, 2_000, 4_000]) {
      await callers.refuse("a", gauge(3));
      await callers.come("a");
      await vi.advanceTimersByTimeAsync(ms - 1);
      expect(callers.in()).toEqual([]);
      await vi.advanceTimersByTimeAsync(1);
      expect(callers.in()).toEqual(["a"]);
    }
    await callers.refuse("a", gauge(3));
    await callers.come("a");
    expect(callers.turnedAway.get("a")).toMatchObject({
      code: "rate-limited",
      isRetryable: true,
      message: expect.stringMatching(/no room .* in 8 s\. Its quota x\.count allows 3/),
      hint: expect.stringContaining("longestWaitMs"),
    });
  });

  it("is waited for as long as ours move, and ten minutes where none of them ends", async () => {
    const callers = await full(1_000);
    await callers.come("c");
    await vi.advanceTimersByTimeAsync(500_000);
    await callers.end("a");
    expect(callers.in()).toEqual(["b", "c"]);
    await callers.come("d");
    await vi.advanceTimersByTimeAsync(590_000);
    // The number is forgotten by now: it may be another one.
    expect(callers.in()).toEqual(["b", "c", "d"]);
    await callers.refuse("d", gauge(2));
    await callers.come("d");
    await vi.advanceTimersByTimeAsync(20_000);
    expect(callers.turnedAway.get("d")).toMatchObject({ code: "rate-limited" });
  });
});

describe("a quota of so many in a window", () => {
  it("of a second lets in one after another, however many wait and however long that takes", async () => {
    const callers = callersOf(new QuotaDoor(5_000));
    const names = Array.from({ length: 30 }, (_, index) => `caller ${index}`);
    for (const name of names.slice(0, 2)) await callers.come(name);
    await callers.refuse("caller 1", perSecond);
    await callers.end("caller 0");
    for (const name of names.slice(1)) await callers.come(name);
    const starts: number[] = [];
    for (const name of names.slice(1)) {
      while (callers.in().length === 0) await vi.advanceTimersByTimeAsync(10);
      expect(callers.in()).toEqual([name]);
      starts.push(performance.now());
      await callers.end(name);
    }
    const distances = starts.slice(1).map((start, index) => start - (starts[index] ?? 0));
    expect(Math.min(...distances)).toBeGreaterThanOrEqual(1_000);
    expect(callers.turnedAway.size).toBe(0);
  });

  it("is waited for as a whole where the window is a minute", async () => {
    const perMinute: QuotaRefusal = { id: "xPerMinute.rate", allowed: 2, kind: "rate", window: "minute" };
    const callers = callersOf(new QuotaDoor(undefined));
    for (const name of ["a", "b", "c"]) await callers.come(name);
    await callers.refuse("c", perMinute);
    for (const name of ["a", "b"]) await callers.end(name);
    await callers.come("c");
    await vi.advanceTimersByTimeAsync(60_000);
    expect(callers.in()).toEqual([]);
    await vi.advanceTimersByTimeAsync(3_000);
    expect(callers.in()).toEqual(["c"]);
    await callers.end("c");
  });

  it("is given up at once where the turn is known to come too late", async () => {
    const callers = callersOf(new QuotaDoor(100));
    await callers.come("a");
    await callers.come("b");
    await callers.refuse("b", perSecond);
    await callers.end("a");
    await callers.come("b");
    expect(callers.turnedAway.get("b")).toMatchObject({ code: "rate-limited", retryAfterMs: expect.any(Number) });
  });
});

it("A service that wants to be left alone is left alone by those who wait for room, though there is some", async () => {
  const door = new QuotaDoor(undefined);
  const callers = callersOf(door);
  for (const name of ["a", "b"]) await callers.come(name);
  await callers.refuse("b", gauge(1));
  await callers.come("b");
  door.rest(2_000);
  await callers.end("a", false);
  await vi.advanceTimersByTimeAsync(1_999);
  expect(callers.in()).toEqual([]);
  await vi.advanceTimersByTimeAsync(1);
  expect(callers.in()).toEqual(["b"]);
  await callers.end("b");
});
