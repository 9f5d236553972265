import { describe, expect, it, vi } from "vitest";
import { z } from "zod";
import { BesedaError } from "../errors.ts";
import type { Message } from "../message.ts";
import type { LanguageModel } from "../ports/language-model.ts";
import type { Memory } from "../ports/memory.ts";
import { type ScriptedReply, scriptedModel } from "../testing/scripted-model.ts";
import { tool } from "../tool/tool.ts";
import { Agent } from "./agent.ts";
import { RunError } from "./run-record.ts";
import type { StreamPart } from "./stream-part.ts";

function threadMemory(): Memory & { stored: Message[] } {
  const stored: Message[] = [];
  return {
    stored,
    load: async () => [...stored],
    append: async (_threadId, messages) => void stored.push(...messages),
    threads: async () => [],
    delete: async () => {},
  };
}

const terminal = (parts: readonly StreamPart[]) =>
  parts.filter(({ type }) => ["finish", "abort", "error"].includes(type));

/** A tool that tells when it has begun and when it was stopped, and never answers. */
function hangingTool() {
  let begun = () => {};
  let stopped: (reason: unknown) => void = () => {};
  const hasBegun = new Promise<void>((resolve) => {
    begun = resolve;
  });
  const wasStopped = new Promise<unknown>((resolve) => {
    stopped = resolve;
  });
  const hang = tool({
    name: "hang",
    description: "Never answers.",
    inputSchema: z.object({}),
    execute: (_input, { signal }) => {
      signal.addEventListener("abort", () => stopped(signal.reason));
      begun();
      return new Promise<never>(() => {});
    },
  });
  return { hang, hasBegun, wasStopped };
}

