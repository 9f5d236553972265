import { setTimeout as wait } from "node:timers/promises";
import { SpanKind, SpanStatusCode, trace } from "@opentelemetry/api";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { z } from "zod";
import { Agent } from "../agent/agent.ts";
import { BesedaError } from "../errors.ts";
import { textOf } from "../message.ts";
import type { ModelSettings } from "../ports/language-model.ts";
import { type ScriptedReply, scriptedModel } from "../testing/scripted-model.ts";
import { type Tool, tool } from "../tool/tool.ts";
import { collectSpans, treeOf } from "./collect-spans.fake.ts";
import { type TraceOptions, traceAgent } from "./trace-agent.ts";
import { tracedTools } from "./traced-tools.ts";

let sdk: ReturnType<typeof collectSpans>;
beforeEach(() => {
  sdk = collectSpans();
});
afterEach(() => sdk.close());

const look = tool({
  name: "look",
  description: "Looks",
  inputSchema: z.object({ at: z.string() }),
  execute: ({ at }) => `saw ${at}`,
});
const fall = tool({
  name: "fall",
  description: "Fails",
  inputSchema: z.object({}),
  execute: () => {
    throw new Error("it fell");
  },
});

type Setup = { name?: string; tools?: readonly Tool[]; settings?: ModelSettings } & TraceOptions;

function traced(script: Parameters<typeof scriptedModel>[0], setup: Setup = {}): Agent {
  const { name = "guide", tools = [look, fall], settings = {}, ...options } = setup;
  const agent = new Agent({ name, model: scriptedModel(script), tools, settings });
  traceAgent(agent, { ...sdk, ...options });
  return agent;
}

const twoLooks: ScriptedReply[] = [
  {
    toolCalls: [
      { toolName: "look", input: { at: "north" } },
      { toolName: "look", input: { at: "south" } },
    ],
    usage: { inputTokens: 20, outputTokens: 8, totalTokens: 28 },
  },
  {
    text: ["Nothing ", "there"],
    usage: { inputTokens: 40, outputTokens: 5, totalTokens: 45, cachedInputTokens: 16, reasoningTokens: 2 },
  },
];

