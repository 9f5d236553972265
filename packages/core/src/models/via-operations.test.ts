import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Agent } from "../agent/agent.ts";
import { BesedaError } from "../errors.ts";
import type { LanguageModel, ModelEvent, ModelRequest } from "../ports/language-model.ts";
import { scriptedModel } from "../testing/scripted-model.ts";
import { type MemoryOperations, memoryOperations, type Poll } from "./memory-operations.fake.ts";
import { viaOperations } from "./via-operations.ts";

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

const hello: ModelEvent[] = [
  { type: "text-delta", text: "Hello" },
  { type: "finish", finishReason: "stop" },
];
const request: ModelRequest = {
  instructions: "",
  messages: [{ role: "user", content: "Hi" }],
  tools: [],
  toolChoice: "auto",
  reasoning: "off",
  settings: {},
};

function open(polls: readonly Poll<ModelEvent[]>[], options: { submitted?: Promise<unknown> } = {}) {
  const operations: MemoryOperations<ModelRequest, ModelEvent[]> = memoryOperations(polls, options);
  const model: LanguageModel = { ...scriptedModel([]), abilities: { outputSchema: "always" }, operations };
  return { operations, model: viaOperations(model) };
}

/** What `next()` gives in the end. */
async function nextOf(events: AsyncIterator<ModelEvent[]>): Promise<unknown> {
  const settled = events.next().then(
    (result) => result,
    (error) => ({ thrown: error }),
  );
  await vi.runAllTimersAsync();
  return settled;
}

const cancels = ({ asked }: { asked: readonly string[] }) => asked.filter((each) => each.startsWith("cancel"));

describe("viaOperations()", () => {
  it("is the same model, asked by operations: an agent notices nothing but that replies come whole", async () => {
    const { operations, model } = open(["unfinished", "unfinished", { response: hello }]);
    expect(model).toMatchObject({ provider: "scripted", abilities: { outputSchema: "always", streams: false } });
    const answer = new Agent({ model }).generate("Hi");
    await vi.runAllTimersAsync();
    expect((await answer).text).toBe("Hello");
    expect(operations.asked).toEqual(["submit", "poll op-1", "poll op-1", "poll op-1"]);
  });

  it("costs beforehand what operations do", () => {
    const costOf: LanguageModel["costOf"] = (_usage, calls) => ({ RUB: calls === "async" ? 1 : 2 });
    const model = viaOperations({ ...scriptedModel([]), operations: memoryOperations([]), costOf });
    const usage = { inputTokens: 1, outputTokens: 1, totalTokens: 2 };
    expect((["sync", "async", "batch"] as const).map((calls) => model.costOf?.(usage, calls)?.RUB)).toEqual([1, 1, 2]);
  });

  it("gives each request a key of its own, and hands over the reply once", async () => {
    const { operations, model } = open([{ response: hello }]);
    for (let asked = 0; asked < 2; asked++) {
      const events = model.stream(request)[Symbol.asyncIterator]();
      const both = Promise.all([nextOf(events), nextOf(events)]);
      expect(await both).toEqual([
        { done: false, value: hello },
        { done: true, value: undefined },
      ]);
    }
    expect(new Set(operations.keys).size).toBe(2);
  });

  it("submits nothing before it is asked, nor after it was stopped", async () => {
    const { operations, model } = open([{ response: hello }]);
    model.stream(request);
    const stopped = model.stream(request, { signal: AbortSignal.abort("early") })[Symbol.asyncIterator]();
    expect(await nextOf(stopped)).toEqual({ thrown: "early" });
    expect(await nextOf(stopped)).toEqual({ done: true, value: undefined });
    expect(operations.asked).toEqual([]);
  });

  it("throws the error of the operation once, and is done then", async () => {
    const refused = new BesedaError("too long", { code: "too-large" });
    const { operations, model } = open([{ error: refused }]);
    const events = model.stream(request)[Symbol.asyncIterator]();
    expect(await nextOf(events)).toEqual({ thrown: refused });
    expect(await nextOf(events)).toEqual({ done: true, value: undefined });
    expect(cancels(operations)).toEqual([]);
  });

  it("calls off what was stopped while it was waited for, once, and throws the reason", async () => {
    const { operations, model } = open(["unfinished"]);
    const stop = new AbortController();
    setTimeout(() => stop.abort("enough"), 60_000);
    const events = model.stream(request, { signal: stop.signal })[Symbol.asyncIterator]();
    expect(await nextOf(events)).toEqual({ thrown: "enough" });
    await events.return?.();
    await vi.runAllTimersAsync();
    expect(cancels(operations)).toEqual(["cancel op-1"]);
    expect(operations.asked.length).toBeGreaterThan(5);
  });

  it("calls off, as soon as it knows the id, what was left while it was being submitted", async () => {
    let isSubmitted = () => {};
    const submitted = new Promise<void>((resolve) => {
      isSubmitted = resolve;
    });
    const { operations, model } = open(["unfinished"], { submitted });
    const events = model.stream(request)[Symbol.asyncIterator]();
    const reading = events.next();
    await events.return?.();
    expect(await reading).toEqual({ done: true, value: undefined });
    expect(operations.asked).toEqual(["submit"]);
    isSubmitted();
    await vi.runAllTimersAsync();
    expect(operations.asked).toEqual(["submit", "cancel op-1"]);
  });

  it("is refused for a model that has no operations", () => {
    expect(() => viaOperations(scriptedModel([]))).toThrow(expect.objectContaining({ code: "unsupported" }));
  });
});
