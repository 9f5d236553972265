import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  ended,
  entered,
  expectedTokens,
  foreseen,
  newRatePlan,
  outlookFrom,
  type RateLimits,
  type RatePlan,
  turnAt,
} from "./rate-plan.ts";

/** `input` is the truth; beforehand it is taken for `guessed`. `takesMs` from being sent to the end of the reply. */
type Call = { atMs: number; guessed: number; input: number; output: number; takesMs: number; isLost: boolean };
type Sent = Call & { sentAt: number; endedAt: number };

/** One after another in their order, each as soon as the plan lets it. `lateMs` is what timers add. */
function played(limits: RateLimits, calls: readonly Call[], lateMs = 0): Sent[] {
  let plan = newRatePlan;
  let now = 0;
  const all: Sent[] = [];
  const open: (Sent & { expected: { input: number; output: number } })[] = [];
  const endNext = () => {
    const next = open.toSorted((a, b) => a.endedAt - b.endedAt)[0];
    if (!next) throw new Error("It waits for ever.");
    open.splice(open.indexOf(next), 1);
    now = Math.max(now, next.endedAt);
    const { sentAt, expected, input, output, isLost } = next;
    plan = ended(plan, { sentAt, now, expected, outcome: { input, output, isWhole: !isLost } });
  };
  for (const call of calls) {
    const asked = { inputTokens: call.guessed };
    now = Math.max(now, call.atMs);
    for (;;) {
      const turn = turnAt(plan, limits, expectedTokens(plan, limits, asked));
      if (turn <= now) break;
      const firstEnd = Math.min(...open.map(({ endedAt }) => endedAt));
      if (firstEnd <= turn) endNext();
      else now = turn + lateMs;
    }
    const expected = expectedTokens(plan, limits, asked);
    plan = entered(plan, limits, expected, now);
    const sent = { ...call, sentAt: now, endedAt: now + call.takesMs };
    all.push(sent);
    open.push({ ...sent, expected });
  }
  return all;
}

/** The most that falls into any 60 s. */
function mostInAMinute(spent: readonly { at: number; amount: number }[]): number {
  const sums = spent.map(({ at: end }) =>
    spent.reduce((sum, { at, amount }) => (at <= end && at > end - 60_000 ? sum + amount : sum), 0),
  );
  return Math.max(0, ...sums);
}

const tokensOf = (sent: readonly Sent[]) =>
  sent.flatMap(({ sentAt, endedAt, input, output }) => [
    { at: sentAt, amount: input },
    { at: endedAt, amount: output },
  ]);

const arrivals = (most: { input: number; output: number }) =>
  fc
    .array(
      fc.record({
        afterMs: fc.oneof(fc.constant(0), fc.nat(5_000), fc.nat(90_000)),
        input: fc.integer({ min: 1, max: most.input }),
        // An estimate is good to about a third.
        guess: fc.double({ min: 0.76, max: 1.3, noNaN: true }),
        output: fc.integer({ min: 0, max: most.output }),
        takesMs: fc.oneof(fc.nat(2_000), fc.nat(150_000)),
        isLost: fc.boolean(),
      }),
      { maxLength: 60 },
    )
    .map((all): Call[] => {
      let atMs = 0;
      return all.map(({ afterMs, guess, ...rest }) => {
        atMs += afterMs;
        return { ...rest, atMs, guessed: Math.max(1, Math.ceil(rest.input * guess)) };
      });
    });

describe("a plan for limits a minute", () => {
  it("sends no more requests in any 60 s than the limit, however they come and however late timers are", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 300 }),
        arrivals({ input: 10, output: 10 }),
        fc.nat(80),
        (requestsPerMinute, calls, lateMs) => {
          const sent = played({ requestsPerMinute }, calls, lateMs);
          const most = mostInAMinute(sent.map(({ sentAt }) => ({ at: sentAt, amount: 1 })));
          expect(most).toBeLessThanOrEqual(requestsPerMinute);
        },
      ),
    );
  });

  it("spends no more tokens in any 60 s than the limit, as long as replies are no longer than expected", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 3_000, max: 30_000 }),
        arrivals({ input: 2_000, output: newRatePlan.usualOutput }),
        (tokensPerMinute, calls) => {
          // What is not whole teaches nothing, so that the first expectation stands.
          const sent = played(
            { tokensPerMinute },
            calls.map((call) => ({ ...call, isLost: true })),
          );
          expect(sent).toHaveLength(calls.length);
          expect(mostInAMinute(tokensOf(sent))).toBeLessThanOrEqual(tokensPerMinute);
        },
      ),
    );
  });

  it("never has more under way than `concurrency`, and keeps all limits together", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 8 }), arrivals({ input: 500, output: 900 }), (concurrency, calls) => {
        const sent = played({ concurrency, requestsPerMinute: 30, tokensPerMinute: 20_000 }, calls);
        for (const { sentAt } of sent) {
          const open = sent.filter((each) => each.sentAt <= sentAt && each.endedAt > sentAt);
          expect(open.length).toBeLessThanOrEqual(concurrency);
        }
        expect(mostInAMinute(sent.map(({ sentAt }) => ({ at: sentAt, amount: 1 })))).toBeLessThanOrEqual(30);
      }),
    );
  });

  it("sends all sooner or later, also what is the whole limit and replies that are longer than it", () => {
    fc.assert(
      fc.property(arrivals({ input: 1_000, output: 5_000 }), (calls) => {
        const asked = calls.map((call) => ({ ...call, guessed: Math.min(call.guessed, 1_000) }));
        expect(played({ tokensPerMinute: 1_000 }, asked)).toHaveLength(calls.length);
      }),
    );
  });

  it("forgets: what it knows does not grow with what was sent", () => {
    const calls = Array.from({ length: 5_000 }, (_, n) => call({ atMs: n * 20 }));
    let plan: RatePlan = newRatePlan;
    for (const { atMs } of calls) {
      plan = entered(plan, {}, { input: 10, output: 10 }, atMs);
      const outcome = { input: 12, output: 9, isWhole: true };
      plan = ended(plan, { sentAt: atMs, now: atMs + 7, expected: { input: 10, output: 10 }, outcome });
      expect(plan.spent.length).toBeLessThanOrEqual(63);
    }
    expect(plan).toMatchObject({ running: 0, expectedOutput: 0 });
  });
});