describe("a run", () => {
  it("gives the same answer by generate, textStream and fullStream", async () => {
    const agent = () => new Agent({ model: scriptedModel([{ reasoning: "hm", text: ["Hel", "lo"] }]) });
    let text = "";
    for await (const piece of agent().stream("Hi").textStream) text += piece;
    const result = await agent().generate("Hi");
    expect(text).toBe("Hello");
    expect(result).toMatchObject({ text: "Hello", reasoning: "hm", finishReason: "stop" });
  });

  it("parts what it said before a tool call from what it says after, in textStream", async () => {
    const look = tool({ name: "look", description: "", inputSchema: { type: "object" }, execute: () => "ok" });
    const model = scriptedModel([
      { text: "One moment.", toolCalls: [{ toolName: "look", input: {} }] },
      { text: "Done." },
    ]);
    let text = "";
    for await (const piece of new Agent({ model, tools: [look] }).stream("Go").textStream) text += piece;
    expect(text).toBe("One moment.\n\nDone.");
  });

  it("does nothing until it is read or awaited", async () => {
    const model = scriptedModel([{ text: "Hello" }]);
    const run = new Agent({ model }).stream("Hi");
    await new Promise(setImmediate);
    expect(model.requests).toHaveLength(0);
    await run.result;
    expect(model.requests).toHaveLength(1);
  });

  it("has one reader, and says so to a second", async () => {
    const run = new Agent({ model: scriptedModel([{ text: ["a", "b"] }]) }).stream("Hi");
    await run.textStream.next();
    await expect(run.fullStream.next()).rejects.toThrow("already being read");
    expect((await run.textStream.next()).value).toBe("b");
  });

  it("answers concurrent next() in order and stays done", async () => {
    const { textStream } = new Agent({ model: scriptedModel([{ text: ["a", "b", "c"] }]) }).stream("Hi");
    const all = await Promise.all([1, 2, 3, 4, 5].map(() => textStream.next()));
    expect(all.map(({ value }) => value)).toEqual(["a", "b", "c", undefined, undefined]);
    expect((await textStream.next()).done).toBe(true);
  });

  it("throws from textStream and from result where the model fails, with what had been reached", async () => {
    const failing: ScriptedReply = {
      text: "Half of",
      error: new BesedaError("overloaded", { code: "unavailable", isRetryable: true }),
    };
    const run = new Agent({ model: scriptedModel([failing]) }).stream("Hi");
    const pieces: string[] = [];
    const read = async () => {
      for await (const piece of run.textStream) pieces.push(piece);
    };
    await expect(read()).rejects.toThrow("overloaded");
    expect(pieces).toEqual(["Half of"]);
    expect((await run.textStream.next()).done).toBe(true);
    const error = await run.result.catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(RunError);
    expect(error).toMatchObject({
      code: "unavailable",
      isRetryable: true,
      result: { text: "Half of", finishReason: "error", usage: { estimated: true } },
    });
  });

  it("that was refused before anything of a reply came has used nothing", async () => {
    const refused = { error: new BesedaError("No.", { code: "rejected" }) };
    const run = new Agent({ model: scriptedModel([refused]), instructions: "Be brief." }).stream("Hi");
    await expect(run.result).rejects.toMatchObject({
      result: { usage: { inputTokens: 0, outputTokens: 0, totalTokens: 0 }, steps: [{}] },
    });
    const { usage } = await run.result.catch(({ result }: RunError) => result);
    expect(usage.estimated).toBeUndefined();
  });

  it("that was stopped resolves with the partial message and the usage, and the next message on the thread works", async () => {
    const memory = threadMemory();
    const model = scriptedModel([{ reasoning: "hm", text: ["Half ", "of"], hangs: true }, { text: "Whole" }]);
    const agent = new Agent({ model, memory });
    const run = agent.stream("Hi", { threadId: "t" });
    const parts: StreamPart[] = [];
    for await (const part of run.fullStream) {
      parts.push(part);
      if (part.type === "text-delta" && part.text === "of") run.cancel();
    }
    expect(terminal(parts)).toEqual([expect.objectContaining({ type: "abort" })]);
    const result = await run.result;
    expect(result).toMatchObject({ text: "Half of", reasoning: "hm", finishReason: "aborted" });
    expect(result.usage.outputTokens).toBeGreaterThan(0);
    expect(memory.stored.at(-1)).toMatchObject({ role: "assistant", finishReason: "aborted" });
    expect((await agent.generate("Again", { threadId: "t" })).text).toBe("Whole");
  });

  it("ends with exactly one terminal part, whenever it is stopped", async () => {
    const script: ScriptedReply[] = [
      {
        reasoning: "hm",
        text: ["a", "b"],
        toolCalls: [
          { toolName: "add", input: {} },
          { toolName: "add", input: { n: 1 } },
        ],
      },
      { text: ["c", "d"] },
    ];
    const add = tool({
      name: "add",
      description: "",
      inputSchema: { type: "object" },
      execute: (_, { progress }) => progress(1),
    });
    const whole = (await readAll(new Agent({ model: scriptedModel(script), tools: [add] }).stream("Hi"))).length;
    for (let stopAt = 0; stopAt <= whole; stopAt++) {
      const memory = threadMemory();
      const agent = new Agent({
        model: scriptedModel([...script, { text: "next" }, { text: "next" }]),
        tools: [add],
        memory,
      });
      const run = agent.stream("Hi", { threadId: "t" });
      if (stopAt === 0) run.cancel();
      let count = 0;
      const parts = await readAll(run, () => {
        if (++count === stopAt) run.cancel();
      });
      expect(terminal(parts), `stopped at part ${stopAt}`).toHaveLength(1);
      expect(parts.at(-1)).toBe(terminal(parts)[0]);
      const next = await agent.generate("Go on", { threadId: "t" });
      expect(next.finishReason).toBe("stop");
    }
  });

  it("stops its tools when its reader leaves", async () => {
    const { hang, hasBegun, wasStopped } = hangingTool();
    const model = scriptedModel([{ toolCalls: [{ toolName: "hang", input: {} }] }]);
    const run = new Agent({ model, tools: [hang] }).stream("Hi");
    const reading = readAll(run);
    await hasBegun;
    await run.fullStream.return?.();
    await reading;
    expect(await wasStopped).toMatchObject({ code: "aborted" });
    expect((await run.result).finishReason).toBe("aborted");
  });

  it("stops its model when its reader leaves the loop", async () => {
    const run = new Agent({ model: scriptedModel([{ text: ["Half", "of"], hangs: true }]) }).stream("Hi");
    for await (const _ of run.textStream) break;
    expect(await run.result).toMatchObject({ finishReason: "aborted", text: "Half" });
  });

  it("leaves no timer behind, even when its reader does not read on after the error", async () => {
    vi.useFakeTimers();
    try {
      const run = new Agent({ model: scriptedModel([{ error: new Error("boom") }]) }).stream("Hi");
      await expect(run.textStream.next()).rejects.toThrow("boom");
      expect(vi.getTimerCount()).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });

  it("is stopped by the caller's signal, before or while it runs", async () => {
    const agent = new Agent({ model: scriptedModel(() => ({ text: "Half", hangs: true })) });
    const before = await agent.generate("Hi", { signal: AbortSignal.abort() });
    expect(before).toMatchObject({ finishReason: "aborted", text: "" });
    const controller = new AbortController();
    const run = agent.stream("Hi", { signal: controller.signal });
    const parts = await readAll(
      run,
      (part) => part.type === "text-delta" && controller.abort(new Error("closed the tab")),
    );
    expect(parts.at(-1)).toMatchObject({ type: "abort", reason: expect.stringContaining("closed the tab") });
  });

  it("leaves no listener on the caller's signal", async () => {
    const { signal } = new AbortController();
    const added = vi.spyOn(signal, "addEventListener");
    const removed = vi.spyOn(signal, "removeEventListener");
    await new Agent({ model: scriptedModel([{ text: "Hi" }]) }).generate("Hi", { signal });
    expect(added).toHaveBeenCalledTimes(1);
    expect(removed).toHaveBeenCalledTimes(1);
  });

  it("does not end the process when nobody awaits its failure", async () => {
    const unhandled = vi.fn();
    process.on("unhandledRejection", unhandled);
    const run = new Agent({ model: scriptedModel([{ error: new Error("boom") }]) }).stream("Hi");
    await readAll(run);
    await new Promise(setImmediate);
    process.off("unhandledRejection", unhandled);
    expect(unhandled).not.toHaveBeenCalled();
  });

  it("fails when its memory fails, though the text was shown, and says why", async () => {
    const memory = {
      ...threadMemory(),
      append: async (_: string, [message]: readonly Message[]) => {
        if (message?.role === "assistant") throw new BesedaError("The disk is full.", { code: "unavailable" });
      },
    };
    const run = new Agent({ model: scriptedModel([{ text: "Hello" }]), memory }).stream("Hi", { threadId: "t" });
    const parts = await readAll(run);
    expect(parts.at(-1)).toMatchObject({ type: "error", error: { message: "The disk is full." } });
  });

  it("keeps the user's message and each reply and result as they come, so that a crash loses only the reply in flight", async () => {
    const memory = threadMemory();
    const seen: string[][] = [];
    const look = tool({
      name: "look",
      description: "",
      inputSchema: z.object({}),
      execute: () => void seen.push(memory.stored.map(({ role }) => role)),
    });
    const model = scriptedModel((_, call) => {
      seen.push(memory.stored.map(({ role }) => role));
      return call === 0 ? { toolCalls: [{ toolName: "look", input: {} }] } : { text: "Done" };
    });
    await new Agent({ model, tools: [look], memory }).generate("Hi", { threadId: "t", userId: "ann" });
    expect(seen).toEqual([["user"], ["user", "assistant"], ["user", "assistant", "tool"]]);
    expect(memory.stored[0]).toMatchObject({ role: "user", content: "Hi", userId: "ann" });
    expect(memory.stored).toHaveLength(4);
  });
});

describe("time limits", () => {
  const silent: LanguageModel = {
    provider: "test",
    modelId: "silent",
    // deaf to its signal, too
    stream: () => ({ [Symbol.asyncIterator]: () => ({ next: () => new Promise<never>(() => {}) }) }),
  };

  it.each([
    ["firstChunkMs", "sent nothing for 50 ms"],
    ["stepMs", "did not finish its reply in 50 ms"],
    ["totalMs", "took longer than 50 ms"],
  ])("%s ends a run whose model never answers and ignores its signal", async (limit, message) => {
    vi.useFakeTimers();
    try {
      const run = new Agent({ model: silent, timeouts: { [limit]: 50 } }).stream("Hi");
      const parts = readAll(run);
      await vi.advanceTimersByTimeAsync(50);
      expect((await parts).at(-1)).toMatchObject({ type: "error", error: { code: "timeout" } });
      expect(((await parts).at(-1) as { error: Error }).error.message).toContain(message);
      expect(vi.getTimerCount()).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });

  it("that are undefined stay as they are, and those that are no numbers are refused", async () => {
    const refused = { code: "invalid-argument", message: "timeouts.totalMs cannot be NaN." };
    expect(() => new Agent({ model: silent, timeouts: { totalMs: Number.NaN } })).toThrow(
      expect.objectContaining(refused),
    );
    const agent = new Agent({ model: silent, timeouts: { totalMs: 1 } });
    expect(() => agent.stream("Hi", { timeouts: { totalMs: Number.NaN } })).toThrow(expect.objectContaining(refused));
    expect(() => agent.stream("Hi", { timeouts: { stepMs: -1 } })).toThrow("timeouts.stepMs cannot be -1.");
    // As those give it who check types less strictly.
    const timeouts = { totalMs: undefined } as object;
    await expect(agent.generate("Hi", { timeouts })).rejects.toMatchObject({ code: "timeout" });
  });

  it("chunkMs counts the model's silence, not the reader's", async () => {
    vi.useFakeTimers();
    try {
      const model = scriptedModel([{ text: ["a", "b"], hangs: true }]);
      const run = new Agent({ model, timeouts: { chunkMs: 50 } }).stream("Hi");
      expect((await run.textStream.next()).value).toBe("a");
      await vi.advanceTimersByTimeAsync(10_000);
      expect((await run.textStream.next()).value).toBe("b");
      const silence = run.textStream.next();
      silence.catch(() => {});
      await vi.advanceTimersByTimeAsync(50);
      await expect(silence).rejects.toThrow("fell silent for 50 ms");
    } finally {
      vi.useRealTimers();
    }
  });
});

async function readAll(
  run: { fullStream: AsyncIterable<StreamPart> },
  onPart: (part: StreamPart) => unknown = () => {},
) {
  const parts: StreamPart[] = [];
  for await (const part of run.fullStream) {
    parts.push(part);
    onPart(part);
  }
  return parts;
}
