import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Agent } from "../agent/agent.ts";
import type { LanguageModel, ModelBatches, ModelEvent } from "../ports/language-model.ts";
import { collect, question } from "../testing/ask-model.ts";
import { modelProtocolCases } from "../testing/model-protocol-cases.ts";
import { scriptedModel } from "../testing/scripted-model.ts";
import { fallback } from "./fallback.ts";
import { memoryOperations } from "./memory-operations.fake.ts";
import { type RateLimitOptions, rateLimited } from "./rate-limited.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  // Nobody waits, so nothing is left that would keep a process alive.
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

const settled = () => vi.advanceTimersByTimeAsync(0);
const usage = (inputTokens: number, outputTokens: number) => ({
  inputTokens,
  outputTokens,
  totalTokens: inputTokens + outputTokens,
});
const ask = (content: string) => ({ ...question(), messages: [{ role: "user" as const, content }] });

/** A model whose replies come when the test says so. `sent` is what it was asked, and when. */
function heldModel() {
  const sent: { name: string; at: number }[] = [];
  const replies = new Map<string, (ending: ModelEvent[] | Error) => void>();
  const model: LanguageModel = {
    provider: "held",
    modelId: "held",
    async *stream({ messages }, { signal } = {}) {
      const name = String(messages[0]?.role === "user" ? messages[0].content : "");
      sent.push({ name, at: performance.now() });
      const ending = new Promise<ModelEvent[] | Error>((resolve, reject) => {
        replies.set(name, resolve);
        signal?.addEventListener("abort", () => reject(signal.reason));
      });
      yield [{ type: "text-delta", text: "…" }];
      const last = await ending;
      if (last instanceof Error) throw last;
      yield last;
    },
  };
  return {
    model,
    sent,
    names: () => sent.map(({ name }) => name),
    async end(name: string, ending: ModelEvent[] | Error = [{ type: "finish", finishReason: "stop" }]) {
      replies.get(name)?.(ending);
      await settled();
    },
  };
}

/** Callers of one model, by name: what became of each. */
function callersOf(model: LanguageModel) {
  const outcomes = new Map<string, unknown>();
  return {
    outcomes,
    async come(name: string, signal?: AbortSignal) {
      void collect(model, ask(name), { ...(signal && { signal }) }).then(
        () => outcomes.set(name, "answered"),
        (error) => outcomes.set(name, error),
      );
      await settled();
    },
  };
}

function open(options: RateLimitOptions) {
  const held = heldModel();
  const model = rateLimited(held.model, options);
  return { ...held, ...callersOf(model), model };
}

