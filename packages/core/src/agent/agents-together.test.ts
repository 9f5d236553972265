// Agents that work for agents: as tools, by handing over the thread, with one budget, and with approvals below.
import { describe, expect, it, vi } from "vitest";
import { z } from "zod";
import { type Message, textOf } from "../message.ts";
import type { Memory } from "../ports/memory.ts";
import { type ScriptedReply, scriptedModel } from "../testing/scripted-model.ts";
import { tool } from "../tool/tool.ts";
import { Agent, type AgentOptions } from "./agent.ts";
import { type PendingApproval, ProcessStore } from "./approvals.ts";
import type { StreamPart } from "./stream-part.ts";

const usage = { inputTokens: 10, outputTokens: 1, totalTokens: 11 };
const ask = (task: string) => ({ toolCalls: [{ toolName: "researcher", input: { task } }], usage });

function researcher(script: ScriptedReply[], more: Partial<AgentOptions> = {}) {
  const model = scriptedModel(script);
  return { model, agent: new Agent({ name: "researcher", description: "Finds things out.", model, ...more }) };
}

function boss(below: Agent, script: ScriptedReply[], more: Partial<AgentOptions> = {}) {
  const model = scriptedModel(script);
  return { model, agent: new Agent({ name: "boss", model, tools: [below.asTool()], ...more }) };
}

async function partsOf(run: { fullStream: AsyncIterable<StreamPart> }): Promise<StreamPart[]> {
  const parts: StreamPart[] = [];
  for await (const part of run.fullStream) parts.push(part);
  return parts;
}

