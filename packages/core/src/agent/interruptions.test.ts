// What is not lost, and not done, when a run is stopped or fails at an inconvenient moment.
import { describe, expect, it, vi } from "vitest";
import { z } from "zod";
import type { Memory } from "../ports/memory.ts";
import { type ScriptedReply, scriptedModel } from "../testing/scripted-model.ts";
import { type Tool, tool } from "../tool/tool.ts";
import { Agent, type AgentOptions } from "./agent.ts";
import { ProcessStore } from "./approvals.ts";

const callsOf = (...names: string[]) => ({
  toolCalls: names.map((toolName, index) => ({ toolName, input: {}, toolCallId: `c${index + 1}` })),
});

function act(name: string, execute: () => unknown, more: Partial<Parameters<typeof tool>[0]> = {}): Tool {
  return tool({ name, description: "", inputSchema: z.object({}), ...more, execute });
}

function memoryOn(store: ProcessStore, load: Memory["load"] = async () => []): Memory {
  return { store, load, append: async () => {}, threads: async () => [], delete: async () => {} };
}

describe("a stop", () => {
  it("lets no call begin that was waiting for its turn", async () => {
    const begun: string[] = [];
    const tools = ["a", "b"].map((name) => act(name, () => begun.push(name) && new Promise(() => {})));
    const agent = new Agent({ model: scriptedModel([callsOf("a", "b")]), tools, toolConcurrency: 1 });
    const run = agent.stream("Go");
    const { result } = run;
    await vi.waitFor(() => expect(begun).toEqual(["a"]));
    run.cancel();
    expect((await result).finishReason).toBe("aborted");
    await new Promise((resolve) => setImmediate(resolve));
    expect(begun).toEqual(["a"]);
  });

  it("lets no call begin that was still asked about", async () => {
    const execute = vi.fn();
    let answer = (_: boolean) => {};
    const needsApproval = () => new Promise<boolean>((resolve) => (answer = resolve));
    const agent = new Agent({ model: scriptedModel([callsOf("a")]), tools: [act("a", execute, { needsApproval })] });
    const run = agent.stream("Go");
    for await (const part of run.fullStream) {
      if (part.type !== "tool-call") continue;
      setImmediate(() => run.cancel());
    }
    answer(false);
    await new Promise((resolve) => setImmediate(resolve));
    expect(execute).not.toHaveBeenCalled();
  });

  it("ends a run whose prepareStep hangs, and one whose question for an approval hangs is a failed call", async () => {
    const hanging = new Agent({ model: scriptedModel([]), prepareStep: () => new Promise(() => {}) });
    const run = hanging.stream("Go");
    setImmediate(() => run.cancel());
    expect((await run.result).finishReason).toBe("aborted");
    const needsApproval = () => new Promise<boolean>(() => {});
    const model = scriptedModel([callsOf("a"), { text: "So be it." }]);
    const agent = new Agent({ model, tools: [act("a", () => 1, { needsApproval, timeout: 1 })] });
    expect((await agent.generate("Go")).text).toBe("So be it.");
  });

  it("that comes while the model is being asked is not overheard", async () => {
    const stop = new AbortController();
    const agent = new Agent({
      model: scriptedModel(() => {
        stop.abort("now");
        return { hangs: true };
      }),
    });
    expect((await agent.generate("Go", { signal: stop.signal })).finishReason).toBe("aborted");
  });
});

describe("a memory that fails", () => {
  it("ends the run, and no further call begins", async () => {
    const begun: string[] = [];
    const tools = ["a", "b"].map((name) => act(name, () => void begun.push(name)));
    const append: Memory["append"] = async (_, [message]) => {
      if (message?.role === "tool") throw new Error("disk full");
    };
    const memory = { ...memoryOn(new ProcessStore()), append };
    const agent = new Agent({ model: scriptedModel([callsOf("a", "b")]), tools, toolConcurrency: 1, memory });
    await expect(agent.generate("Go", { threadId: "t" })).rejects.toThrow("disk full");
    await new Promise((resolve) => setImmediate(resolve));
    expect(begun).toEqual(["a"]);
  });
});