function call(changes: Partial<Call>): Call {
  return { atMs: 0, guessed: 100, input: 100, output: 50, takesMs: 500, isLost: false, ...changes };
}

const calls = (count: number, changes: Partial<Call> = {}) => Array.from({ length: count }, () => call(changes));
const sentAt = (sent: readonly Sent[]) => sent.map((each) => Math.round(each.sentAt));

describe("requests that come at once", () => {
  it("are spread over the minute, each a sixtieth and a bit after the one before, for 60 a minute", () => {
    const times = sentAt(played({ requestsPerMinute: 60 }, calls(61)));
    expect(times.slice(0, 4)).toEqual([0, 1_007, 2_023, 3_040]);
    expect(times[60]).toBeGreaterThan(60_000);
  });

  it("make up for late timers, so that a high limit is used up", () => {
    const sent = played({ requestsPerMinute: 60_000 }, calls(6_000), 3);
    expect(sent.at(-1)?.sentAt).toBeLessThan(6_300);
  });

  it("go on at the rate of the tokens once the minute's are spent, and a second apart at most before", () => {
    const times = sentAt(played({ tokensPerMinute: 5_000 }, calls(100, { input: 75, guessed: 75, output: 100 })));
    const distances = times.slice(1).map((time, index) => time - (times[index] ?? 0));
    expect(distances.slice(0, 3).every((ms) => ms <= 1_000)).toBe(true);
    // 175 tokens each: 28 a minute, and what is lost to the margins.
    expect(times.at(-1)).toBeGreaterThan(180_000);
    expect(times.at(-1)).toBeLessThan(270_000);
  });
});

describe("what is set aside for a request", () => {
  const limits = { tokensPerMinute: 10_000 };

  it("is its input with a third to spare, and the output of the longest replies of late, or less where it may not be so long", () => {
    expect(expectedTokens(newRatePlan, limits, { inputTokens: 300 })).toEqual({ input: 400, output: 1_000 });
    expect(expectedTokens(newRatePlan, limits, { inputTokens: 300, maxOutputTokens: 64 })).toMatchObject({
      output: 64,
    });
  });

  it("is never more than the limit, so that it is sent in the end", () => {
    expect(expectedTokens(newRatePlan, limits, { inputTokens: 9_900 })).toEqual({ input: 10_000, output: 0 });
    expect(expectedTokens(newRatePlan, limits, { inputTokens: 7_200 })).toEqual({ input: 9_600, output: 400 });
  });

  it("rises with one long reply and sinks with many short ones; replies that broke off say nothing", () => {
    const after = (plan: RatePlan, output: number, isWhole = true) => {
      const expected = { input: 10, output: 10 };
      const sent = entered(plan, limits, expected, 0);
      return ended(sent, { sentAt: 0, now: 1, expected, outcome: { input: 10, output, isWhole } });
    };
    expect(after(newRatePlan, 3_000).usualOutput).toBe(3_000);
    expect(after(newRatePlan, 0, false).usualOutput).toBe(1_000);
    let plan = after(newRatePlan, 3_000);
    for (let reply = 0; reply < 50; reply++) plan = after(plan, 40);
    expect(plan.usualOutput).toBeLessThan(60);
  });
});

describe("the usage that a reply tells", () => {
  const limits = { tokensPerMinute: 10_000 };
  const expected = { input: 8_000, output: 500 };
  const asked = { inputTokens: 3_000, maxOutputTokens: 0 };

  it.each([
    ["makes room at once where it is less than was expected", { input: 5_000, output: 100 }, Number.NEGATIVE_INFINITY],
    ["keeps the next one waiting, for as long as it counts, where it is more", { input: 5_900, output: 900 }, 62_000],
  ])("%s", (_, came, turn) => {
    const sent = entered(newRatePlan, limits, expected, 500);
    const plan = ended(sent, { sentAt: 500, now: 3_500, expected, outcome: { ...came, isWhole: true } });
    const at = turnAt({ ...plan, notBefore: Number.NEGATIVE_INFINITY }, limits, expectedTokens(plan, limits, asked));
    expect(at).toBe(turn);
  });
});

describe("the outlook of a queue", () => {
  it("is the time at which its last one is sent, where replies come at once and are as long as expected", () => {
    const limits = { requestsPerMinute: 20, tokensPerMinute: 4_000 };
    fc.assert(
      fc.property(arrivals({ input: 900, output: 0 }), (some) => {
        const all = some.map((each) => ({
          ...each,
          ...{ atMs: 0, takesMs: 0, isLost: true, input: Math.ceil((each.guessed * 4) / 3), output: 1_000 },
        }));
        let outlook = outlookFrom(newRatePlan, 0);
        for (const { guessed } of all) outlook = foreseen(outlook, limits, { inputTokens: guessed });
        const last = played(limits, all).at(-1)?.sentAt ?? 0;
        expect(outlook.at).toBe(last);
      }),
    );
  });
});