describe("an agent as a tool", () => {
  it("answers with its text, and its parts show the call that it works for", async () => {
    const below = researcher([{ text: ["Tver ", "is old."], usage }]);
    const above = boss(below.agent, [ask("How old is Tver?"), { text: "Old.", usage }]);
    const run = above.agent.stream("Tell me");
    const parts = await partsOf(run);
    expect(above.model.requests[1]?.messages.at(-1)).toMatchObject({ role: "tool", output: "Tver is old." });
    const inner = parts.filter(({ parentCallId }) => parentCallId === "call-1-1");
    expect(inner.map(({ type }) => type)).toEqual([
      ...["start", "start-step", "text-start", "text-delta", "text-delta", "text-end", "finish-step", "finish"],
    ]);
    expect(new Set(inner.map(({ runId }) => runId)).size).toBe(1);
    expect(inner[0]?.runId).not.toBe(run.runId);
    expect(parts.filter(({ parentCallId }) => parentCallId === undefined).at(-1)?.type).toBe("finish");
  });

  it("does not mix its text into the answer, and counts its tokens in", async () => {
    const below = researcher([{ text: "secret notes", usage }]);
    const above = boss(below.agent, [ask("x"), { text: "Answer.", usage }]);
    const run = above.agent.stream("Tell me");
    let text = "";
    for await (const piece of run.textStream) text += piece;
    expect(text).toBe("Answer.");
    expect((await run.result).usage.totalTokens).toBe(33);
  });

  it("answers with its object where it has an output schema", async () => {
    const below = researcher([{ toolCalls: [{ toolName: "final_answer", input: { year: 1135 } }] }], {
      output: z.object({ year: z.number() }),
    });
    const above = boss(below.agent, [ask("When?"), { text: "1135" }]);
    await above.agent.generate("When?");
    expect(above.model.requests[1]?.messages.at(-1)).toMatchObject({ output: '{"year":1135}' });
  });

  it("works for the same user, and is stopped with the run above", async () => {
    const seen = vi.fn();
    const whoami = tool({
      name: "whoami",
      description: "",
      inputSchema: z.object({}),
      execute: (_, { userId, ownerId, context }) => seen(userId, ownerId, context),
    });
    const below = researcher([{ toolCalls: [{ toolName: "whoami", input: {} }] }, { hangs: true }], {
      tools: [whoami],
    });
    const above = boss(below.agent, [ask("x")]);
    const stopped = new Promise((resolve) => below.agent.on("abort", resolve));
    const run = above.agent.stream("Go", { userId: "ann", ownerId: "room", context: 7 });
    for await (const part of run.fullStream) if (part.parentCallId && part.type === "finish-step") run.cancel();
    expect(seen).toHaveBeenCalledExactlyOnceWith("ann", "room", 7);
    expect((await run.result).finishReason).toBe("aborted");
    await stopped;
  });

  it("that fails is a failed call of the run above, which goes on", async () => {
    const below = researcher([{ error: new Error("library closed") }]);
    const above = boss(below.agent, [ask("x"), { text: "I could not find out." }]);
    expect((await above.agent.generate("Go")).text).toBe("I could not find out.");
    expect(above.model.requests[1]?.messages.at(-1)).toMatchObject({
      isError: true,
      output: expect.stringContaining("library closed"),
    });
  });

  it("costs what it costs, though it fails or is stopped", async () => {
    const below = researcher([{ text: "half", usage, error: new Error("down") }]);
    const above = boss(below.agent, [ask("x"), { text: "No.", usage }]);
    const { usage: total } = await above.agent.generate("Go");
    expect(total.totalTokens).toBeGreaterThan(22);
  });

  it("takes its steps from the budget of the run above", async () => {
    const look = tool({
      name: "look",
      description: "",
      inputSchema: z.object({ n: z.number() }),
      execute: () => "nothing",
    });
    const looking = Array.from({ length: 9 }, (_, n) => ({ toolCalls: [{ toolName: "look", input: { n } }] }));
    const below = researcher(looking, { tools: [look], maxSteps: 100 });
    const above = boss(below.agent, [ask("x"), { text: "never asked" }], { maxSteps: 4 });
    const result = await above.agent.generate("Go");
    expect(result.finishReason).toBe("max-steps");
    expect([above.model.requests.length, below.model.requests.length]).toEqual([1, 3]);
  });

  it("nests: a part says which call of the run above it the run works for", async () => {
    const bottom = new Agent({ name: "bottom", model: scriptedModel([{ text: "deep", usage }]) });
    const middle = researcher(
      [
        { toolCalls: [{ toolName: "bottom", input: { task: "y" }, toolCallId: "m1" }], usage },
        { text: "mid", usage },
      ],
      { tools: [bottom.asTool()] },
    );
    const above = boss(middle.agent, [ask("x"), { text: "top", usage }]);
    const run = above.agent.stream("Go");
    const parts = await partsOf(run);
    const text = parts
      .filter((part) => part.type === "text-delta")
      .map(({ text, parentCallId }) => [text, parentCallId]);
    expect(text).toEqual([
      ["deep", "m1"],
      ["mid", "call-1-1"],
      ["top", undefined],
    ]);
    expect((await run.result).usage.totalTokens).toBe(55);
  });
});

