import { describe, expect, it } from "vitest";
import type { Message } from "../message.ts";
import type { ModelEvent } from "../ports/language-model.ts";
import type { Memory } from "../ports/memory.ts";
import { scriptedModel } from "../testing/scripted-model.ts";
import { tool } from "../tool/tool.ts";
import { Agent } from "./agent.ts";
import { ReplyFold } from "./fold-reply.ts";

function folded(events: ModelEvent[]): ReplyFold {
  const reply = new ReplyFold({ runId: "run", step: 1, reasoning: "native", takenIds: new Set() });
  for (const event of events) reply.add([event]);
  return reply;
}

describe("a reply", () => {
  it("that the provider rewrites has its last text, in one block, and each block is told", () => {
    const reply = folded([
      { type: "text-delta", text: "bad " },
      { type: "reasoning-delta", text: "hm" },
      { type: "text-delta", text: "words" },
    ]);
    expect(reply.add([{ type: "text-replace", text: "I cannot say that." }])).toEqual([
      { type: "text-replace", id: "text-1-1", text: "", runId: "run" },
      { type: "text-replace", id: "text-1-3", text: "I cannot say that.", runId: "run" },
    ]);
    reply.add([{ type: "text-delta", text: " Sorry." }]);
    expect(reply.message("whole").content).toEqual([
      { type: "text", text: "" },
      { type: "reasoning", text: "hm" },
      { type: "text", text: "I cannot say that. Sorry." },
    ]);
  });

  it("that is rewritten before it had any text has the text that it was given", () => {
    const reply = new ReplyFold({ runId: "run", step: 1, reasoning: "prompted", takenIds: new Set() });
    reply.add([{ type: "text-delta", text: "<think>hm</think>" }]);
    const parts = reply.add([{ type: "text-replace", text: "<think>hm</think>Hello" }]);
    expect(parts.map(({ type }) => type)).toEqual(["reasoning-end", "text-start", "text-delta"]);
    expect(reply.message("whole").content).toEqual([
      { type: "reasoning", text: "hm" },
      { type: "text", text: "Hello" },
    ]);
  });

  it("that was stopped keeps its text and none of its calls: they were not carried out", () => {
    const reply = folded([
      { type: "text-delta", text: "One moment." },
      { type: "tool-call", toolCallId: "1", toolName: "look", input: "{}" },
    ]);
    expect(reply.message("aborted")).toEqual({
      role: "assistant",
      content: [{ type: "text", text: "One moment." }],
      finishReason: "aborted",
    });
  });

  it("whose calls all have one id has calls with ids of their own, from their first part on", () => {
    const reply = new ReplyFold({ runId: "run", step: 1, reasoning: "native", takenIds: new Set() });
    const start = { type: "tool-input-start", toolCallId: "c", toolName: "look" } as const;
    const call = (input: string, toolCallId = "c") =>
      ({ type: "tool-call", toolCallId, toolName: "look", input }) as const;
    const parts = reply.add([
      start,
      { type: "tool-input-delta", toolCallId: "c", delta: "{" },
      start,
      { type: "tool-input-delta", toolCallId: "c", delta: "{ " },
      call('{"n":1}'),
      call('{"n":2}'),
      call('{"n":3}', "c_2"),
      call('{"n":4}'),
    ]);
    expect(
      parts.map((part) => `${part.type} ${"id" in part ? part.id : "toolCallId" in part && part.toolCallId}`),
    ).toEqual([
      "tool-input-start c",
      "tool-input-delta c",
      "tool-input-start c_2",
      "tool-input-delta c_2",
      "tool-input-end c",
      "tool-call c",
      "tool-input-end c_2",
      "tool-call c_2",
      "tool-call c_2_2",
      "tool-call c_3",
    ]);
    expect(reply.message("whole").content).toMatchObject([
      { toolCallId: "c", input: { n: 1 } },
      { toolCallId: "c_2", input: { n: 2 } },
      { toolCallId: "c_2_2", input: { n: 3 } },
      { toolCallId: "c_3", input: { n: 4 } },
    ]);
  });

  it("that was cut has no call whose closing brackets were added: more than brackets may be missing", () => {
    const call: ModelEvent = { type: "tool-call", toolCallId: "1", toolName: "look", input: '{"a": ["x"' };
    const inputOf = (finishReason: "tool-calls" | "length") =>
      folded([call, { type: "finish", finishReason }]).message("whole").content[0];
    expect(inputOf("tool-calls")).toMatchObject({ input: { a: ["x"] } });
    expect(inputOf("length")).toMatchObject({ input: call.input, invalid: true });
  });

  it.each(['{"__proto__":{"polluted":true},"a":1}', '{"\\u005f_proto__":{"polluted":true},"a":1}'])(
    "takes no prototype from the input %s",
    (input) => {
      const [call] = folded([{ type: "tool-call", toolCallId: "1", toolName: "look", input }]).message("whole").content;
      expect(Object.getOwnPropertyNames(call?.type === "tool-call" && call.input)).toEqual(["a"]);
    },
  );
});

describe("the loop", () => {
  const kept: Message[] = [];
  const memory: Memory = {
    load: async () => [],
    append: async (_, messages) => void kept.push(...messages),
    threads: async () => [],
    delete: async () => {},
  };

  it("keeps no reply that says nothing", async () => {
    const result = await new Agent({ model: scriptedModel([{}]), memory }).generate("Hi", { threadId: "t" });
    expect(result).toMatchObject({ text: "", finishReason: "stop" });
    expect(kept.map(({ role }) => role)).toEqual(["user"]);
  });

  it("carries out no call of a reply that the provider has filtered", async () => {
    const look = tool({
      name: "look",
      description: "",
      inputSchema: { type: "object" },
      execute: () => {
        throw new Error("must not run");
      },
    });
    const model = scriptedModel([{ toolCalls: [{ toolName: "look", input: {} }], finishReason: "content-filter" }]);
    const result = await new Agent({ model, tools: [look] }).generate("Hi");
    expect(result.finishReason).toBe("content-filter");
    expect(result.steps[0]?.toolResults).toEqual([]);
  });
});
