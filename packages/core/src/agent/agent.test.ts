import { describe, expect, it, vi } from "vitest";
import { z } from "zod";
import { BesedaError } from "../errors.ts";
import type { LanguageModel } from "../ports/language-model.ts";
import { scriptedModel } from "../testing/scripted-model.ts";
import { tool } from "../tool/tool.ts";
import { Agent } from "./agent.ts";

const look = tool({ name: "look", description: "", inputSchema: z.object({}), execute: () => "ok" });

describe("an agent", () => {
  it("cannot be made without a model, with two tools of one name, or with a tool that tool() has not made", () => {
    const model = scriptedModel([]);
    expect(() => new Agent({ model: undefined as unknown as LanguageModel })).toThrow(
      'The agent "assistant" has no model.',
    );
    expect(() => new Agent({ model, tools: [look, look] })).toThrow('has two tools called "look"');
    expect(() => new Agent({ model, tools: [{ name: "raw" } as unknown as typeof look] })).toThrow(
      "not made by tool()",
    );
  });

  it.each([0, -1, Number.NaN])("cannot be made with a limit of %s steps or tools at once", (limit) => {
    const model = scriptedModel([]);
    expect(() => new Agent({ model, maxSteps: limit })).toThrow(`The maxSteps of an agent cannot be ${limit}.`);
    expect(() => new Agent({ model, toolConcurrency: limit })).toThrow(
      `toolConcurrency of an agent cannot be ${limit}.`,
    );
  });

  const nothing: unknown[] = ["", " \n", [], undefined, null];
  it.each(nothing.map((each) => [each as string]))("does not ask the model about nothing: %j", async (input) => {
    const agent = new Agent({ model: scriptedModel([]) });
    expect(() => agent.stream(input)).toThrow("There is no message to answer.");
    await expect(agent.generate(input)).rejects.toThrow("There is no message to answer.");
  });

  it("sends instructions, the message, the tools and the settings, and leaves the caller's objects alone", async () => {
    const model = scriptedModel([{ text: "ok" }]);
    const agent = new Agent({ model, instructions: "Be kind.", tools: [look], settings: { temperature: 0.5 } });
    const message = Object.freeze({ role: "user", content: "Hi" } as const);
    await agent.generate(message, { userId: "ann" });
    expect(model.requests[0]).toMatchObject({
      instructions: "Be kind.",
      messages: [{ role: "user", content: "Hi", userId: "ann" }],
      tools: [{ name: "look", inputSchema: { type: "object" } }],
      settings: { temperature: 0.5 },
    });
    expect(model.requests[0]).toEqual(structuredClone(model.requests[0]));
  });

  it("sends well-formed text, whatever was cut off before it", async () => {
    const model = scriptedModel([{ text: "ok" }, { text: "ok" }]);
    const agent = new Agent({ model });
    await agent.generate("half \ud83d");
    await agent.generate({ role: "user", content: [{ type: "text", text: "\ude00 half" }] });
    expect(model.requests[0]?.messages[0]).toHaveProperty("content", "half \ufffd");
    expect(model.requests[1]?.messages[0]).toHaveProperty("content", [{ type: "text", text: "\ufffd half" }]);
  });

  it("goes on from a list of messages", async () => {
    const model = scriptedModel([{ text: "Ann" }]);
    const result = await new Agent({ model }).generate([
      { role: "user", content: "I am Ann." },
      { role: "assistant", content: [{ type: "text", text: "Hello, Ann." }] },
      { role: "user", content: "Who am I?" },
    ]);
    expect(model.requests[0]?.messages).toHaveLength(3);
    expect(result.text).toBe("Ann");
  });

  it("shows no reasoning where reasoning is off, but keeps it for the model", async () => {
    const agent = new Agent({ model: scriptedModel([{ reasoning: "hm", text: "Hello" }]), reasoning: "off" });
    const types: string[] = [];
    const run = agent.stream("Hi");
    for await (const part of run.fullStream) types.push(part.type);
    expect(types.filter((type) => type.startsWith("reasoning"))).toEqual([]);
    expect((await run.result).messages.at(-1)).toMatchObject({
      content: [{ type: "reasoning", text: "hm" }, { type: "text" }],
    });
  });

  it("counts tokens itself where the model does not, and says so", async () => {
    const { usage } = await new Agent({ model: scriptedModel([{ text: "Hello, world" }]) }).generate("Привет!");
    expect(usage).toEqual({ inputTokens: 7, outputTokens: 7, totalTokens: 14, estimated: true });
  });

  it("reports a model adapter that ends without a finish", async () => {
    const model: LanguageModel = {
      provider: "test",
      modelId: "unfinished",
      async *stream() {
        yield [{ type: "text-delta", text: "Half" }];
      },
    };
    await expect(new Agent({ model }).generate("Hi")).rejects.toMatchObject({ code: "bad-response" });
  });
});

describe("watchers", () => {
  it("hear every part by its type, and all of them as `part`, in order", async () => {
    const agent = new Agent({
      model: scriptedModel([{ toolCalls: [{ toolName: "look", input: {} }] }, { text: "Done" }]),
      tools: [look],
    });
    const heard: string[] = [];
    const all: string[] = [];
    agent.on("tool-call", (part) => heard.push(part.toolName)).on("part", (part) => all.push(part.type));
    const types: string[] = [];
    for await (const part of agent.stream("Go").fullStream) types.push(part.type);
    await new Promise(setImmediate);
    expect(heard).toEqual(["look"]);
    expect(all).toEqual(types);
  });

  it("neither break a run nor each other when they throw or reject, and it is said", async () => {
    const agent = new Agent({ model: scriptedModel([{ text: "Hello" }]) });
    const warned = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
    const heard = vi.fn();
    agent.on("text-delta", () => {
      throw new Error("listener broke");
    });
    agent.on("text-delta", async () => {
      throw new BesedaError("listener rejected", { code: "internal" });
    });
    agent.on("text-delta", heard);
    expect((await agent.generate("Hi")).text).toBe("Hello");
    await new Promise(setImmediate);
    expect(heard).toHaveBeenCalledOnce();
    expect(warned.mock.calls.map(([message]) => message)).toEqual([
      'A listener of "text-delta" failed: listener broke',
      'A listener of "text-delta" failed: listener rejected',
    ]);
    warned.mockRestore();
  });

  it("do not hold up the reader: they are called after it has its part", async () => {
    const agent = new Agent({ model: scriptedModel([{ text: "Hello" }]) });
    const order: string[] = [];
    agent.on("text-delta", () => order.push("watcher"));
    for await (const _ of agent.stream("Hi").textStream) order.push("reader");
    await new Promise(setImmediate);
    expect(order).toEqual(["reader", "watcher"]);
  });

  it("can leave", async () => {
    const agent = new Agent({ model: scriptedModel([{ text: "Hello" }]) });
    const heard = vi.fn();
    agent.on("finish", heard).off("finish", heard);
    await agent.generate("Hi");
    await new Promise(setImmediate);
    expect(heard).not.toHaveBeenCalled();
  });
});
