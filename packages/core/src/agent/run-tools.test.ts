import { describe, expect, it, vi } from "vitest";
import { z } from "zod";
import { type ScriptedReply, scriptedModel } from "../testing/scripted-model.ts";
import { type Tool, tool } from "../tool/tool.ts";
import { Agent, type AgentOptions } from "./agent.ts";
import type { StreamPart } from "./stream-part.ts";

type Calls = NonNullable<ScriptedReply["toolCalls"]>;

/** Lets the model make these calls in one step, and gives what it then reads. */
async function answersTo(calls: Calls, tools: Tool[], options: Partial<AgentOptions> = {}) {
  const model = scriptedModel([{ toolCalls: calls }, { text: "Done" }]);
  const result = await new Agent({ model, tools, ...options }).generate("Go");
  const answers = model.requests[1]?.messages.filter((message) => message.role === "tool") ?? [];
  return { result, answers };
}

function made(
  name: string,
  execute: (input: Record<string, unknown>) => unknown,
  more: { timeout?: number; maxOutputChars?: number } = {},
) {
  return tool({ name, description: "", inputSchema: { type: "object" }, execute, ...more });
}

function gate<Value>() {
  let resolve: (value: Value) => void = () => {};
  let reject: (reason: unknown) => void = () => {};
  const promise = new Promise<Value>((onValue, onError) => {
    resolve = onValue;
    reject = onError;
  });
  return { promise, resolve, reject };
}

describe("the tools of one step", () => {
  it("run side by side under the limit", async () => {
    let running = 0;
    let most = 0;
    const busy = made("busy", async () => {
      most = Math.max(most, ++running);
      await new Promise(setImmediate);
      running--;
    });
    const calls = Array.from({ length: 9 }, (_, n) => ({ toolName: "busy", input: { n } }));
    await answersTo(calls, [busy], { toolConcurrency: 3 });
    expect(most).toBe(3);
  });

  it("run all at once without a limit", async () => {
    const look = made("look", () => "ok");
    const calls = Array.from({ length: 20 }, (_, n) => ({ toolName: "look", input: { n } }));
    const { answers } = await answersTo(calls, [look], { toolConcurrency: Number.POSITIVE_INFINITY });
    expect(answers).toHaveLength(20);
  });

  it("answer in the model's order, whoever is ready first, failures included", async () => {
    const gates = Array.from({ length: 5 }, () => gate<void>());
    const wait = made("wait", async ({ n }) => {
      await gates[n as number]?.promise;
      gates[(n as number) - 1]?.resolve();
      if (n === 1 || n === 3) throw new Error(`${n} failed`);
      return `${n} is ready`;
    });
    gates[4]?.resolve();
    const calls = gates.map((_, n) => ({ toolName: "wait", input: { n } }));
    const { answers, result } = await answersTo(calls, [wait]);
    expect(result.messages.filter(({ role }) => role === "tool")).toEqual(answers);
    expect(answers.map(({ output }) => output)).toEqual([
      "0 is ready",
      "1 failed",
      "2 is ready",
      "3 failed",
      "4 is ready",
    ]);
    expect(answers.map(({ isError = false }) => isError)).toEqual([false, true, false, true, false]);
  });

  it("get the call, the speaker and the caller's context", async () => {
    let seen: unknown;
    const look = tool({
      name: "look",
      description: "",
      inputSchema: z.object({ n: z.coerce.number() }),
      execute: (input, { signal, progress, ...context }) => {
        expect(signal).toBeInstanceOf(AbortSignal);
        expect(progress).toBeTypeOf("function");
        seen = { input, ...context };
      },
    });
    const model = scriptedModel([
      { toolCalls: [{ toolName: "look", input: { n: "7" }, toolCallId: "c1" }] },
      { text: "Done" },
    ]);
    const run = new Agent({ model, tools: [look] }).stream("Go", {
      threadId: "t",
      userId: "ann",
      ownerId: "room",
      context: { db: 1 },
    });
    await run.result;
    expect(seen).toEqual({
      input: { n: 7 },
      callId: "c1",
      runId: run.runId,
      threadId: "t",
      userId: "ann",
      ownerId: "room",
      context: { db: 1 },
    });
  });

  it("do not make Node warn of a leak, however many of them run at once", async () => {
    const warned = vi.fn();
    process.on("warning", warned);
    const look = made("look", () => new Promise(setImmediate));
    const calls = Array.from({ length: 64 }, (_, n) => ({ toolName: "look", input: { n } }));
    await answersTo(calls, [look], { toolConcurrency: 64 });
    await new Promise(setImmediate);
    process.off("warning", warned);
    expect(warned).not.toHaveBeenCalled();
  });
});

