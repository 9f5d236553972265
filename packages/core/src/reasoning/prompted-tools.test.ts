import { describe, expect, it } from "vitest";
import { z } from "zod";
import { Agent, type AgentOptions } from "../agent/agent.ts";
import { toolCallsOf } from "../message.ts";
import type { LanguageModel, ModelAbilities, ModelEvent, ModelRequest } from "../ports/language-model.ts";
import { languageModelCases } from "../testing/language-model-cases.ts";
import { promptedReply } from "../testing/prompted-reply.ts";
import { type ScriptedReply, scriptedModel } from "../testing/scripted-model.ts";
import { tool } from "../tool/tool.ts";
import { fencedProtocol, reactProtocol } from "./other-protocols.fake.ts";
import { promptedTools } from "./prompted-tools.ts";
import { hermesProtocol, type ToolProtocol } from "./tool-protocol.ts";

/** A model that refuses tools, and writes the calls of its script in words. */
function textModel(replies: readonly ScriptedReply[], protocol: ToolProtocol = hermesProtocol) {
  return scriptedModel((request, call) => {
    const calls = request.messages.some((each) => each.role === "assistant" && toolCallsOf(each).length > 0);
    if (request.tools.length > 0 || request.toolChoice !== "auto" || calls) throw new Error("I know of no tools.");
    const turns = request.messages.map(({ role }) => role);
    if (turns.some((role, index) => role === "tool" || role === turns[index - 1]))
      throw new Error("Only turns, please.");
    const reply = replies[call];
    if (!reply) throw new Error("There are no more replies.");
    return promptedReply(reply, protocol);
  });
}

const protocols = [
  ["Hermes", hermesProtocol],
  ["ReAct", reactProtocol],
  ["code blocks", fencedProtocol],
] as const;

describe.each(protocols)("a model without tool calling is a LanguageModel by the protocol of %s:", (_, protocol) => {
  const answering = (replies: readonly ScriptedReply[]) => promptedTools(textModel(replies, protocol), { protocol });
  for (const { name, run } of languageModelCases({ answering })) it(name, run);
});

const look = tool({
  name: "look",
  description: "",
  inputSchema: z.object({ q: z.string() }),
  execute: ({ q }, { progress }) => {
    if (q === "secret") throw new Error("That is secret.");
    progress(`looking for ${q}`);
    return { found: q };
  },
});
const ask = (q: unknown) => ({ toolName: "look", input: { q } });

const conversations: Record<string, ScriptedReply[]> = {
  "an answer without tools": [{ reasoning: "hm", text: ["Hel", "lo"] }],
  "several steps": [{ text: "First.", toolCalls: [ask("a")] }, { toolCalls: [ask("b")] }, { text: "Done." }],
  "parallel calls": [{ toolCalls: [ask("a"), ask("b"), ask("c")] }, { text: "Done." }],
  "a tool that fails": [{ toolCalls: [ask("secret"), ask("a")] }, { text: "Done." }],
  "an unknown tool": [{ toolCalls: [{ toolName: "find", input: { q: "a" } }] }, { text: "Done." }],
  "input of the wrong type": [{ toolCalls: [ask(7)] }, { toolCalls: [ask("7")] }, { text: "Done." }],
  "input that is not JSON": [
    { toolCalls: [{ toolName: "look", input: '{"q": x}' }] },
    { toolCalls: [ask("x")] },
    { text: "Done." },
  ],
  "a reply that is cut": [{ text: "Don", finishReason: "length" }],
  "thinking in tags": [
    { text: "<think>Should I call look?</think>Yes.", toolCalls: [ask("a")] },
    { text: "<think>ok</think>\n\nDone." },
  ],
};

/** The parts of a run with pieces joined, without ids, step by step. */
async function partsOf(model: LanguageModel, options: Partial<AgentOptions>): Promise<unknown[]> {
  const run = new Agent({ model, tools: [look], ...options }).stream("Go");
  const ids: string[] = [];
  const parts: unknown[] = [];
  let before = "";
  for await (const { runId, ...part } of run.fullStream) {
    const id = "id" in part ? part.id : "toolCallId" in part ? part.toolCallId : "";
    if (!ids.includes(id)) ids.push(id);
    const isDelta = part.type.endsWith("-delta");
    const text = "text" in part ? part.text : "delta" in part ? part.delta : "";
    if (isDelta && before === `${part.type} ${id}`) parts[parts.length - 1] += text;
    else if (isDelta) parts.push(text);
    else {
      const {
        usage,
        totalUsage,
        toolCallId,
        id: _,
        ...rest
      } = { usage: 0, totalUsage: 0, toolCallId: "", id: "", ...part };
      parts.push({ ...rest, number: ids.indexOf(id) });
    }
    before = `${part.type} ${id}`;
  }
  return JSON.parse(JSON.stringify(parts, (key, value) => (key === "createdAt" ? undefined : value)));
}