describe("a traced run", () => {
  it("is an agent's span with a span for each model call and each tool call", async () => {
    await traced(twoLooks).generate("Look around");
    expect(treeOf(await sdk.finished())).toEqual([
      "invoke_agent guide",
      "  chat scripted",
      "  execute_tool look",
      "  execute_tool look",
      "  chat scripted",
    ]);
    expect(sdk.open()).toBe(0);
  });

  it("carries the attributes of the GenAI conventions", async () => {
    const settings = { temperature: 0.5, topP: 0.9, maxOutputTokens: 100, seed: 7, stopSequences: ["END"] };
    const agent = traced(twoLooks, { settings: { ...settings, reasoningEffort: "low" } });
    await agent.generate("Look around", { threadId: "thread-1" });
    const spans = await sdk.finished();
    const chat = spans.filter(({ name }) => name === "chat scripted").at(-1);
    expect(chat?.kind).toBe(SpanKind.CLIENT);
    expect(chat?.attributes).toEqual({
      "gen_ai.operation.name": "chat",
      "gen_ai.provider.name": "scripted",
      "gen_ai.request.model": "scripted",
      "gen_ai.conversation.id": "thread-1",
      "gen_ai.request.temperature": 0.5,
      "gen_ai.request.top_p": 0.9,
      "gen_ai.request.max_tokens": 100,
      "gen_ai.request.seed": 7,
      "gen_ai.request.stop_sequences": ["END"],
      "gen_ai.request.reasoning.level": "low",
      "gen_ai.response.finish_reasons": ["stop"],
      "gen_ai.response.time_to_first_chunk": expect.any(Number),
      "gen_ai.usage.input_tokens": 40,
      "gen_ai.usage.output_tokens": 5,
      "gen_ai.usage.cache_read.input_tokens": 16,
      "gen_ai.usage.reasoning.output_tokens": 2,
    });
    const tool = spans.find(({ name }) => name === "execute_tool look");
    expect(tool?.kind).toBe(SpanKind.INTERNAL);
    expect(tool?.attributes).toEqual({
      "gen_ai.operation.name": "execute_tool",
      "gen_ai.tool.name": "look",
      "gen_ai.tool.type": "function",
      "gen_ai.tool.call.id": "call-1-1",
    });
    const run = spans.find(({ name }) => name === "invoke_agent guide");
    expect(run?.kind).toBe(SpanKind.INTERNAL);
    expect(run?.attributes).toEqual({
      "gen_ai.operation.name": "invoke_agent",
      "gen_ai.agent.name": "guide",
      "gen_ai.conversation.id": "thread-1",
      "gen_ai.provider.name": "scripted",
      "gen_ai.request.model": "scripted",
      "gen_ai.response.finish_reasons": ["stop"],
    });
  });

  it("is a child of the span that is active where it is read", async () => {
    const agent = traced(twoLooks);
    const tracer = sdk.tracerProvider.getTracer("app");
    await tracer.startActiveSpan("request", async (span) => {
      await agent.generate("Look around");
      span.end();
    });
    expect(treeOf(await sdk.finished()).slice(0, 2)).toEqual(["request", "  invoke_agent guide"]);
  });

  it("marks a tool that failed, and goes on", async () => {
    await traced([{ toolCalls: [{ toolName: "fall", input: {} }] }, { text: "Sorry" }]).generate("Go");
    const spans = await sdk.finished();
    const failed = spans.filter(({ status }) => status.code === SpanStatusCode.ERROR);
    expect(failed.map(({ name }) => name)).toEqual(["execute_tool fall"]);
    expect(failed[0]?.attributes["error.type"]).toBe("tool-error");
    expect(failed[0]?.status.message).toBeUndefined();
  });

  it("that fails says by which kind of error, at the model call and at the agent", async () => {
    const error = new BesedaError("the key sk-canary is wrong", { code: "unauthorized" });
    await traced([{ text: "I", error }])
      .generate("Go")
      .catch(() => {});
    const spans = await sdk.finished();
    expect(treeOf(spans)).toEqual(["invoke_agent guide", "  chat scripted"]);
    for (const { status, attributes } of spans) {
      expect(status).toEqual({ code: SpanStatusCode.ERROR });
      expect(attributes).toMatchObject({ "error.type": "unauthorized", "gen_ai.response.finish_reasons": ["error"] });
    }
    expect(sdk.open()).toBe(0);
  });

  it("that is stopped in a tool ends every span, none of them as an error", async () => {
    const stop = new AbortController();
    const hang = tool({
      name: "hang",
      description: "Hangs",
      inputSchema: z.object({}),
      execute: () => new Promise(() => stop.abort()),
    });
    const agent = traced([{ toolCalls: [{ toolName: "hang", input: {} }] }], { tools: [hang] });
    await agent.generate("Go", { signal: stop.signal });
    const spans = await sdk.finished();
    expect(treeOf(spans)).toEqual(["invoke_agent guide", "  chat scripted", "  execute_tool hang"]);
    expect(spans.map(({ status }) => status.code)).toEqual([0, 0, 0]);
    expect(sdk.open()).toBe(0);
  });

  it("that is stopped while a call is being written shows no tool that never ran", async () => {
    const agent = traced([{ text: "Let me", hangs: true }]);
    const run = agent.stream("Go");
    for await (const part of run.fullStream) if (part.type === "text-delta") run.cancel();
    const spans = await sdk.finished();
    expect(treeOf(spans)).toEqual(["invoke_agent guide", "  chat scripted"]);
    expect(spans[1]?.attributes["gen_ai.response.finish_reasons"]).toEqual(["aborted"]);
    expect(sdk.open()).toBe(0);
  });

  it("keeps to its own spans while fifty others go on", async () => {
    const agent = traced((request) => {
      const said = request.messages.map(textOf).at(0);
      return request.messages.at(-1)?.role === "tool"
        ? { text: "Done" }
        : // Every run has a call of the same id.
          { toolCalls: [{ toolName: "look", input: { at: said }, toolCallId: "call-0" }] };
    });
    const threads = Array.from({ length: 51 }, (_, index) => `thread-${index}`);
    await Promise.all(threads.map((threadId) => agent.generate(threadId, { threadId })));
    const spans = await sdk.finished();
    expect(spans).toHaveLength(204);
    expect(sdk.open()).toBe(0);
    for (const root of spans.filter(({ name }) => name === "invoke_agent guide")) {
      const traceId = root.spanContext().traceId;
      const own = spans.filter((span) => span.spanContext().traceId === traceId);
      expect(treeOf(own)).toEqual(["invoke_agent guide", "  chat scripted", "  execute_tool look", "  chat scripted"]);
      const conversations = own.map(({ attributes }) => attributes["gen_ai.conversation.id"]).filter(Boolean);
      expect(new Set(conversations).size).toBe(1);
    }
  });

  it("is whole once stopping has been awaited, without a wait of one's own", async () => {
    const agent = new Agent({ model: scriptedModel([{ text: "Hello" }]) });
    const stop = traceAgent(agent, sdk);
    await agent.generate("Hi");
    await stop();
    const [run, chat] = await sdk.finished();
    expect([run, chat].map((span) => span?.attributes["gen_ai.response.finish_reasons"])).toEqual([["stop"], ["stop"]]);
  });

  it("is traced on when another agent is not any more", async () => {
    const agent = new Agent({ model: scriptedModel([{ text: "Hello" }]) });
    traceAgent(agent, sdk);
    const stopOther = traceAgent(new Agent({ model: scriptedModel([]) }), sdk);
    for await (const part of agent.stream("Hi").fullStream) if (part.type === "text-delta") await stopOther();
    const [run] = await sdk.finished();
    expect(run?.attributes["gen_ai.response.finish_reasons"]).toEqual(["stop"]);
  });

  it("is not traced any more once that is stopped, and what was open is ended", async () => {
    const agent = new Agent({ model: scriptedModel(() => ({ text: "Hello" })) });
    const stop = traceAgent(agent, sdk);
    for await (const part of agent.stream("Hi").fullStream) {
      if (part.type !== "text-delta") continue;
      await sdk.finished();
      expect(sdk.open()).toBe(2);
      await stop();
      expect(sdk.open()).toBe(0);
    }
    await agent.generate("Hi again");
    expect(await sdk.finished()).toHaveLength(2);
  });
});

