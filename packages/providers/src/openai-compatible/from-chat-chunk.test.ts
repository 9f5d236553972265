import type { ModelEvent } from "@beseda/core";
import { describe, expect, it } from "vitest";
import type { ChatChunk, ChatDelta } from "./chat-wire.ts";
import { ChatReply } from "./from-chat-chunk.ts";
import { type Quirks, quirks } from "./quirks.ts";

const tools = ["add", "weather", "get_weather"];

/** The events of a stream of these events; text stands for itself, such as [DONE]. */
function replyOf(sent: readonly (ChatChunk | string)[], declared: Quirks = quirks.standard): ModelEvent[] {
  const reply = new ChatReply(declared, tools);
  const events: ModelEvent[] = [];
  for (const each of sent) reply.event(typeof each === "string" ? each : JSON.stringify(each), "", events);
  reply.end(events);
  return events;
}

function delta(content: ChatDelta, finish_reason: string | null = null): ChatChunk {
  return { choices: [{ delta: content, finish_reason }] };
}

describe("a streamed reply", () => {
  it("is text and reasoning as they come, and a finish with the usage at the end", () => {
    const sent = [
      delta({ content: "" }),
      delta({ reasoning_content: "hm" }),
      delta({ content: "При" }),
      delta({ content: "вет" }),
      delta({}, "stop"),
      { choices: [], usage: { prompt_tokens: 9, completion_tokens: 7, total_tokens: 16 } },
      "[DONE]",
    ];
    expect(replyOf(sent)).toEqual([
      { type: "reasoning-delta", text: "hm" },
      { type: "text-delta", text: "При" },
      { type: "text-delta", text: "вет" },
      { type: "finish", finishReason: "stop", usage: { inputTokens: 9, outputTokens: 7, totalTokens: 16 } },
    ]);
  });

  it.each<[string, (ChatChunk | string)[], ModelEvent]>([
    [
      "role and text in the first chunk, finish in the last, no usage chunk",
      [delta({ content: "hi" }, "stop")],
      { type: "finish", finishReason: "stop" },
    ],
    ["no finish chunk but [DONE]", [delta({ content: "hi" }), "[DONE]"], { type: "finish", finishReason: "stop" }],
    [
      "usage null",
      [{ ...delta({ content: "hi" }, "length"), usage: null }],
      { type: "finish", finishReason: "length" },
    ],
    [
      "an answer at the end of the context, in Mistral's word",
      [delta({ content: "hi" }, "model_length")],
      { type: "finish", finishReason: "length" },
    ],
    [
      "a filtered answer",
      [delta({ content: "hi" }, "content_filter")],
      { type: "finish", finishReason: "content-filter" },
    ],
    [
      "calls that end with stop",
      [delta({ tool_calls: [{ function: { name: "add" } }] }, "stop")],
      { type: "finish", finishReason: "tool-calls" },
    ],
    ["tool_calls without a call", [delta({ content: "hi" }, "tool_calls")], { type: "finish", finishReason: "stop" }],
    [
      "a last event without choices",
      [delta({ content: "hi" }, "stop"), {}, { choices: null }],
      { type: "finish", finishReason: "stop" },
    ],
    [
      "usage in words of its own",
      [
        {
          ...delta({ content: "hi" }, "stop"),
          usage: {
            prompt_tokens: "9",
            completion_tokens: "1",
            prompt_cache_hit_tokens: 4,
            completion_tokens_details: { reasoning_tokens: 1 },
          },
        },
      ],
      {
        type: "finish",
        finishReason: "stop",
        usage: { inputTokens: 9, outputTokens: 1, totalTokens: 10, reasoningTokens: 1, cachedInputTokens: 4 },
      },
    ],
  ])("may have %s", (_name, sent, finish) => {
    expect(replyOf(sent).at(-1)).toEqual(finish);
  });

  it("is over at [DONE], whatever follows, and an event without data is none", () => {
    const sent = [delta({ content: "hi" }, "stop"), "", "[DONE]", delta({ content: " again" }), "no JSON"];
    expect(replyOf(sent)).toEqual([
      { type: "text-delta", text: "hi" },
      { type: "finish", finishReason: "stop" },
    ]);
  });

  it("that ends with neither a finish reason nor [DONE] was cut off, and makes no call", () => {
    const reply = new ChatReply(quirks.standard, tools);
    const events: ModelEvent[] = [];
    const piece = { id: "1", function: { name: "add", arguments: '{"a":1}' } };
    reply.event(JSON.stringify(delta({ tool_calls: [piece] })), "", events);
    expect(() => reply.end(events)).toThrow(expect.objectContaining({ code: "unavailable", isRetryable: true }));
    expect(events.map(({ type }) => type)).toEqual(["tool-input-start", "tool-input-delta"]);
  });

  it.each(["error", "abort", "insufficient_system_resource"])(
    "that ends with %s is a failure that may pass",
    (reason) => {
      const reply = new ChatReply(quirks.standard, tools);
      const events: ModelEvent[] = [];
      reply.event(JSON.stringify(delta({ content: "Half of an" })), "", events);
      expect(() => reply.event(JSON.stringify(delta({ content: " ans" }, reason)), "", events)).toThrow(
        expect.objectContaining({
          code: "unavailable",
          isRetryable: true,
          message: expect.stringContaining(`(${reason})`),
        }),
      );
      expect(events.map((event) => "text" in event && event.text)).toEqual(["Half of an", " ans"]);
    },
  );

  it("whose choice holds an error is that error", () => {
    const choice = { message: { content: "" }, finish_reason: "error", error: { code: 502, message: "No provider." } };
    expect(() => new ChatReply(quirks.openrouter, tools).whole({ choices: [choice] })).toThrow(
      expect.objectContaining({ code: "unavailable", status: 502, message: expect.stringContaining("No provider.") }),
    );
  });

  it("that says nothing of a model is a bad response", () => {
    for (const sent of [[], ["[DONE]"], ["{}", "[DONE]"]]) {
      expect(() => replyOf(sent)).toThrow(expect.objectContaining({ code: "bad-response" }));
    }
  });

  it.each([
    ['{"error":{"message":"boom","type":"server_error"}}', "unavailable", true],
    ['{"error":{"message":"boom","code":429}}', "rate-limited", true],
    [
      '{"error":{"message":"boom","code":"context_length_exceeded","type":"invalid_request_error"}}',
      "too-large",
      false,
    ],
    ['{"error":{"error":"boom"}}', "unavailable", true],
    ['{"error":"boom"}', "unavailable", true],
    ['{"error":{"grpcCode":8,"httpCode":429,"message":"boom"}}', "rate-limited", true],
  ])("that turns into %s throws it", (event, code, isRetryable) => {
    const error = expect.objectContaining({ code, isRetryable, message: expect.stringContaining("boom") });
    expect(() => replyOf([delta({ content: "hi" }), event])).toThrow(error);
  });

  it("may have its text in parts, as Mistral's models that think send it", () => {
    const sent = [
      delta({ content: [{ type: "thinking" }] }),
      delta({ content: [{ type: "text", text: "4" }] }, "stop"),
    ];
    expect(replyOf(sent).map((event) => "text" in event && event.text)).toEqual(["4", false]);
  });

  it("has numbers in its usage, however they are written", () => {
    const usage = {
      prompt_tokens: "9",
      completion_tokens: "many",
      prompt_tokens_details: { cached_tokens: "4" },
      completion_tokens_details: { reasoning_tokens: "1" },
    };
    expect(replyOf([{ ...delta({ content: "hi" }, "stop"), usage }]).at(-1)).toMatchObject({
      usage: { inputTokens: 9, outputTokens: 0, totalTokens: 9, cachedInputTokens: 4, reasoningTokens: 1 },
    });
  });

  it("goes without the marks of a template that are known to leak into it", () => {
    const sent = [delta({ content: "So.[TOOL_CALL_END]" }), delta({ content: "[TOOL_CALL_END]" }, "stop")];
    const leaky = { ...quirks.yandex, strayText: "[TOOL_CALL_END]" };
    expect(replyOf(sent, leaky)).toEqual([
      { type: "text-delta", text: "So." },
      { type: "finish", finishReason: "stop" },
    ]);
    expect(replyOf(sent)[0]).toEqual({ type: "text-delta", text: "So.[TOOL_CALL_END]" });
  });

  it("ends with what is known of it besides, where somebody knows", () => {
    const reply = new ChatReply(quirks.yandex, tools, (finish) => ({ ...finish, response: { requestId: "1" } }));
    const whole = { choices: [{ message: { content: "Hi" }, finish_reason: "stop" }] };
    expect(reply.whole(whole).at(-1)).toEqual({ type: "finish", finishReason: "stop", response: { requestId: "1" } });
  });

  it("may be taken back whole by a filter, where the server is known to do that", () => {
    const sent = [delta({ content: "Бомбу де" }), delta({ content: "Давайте сменим тему." }, "content_filter")];
    expect(replyOf(sent, quirks.yandex).slice(1)).toEqual([
      { type: "text-replace", text: "Давайте сменим тему." },
      { type: "finish", finishReason: "content-filter" },
    ]);
    expect(replyOf(sent)[1]).toEqual({ type: "text-delta", text: "Давайте сменим тему." });
  });

  it("shows thinking between tags as reasoning, where the server is known to leave it in the text", () => {
    const sent = [delta({ content: "<thi" }), delta({ content: "nk>hm</think>\n\nhi" }), delta({}, "stop")];
    const expected = [
      { type: "reasoning-delta", text: "hm" },
      { type: "text-delta", text: "hi" },
      { type: "finish", finishReason: "stop" },
    ];
    expect(replyOf(sent, { ...quirks.standard, thinkTags: "closed" })).toEqual(expected);
    const open = [delta({ content: "hm</think>hi" }), delta({}, "stop")];
    expect(replyOf(open, { ...quirks.standard, thinkTags: "open" })).toEqual(expected);
  });

  it("keeps the blocks that OpenRouter wants to see again, put together", () => {
    const sent = [
      delta({ reasoning: "a", reasoning_details: [{ type: "reasoning.text", index: 0, text: "a", format: "x" }] }),
      delta({ reasoning: "b", reasoning_details: [{ type: "reasoning.text", index: 0, text: "b" }] }),
      delta({ reasoning_details: [{ type: "reasoning.text", index: 0, signature: "s" }] }),
      delta({ reasoning_details: [{ type: "reasoning.encrypted", index: 1, data: "zz" }] }),
      delta({ content: "hi" }, "stop"),
    ];
    expect(replyOf(sent, quirks.openrouter).filter((event) => event.type === "reasoning-data")).toEqual([
      {
        type: "reasoning-data",
        providerData: [
          { type: "reasoning.text", index: 0, text: "ab", format: "x", signature: "s" },
          { type: "reasoning.encrypted", index: 1, data: "zz" },
        ],
      },
    ]);
  });
});