describe("an agent with prompted tools yields the parts of one with native tools:", () => {
  describe.each(protocols)("by the protocol of %s", (_, protocol) => {
    it.each(Object.entries(conversations))("%s", async (name, replies) => {
      const options: Partial<AgentOptions> = { reasoning: name === "thinking in tags" ? "prompted" : "native" };
      const prompted = textModel(replies, protocol);
      const parts = await partsOf(promptedTools(prompted, { protocol }), options);
      expect(parts).toEqual(await partsOf(scriptedModel(replies), options));
      expect(prompted.requests).toHaveLength(replies.length);
      expect(parts.at(-1)).toMatchObject({ type: "finish" });
    });
  });

  it("and the thread is that of a native one", async () => {
    const replies = conversations["several steps"] ?? [];
    const [native, prompted] = await Promise.all(
      [scriptedModel(replies), promptedTools(textModel(replies))].map((model) =>
        new Agent({ model, tools: [look] }).generate("Go"),
      ),
    );
    const withoutIds = (value: unknown) =>
      JSON.parse(JSON.stringify(value, (key, each) => (/^(toolCallId|createdAt|usage)$/.test(key) ? undefined : each)));
    expect(withoutIds(prompted?.messages)).toEqual(withoutIds(native?.messages));
    const ids = prompted?.messages.flatMap((each) => (each.role === "tool" ? [each.toolCallId] : []));
    expect(new Set(ids).size).toBe(2);
  });
});

describe("an agent", () => {
  const open = (replies: readonly ScriptedReply[]) => ({ ...textModel(replies), abilities: { tools: false } });

  it("leaves a model its prices, defaults and limits", () => {
    const said = {
      costOf: () => ({ RUB: 1 }),
      defaults: { instructions: "Briefly." },
      rateLimits: { requestsPerMinute: 5 },
    };
    expect(promptedTools({ ...textModel([]), ...said })).toMatchObject(said);
  });

  it("prompts a model that says it has no tool calling by itself", async () => {
    const result = await new Agent({ model: open(conversations["parallel calls"] ?? []), tools: [look] }).generate(
      "Go",
    );
    expect(result).toMatchObject({ text: "Done.", finishReason: "stop" });
    expect(result.steps[0]?.toolResults.map(({ output }) => output)).toEqual(
      ["a", "b", "c"].map((found) => JSON.stringify({ found })),
    );
  });

  it("has structured answers from such a model too, together with tools", async () => {
    const model = open([{ toolCalls: [ask("a")] }, { text: '{"answer": 42}' }]);
    const agent = new Agent({ model, tools: [look], output: z.object({ answer: z.number() }) });
    expect((await agent.generate("Go")).output).toEqual({ answer: 42 });
  });
});

const request: ModelRequest = {
  instructions: "",
  messages: [{ role: "user", content: "Go" }],
  tools: [look],
  toolChoice: "auto",
  reasoning: "off",
  settings: {},
};

async function drain(model: LanguageModel, more: Partial<ModelRequest> = {}): Promise<ModelEvent[]> {
  const all: ModelEvent[] = [];
  for await (const events of model.stream({ ...request, ...more })) {
    expect(events).not.toEqual([]);
    all.push(...events);
  }
  return all;
}

describe("promptedTools()", () => {
  it("ends the model's reply where it goes on after its calls, and leaves the usage to be estimated", async () => {
    let wasLeft = false;
    const model: LanguageModel = {
      provider: "test",
      modelId: "dreamer",
      async *stream() {
        try {
          yield [{ type: "text-delta", text: "<tool_" }];
          yield [{ type: "text-delta", text: 'call>{"name": "look", "arguments": {}}\n</tool_call>' }];
          yield [{ type: "text-delta", text: "\n<tool_resp" }];
          yield [{ type: "text-delta", text: "onse>\nlook: made up" }];
          throw new Error("still listening");
        } finally {
          wasLeft = true;
        }
      },
    };
    const events = await drain(promptedTools(model));
    expect(events.map(({ type }) => type)).toEqual(["tool-input-start", "tool-input-delta", "tool-call", "finish"]);
    expect(events.at(-1)).toEqual({ type: "finish", finishReason: "tool-calls" });
    expect(wasLeft).toBe(true);
  });

  it.each<[ModelAbilities | undefined, ModelAbilities]>([
    [undefined, { tools: true, outputSchema: "never" }],
    [{ tools: false }, { tools: true, outputSchema: "never" }],
    [
      { tools: false, outputSchema: "without-tools" },
      { tools: true, outputSchema: "without-tools" },
    ],
    [
      { tools: false, outputSchema: "always" },
      { tools: true, outputSchema: "without-tools" },
    ],
  ])("of a model with the abilities %j can do %j", (abilities, expected) => {
    const model = { ...scriptedModel([]), abilities };
    expect(promptedTools(model)).toMatchObject({ provider: "scripted", modelId: "scripted", abilities: expected });
  });

  it("hands over no call where none may be made: with the choice `none`, and where the tools were taken away", async () => {
    const reply = { text: "So.", toolCalls: [ask("a")] };
    const model = promptedTools(textModel([reply, reply]));
    const expected = [
      { type: "text-delta", text: "So." },
      { type: "finish", finishReason: "stop" },
    ];
    expect(await drain(model, { toolChoice: "none" })).toEqual(expected);
    const messages: ModelRequest["messages"] = [
      { role: "user", content: "Go" },
      { role: "assistant", content: [{ type: "tool-call", toolCallId: "1", toolName: "look", input: {} }] },
      { role: "tool", toolCallId: "1", toolName: "look", output: "found" },
    ];
    expect(await drain(model, { tools: [], messages })).toEqual(expected);
  });

  it("leaves text alone that was never told of tools", async () => {
    const text = hermesProtocol.writeCall({ toolName: "look", input: "{}" });
    expect(await drain(promptedTools(textModel([{ text }])), { tools: [] })).toEqual([
      { type: "text-delta", text },
      { type: "finish", finishReason: "stop" },
    ]);
  });
});