describe("an approval that a sub-agent needs", () => {
  it("is asked by the run above, answered there in a fresh process, and carried out once below", async () => {
    const store = new ProcessStore();
    const erase = vi.fn(({ file }: { file: string }) => `${file} is gone`);
    const team = (bossScript: ScriptedReply[], script: ScriptedReply[]) => {
      const eraser = tool({
        name: "erase",
        description: "",
        inputSchema: z.object({ file: z.string() }),
        effects: "write",
        execute: erase,
      });
      const below = researcher(script, { tools: [eraser] });
      const memory: Memory = {
        store,
        load: async () => [],
        append: async () => {},
        threads: async () => [],
        delete: async () => {},
      };
      return boss(below.agent, bossScript, { memory });
    };
    const first = team(
      [ask("clean up")],
      [{ toolCalls: [{ toolName: "erase", input: { file: "a" }, toolCallId: "e1" }] }],
    );
    const run = first.agent.stream("Clean up");
    const parts = await partsOf(run);
    const { pending, runId } = await run.result;
    expect(pending).toMatchObject([
      { runId, callId: "call-1-1/e1", toolName: "erase", input: { file: "a" }, agentName: "researcher" },
    ]);
    expect(parts.filter(({ type }) => type === "tool-approval-request")).toMatchObject([
      { runId, toolCall: { toolCallId: "call-1-1/e1" } },
    ]);
    expect(await first.agent.pending()).toEqual(pending);
    expect(erase).not.toHaveBeenCalled();

    const second = team([{ text: "All clean." }], [{ text: "a is erased." }]);
    const result = await second.agent.resume(runId, [{ callId: "call-1-1/e1", approved: true }]);
    expect(result.text).toBe("All clean.");
    expect(second.model.requests[0]?.messages.at(-1)).toMatchObject({ role: "tool", output: "a is erased." });
    expect(erase).toHaveBeenCalledTimes(1);
    expect(await store.entries("")).toEqual([]);
  });

  it("waits on while something else is decided, and is not asked again", async () => {
    const acts: string[] = [];
    const act = (name: string) =>
      tool({
        name,
        description: "",
        inputSchema: z.object({}),
        needsApproval: true,
        execute: () => void acts.push(name),
      });
    const below = researcher([{ toolCalls: [{ toolName: "low", input: {}, toolCallId: "b" }] }, { text: "done" }], {
      tools: [act("low")],
    });
    const both = {
      toolCalls: [
        { toolName: "researcher", input: { task: "x" }, toolCallId: "r" },
        { toolName: "high", input: {}, toolCallId: "h" },
      ],
    };
    const model = scriptedModel([both, { text: "All done." }]);
    const agent = new Agent({ model, tools: [below.agent.asTool(), act("high")] });
    const { runId, pending } = await agent.generate("Go");
    expect(pending.map(({ callId }) => callId)).toEqual(["r/b", "h"]);
    const halfway = await agent.resume(runId, [{ callId: "h", approved: true }]);
    expect(halfway.pending).toEqual(pending.slice(0, 1));
    expect(below.model.requests).toHaveLength(1);
    await agent.resume(runId, [{ callId: "r/b", approved: true }]);
    expect(acts).toEqual(["high", "low"]);
    model.done();
  });

  describe("for a tool that asks the agent more than once", () => {
    /** Pays before it answers what begins with "pay". */
    function accountant() {
      const paid: string[] = [];
      const pay = tool({
        name: "pay",
        description: "",
        inputSchema: z.object({ for: z.string() }),
        needsApproval: true,
        execute: (input) => void paid.push(input.for),
      });
      const model = scriptedModel(({ messages: [first, ...others] }) => {
        const task = first ? textOf(first) : "";
        if (others.length > 0 || !task.startsWith("pay")) return { text: `answer to ${task}`, usage };
        return { toolCalls: [{ toolName: "pay", input: { for: task }, toolCallId: "p" }], usage };
      });
      return { paid, model, agent: new Agent({ name: "accountant", model, tools: [pay] }) };
    }

    function asking(
      ask: (question: (task: string) => Promise<string>) => Promise<string[]>,
      { agent }: { agent: Agent },
    ) {
      const tools = [
        tool({
          name: "ask",
          description: "",
          inputSchema: z.object({}),
          execute: (_input, parent) => ask(async (task) => (await agent.generate(task, { parent })).text),
        }),
      ];
      const model = scriptedModel([
        { toolCalls: [{ toolName: "ask", input: {} }], usage },
        { text: "Done.", usage },
      ]);
      return new Agent({ model, tools });
    }

    const approved = ({ pending }: { pending: readonly PendingApproval[] }) =>
      pending.map(({ callId }) => ({ callId, approved: true }));

    it("goes on with the run that waits; those that had ended are not asked again", async () => {
      const below = accountant();
      const above = asking(async (ask) => [await ask("look"), await ask("pay Ann"), await ask("look")], below);
      const waiting = await above.generate("Go");
      const result = await above.resume(waiting.runId, approved(waiting));
      expect(result.steps[0]?.toolResults[0]?.output).toBe('["answer to look","answer to pay Ann","answer to look"]');
      expect(below.paid).toEqual(["pay Ann"]);
      expect(below.model.requests).toHaveLength(4);
      expect(waiting.usage.totalTokens + result.usage.totalTokens).toBe(66);
    });

    it("asks for one after the other, though both wait side by side and come in another order each time", async () => {
      const below = accountant();
      let tasks = ["pay Bob", "pay Ann"];
      const above = asking((ask) => {
        tasks = tasks.toReversed();
        return Promise.all(tasks.map(ask));
      }, below);
      let result = await above.generate("Go");
      for (let round = 0; round < 2; round++) result = await above.resume(result.runId, approved(result));
      expect(result.text).toBe("Done.");
      expect(result.steps[0]?.toolResults[0]?.output).toBe('["answer to pay Ann","answer to pay Bob"]');
      expect(below.paid.sort()).toEqual(["pay Ann", "pay Bob"]);
    });

    it("goes on with it where the question has changed meanwhile, as one with the time of day has", async () => {
      const below = accountant();
      let hour = 11;
      const above = asking(async (ask) => {
        hour++;
        return [await ask("look"), await ask(`pay at ${hour}:00`)];
      }, below);
      const waiting = await above.generate("Go");
      const result = await above.resume(waiting.runId, approved(waiting));
      expect(result.text).toBe("Done.");
      expect(below.paid).toEqual(["pay at 12:00"]);
    });
  });

  it("cannot be answered past the run above", async () => {
    const eraser = tool({
      name: "erase",
      description: "",
      inputSchema: z.object({}),
      effects: "write",
      execute: vi.fn(),
    });
    const below = researcher([{ toolCalls: [{ toolName: "erase", input: {}, toolCallId: "e1" }] }], {
      tools: [eraser],
    });
    const above = boss(below.agent, [ask("clean up")]);
    const innerIds = (await partsOf(above.agent.stream("Clean up"))).flatMap((part) =>
      part.parentCallId ? part.runId : [],
    );
    const decisions = [{ callId: "e1", approved: true }];
    await expect(above.agent.resume(String(innerIds[0]), decisions)).rejects.toMatchObject({ code: "not-found" });
  });
});