it("a memory that does not answer ends the run with its time, before anything is asked", async () => {
  const never = () => new Promise<never>(() => {});
  const agentWith = (memory: Memory) => new Agent({ model: scriptedModel([]), memory, timeouts: { totalMs: 1 } });
  const store = new ProcessStore();
  const generating = agentWith(memoryOn(store, never)).generate("Go", { threadId: "t" });
  await expect(generating).rejects.toMatchObject({ code: "timeout" });
  const resuming = agentWith(memoryOn(Object.assign(store, { get: never }))).resume("r", []);
  await expect(resuming).rejects.toMatchObject({ code: "timeout" });
});

describe("a resumed run", () => {
  const approve = (...callIds: string[]) => callIds.map((callId) => ({ callId, approved: true }));

  function waiting(script: ScriptedReply[], execute: () => unknown, more: Partial<AgentOptions> = {}) {
    const store = new ProcessStore();
    const tools = ["a", "b"].map((name) => act(name, execute, { needsApproval: true }));
    const model = scriptedModel([callsOf("a", "b"), ...script]);
    return { store, agent: new Agent({ model, tools, memory: memoryOn(store), ...more }) };
  }

  it("that is stopped leaves undecided calls waiting, and what had begun is not done again", async () => {
    const execute = vi.fn(() => new Promise(() => {}));
    const { agent } = waiting([], execute);
    const { runId } = await agent.generate("Go");
    const run = agent.stream({ runId, decisions: approve("c1") });
    const { result } = run;
    await vi.waitFor(() => expect(execute).toHaveBeenCalled());
    run.cancel();
    expect((await result).finishReason).toBe("aborted");
    expect((await agent.pending()).map(({ callId }) => callId)).toEqual(["c2"]);
    await expect(agent.resume(runId, approve("c1"))).rejects.toMatchObject({ code: "invalid-argument" });
  });

  it("that is stopped leaves undecided calls of its sub-agent waiting, too", async () => {
    const hang = vi.fn(() => new Promise(() => {}));
    const b = vi.fn(() => "done");
    const tools = [act("a", hang, { needsApproval: true }), act("b", b, { needsApproval: true })];
    const below = new Agent({
      name: "below",
      tools,
      model: scriptedModel([callsOf("a", "b"), { text: "B is done." }]),
    });
    const above = scriptedModel([
      { toolCalls: [{ toolName: "below", input: { task: "Go" }, toolCallId: "s" }] },
      { text: "Well." },
    ]);
    const agent = new Agent({ model: above, tools: [below.asTool()] });
    const { runId } = await agent.generate("Go");
    const run = agent.stream({ runId, decisions: approve("s/c1") });
    const { result } = run;
    await vi.waitFor(() => expect(hang).toHaveBeenCalled());
    run.cancel();
    expect((await result).finishReason).toBe("aborted");
    expect((await agent.pending()).map(({ callId }) => callId)).toEqual(["s/c2"]);
    expect((await agent.resume(runId, approve("s/c2"))).text).toBe("Well.");
    expect([hang, b].map(({ mock }) => mock.calls.length)).toEqual([1, 1]);
    expect(above.requests[1]?.messages.at(-1)).toMatchObject({ output: "B is done." });
  });

  it("that could not begin waits on as it was", async () => {
    const execute = vi.fn(() => "done");
    const { agent } = waiting([{ text: "Both." }], execute);
    const { runId } = await agent.generate("Go");
    expect((await agent.resume(runId, approve("c1"), { signal: AbortSignal.abort() })).finishReason).toBe("aborted");
    expect(await agent.pending()).toHaveLength(2);
    expect((await agent.resume(runId, approve("c1", "c2"))).text).toBe("Both.");
    expect(execute).toHaveBeenCalledTimes(2);
  });

  it("runs a call once, though a slower resume has read the run before it was taken", async () => {
    const execute = vi.fn(() => "done");
    const { agent } = waiting([{ text: "Both." }], execute);
    const { runId } = await agent.generate("Go");
    const slow = agent.stream({ runId, decisions: approve("c1") });
    await slow.fullStream.next();
    expect((await agent.resume(runId, approve("c1"))).pending.map(({ callId }) => callId)).toEqual(["c2"]);
    await expect(slow.fullStream.next()).resolves.toMatchObject({
      value: { type: "error", error: { code: "not-found" } },
    });
    expect(execute).toHaveBeenCalledTimes(1);
    expect(await agent.pending()).toHaveLength(1);
  });

  it("is another agent's where that one was asked, though both have one memory", async () => {
    const { agent, store } = waiting([], () => "done");
    const { runId } = await agent.generate("Go");
    const other = new Agent({ name: "other", model: scriptedModel([]), memory: memoryOn(store) });
    await expect(other.resume(runId, approve("c1"))).rejects.toMatchObject({ code: "not-found" });
    expect([(await other.pending()).length, (await agent.pending()).length]).toEqual([0, 2]);
  });

  it("refuses two decisions on one call", async () => {
    const { agent } = waiting([], () => "done");
    const { runId } = await agent.generate("Go");
    const both = [...approve("c1"), { callId: "c1", approved: false }];
    await expect(agent.resume(runId, both)).rejects.toMatchObject({ code: "invalid-argument" });
  });

  it("finds its call whatever its id looks like", async () => {
    const execute = vi.fn(() => "done");
    const odd = { toolCalls: [{ toolName: "a", input: {}, toolCallId: "a/b" }] };
    const tools = [act("a", execute, { needsApproval: true })];
    const agent = new Agent({ model: scriptedModel([odd, { text: "Done." }]), tools });
    const { runId } = await agent.generate("Go");
    await agent.resume(runId, approve("a/b"));
    expect(execute).toHaveBeenCalledTimes(1);
  });

  it("asks prepareStep for the step that waited, so that its tools are there", async () => {
    const execute = vi.fn(() => "done");
    const asked: number[] = [];
    const agent = new Agent({
      model: scriptedModel([callsOf("a"), { text: "Done." }]),
      prepareStep: ({ step }) => {
        asked.push(step);
        return step === 1 ? { tools: [act("a", execute, { needsApproval: true })] } : { model: undefined };
      },
    } as AgentOptions);
    const { runId } = await agent.generate("Go");
    await agent.resume(runId, approve("c1"));
    expect([asked, execute.mock.calls.length]).toEqual([[1, 1, 2], 1]);
  });

  it("goes on with the agent that was handed the thread in the same step", async () => {
    const sales = new Agent({ name: "sales", model: scriptedModel([{ text: "It costs 5." }]) });
    const model = scriptedModel([callsOf("hand_off_to_sales", "a")]);
    const tools = [act("a", () => "done", { needsApproval: true })];
    const front = new Agent({ name: "front", model, tools, handOffs: () => [sales] });
    const { runId } = await front.generate("Go");
    expect(await front.resume(runId, approve("c2"))).toMatchObject({ text: "It costs 5.", agentName: "sales" });
  });

  it("sees what was said while it began to wait", async () => {
    const model = scriptedModel([callsOf("a"), { text: "Done." }]);
    const agent = new Agent({ model, tools: [act("a", () => "done", { needsApproval: true })] });
    const run = agent.stream("Go");
    for await (const part of run.fullStream) if (part.type === "tool-call") run.steer("Quickly!");
    await agent.resume(run.runId, approve("c1"));
    expect(JSON.stringify(model.requests[1]?.messages)).toContain("Quickly!");
  });
});