describe("a model with a limit of requests at once", () => {
  it("lets in the next, in the order in which they came, as soon as one has ended, failed or been left", async () => {
    const { come, end, names, model, outcomes } = open({ concurrency: 2 });
    const leaving = model.stream(ask("left"))[Symbol.asyncIterator]();
    await leaving.next();
    for (const name of ["a", "b", "c", "d"]) await come(name);
    expect(names()).toEqual(["left", "a"]);
    await leaving.return?.();
    await settled();
    expect(names()).toEqual(["left", "a", "b"]);
    await end("a");
    await end("b", new Error("broken"));
    expect(names()).toEqual(["left", "a", "b", "c", "d"]);
    await end("c");
    await end("d");
    expect(Object.fromEntries(outcomes)).toEqual({
      a: "answered",
      b: expect.objectContaining({ message: "broken" }),
      c: "answered",
      d: "answered",
    });
  });

  it("frees the place at the finish, though nobody reads on, and once only", async () => {
    const { come, end, names, model } = open({ concurrency: 1 });
    const reading = model.stream(ask("first"))[Symbol.asyncIterator]();
    await reading.next();
    const last = reading.next();
    for (const name of ["a", "b"]) await come(name);
    await end("first");
    expect((await last).value).toEqual([{ type: "finish", finishReason: "stop" }]);
    await settled();
    expect(names()).toEqual(["first", "a"]);
    expect(await reading.next()).toEqual({ done: true, value: undefined });
    await reading.return?.();
    await settled();
    expect(names()).toEqual(["first", "a"]);
    await end("a");
    await end("b");
    expect(names()).toEqual(["first", "a", "b"]);
  });

  it("is left by whoever is aborted or leaves while waiting: the reason is thrown, and the next one takes the place", async () => {
    const { come, end, names, model, outcomes } = open({ concurrency: 1 });
    const stop = new AbortController();
    await come("a");
    await come("b", stop.signal);
    const leaving = model.stream(ask("c"))[Symbol.asyncIterator]();
    const waiting = leaving.next();
    await come("d");
    stop.abort("enough");
    await leaving.return?.();
    expect(await waiting).toEqual({ done: true, value: undefined });
    await settled();
    expect(outcomes.get("b")).toBe("enough");
    await come("e", AbortSignal.abort("early"));
    expect(outcomes.get("e")).toBe("early");
    await end("a");
    expect(names()).toEqual(["a", "d"]);
    await end("d");
  });

  it("is left while waiting by whoever wants nothing more to be sent, and what is on its way goes on", async () => {
    const { model, names, end } = open({ concurrency: 1 });
    const stopped = new AbortController();
    const untilSent = stopped.signal;
    const [onItsWay, waiting] = ["a", "b"].map((name) => collect(model, ask(name), { untilSent }));
    const refused = expect(waiting).rejects.toBe("closing");
    await settled();
    stopped.abort("closing");
    await refused;
    await expect(collect(model, ask("c"), { untilSent })).rejects.toBe("closing");
    await end("a");
    expect((await onItsWay)?.at(-1)).toMatchObject({ type: "finish" });
    expect(names()).toEqual(["a"]);
  });

  it("gives place and tokens back of whoever is aborted in the very moment in which it is let in", async () => {
    const { come, end, names, model, outcomes } = open({
      concurrency: 1,
      tokensPerMinute: 3_000,
      longestWaitMs: Number.POSITIVE_INFINITY,
    });
    const first = model.stream(ask("a"))[Symbol.asyncIterator]();
    await first.next();
    await vi.advanceTimersByTimeAsync(2_000);
    const stop = new AbortController();
    const [one, other] = ["one ".repeat(1_200), "two ".repeat(1_200)];
    await come(one, stop.signal);
    await come(other);
    void first.return?.();
    stop.abort("now");
    await vi.advanceTimersByTimeAsync(2_000);
    expect(names()).toEqual(["a", other]);
    expect([...outcomes.values()]).toEqual(["now"]);
    await end(other);
  });

  it("gives the place back where it is left just as it comes in", async () => {
    const { come, end, names, model } = open({ concurrency: 1 });
    const [first, second] = ["a", "b"].map((name) => model.stream(ask(name))[Symbol.asyncIterator]());
    await first?.next();
    const waiting = second?.next();
    await come("c");
    void first?.return?.();
    void second?.return?.();
    expect(await waiting).toEqual({ done: true, value: undefined });
    await settled();
    expect(names()).toEqual(["a", "c"]);
    await end("c");
  });
});

