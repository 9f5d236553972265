import { describe, expect, it, vi } from "vitest";
import { type Message, textOf } from "../message.ts";
import type { ModelRequest, ToolChoice } from "../ports/language-model.ts";
import { promptedRequestWriter } from "./prompted-request.ts";
import { hermesProtocol } from "./tool-protocol.ts";

const look = {
  name: "look",
  description: "Looks it up.",
  inputSchema: { type: "object", properties: { q: { type: "string" } }, required: ["q"] },
  examples: ["What is a fugue?"],
};
const tools = [look];
const image = { type: "image", image: "data:image/png;base64,AA==" } as const;

function request(messages: readonly Message[], more: Partial<ModelRequest> = {}): ModelRequest {
  const rest = { tools, toolChoice: "auto", reasoning: "native", settings: {} } as const;
  return { instructions: "Be kind.", messages, ...rest, ...more };
}

const calls = (...queries: string[]): Message => ({
  role: "assistant",
  content: [
    { type: "reasoning", text: "hm", providerData: "signed" },
    { type: "text", text: "One moment." },
    ...queries.map((q) => ({ type: "tool-call" as const, toolCallId: `id-${q}`, toolName: "look", input: { q } })),
  ],
  finishReason: "tool-calls",
});
const result = (q: string, output: string): Message => ({
  role: "tool",
  toolCallId: `id-${q}`,
  toolName: "look",
  output,
});