describe("a tool that misbehaves becomes a tool error that the model reads:", () => {
  it("one that never returns is ended by its own timeout, the others go on", async () => {
    vi.useFakeTimers();
    try {
      const never = made("never", () => new Promise(() => {}), { timeout: 100 });
      const quick = made("quick", () => "quick");
      const answering = answersTo(
        [
          { toolName: "never", input: {} },
          { toolName: "quick", input: {} },
        ],
        [never, quick],
      );
      await vi.advanceTimersByTimeAsync(100);
      const { answers, result } = await answering;
      expect(answers.map(({ output }) => output)).toEqual(["never did not answer in 100 ms.", "quick"]);
      expect(result.text).toBe("Done");
      expect(vi.getTimerCount()).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });

  const circular: Record<string, unknown> = {};
  circular.self = circular;
  const hostile = new Proxy(
    {},
    {
      get: () => {
        throw new Error("trap");
      },
      getPrototypeOf: () => {
        throw new Error("trap");
      },
    },
  );
  it.each([
    ["undefined", undefined],
    ["null", null],
    ["a string", "plain"],
    ["a circular object", circular],
    ["a Proxy that throws when it is looked at", hostile],
    ["an error of 10 MB", new Error("x".repeat(10_000_000))],
    ["a symbol", Symbol("s")],
  ])("one that throws %s", async (_, thrown) => {
    const bad = made("bad", () => {
      throw thrown;
    });
    const { answers, result } = await answersTo([{ toolName: "bad", input: {} }], [bad]);
    expect(answers[0]?.isError).toBe(true);
    expect(answers[0]?.output.length).toBeLessThan(2_100);
    expect(answers[0]?.output).not.toBe("");
    expect(result.text).toBe("Done");
  });

  it("one that rejects late, after its time is over, ends no process", async () => {
    const unhandled = vi.fn();
    process.on("unhandledRejection", unhandled);
    const late = gate<never>();
    const slow = made("slow", () => late.promise, { timeout: 1 });
    await answersTo([{ toolName: "slow", input: {} }], [slow]);
    late.reject(new Error("too late"));
    await new Promise(setImmediate);
    process.off("unhandledRejection", unhandled);
    expect(unhandled).not.toHaveBeenCalled();
  });

  it("one that is asked for wrongly: unknown name, broken JSON, wrong types, each with what would be right", async () => {
    const add = tool({
      name: "add",
      description: "",
      inputSchema: z.object({ a: z.number() }),
      execute: () => "must not run",
    });
    const { answers } = await answersTo(
      [
        { toolName: "plus", input: {} },
        { toolName: "add", input: '{"a": 1' },
        { toolName: "add", input: { a: "one" } },
      ],
      [add],
    );
    const [unknown, broken, wrong] = answers.map(({ output }) => output);
    expect(unknown).toBe('There is no tool "plus". There are: add.');
    expect(broken).toMatch(/not valid JSON.*"a":\{"type":"number"\}/s);
    expect(wrong).toMatch(/a: .*expected number.*"a":\{"type":"number"\}/s);
  });

  it("one that answers with 50 MB is cut to what the model may read", async () => {
    const huge = made("huge", () => `${"a".repeat(50_000_000)}end`, { maxOutputChars: 1_000 });
    const { answers } = await answersTo([{ toolName: "huge", input: {} }], [huge]);
    expect(answers[0]?.output).toMatch(/^a{750}\n\[… 49999003 of 50000003 characters left out …\]\na{247}end$/);
  });

  it("one that reports progress after its end is not heard, though others still run", async () => {
    const others = gate<void>();
    let report: (progress: unknown) => void = () => {};
    const talkative = tool({
      name: "talkative",
      description: "",
      inputSchema: { type: "object" },
      execute: (_, { progress }) => {
        report = progress;
      },
    });
    const slow = made("slow", () => others.promise);
    const calls = [
      { toolName: "talkative", input: {} },
      { toolName: "slow", input: {} },
    ];
    const model = scriptedModel([{ toolCalls: calls }, { text: "Done" }]);
    const parts: StreamPart[] = [];
    for await (const part of new Agent({ model, tools: [talkative, slow] }).stream("Go").fullStream) {
      parts.push(part);
      if (part.type !== "tool-result") continue;
      report("still here");
      others.resolve();
    }
    expect(parts.filter(({ type }) => type === "tool-result")).toHaveLength(2);
    expect(parts.map(({ type }) => type)).not.toContain("tool-progress");
  });
});

describe("a model that repeats itself", () => {
  const again = { toolCalls: [{ toolName: "look", input: { a: 1, b: [2] } }] };
  const reordered = { toolCalls: [{ toolName: "look", input: { b: [2], a: 1 } }] };

  it("is nudged at the third identical call and stopped at the fifth, before it is carried out", async () => {
    let runs = 0;
    const look = made("look", () => {
      runs++;
      return "nothing new";
    });
    const model = scriptedModel(() => (runs % 2 ? reordered : again));
    const failing = new Agent({ model, tools: [look] }).generate("Go");
    await expect(failing).rejects.toMatchObject({ code: "tool-loop", result: { finishReason: "error" } });
    expect(runs).toBe(4);
    const outputs = (model.requests.at(-1)?.messages ?? []).flatMap((message) =>
      message.role === "tool" ? [message.output] : [],
    );
    expect(outputs.map((output) => output.includes("the run ends at 5"))).toEqual([false, false, true, true]);
  });

  it("with other arguments each time is stopped by maxSteps", async () => {
    const look = made("look", () => "ok");
    const model = scriptedModel((_, n) => ({ text: `try ${n}`, toolCalls: [{ toolName: "look", input: { n } }] }));
    const result = await new Agent({ model, tools: [look], maxSteps: 4 }).generate("Go");
    expect(result).toMatchObject({ finishReason: "max-steps", text: "try 3" });
    expect(model.requests).toHaveLength(4);
  });

  it("can be stopped by stopWhen", async () => {
    const look = made("look", () => "ok");
    const model = scriptedModel((_, n) => ({ toolCalls: [{ toolName: "look", input: { n } }] }));
    const result = await new Agent({ model, tools: [look], stopWhen: (steps) => steps.length === 2 }).generate("Go");
    expect(result.finishReason).toBe("tool-calls");
    expect(result.steps).toHaveLength(2);
  });
});