describe("a model with a limit of requests a minute", () => {
  it("spreads them, whoever asks: one limiter for all that use the wrapped model", async () => {
    const { model, sent, end } = open({ requestsPerMinute: 10 });
    const agents = ["one", "two"].map((name) => new Agent({ name, model }));
    const runs = Array.from({ length: 12 }, (_, n) => agents[n % 2]?.generate(`${n}`));
    for (let n = 0; n < 12; n++) {
      while (sent.length === n) await vi.advanceTimersByTimeAsync(10);
      await end(`${n}`);
    }
    await Promise.all(runs);
    const distances = sent.slice(1).map(({ at }, index) => at - (sent[index]?.at ?? 0));
    expect(Math.min(...distances)).toBeGreaterThanOrEqual(6_000);
    expect(Math.max(...distances)).toBeLessThanOrEqual(6_120);
  });

  it("lets a request through at once, without a timer, where there is room", async () => {
    const { come, end, names } = open({ requestsPerMinute: 60, tokensPerMinute: 10_000, concurrency: 4 });
    await come("a");
    expect(names()).toEqual(["a"]);
    expect(vi.getTimerCount()).toBe(0);
    await end("a");
  });

  it("says at once that a turn would come too late, and when there is room to wait again", async () => {
    const { come, names, outcomes, end } = open({ requestsPerMinute: 2, longestWaitMs: 40_000 });
    for (const name of ["a", "b", "c"]) await come(name);
    expect(outcomes.get("c")).toMatchObject({ code: "rate-limited", isRetryable: true });
    const { retryAfterMs = 0, advice } = outcomes.get("c") as { retryAfterMs?: number; advice: string };
    expect(advice).toMatch(/held:held .* in 61 s: it was not sent\. .*longestWaitMs/);
    await vi.advanceTimersByTimeAsync(retryAfterMs);
    await come("c");
    await vi.advanceTimersByTimeAsync(40_000);
    expect(names()).toEqual(["a", "b", "c"]);
    for (const name of names()) await end(name);
  });

  it("knows the turn of those that come when others have left the queue", async () => {
    const { come, names, outcomes, end } = open({ requestsPerMinute: 2, longestWaitMs: 40_000 });
    const stop = new AbortController();
    await come("a");
    await come("b", stop.signal);
    await come("c");
    expect(outcomes.get("c")).toMatchObject({ code: "rate-limited" });
    stop.abort("enough");
    await come("d");
    await vi.advanceTimersByTimeAsync(31_000);
    expect(names()).toEqual(["a", "d"]);
    for (const name of names()) await end(name);
  });

  it("is given up for the next model of a fallback where its turn is too late", async () => {
    const { model, come, end } = open({ requestsPerMinute: 1, longestWaitMs: 0 });
    await come("a");
    const other = scriptedModel([{ text: "I have time." }]);
    expect(JSON.stringify(await collect(fallback([model, other]), ask("b")))).toContain("I have time.");
    await end("a");
  });
});

describe("a model with a limit of tokens a minute", () => {
  const said = (inputTokens: number, outputTokens: number): ModelEvent[] => [
    { type: "finish", finishReason: "stop", usage: usage(inputTokens, outputTokens) },
  ];

  it("keeps a request waiting until what was read and written a minute ago counts no more", async () => {
    const { come, end, names } = open({ tokensPerMinute: 3_000 });
    await come("a");
    await end("a", said(1_500, 1_400));
    await come("b");
    await vi.advanceTimersByTimeAsync(59_000);
    expect(names()).toEqual(["a"]);
    await vi.advanceTimersByTimeAsync(4_000);
    expect(names()).toEqual(["a", "b"]);
    await end("b", said(10, 10));
  });

  it("learns from short replies that more of them have room, and waits while long ones are expected", async () => {
    const atOnce = async (limited: ReturnType<typeof open>, prefix: string) => {
      for (let n = 0; n < 8; n++) await limited.come(`${prefix}${n}`);
      await vi.advanceTimersByTimeAsync(10_000);
      return limited.names().filter((name) => name.startsWith(prefix)).length;
    };
    const limited = open({ tokensPerMinute: 5_000 });
    expect(await atOnce(limited, "first")).toBe(4);
    for (let n = 0; n < 8; n++) {
      await limited.end(`first${n}`, said(20, 30));
      await vi.advanceTimersByTimeAsync(2_000);
    }
    for (let n = 0; n < 30; n++) {
      await limited.come(`short${n}`);
      await limited.end(`short${n}`, said(20, 30));
      await vi.advanceTimersByTimeAsync(2_000);
    }
    await vi.advanceTimersByTimeAsync(70_000);
    expect(await atOnce(limited, "second")).toBe(8);
    for (let n = 0; n < 8; n++) await limited.end(`second${n}`);
  });

  it("counts what was said where the service tells no usage, and after a reply that broke off", async () => {
    const written = "x".repeat(9_000);
    const endings: ModelEvent[][] = [
      [
        { type: "text-delta", text: written },
        { type: "finish", finishReason: "stop" },
      ],
      [{ type: "tool-call", toolCallId: "1", toolName: "t", input: written }],
      [
        { type: "text-delta", text: written },
        { type: "finish", finishReason: "stop", usage: usage(Number.NaN, Number.NaN) },
      ],
    ];
    for (const ending of endings) {
      const { come, end, names } = open({ tokensPerMinute: 3_500 });
      await come("a");
      await end("a", ending);
      await come("b");
      await vi.advanceTimersByTimeAsync(50_000);
      expect(names()).toEqual(["a"]);
      await vi.advanceTimersByTimeAsync(13_000);
      expect(names()).toEqual(["a", "b"]);
      await end("b");
    }
  });

  it("refuses at once what is more than the limit itself, however long anybody would wait", async () => {
    const { come, names, outcomes, end } = open({ tokensPerMinute: 1_000, longestWaitMs: Number.POSITIVE_INFINITY });
    await come("word ".repeat(1_000));
    const [error] = outcomes.values();
    expect(error).toMatchObject({ code: "too-large", isRetryable: false });
    expect(error).toMatchObject({
      message: expect.stringMatching(/is about 1\d+ tokens, and tokensPerMinute is 1000/),
    });
    await come("short");
    expect(names()).toEqual(["short"]);
    await end("short");
  });
});