describe("the budget of steps", () => {
  const ask = { toolName: "below", input: { task: "x" } };

  it("holds for sub-agents side by side, and over a resumption", async () => {
    const below = new Agent({ name: "below", model: scriptedModel(() => ({ text: "ok" })) });
    const model = scriptedModel([{ toolCalls: Array.from({ length: 4 }, () => ask) }]);
    const { finishReason, steps } = await new Agent({ model, tools: [below.asTool()], maxSteps: 2 }).generate("Go");
    expect(finishReason).toBe("max-steps");
    expect(steps[0]?.toolResults.filter(({ output }) => output === "ok")).toHaveLength(1);

    const again = scriptedModel([{ toolCalls: [ask, { toolName: "a", input: {}, toolCallId: "c" }] }, callsOf("a")]);
    const tools = [below.asTool(), act("a", () => 1, { needsApproval: true })];
    const agent = new Agent({ model: again, tools, maxSteps: 2 });
    const { runId } = await agent.generate("Go");
    expect((await agent.resume(runId, [{ callId: "c", approved: true }])).finishReason).toBe("max-steps");
    expect(again.requests).toHaveLength(1);
  });
});

it("a tool that asks an agent by itself waits with it, and goes on with the same run", async () => {
  const done = vi.fn(() => "done");
  const model = scriptedModel([callsOf("a"), { text: "erased" }]);
  const below = new Agent({ name: "below", model, tools: [act("a", done, { needsApproval: true })] });
  const ask = tool({
    name: "ask",
    description: "",
    inputSchema: z.object({}),
    execute: async (_, context) => (await below.generate("Erase", { parent: context })).text,
  });
  const agent = new Agent({ model: scriptedModel([callsOf("ask"), { text: "All done." }]), tools: [ask] });
  const { runId, pending } = await agent.generate("Go");
  expect(pending.map(({ callId }) => callId)).toEqual(["c1/c1"]);
  const result = await agent.resume(runId, [{ callId: "c1/c1", approved: true }]);
  expect(result).toMatchObject({ text: "All done.", steps: [{ toolResults: [{ output: "erased" }] }, {}] });
  expect(done).toHaveBeenCalledTimes(1);
});

