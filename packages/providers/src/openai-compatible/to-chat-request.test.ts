import type { Message, ModelRequest, UserPart } from "@beseda/core";
import { complaintAbout } from "@beseda/core/testing";
import { describe, expect, it, vi } from "vitest";
import { type Quirks, quirks } from "./quirks.ts";
import { chatRequestWriter } from "./to-chat-request.ts";

const add = { name: "add", description: "Adds.", inputSchema: { type: "object" }, examples: [] };
const plain: ModelRequest = {
  instructions: "",
  messages: [{ role: "user", content: "hi" }],
  tools: [],
  toolChoice: "auto",
  reasoning: "off",
  settings: {},
};

function bodyOf(request: Partial<ModelRequest>, declared: Quirks = quirks.openai, streamed = true) {
  return JSON.parse(chatRequestWriter("gpt", declared)({ ...plain, ...request }, streamed));
}

/** A reply that thought and called, and its result. */
function called(input: unknown, invalid?: true): Message[] {
  const call = { type: "tool-call", toolCallId: "c1", toolName: "add", input, ...(invalid && { invalid }) } as const;
  return [
    { role: "user", content: "hi" },
    { role: "assistant", content: [{ type: "reasoning", text: "hm", providerData: [{ type: "x" }] }, call] },
    { role: "tool", toolCallId: "c1", toolName: "add", output: "2" },
  ];
}