describe("what else a model can do", () => {
  it("is kept: name, abilities and prices, and batches as they are", async () => {
    const batches = { start: vi.fn() } as unknown as ModelBatches;
    const costOf = () => ({ RUB: 1 });
    const model: LanguageModel = { ...scriptedModel([]), abilities: { tools: false }, costOf, batches };
    expect(rateLimited(model, { requestsPerMinute: 1 })).toMatchObject({
      provider: "scripted",
      modelId: "scripted",
      abilities: { tools: false },
      costOf,
      batches,
      operations: undefined,
    });
  });

  it("waits its turn to submit an operation, and asks after one or calls it off at once", async () => {
    const operations = memoryOperations<ReturnType<typeof question>, ModelEvent[]>(["unfinished"], {});
    const limited = rateLimited({ ...scriptedModel([]), operations }, { requestsPerMinute: 60, concurrency: 1 });
    const submitted = [1, 2].map(() => limited.operations?.submit(question(), { key: crypto.randomUUID() }));
    const unwanted = new AbortController();
    const third = limited.operations?.submit(question(), { untilSent: unwanted.signal });
    unwanted.abort("unwanted");
    await expect(third).rejects.toBe("unwanted");
    await submitted[0];
    await limited.operations?.poll("op-1");
    await limited.operations?.cancel("op-1");
    expect(operations.asked).toEqual(["submit", "poll op-1", "cancel op-1"]);
    await vi.advanceTimersByTimeAsync(1_100);
    await submitted[1];
    expect(operations.asked).toHaveLength(4);
    expect(new Set(operations.keys).size).toBe(2);
  });
});

describe("limits that are none", () => {
  it.each([
    { requestsPerMinute: 0 },
    { requestsPerMinute: 0.5 },
    { tokensPerMinute: -1 },
    { tokensPerMinute: Number.POSITIVE_INFINITY },
    { concurrency: Number.NaN },
    { longestWaitMs: -1 },
    { longestWaitMs: Number.NaN },
  ])("are refused by name: %j", (options) => {
    const [name] = Object.keys(options);
    expect(() => rateLimited(scriptedModel([]), options)).toThrow(
      expect.objectContaining({
        code: "invalid-argument",
        message: expect.stringContaining(`${name} of rateLimited()`),
      }),
    );
  });
});

describe("a limited model keeps the rules of the port:", () => {
  const reply = { text: ["It is ", "open."], usage: usage(12, 3) };
  const limited = () =>
    rateLimited(
      scriptedModel(() => reply),
      { requestsPerMinute: 60_000, tokensPerMinute: 9_000 },
    );
  for (const { name, run } of modelProtocolCases(limited)) {
    it(name, async () => {
      const running = run();
      await vi.advanceTimersByTimeAsync(2_000);
      await running;
    });
  }
});