it("a sub-agent's request that has expired is forgotten, with its run", async () => {
  const store = new ProcessStore();
  const model = scriptedModel([callsOf("a")]);
  const tools = [act("a", () => "done", { needsApproval: true })];
  const below = new Agent({ name: "below", model, tools, timeouts: { approvalMs: 0 } });
  const above = scriptedModel([{ toolCalls: [{ toolName: "below", input: { task: "x" } }] }]);
  const agent = new Agent({ model: above, tools: [below.asTool()], memory: memoryOn(store) });
  expect((await agent.generate("Go")).finishReason).toBe("approval");
  expect(await store.entries("")).toHaveLength(2);
  expect(await agent.pending()).toEqual([]);
  expect(await store.entries("")).toEqual([]);
});

it("a tool that asks an agent twice gets the run that waited once, and a new one after it", async () => {
  const model = scriptedModel([callsOf("a"), { text: "erased" }, { text: "anew" }]);
  const below = new Agent({ name: "below", model, tools: [act("a", () => "done", { needsApproval: true })] });
  const ask = tool({
    name: "ask",
    description: "",
    inputSchema: z.object({}),
    execute: async (_, context) => {
      const first = await below.generate("Erase", { parent: context });
      if (first.finishReason === "approval") return undefined;
      return [first.text, (await below.generate("And now?", { parent: context })).text];
    },
  });
  const agent = new Agent({ model: scriptedModel([callsOf("ask"), { text: "All done." }]), tools: [ask] });
  const { runId } = await agent.generate("Go");
  const { steps } = await agent.resume(runId, [{ callId: "c1/c1", approved: true }]);
  expect(steps[0]?.toolResults[0]?.output).toBe('["erased","anew"]');
});

it("results of two runs that wait on one thread stand under their own calls, though the calls have the same id", async () => {
  vi.useFakeTimers({ toFake: ["Date"] });
  const thread: string[] = [];
  const memory: Memory = {
    ...memoryOn(new ProcessStore(), async () => thread.map((line) => JSON.parse(line))),
    append: async (_, messages) => void thread.push(...messages.map((message) => JSON.stringify(message))),
  };
  const model = scriptedModel([callsOf("a"), callsOf("b"), { text: "Done." }]);
  const tools = ["a", "b"].map((name) => act(name, () => `${name} is done`, { needsApproval: true }));
  const agent = new Agent({ model, tools, memory });
  const first = await agent.generate("Do a", { threadId: "t" });
  vi.setSystemTime(Date.now() + 1_000);
  await agent.generate("Do b", { threadId: "t" });
  await agent.resume(first.runId, [{ callId: "c1", approved: true }]);
  vi.useRealTimers();
  const [call, result] = model.requests[2]?.messages.slice(-2) ?? [];
  expect([call, result]).toMatchObject([{ content: [{ toolName: "a" }] }, { toolName: "a", output: "a is done" }]);
});

it("a sub-agent may take as long as its own runs may, not only as long as a tool", () => {
  const agent = new Agent({ name: "below", model: scriptedModel([]), timeouts: { totalMs: 7_000 } });
  expect(agent.asTool().timeout).toBe(7_000);
});