describe("a hand-off", () => {
  const memory = (): Memory & { thread: Message[] } => {
    const thread: Message[] = [];
    return {
      thread,
      load: async () => [...thread],
      append: async (_, messages) => void thread.push(...messages),
      threads: async () => [],
      delete: async () => {},
    };
  };

  function desk(frontScript: ScriptedReply[], salesScript: ScriptedReply[], kept = memory()) {
    const models = { front: scriptedModel(frontScript), sales: scriptedModel(salesScript) };
    const front: Agent = new Agent({
      name: "front",
      model: models.front,
      memory: kept,
      instructions: "Greet.",
      handOffs: () => [sales],
    });
    const sales: Agent = new Agent({
      name: "sales",
      description: "Knows prices.",
      model: models.sales,
      instructions: "Sell.",
      handOffs: () => [front],
    });
    return { front, models, kept };
  }
  const toSales = { toolCalls: [{ toolName: "hand_off_to_sales", input: {} }] };

  it("lets the other agent answer, with its own model and instructions, in the same run and thread", async () => {
    const { front, models } = desk([toSales], [{ text: "It costs 5." }]);
    const run = front.stream("How much?", { threadId: "t" });
    const steps = (await partsOf(run)).flatMap((part) => (part.type === "start-step" ? part.agentName : []));
    expect(steps).toEqual(["front", "sales"]);
    expect(await run.result).toMatchObject({ text: "It costs 5.", agentName: "sales" });
    expect(models.sales.requests[0]).toMatchObject({ instructions: "Sell." });
    expect(models.front.requests[0]?.tools).toMatchObject([
      { name: "hand_off_to_sales", description: expect.stringContaining("Knows prices.") },
    ]);
  });

  it("lasts: the next message in the thread goes to whoever has it, after a restart too, until it is handed back", async () => {
    const kept = memory();
    await desk([toSales], [{ text: "It costs 5." }], kept).front.generate("How much?", { threadId: "t" });
    const later = desk(
      [{ text: "Hello again." }],
      [{ text: "Still 5." }, { toolCalls: [{ toolName: "hand_off_to_front", input: {} }] }],
      kept,
    );
    expect((await later.front.generate("Really?", { threadId: "t" })).agentName).toBe("sales");
    expect(await later.front.generate("Thanks, bye", { threadId: "t" })).toMatchObject({
      text: "Hello again.",
      agentName: "front",
    });
    expect(later.models.front.requests).toHaveLength(1);
  });

  it("that the model could not even write keeps the thread where it is", async () => {
    const broken = { toolCalls: [{ toolName: "hand_off_to_sales", input: '{"a' }] };
    const { front } = desk([broken, { text: "I am still here." }], []);
    expect(await front.generate("How much?", { threadId: "t" })).toMatchObject({ agentName: "front" });
  });

  it("is still possible where a step was given other tools", async () => {
    const model = scriptedModel([toSales]);
    const sales = new Agent({ name: "sales", model: scriptedModel([{ text: "It costs 5." }]) });
    const front = new Agent({ name: "front", model, handOffs: () => [sales], prepareStep: () => ({ tools: [] }) });
    expect((await front.generate("How much?")).agentName).toBe("sales");
    expect(model.requests[0]?.tools.map(({ name }) => name)).toEqual(["hand_off_to_sales"]);
  });

  it("lasts though the run ended before the other agent had said anything", async () => {
    const kept = memory();
    const model = scriptedModel([toSales]);
    const sales = new Agent({ name: "sales", model: scriptedModel([{ text: "It costs 5." }]) });
    const front = new Agent({ name: "front", model, memory: kept, maxSteps: 1, handOffs: () => [sales] });
    expect((await front.generate("How much?", { threadId: "t" })).finishReason).toBe("max-steps");
    expect((await front.generate("Well?", { threadId: "t" })).agentName).toBe("sales");
  });

  it("to two agents in one reply gives the thread to the last of them, in this run and in the next", async () => {
    const both = { toolCalls: ["sales", "repairs"].map((name) => ({ toolName: `hand_off_to_${name}`, input: {} })) };
    const others = ["sales", "repairs"].map(
      (name) => new Agent({ name, model: scriptedModel(() => ({ text: name })) }),
    );
    for (const maxSteps of [1, 2]) {
      const options = { name: "front", model: scriptedModel(() => both), memory: memory(), handOffs: () => others };
      await new Agent({ ...options, maxSteps }).generate("Hello", { threadId: "t" });
      expect((await new Agent(options).generate("Who?", { threadId: "t" })).text).toBe("repairs");
    }
  });

  it("keeps the promise of the agent that was asked: its output, and lets the other one's tool choice count", async () => {
    const answer = scriptedModel([{ toolCalls: [{ toolName: "final_answer", input: { price: 5 } }] }]);
    const sales = new Agent({ name: "sales", model: answer, toolChoice: "required" });
    const output = z.object({ price: z.number() });
    const front = new Agent({ name: "front", model: scriptedModel([toSales]), output, handOffs: () => [sales] });
    expect(await front.generate("How much?")).toMatchObject({ agentName: "sales", output: { price: 5 } });
    const look = tool({ name: "look", description: "", inputSchema: z.object({}), execute: () => "5" });
    const forced = scriptedModel([{ toolCalls: [{ toolName: "look", input: {} }] }, { text: "5" }]);
    const other = new Agent({ name: "sales", model: forced, tools: [look], toolChoice: "required" });
    await new Agent({ name: "front", model: scriptedModel([toSales]), handOffs: () => [other] }).generate("How much?");
    expect(forced.requests.map(({ toolChoice }) => toolChoice)).toEqual(["required", "auto"]);
  });

  it("keeps the budget of the run", async () => {
    const back = { toolCalls: [{ toolName: "hand_off_to_front", input: {} }] };
    const { front, models } = desk([toSales, toSales, toSales], [back, back, back]);
    const result = await front.generate("Ping", { threadId: "t" }).catch((error) => error.result);
    expect(models.front.requests.length + models.sales.requests.length).toBeLessThanOrEqual(10);
    expect(result.finishReason).not.toBe("stop");
  });

  it("to an agent whose name no model could call is refused with advice", () => {
    const model = scriptedModel([]);
    const agent = new Agent({ model, handOffs: () => [new Agent({ name: "отдел продаж", model })] });
    expect(() => agent.stream("Hi")).toThrow(
      expect.objectContaining({ code: "invalid-argument", hint: expect.stringContaining("letters") }),
    );
  });
});
