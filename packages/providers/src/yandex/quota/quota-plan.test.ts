import { describe, expect, it } from "vitest";
import { ended, entered, newQuotaPlan, type QuotaPlan, refused, turnAt } from "./quota-plan.ts";
import type { QuotaRefusal } from "./quota-refusal.ts";

const random = 0;
const gauge = (allowed: number): QuotaRefusal => ({ id: "x.count", allowed, kind: "gauge" });
const perSecond = (allowed: number): QuotaRefusal => ({
  id: "xPerSecond.rate",
  allowed,
  kind: "rate",
  window: "second",
});

function enter(plan: QuotaPlan, times: number, now = 0): QuotaPlan {
  let next = plan;
  for (let each = 0; each < times; each++) next = entered(next, { now, random });
  return next;
}

function refuse(plan: QuotaPlan, refusal: QuotaRefusal, times = 1, at = { sentAt: 0, now: 10 }): QuotaPlan {
  let next = plan;
  for (let each = 0; each < times; each++) next = refused(next, refusal, { ...at, random });
  return next;
}

function end(plan: QuotaPlan, times: number, now = 20): QuotaPlan {
  let next = plan;
  for (let each = 0; each < times; each++) next = ended(next, { now, isWell: true });
  return next;
}

const now = Number.NEGATIVE_INFINITY;

describe("a quota of so many at once", () => {
  it("is not guessed: without a refusal everybody is let in", () => {
    expect(turnAt(enter(newQuotaPlan, 1000))).toBe(now);
  });

  it("is learned from the refusals of a burst, and a place is free when one ends", () => {
    const plan = refuse(enter(newQuotaPlan, 40), gauge(10), 30);
    expect(plan).toMatchObject({ running: 10, gauge: { limit: 10, allowed: 10 } });
    expect(turnAt(plan)).toBe(10 + 600_000);
    expect(turnAt(end(plan, 1))).toBe(now);
    expect(turnAt(enter(end(plan, 1), 1, 20))).toBeGreaterThan(20);
  });

  it("that others use up too is ours as far as ours were let in, and one more is tried by the clock", () => {
    const plan = refuse(enter(newQuotaPlan, 40), gauge(10), 35);
    expect(plan).toMatchObject({ running: 5, gauge: { limit: 5, refusals: 1 } });
    expect(turnAt(plan)).toBe(510);
  });

  it("that others have all of is tried by a clock that grows, one at a time", () => {
    let plan = refuse(enter(newQuotaPlan, 3), gauge(10), 3);
    const waits: number[] = [];
    for (let probe = 0; probe < 7; probe++) {
      const at = turnAt(plan);
      plan = entered(plan, { now: at, random });
      // While it is under way, nobody else is let in right behind it.
      expect(turnAt(plan)).toBeGreaterThan(at);
      plan = refused(plan, gauge(10), { sentAt: at, now: at + 1, random });
      waits.push(turnAt(plan) - at - 1);
    }
    expect(waits).toEqual([1000, 2000, 4000, 8000, 8000, 8000, 8000]);
  });

  it("comes back slowly: one more after each round that went well, never more than the service allows", () => {
    let plan = refuse(enter(newQuotaPlan, 5), gauge(4), 3);
    expect(plan.gauge?.limit).toBe(2);
    plan = end(plan, 2);
    expect(plan.gauge?.limit).toBe(3);
    plan = end(enter(plan, 3), 3);
    expect(plan.gauge?.limit).toBe(4);
    plan = end(enter(plan, 4), 4);
    expect(plan.gauge?.limit).toBe(4);
  });

  it("is forgotten ten minutes after the last refusal: it may be another one by then", () => {
    const plan = refuse(enter(newQuotaPlan, 40), gauge(10), 30);
    expect(turnAt(enter(end(plan, 5), 5))).toBe(600_010);
  });
});

describe("a quota of so many in a second", () => {
  it("lets in so many in each second, counted from those that were let in", () => {
    const plan = refuse(enter(newQuotaPlan, 15, 100), perSecond(10), 5, { sentAt: 100, now: 110 });
    expect(plan.starts).toHaveLength(10);
    expect(turnAt(plan)).toBe(1150);
    const next = enter(end(plan, 10, 500), 1, 1150);
    expect(turnAt(next)).toBe(1150);
    expect(turnAt(enter(next, 9, 1160))).toBe(2200);
  });

  it("that others use up is tried by a clock that grows, and begins anew after a success", () => {
    let plan = refuse(enter(newQuotaPlan, 1, 100), perSecond(10), 1, { sentAt: 100, now: 110 });
    expect(turnAt(plan)).toBe(610);
    plan = refuse(enter(plan, 1, 610), perSecond(10), 1, { sentAt: 610, now: 620 });
    expect(turnAt(plan)).toBe(1620);
    plan = end(enter(plan, 1, 1620), 1, 1700);
    plan = refuse(enter(plan, 1, 1800), perSecond(10), 1, { sentAt: 1800, now: 1810 });
    expect(turnAt(plan)).toBe(2310);
  });

  it("is waited for although the window has no name, and although another quota has room", () => {
    const unnamed: QuotaRefusal = { id: "x.rate", allowed: 1, kind: "rate", window: undefined };
    const plan = refuse(enter(newQuotaPlan, 1, 100), unnamed, 1, { sentAt: 100, now: 110 });
    expect(turnAt(plan)).toBe(610);
    const minute: QuotaRefusal = { id: "xPerMinute.rate", allowed: 2, kind: "rate", window: "minute" };
    const both = refuse(enter(newQuotaPlan, 4, 100), minute, 1, { sentAt: 100, now: 110 });
    expect(turnAt(refuse(both, gauge(9), 1, { sentAt: 100, now: 110 }))).toBeGreaterThan(60_000);
  });
});