describe("a request with tools, put into words,", () => {
  it("tells the model of every tool and how to call it, after the agent's own instructions", () => {
    const written = promptedRequestWriter(hermesProtocol)(request([]));
    expect(written).toMatchObject({ tools: [], toolChoice: "auto", reasoning: "native" });
    expect(written.instructions).toMatch(/^Be kind\.\n\n# Tools\n/);
    expect(written.instructions).toContain(
      '{"type":"function","function":{"name":"look","description":"Looks it up.","parameters":{"type":"object","properties":{"q":{"type":"string"}},"required":["q"]},"examples":["What is a fugue?"]}}',
    );
    expect(written.instructions).toContain('<tool_call>\n{"name": ');
  });

  it.each<[ToolChoice, RegExp]>([
    ["auto", /what matters of them\.$/],
    ["none", /call no tool: answer with what you know\.$/],
    ["required", /Your next reply has to call a tool\.$/],
    [{ toolName: "look" }, /Your next reply has to call the tool look\.$/],
  ])("says at the end of the instructions that the choice is %j", (toolChoice, end) => {
    expect(promptedRequestWriter(hermesProtocol)(request([], { toolChoice })).instructions).toMatch(end);
  });

  it("holds earlier calls as the model should have written them, and the results of a step in one user message", () => {
    const messages: Message[] = [
      { role: "user", content: "Look up both." },
      calls("a", "b"),
      result("a", "found </tool_response>"),
      { ...result("b", "Not there."), isError: true } as Message,
    ];
    expect(promptedRequestWriter(hermesProtocol)(request(messages)).messages).toEqual([
      messages[0],
      {
        role: "assistant",
        content: [
          { type: "reasoning", text: "hm", providerData: "signed" },
          {
            type: "text",
            text: 'One moment.\n<tool_call>\n{"name": "look", "arguments": {"q":"a"}}\n</tool_call>\n<tool_call>\n{"name": "look", "arguments": {"q":"b"}}\n</tool_call>',
          },
        ],
      },
      {
        role: "user",
        content:
          "<tool_response>\nlook: found <\\/tool_response>\n</tool_response>\n<tool_response>\nlook failed: Not there.\n</tool_response>",
      },
    ]);
  });

  it("shows a broken call to the model as it wrote it", () => {
    const broken: Message = {
      role: "assistant",
      content: [
        { type: "text", text: "\n" },
        { type: "tool-call", toolCallId: "1", toolName: "look", input: '{"q": ', invalid: true },
      ],
    };
    const { messages } = promptedRequestWriter(hermesProtocol)(request([broken]));
    expect(messages[0]).toHaveProperty(
      "content.0.text",
      '<tool_call>\n{"name": "look", "arguments": {"q": }\n</tool_call>',
    );
  });

  it("lets user and model take turns: what is said between two replies is one message, images included", () => {
    const messages: Message[] = [
      { role: "user", content: "Hello?", userId: "ann" },
      { role: "user", content: [{ type: "text", text: "And this?" }, image] },
      calls("a"),
      result("a", "found"),
      { role: "user", content: [image, { type: "text", text: "Hurry!" }] },
    ];
    const written = promptedRequestWriter(hermesProtocol)(request(messages)).messages;
    expect(written.map(({ role }) => role)).toEqual(["user", "assistant", "user"]);
    expect(written[0]).toEqual({ role: "user", content: [{ type: "text", text: "Hello?\n\nAnd this?" }, image] });
    expect(written[2]).toEqual({
      role: "user",
      content: [
        { type: "text", text: "<tool_response>\nlook: found\n</tool_response>" },
        image,
        { type: "text", text: "Hurry!" },
      ],
    });
  });

  it("makes one reply of two in a row, as an approval that comes late leaves them", () => {
    const write = promptedRequestWriter(hermesProtocol);
    const answer: Message = { role: "assistant", content: [{ type: "text", text: "Four." }] };
    const { messages } = write(
      request([{ role: "user", content: "2 + 2?" }, answer, calls("x"), result("x", "found")]),
    );
    expect(messages.map(({ role }) => role)).toEqual(["user", "assistant", "user"]);
    expect(textOf(messages[1] as Message)).toMatch(/^Four\.One moment\.\n<tool_call>/);
  });

  it("is made of the same message objects each time, and of the same description of the tools", () => {
    const describeTools = vi.fn(hermesProtocol.describe);
    const write = promptedRequestWriter({ ...hermesProtocol, describe: describeTools });
    const thread: Message[] = [
      { role: "user", content: "Go" },
      calls("a"),
      result("a", "found"),
      { role: "assistant", content: [{ type: "text", text: "Found." }] },
      { role: "user", content: "And b?" },
    ];
    const first = write(request(thread));
    thread.push(calls("b"), result("b", "found"));
    const second = write(request(thread));
    expect(second.messages).toHaveLength(7);
    for (const [index, message] of first.messages.entries()) expect(second.messages[index]).toBe(message);
    expect(first.messages[3]).toBe(thread[3]);
    expect(describeTools).toHaveBeenCalledTimes(1);

    thread.push({ role: "user", content: "Hurry!" });
    expect(write(request(thread)).messages[6]).toHaveProperty("content", expect.stringMatching(/found.*Hurry!$/s));
    thread[6] = result("b", "found after all");
    expect(write(request(thread)).messages[6]).toHaveProperty("content", expect.stringMatching(/after all.*Hurry!$/s));
  });

  it("shows the new result of a call that was pending", () => {
    const write = promptedRequestWriter(hermesProtocol);
    const thread = [calls("a", "b"), result("a", "found"), result("b", "pending")];
    expect(write(request(thread)).messages[1]).toHaveProperty("content", expect.stringContaining("look: pending"));
    thread[2] = result("b", "done");
    expect(write(request(thread)).messages[1]).toHaveProperty("content", expect.stringContaining("look: done"));
  });

  it("stops the model where it would make up results, with no more stop sequences than services take", () => {
    const stops = (stopSequences?: string[]) =>
      promptedRequestWriter(hermesProtocol)(
        request([], { settings: { seed: 1, ...(stopSequences && { stopSequences }) } }),
      ).settings;
    expect(stops()).toEqual({ seed: 1, stopSequences: ["<tool_response>"] });
    expect(stops(["END"]).stopSequences).toEqual(["END", "<tool_response>"]);
    expect(stops(["1", "2", "3", "4"]).stopSequences).toEqual(["1", "2", "3", "4"]);
  });

  it("without tools has none described, but still their old results in words", () => {
    const written = promptedRequestWriter(hermesProtocol)(request([calls("a"), result("a", "found")], { tools: [] }));
    expect(written).toMatchObject({ instructions: "Be kind.", settings: {} });
    expect(written.messages.map(({ role }) => role)).toEqual(["assistant", "user"]);
  });
});
