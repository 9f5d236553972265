import { afterEach, describe, expect, it, vi } from "vitest";
import { BesedaError, type ErrorCode } from "../errors.ts";
import type { LanguageModel } from "../ports/language-model.ts";
import { collect, question, textIn } from "../testing/ask-model.ts";
import { languageModelCases } from "../testing/language-model-cases.ts";
import { type ScriptedReply, scriptedModel } from "../testing/scripted-model.ts";
import { fallback } from "./fallback.ts";

afterEach(() => {
  vi.useRealTimers();
});

const failing = (code: ErrorCode, details = {}) =>
  scriptedModel(() => ({ error: new BesedaError(`It is ${code}.`, { code, ...details }) }));

for (const [place, wrap] of [
  ["its first model", (model: LanguageModel) => fallback([model, scriptedModel([])])],
  ["its second model", (model: LanguageModel) => fallback([failing("unavailable"), model])],
] as const) {
  describe(`fallback() is a LanguageModel through ${place}:`, () => {
    const answering = (replies: readonly ScriptedReply[]) => wrap(scriptedModel(replies));
    for (const { name, run } of languageModelCases({ answering })) it(name, run);
  });
}

describe("fallback()", () => {
  it.each<ErrorCode>([
    "unavailable",
    "rate-limited",
    "timeout",
    "bad-response",
    "unauthorized",
    "missing-setting",
    "not-found",
    "too-large",
    "unsupported",
    "internal",
  ])("asks the next model where one is %s", async (code) => {
    const events = await collect(fallback([failing(code), failing(code), scriptedModel([{ text: "Here." }])]));
    expect(textIn(events)).toBe("Here.");
  });

  it.each<ErrorCode>(["rejected", "invalid-argument", "aborted", "tool-loop"])(
    "does not where the others would fare no better: %s",
    async (code) => {
      const second = scriptedModel(() => ({ text: "Here." }));
      await expect(collect(fallback([failing(code), second]))).rejects.toMatchObject({
        code,
        message: `It is ${code}.`,
      });
      expect(second.requests).toEqual([]);
    },
  );

  it("asks the next where something that is no error of ours was thrown, even before there is an iterator", async () => {
    const thrower: LanguageModel = {
      provider: "p",
      modelId: "m",
      stream() {
        throw new TypeError("defect");
      },
    };
    const odd = scriptedModel([{ error: "a string" }]);
    expect(textIn(await collect(fallback([thrower, odd, scriptedModel([{ text: "Here." }])])))).toBe("Here.");
  });

  it("never asks the next after something was shown", async () => {
    const error = new BesedaError("overloaded", { code: "unavailable" });
    const second = scriptedModel([]);
    const shown: string[] = [];
    await expect(
      (async () => {
        for await (const events of fallback([scriptedModel([{ text: "Half", error }]), second]).stream(question())) {
          shown.push(textIn(events));
        }
      })(),
    ).rejects.toBe(error);
    expect(shown).toEqual(["Half"]);
    expect(second.requests).toEqual([]);
  });

  it("never asks the next after the caller has stopped", async () => {
    const stop = new AbortController();
    const first: LanguageModel = {
      provider: "p",
      modelId: "m",
      async *stream() {
        stop.abort(new Error("enough"));
        yield await Promise.reject(new BesedaError("broken off", { code: "unavailable" }));
      },
    };
    const second = scriptedModel([]);
    await expect(collect(fallback([first, second]), question(), { signal: stop.signal })).rejects.toThrow();
    expect(second.requests).toEqual([]);
  });

  it("gives up a silent model in time for the next, though it does not listen", async () => {
    vi.useFakeTimers();
    const returned = vi.fn();
    let signal: AbortSignal | undefined;
    const deaf: LanguageModel = {
      provider: "acme",
      modelId: "deaf",
      stream(_request, options) {
        signal = options?.signal;
        return {
          [Symbol.asyncIterator]: () => ({ next: () => new Promise<never>(() => {}), return: returned }),
        };
      },
    };
    const onFallback = vi.fn();
    const second = scriptedModel([{ text: "Here." }]);
    const reply = collect(fallback([deaf, second], { onFallback }));
    await vi.advanceTimersByTimeAsync(29_999);
    expect(second.requests).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(textIn(await reply)).toBe("Here.");
    expect(signal?.aborted).toBe(true);
    expect(returned).toHaveBeenCalledOnce();
    expect(onFallback).toHaveBeenCalledExactlyOnceWith({
      failed: deaf,
      next: second,
      error: expect.objectContaining({ code: "timeout", message: "acme:deaf sent nothing for 30000 ms." }),
    });
    expect(vi.getTimerCount()).toBe(0);
  });

  it("does not hurry a model whose replies come whole: it may be silent for long", async () => {
    vi.useFakeTimers();
    const slow: LanguageModel = {
      ...scriptedModel([]),
      abilities: { streams: false },
      async *stream() {
        await new Promise((resolve) => setTimeout(resolve, 60_000));
        yield [
          { type: "text-delta", text: "at last" },
          { type: "finish", finishReason: "stop" },
        ];
      },
    };
    const reply = collect(fallback([slow, scriptedModel([])], { firstEventMs: 10 }), question());
    await vi.advanceTimersByTimeAsync(60_000);
    expect(textIn(await reply)).toBe("at last");
  });

  it("leaves the last model, and a reply in one piece, the time that the agent gives them", async () => {
    vi.useFakeTimers();
    const models = fallback([failing("unavailable"), scriptedModel([{ hangs: true }])], { firstEventMs: 5 });
    for (const options of [{}, { streamed: false }]) {
      const stop = new AbortController();
      const model = "streamed" in options ? fallback([scriptedModel([{ hangs: true }]), models]) : models;
      const outcome = collect(model, question(), { ...options, signal: stop.signal }).catch((error) => error);
      await vi.advanceTimersByTimeAsync(600_000);
      stop.abort("the agent's limit");
      expect(await outcome).toBe("the agent's limit");
    }
  });

  it("does not hurry a model that has begun to answer", async () => {
    vi.useFakeTimers();
    const slow: LanguageModel = {
      provider: "p",
      modelId: "m",
      async *stream() {
        yield [{ type: "text-delta", text: "Wait" }];
        await new Promise((resolve) => setTimeout(resolve, 60_000));
        yield [{ type: "finish", finishReason: "stop" }];
      },
    };
    const reply = fallback([slow, scriptedModel([])], { firstEventMs: 10 })
      .stream(question())
      [Symbol.asyncIterator]();
    await reply.next();
    expect(vi.getTimerCount()).toBe(0);
    const last = reply.next();
    await vi.advanceTimersByTimeAsync(60_000);
    expect((await last).value).toEqual([{ type: "finish", finishReason: "stop" }]);
  });

  it("tells what each model said when all have failed", async () => {
    const models = fallback([
      failing("rate-limited", { retryAfterMs: 9_000, isRetryable: true }),
      failing("unauthorized", { hint: "Check the key." }),
      failing("unavailable", { retryAfterMs: 5_000, status: 503 }),
    ]);
    const error = await collect(models).catch((thrown) => thrown);
    expect(error).toMatchObject({
      code: "unavailable",
      isRetryable: true,
      retryAfterMs: 5_000,
      status: 503,
      message:
        "None of 3 models could answer. scripted:scripted: It is rate-limited. " +
        "scripted:scripted: It is unauthorized. Check the key. scripted:scripted: It is unavailable.",
    });
    expect(error.cause.errors.map(({ code }: BesedaError) => code)).toEqual([
      "rate-limited",
      "unauthorized",
      "unavailable",
    ]);
  });

  it("can do what all of its models can", () => {
    const model = scriptedModel([]);
    const able = (abilities: LanguageModel["abilities"]) => ({ ...model, abilities });
    const of = (...models: LanguageModel[]) => fallback(models).abilities;
    expect(of(able({ outputSchema: "always" }))).toMatchObject({ tools: true, outputSchema: "always" });
    expect(of(able({ outputSchema: "always" }), able({ outputSchema: "without-tools" }))).toMatchObject({
      tools: true,
      outputSchema: "without-tools",
    });
    expect(of(able({ outputSchema: "always" }), able({ tools: false }))).toMatchObject({
      tools: false,
      outputSchema: "never",
    });
  });

  it("is called after its models, and needs at least one", () => {
    const named = (modelId: string) => ({ ...scriptedModel([]), modelId });
    expect(fallback([named("big"), named("small")])).toMatchObject({ provider: "fallback", modelId: "big,small" });
    expect(() => fallback([])).toThrow(expect.objectContaining({ code: "invalid-argument" }));
  });

  it("asks nobody when the caller has stopped before", async () => {
    const model = scriptedModel([]);
    await collect(fallback([model]), question(), { signal: AbortSignal.abort() }).catch(() => {});
    expect(model.requests).toEqual([]);
  });

  it("lets a reader leave in the middle of an answer, and says nothing more", async () => {
    const returned = vi.fn();
    const endless: LanguageModel = {
      provider: "p",
      modelId: "m",
      stream: () => ({
        [Symbol.asyncIterator]: () => ({
          next: async () => ({ done: false, value: [{ type: "text-delta", text: "on" }] }),
          return: returned,
        }),
      }),
    };
    const reply = fallback([endless]).stream(question())[Symbol.asyncIterator]();
    await reply.next();
    await reply.return?.();
    expect(returned).toHaveBeenCalledOnce();
    expect(await reply.next()).toEqual({ done: true, value: undefined });
  });

  it("lets a reader leave while it waits, and stays done after an error", async () => {
    let signal: AbortSignal | undefined;
    const hanging = scriptedModel([{ hangs: true }]);
    const seen: LanguageModel = {
      ...hanging,
      stream(request, options) {
        signal = options?.signal;
        return hanging.stream(request, options);
      },
    };
    const left = fallback([seen, scriptedModel([])])
      .stream(question())
      [Symbol.asyncIterator]();
    const waiting = left.next();
    await left.return?.();
    expect(await waiting).toEqual({ done: true, value: undefined });
    expect(signal?.aborted).toBe(true);
    const failed = fallback([failing("rejected")])
      .stream(question())
      [Symbol.asyncIterator]();
    const both = await Promise.allSettled([failed.next(), failed.next()]);
    expect(both.map(({ status }) => status)).toEqual(["rejected", "fulfilled"]);
    expect(await failed.next()).toEqual({ done: true, value: undefined });
  });
});

it("a model that ends without a word has not answered", async () => {
  const mute: LanguageModel = { provider: "p", modelId: "mute", stream: async function* () {} };
  expect(textIn(await collect(fallback([mute, scriptedModel([{ text: "Hello" }])])))).toBe("Hello");
  await expect(collect(fallback([mute]))).rejects.toMatchObject({ code: "bad-response" });
});

it("has neither operations nor batches, whose ids only one of the services would know", () => {
  const unasked = (): never => expect.unreachable();
  const batches = { start: unasked, poll: unasked, cancel: unasked, replies: unasked };
  const later = { ...scriptedModel([]), operations: { submit: unasked, poll: unasked, cancel: unasked }, batches };
  expect(fallback([later, later])).not.toHaveProperty("operations");
  expect(fallback([later, later])).not.toHaveProperty("batches");
});

it("costs beforehand what its first model does", () => {
  const priced = (rubles: number) => ({ ...scriptedModel([]), costOf: () => ({ RUB: rubles }) });
  const usage = { inputTokens: 1, outputTokens: 1, totalTokens: 2 };
  expect(fallback([priced(1), priced(9)]).costOf?.(usage, "sync")).toEqual({ RUB: 1 });
});