describe("a request", () => {
  it("has the official shape", () => {
    const messages: Message[] = [
      {
        role: "user",
        content: [
          { type: "text", text: "what is it?" },
          { type: "image", image: "data:image/png;base64,AA==" },
        ],
      },
      ...called({ a: 1 }),
      {
        role: "assistant",
        content: [
          { type: "text", text: "It is " },
          { type: "text", text: "2." },
        ],
      },
      { role: "user", content: "thanks", userId: "u1", createdAt: "2026-11-22" },
    ];
    const settings = {
      temperature: 0.5,
      topP: 0.9,
      maxOutputTokens: 100,
      reasoningEffort: "low",
      seed: 7,
      stopSequences: ["END"],
    };
    const body = bodyOf({
      instructions: "Be kind.",
      messages,
      tools: [add],
      toolChoice: { toolName: "add" },
      settings,
    });
    expect(body).toEqual({
      model: "gpt",
      messages: [
        { role: "system", content: "Be kind." },
        {
          role: "user",
          content: [
            { type: "text", text: "what is it?" },
            { type: "image_url", image_url: { url: "data:image/png;base64,AA==" } },
          ],
        },
        { role: "user", content: "hi" },
        {
          role: "assistant",
          content: null,
          tool_calls: [{ id: "c1", type: "function", function: { name: "add", arguments: '{"a":1}' } }],
        },
        { role: "tool", tool_call_id: "c1", content: "2" },
        { role: "assistant", content: "It is 2." },
        { role: "user", content: "thanks" },
      ],
      tools: [{ type: "function", function: { name: "add", description: "Adds.", parameters: { type: "object" } } }],
      tool_choice: { type: "function", function: { name: "add" } },
      stream: true,
      stream_options: { include_usage: true },
      temperature: 0.5,
      top_p: 0.9,
      max_completion_tokens: 100,
      reasoning_effort: "low",
      seed: 7,
      stop: ["END"],
    });
    expect(complaintAbout(body, "openai")).toBeUndefined();
  });

  it("says no more than it has to", () => {
    expect(bodyOf({}, quirks.openai, false)).toEqual({
      model: "gpt",
      messages: [{ role: "user", content: "hi" }],
      stream: false,
    });
    expect(bodyOf({ tools: [add], toolChoice: "required" }).tool_choice).toBe("required");
    expect(bodyOf({ toolChoice: "required" })).not.toHaveProperty("tool_choice");
  });

  it("leaves out what the server refuses and uses its words", () => {
    const settings = { maxOutputTokens: 5, seed: 1, stopSequences: ["x"] };
    expect(bodyOf({ settings }, quirks.yandex)).toEqual({
      model: "gpt",
      messages: [{ role: "user", content: "hi" }],
      stream: true,
      max_tokens: 5,
    });
    const { messages } = bodyOf({ messages: called({}) }, quirks.yandex);
    expect(messages[1].content).toBe("");
  });

  it("leaves out messages that say nothing where the server refuses them", () => {
    const messages: Message[] = [
      { role: "user", content: "hi" },
      { role: "assistant", content: [] },
      { role: "assistant", content: [{ type: "reasoning", text: "hm" }] },
      { role: "assistant", content: [{ type: "text", text: "" }] },
      { role: "user", content: [{ type: "text", text: " " }] },
      ...called({}),
      { role: "user", content: [{ type: "image", image: "data:image/png;base64,AA==" }] },
    ];
    const sent = bodyOf({ messages, instructions: " " }, quirks.yandex).messages;
    expect(sent.map(({ role }: { role: string }) => role)).toEqual(["user", "user", "assistant", "tool", "user"]);
    expect(bodyOf({ messages, instructions: " " }).messages).toHaveLength(messages.length + 1);
  });

  it.each<[string, Quirks, object]>([
    ["nothing to OpenAI", quirks.openai, {}],
    ["reasoning_content to DeepSeek", quirks.deepseek, { reasoning_content: "hm" }],
    ["reasoning to Ollama", quirks.ollama, { reasoning: "hm" }],
    ["the untouched blocks to OpenRouter", quirks.openrouter, { reasoning_details: [{ type: "x" }] }],
  ])("sends back with a call %s", (_name, declared, expected) => {
    const { role, content, tool_calls, ...rest } = bodyOf({ messages: called({}) }, declared).messages[1];
    expect(rest).toEqual(expected);
  });

  it("switches native reasoning on and off in the words of the server", () => {
    expect(bodyOf({ reasoning: "native" }, quirks.deepseek).thinking).toEqual({ type: "enabled" });
    expect(bodyOf({ reasoning: "off" }, quirks.deepseek).thinking).toEqual({ type: "disabled" });
    expect(bodyOf({ reasoning: "off" }, quirks.vllm).chat_template_kwargs).toEqual({ enable_thinking: false });
    expect(bodyOf({ reasoning: "off" }, quirks.openai)).not.toHaveProperty("thinking");
  });

  it.each([
    ["text that is no JSON", "{broken", true],
    ["a list", [1, 2], undefined],
    ["a number", 5, undefined],
    ["nothing", undefined, undefined],
  ] as const)("sends the arguments of an old call as an object even if the model wrote %s", (_name, input, invalid) => {
    const body = bodyOf({ messages: called(input, invalid) });
    expect(body.messages[1].tool_calls[0].function.arguments).toBe("{}");
    expect(complaintAbout(body, "openai")).toBeUndefined();
  });

  it("sends a name that servers accept for a tool that the model made up", () => {
    for (const toolName of ["functions.add now", "", "погода", "x".repeat(99)]) {
      const call = { type: "tool-call", toolCallId: "c1", toolName, input: {} } as const;
      const messages: Message[] = [
        { role: "assistant", content: [call] },
        { role: "tool", toolCallId: "c1", toolName, output: "There is no such tool." },
      ];
      expect(complaintAbout(bodyOf({ messages }), "openai")).toBeUndefined();
    }
  });

  describe("with the hint to cache the prompt", () => {
    const messages: Message[] = [...called({}), { role: "user", content: "and now?" }];
    const settings = { promptCache: { key: "bot-7", ttl: "1h" } } as const;
    const mark = { type: "ephemeral", ttl: "1h" };

    it("tells OpenAI the key, and OpenRouter where the part to keep ends", () => {
      const body = bodyOf({ instructions: "Be kind.", messages, settings });
      expect(body.prompt_cache_key).toBe("bot-7");
      expect(complaintAbout(body, "openai")).toBeUndefined();
      const routed = bodyOf({ instructions: "Be kind.", messages, settings }, quirks.openrouter);
      expect(routed.messages[0].content).toEqual([{ type: "text", text: "Be kind.", cache_control: mark }]);
      expect(routed.messages.at(-1).content).toEqual([{ type: "text", text: "and now?", cache_control: mark }]);
      expect(JSON.stringify(routed).match(/cache_control/g)).toHaveLength(2);
      expect(complaintAbout(routed, "openrouter")).toBeUndefined();
      expect(JSON.stringify(bodyOf({ instructions: "Be kind.", messages, settings }, quirks.vllm))).not.toContain(
        "cache",
      );
    });

    it("marks the result of a tool, and the last text beside an image", () => {
      const { messages: ended } = bodyOf({ messages: called({}), settings }, quirks.openrouter);
      expect(ended.at(-1)).toEqual({
        role: "tool",
        tool_call_id: "c1",
        content: [{ type: "text", text: "2", cache_control: mark }],
      });
      const content: UserPart[] = [
        { type: "text", text: "look" },
        { type: "text", text: "what is it?" },
        { type: "image", image: "https://example.com/cat.png" },
      ];
      const [message] = bodyOf({ messages: [{ role: "user", content }], settings }, quirks.openrouter).messages;
      expect(message.content.map((part: object) => "cache_control" in part)).toEqual([false, true, false]);
      const empty = bodyOf({ messages: [{ role: "user", content: "" }], settings }, quirks.openrouter);
      expect(complaintAbout(empty, "openrouter")).toBeUndefined();
    });

    it("leaves no mark behind when the thread goes on", () => {
      const write = chatRequestWriter("gpt", quirks.openrouter);
      const request = { ...plain, settings };
      write({ ...request, messages }, true);
      const next = JSON.parse(write({ ...request, messages: [...messages, { role: "user", content: "more" }] }, true));
      expect(next.messages.at(-2)).toEqual({ role: "user", content: "and now?" });
      expect(next.messages.at(-1).content[0].cache_control).toEqual(mark);
    });
  });

  it("asks for JSON of a schema, strictly where that is taken", () => {
    const outputSchema = { type: "object", properties: {}, required: [], additionalProperties: false };
    const body = bodyOf({ outputSchema });
    expect(body.response_format).toEqual({
      type: "json_schema",
      json_schema: { name: "answer", schema: outputSchema, strict: true },
    });
    expect(complaintAbout(body, "openai")).toBeUndefined();
    const open = bodyOf({ outputSchema: { type: "object" } });
    expect(open.response_format.json_schema).toMatchObject({ schema: { type: "object" }, strict: false });
    expect(complaintAbout(open, "openai")).toBeUndefined();
  });

  it("is well-formed Unicode even where a text holds half an emoji", () => {
    const body = bodyOf({ messages: [{ role: "user", content: "half \ud83d, whole 😀, written \\ud83d" }] });
    expect(body.messages[0].content).toBe("half �, whole 😀, written \\ud83d");
    expect(complaintAbout(body, "openai")).toBeUndefined();
  });

  it("makes the JSON of each message and of the tools once", () => {
    const write = chatRequestWriter("gpt", quirks.openai);
    const messages: Message[] = Array.from({ length: 50 }, (_, index) => ({
      role: "user",
      content: `question ${index}`,
    }));
    const tools = [add];
    const first = write({ ...plain, messages, tools }, true);
    const stringify = vi.spyOn(JSON, "stringify");
    expect(write({ ...plain, messages: [...messages, { role: "user", content: "one more" }], tools }, true)).not.toBe(
      first,
    );
    // the new message, and the fields around
    expect(stringify).toHaveBeenCalledTimes(2);
    stringify.mockRestore();
  });
});
