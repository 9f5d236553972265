import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { BesedaError } from "../errors.ts";
import type { Operation } from "../ports/operation.ts";
import { memoryOperations, type Poll } from "./memory-operations.fake.ts";
import { throughOperation } from "./through-operation.ts";
import { waitForOperation } from "./wait-for-operation.ts";

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

const busy = new BesedaError("busy", { code: "unavailable", isRetryable: true });
const lost = new BesedaError("never heard of it", { code: "not-found" });

/** With the milliseconds that had passed. */
async function outcomeOf(promise: Promise<unknown>): Promise<{ value?: unknown; error?: unknown; after: number }> {
  const began = Date.now();
  const settled = promise.then(
    (value) => ({ value, after: Date.now() - began }),
    (error) => ({ error, after: Date.now() - began }),
  );
  await vi.runAllTimersAsync();
  return settled;
}

describe("waitForOperation()", () => {
  it("asks until it is done, ever more seldom, and gives the response", async () => {
    const polls: Poll<string>[] = [...Array<Poll<string>>(8).fill("unfinished"), { response: "here" }];
    const operations = memoryOperations(polls);
    const heard: Operation<string>[] = [];
    const waiting = waitForOperation(operations, "op-7", { pollMs: 100, onProgress: (each) => heard.push(each) });
    // 100 + 150 + 225 + 337.5 + 506.25 + 759.375, then 1,000 each
    expect(await outcomeOf(waiting)).toEqual({ value: "here", after: expect.closeTo(4_078, -1) });
    expect(heard.map(({ done }) => done)).toEqual([...Array(8).fill(false), true]);
    expect(new Set(operations.asked)).toEqual(new Set(["poll op-7"]));
  });

  it("throws the error of one that has failed at once, even one that another time might not come", async () => {
    const operations = memoryOperations([{ error: busy }]);
    expect(await outcomeOf(waitForOperation(operations, "op-1"))).toEqual({ error: busy, after: 0 });
    expect(operations.asked).toEqual(["poll op-1"]);
  });

  it("throws at once when the service has lost it, and when it came without a response", async () => {
    expect(await outcomeOf(waitForOperation(memoryOperations([{ fails: lost }]), "x"))).toEqual({
      error: lost,
      after: 0,
    });
    const empty = { poll: async (id: string) => ({ id, done: true }) };
    expect((await outcomeOf(waitForOperation(empty, "x"))).error).toMatchObject({ code: "bad-response" });
  });

  it("lives through failures of asking that may pass, but not through ten in a row", async () => {
    const failing = Array<Poll<string>>(9).fill({ fails: busy });
    const polls: Poll<string>[] = [...failing, "unfinished", ...failing, { response: "late" }];
    expect((await outcomeOf(waitForOperation(memoryOperations(polls), "x"))).value).toBe("late");
    const operations = memoryOperations([{ fails: busy }]);
    expect((await outcomeOf(waitForOperation(operations, "x"))).error).toBe(busy);
    expect(operations.asked).toHaveLength(10);
  });

  it("waits as long as the service asks it to", async () => {
    const slowDown = new BesedaError("slow down", { code: "rate-limited", isRetryable: true, retryAfterMs: 30_000 });
    const waiting = waitForOperation(memoryOperations([{ fails: slowDown }, { response: 1 }]), "x");
    expect(await outcomeOf(waiting)).toEqual({ value: 1, after: 30_000 });
  });

  it("throws the reason when it is stopped: before it asks, while it asks, and while it waits", async () => {
    const early = memoryOperations(["unfinished"]);
    expect((await outcomeOf(waitForOperation(early, "x", { signal: AbortSignal.abort("early") }))).error).toBe("early");
    expect(early.asked).toEqual([]);

    const asking = new AbortController();
    const poll = async (id: string) => {
      asking.abort("asking");
      return { id, done: false };
    };
    expect(await outcomeOf(waitForOperation({ poll }, "x", { signal: asking.signal }))).toEqual({
      error: "asking",
      after: 0,
    });

    const waiting = new AbortController();
    setTimeout(() => waiting.abort("waiting"), 2_000);
    const never = waitForOperation(memoryOperations(["unfinished"]), "x", { signal: waiting.signal });
    expect(await outcomeOf(never)).toEqual({ error: "waiting", after: 2_000 });
  });

  it("is not begun with a time between two questions that is none", async () => {
    for (const pollMs of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
      const operations = memoryOperations<string, string>([{ response: "here" }]);
      const refused = { error: expect.objectContaining({ code: "invalid-argument" }), after: 0 };
      expect(await outcomeOf(waitForOperation(operations, "x", { pollMs }))).toEqual(refused);
      expect(await outcomeOf(throughOperation(operations, "?", { pollMs }))).toEqual(refused);
      expect(operations.asked).toEqual([]);
    }
  });

  it("does not take a mistake of the watcher for one of the service", async () => {
    const operations = memoryOperations(["unfinished"]);
    const onProgress = () => {
      throw busy;
    };
    expect((await outcomeOf(waitForOperation(operations, "x", { onProgress }))).error).toBe(busy);
    expect(operations.asked).toHaveLength(1);
  });
});

describe("throughOperation()", () => {
  it("tells the id before it asks for the first time", async () => {
    const operations = memoryOperations<string, string>([{ response: "here" }]);
    const seen: unknown[] = [];
    const onProgress = ({ id, done }: Operation<string>) => seen.push({ id, done, asked: [...operations.asked] });
    expect((await outcomeOf(throughOperation(operations, "?", { onProgress }))).value).toBe("here");
    expect(seen).toEqual([
      { id: "op-1", done: false, asked: ["submit"] },
      { id: "op-1", done: true, asked: ["submit", "poll op-1"] },
    ]);
    expect(operations.keys).toEqual([expect.stringMatching(/^[\w-]{36}$/)]);
  });

  it("calls off what it cannot ask after any more, and leaves alone what is done or lost", async () => {
    const unreachable = memoryOperations([{ fails: busy }]);
    expect((await outcomeOf(throughOperation(unreachable, "?"))).error).toBe(busy);
    expect(unreachable.asked.filter((each) => each.startsWith("cancel"))).toEqual(["cancel op-1"]);
    for (const poll of [{ error: busy }, { fails: lost }]) {
      const operations = memoryOperations([poll]);
      await outcomeOf(throughOperation(operations, "?"));
      expect(operations.asked).toEqual(["submit", "poll op-1"]);
    }
  });
});