describe("content", () => {
  const canaries: ScriptedReply[] = [
    {
      reasoning: "canary",
      text: "canary",
      toolCalls: [
        { toolName: "look", input: { at: "canary" } },
        { toolName: "look", input: "canary" },
        { toolName: "fall", input: {} },
      ],
    },
    { text: "canary", error: new Error("canary") },
  ];
  const canaryFall = tool({
    name: "fall",
    description: "canary",
    inputSchema: z.object({}),
    execute: () => {
      throw new Error("canary");
    },
  });

  it("is not recorded unless that is asked for, neither of people, models and tools nor of errors", async () => {
    const agent = traced(canaries, { tools: [look, canaryFall] });
    await agent.generate("canary").catch(() => {});
    const spans = await sdk.finished();
    expect(spans).toHaveLength(6);
    const recorded = spans.map(({ name, attributes, status, events, links }) => [
      name,
      attributes,
      status,
      events,
      links,
    ]);
    expect(JSON.stringify([recorded, await sdk.metrics()]).match(/canary/g) ?? []).toHaveLength(0);
  });

  it("is recorded in the JSON of the conventions where it is", async () => {
    const agent = traced([{ toolCalls: [{ toolName: "look", input: { at: "north" } }] }, { text: ["A ", "hill"] }], {
      recordContent: true,
    });
    await agent.generate("What is there?");
    const spans = await sdk.finished();
    const said = { role: "user", parts: [{ type: "text", content: "What is there?" }] };
    const call = { type: "tool_call", id: "call-1-1", name: "look", arguments: { at: "north" } };
    const answer = { role: "assistant", parts: [{ type: "text", content: "A hill" }], finish_reason: "stop" };
    const [first, toolSpan, second, run] = ["chat", "execute_tool", "chat", "invoke_agent"].map(
      (kind, index, kinds) => {
        const nth = kinds.slice(0, index).filter((each) => each === kind).length;
        return spans.filter(({ name }) => name.startsWith(kind))[nth]?.attributes ?? {};
      },
    );
    const json = (value: unknown) => JSON.parse(String(value));
    expect(json(first?.["gen_ai.input.messages"])).toEqual([said]);
    expect(json(first?.["gen_ai.output.messages"])).toEqual([
      { role: "assistant", parts: [call], finish_reason: "tool-calls" },
    ]);
    expect(json(toolSpan?.["gen_ai.tool.call.arguments"])).toEqual({ at: "north" });
    expect(toolSpan?.["gen_ai.tool.call.result"]).toBe("saw north");
    expect(json(second?.["gen_ai.input.messages"])).toEqual([
      said,
      { role: "assistant", parts: [call] },
      { role: "tool", parts: [{ type: "tool_call_response", id: "call-1-1", response: "saw north" }] },
    ]);
    expect(json(second?.["gen_ai.output.messages"])).toEqual([answer]);
    expect(json(run?.["gen_ai.input.messages"])).toEqual([said]);
    expect(json(run?.["gen_ai.output.messages"])).toEqual([answer]);
  });
});

