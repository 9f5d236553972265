import { describe, expect, it } from "vitest";
import { isOver, lasting, lettingIn, type PausePlan, turnOf } from "./plan-pause.ts";

const fresh: PausePlan = { liftsAt: -1, nextAt: -1, letIn: 0 };

/** When these many are let in, each by a timer that is so late. */
function turns(start: PausePlan, count: number, lateMs = 0): number[] {
  let plan = start;
  return Array.from({ length: count }, () => {
    const at = turnOf(plan, 0) + lateMs;
    plan = lettingIn(plan, at);
    return at;
  });
}

describe("after a pause", () => {
  it("two are let in within the first 100 ms, then more and more: 50 in 0.7 s, 1,000 in 3.2 s", () => {
    const times = turns(lasting(fresh, 5_000), 1_000);
    const within = (ms: number) => times.filter((at) => at <= 5_000 + ms).length;
    expect(times[0]).toBe(5_000);
    expect([100, 200, 400, 700, 3_162].map(within)).toEqual([2, 5, 17, 50, 1_000]);
    const distances = times.slice(1).map((at, index) => at - (times[index] as number));
    expect(distances).toEqual(distances.toSorted((a, b) => b - a));
  });

  it("everybody in the queue knows the turn that it will have", () => {
    const plan = lettingIn(lasting(fresh, 5_000), 5_000);
    const times = turns(plan, 50);
    expect(times.map((_, ahead) => Math.round(turnOf(plan, ahead)))).toEqual(times.map(Math.round));
  });

  it("late timers do not make a crowd", () => {
    const [first = 0, second = 0, third = 0] = turns(lasting(fresh, 5_000), 3, 300);
    expect(second - first).toBeGreaterThanOrEqual(100);
    expect(third - second).toBeGreaterThanOrEqual(41);
  });

  it("another one begins the count anew, and whoever was let in last keeps its distance", () => {
    const crowded = lettingIn(lettingIn(lasting(fresh, 5_000), 5_000), 5_100);
    expect(lasting(crowded, 9_000)).toEqual({ liftsAt: 9_000, nextAt: 9_000, letIn: 0 });
    expect(turns(lasting(crowded, 5_101), 3).map((at) => at - crowded.nextAt)).toEqual([
      0,
      100,
      expect.closeTo(141, 0),
    ]);
  });

  it("of a second nobody needs to keep a distance any more", () => {
    const plan = lasting(fresh, 5_000);
    expect([4_999, 5_999, 6_000].map((now) => isOver(plan, now))).toEqual([false, false, true]);
  });
});