it("recorded content of a later model call has every answer of a tool once, in its place", async () => {
  const looks = (at: string): ScriptedReply => ({ toolCalls: [{ toolName: "look", input: { at } }] });
  await traced([looks("north"), looks("south"), { text: "Hills" }], { recordContent: true }).generate("Look");
  const chats = (await sdk.finished()).filter(({ name }) => name === "chat scripted");
  const messages: { role: string }[] = JSON.parse(String(chats[2]?.attributes["gen_ai.input.messages"]));
  expect(messages.map(({ role }) => role)).toEqual(["user", "assistant", "tool", "assistant", "tool"]);
});

describe("traced tools", () => {
  it("run inside of their span: what they do is its child, and so is an agent that they ask", async () => {
    const expert = traced([{ text: "42" }], { name: "expert" });
    const tracer = sdk.tracerProvider.getTracer("app");
    const ask = tool({
      name: "ask",
      description: "Asks",
      inputSchema: z.object({}),
      execute: () =>
        tracer.startActiveSpan("query", async (span) => {
          await wait(1);
          const { text } = await expert.generate("Well?");
          span.end();
          return text;
        }),
    });
    const agent = traced([{ toolCalls: [{ toolName: "ask", input: {} }] }, { text: "42" }], {
      tools: tracedTools([ask]),
    });
    expect((await agent.generate("Go")).text).toBe("42");
    expect(treeOf(await sdk.finished())).toEqual([
      "invoke_agent guide",
      "  chat scripted",
      "  execute_tool ask",
      "    query",
      "      invoke_agent expert",
      "        chat scripted",
      "  chat scripted",
    ]);
    expect(sdk.open()).toBe(0);
  });

  it("do not begin once the call has been stopped", async () => {
    const execute = vi.fn();
    const [slow] = tracedTools([tool({ name: "slow", description: "Slow", inputSchema: z.object({}), execute })]);
    const stop = new AbortController();
    const call = { signal: stop.signal, progress: () => {}, callId: "a", runId: "run", context: undefined };
    const speaker = { threadId: undefined, userId: undefined, ownerId: undefined };
    const running = slow?.execute({}, { ...call, ...speaker });
    stop.abort(new Error("too late"));
    await expect(running).rejects.toThrow("too late");
    expect(execute).not.toHaveBeenCalled();
  });

  it("work where nobody traces", async () => {
    const seen: unknown[] = [];
    const peek = tool({
      name: "peek",
      description: "Peeks",
      inputSchema: z.object({}),
      execute: (_, { callId }) => seen.push([callId, trace.getActiveSpan()]),
    });
    const model = scriptedModel([{ toolCalls: [{ toolName: "peek", input: {} }] }, { text: "Done" }]);
    await new Agent({ model, tools: tracedTools([peek]) }).generate("Go");
    expect(seen).toEqual([["call-1-1", undefined]]);
  });
});
