import type { ModelRequest } from "@beseda/core";
import { describe, expect, it } from "vitest";
import { webSearch } from "./hosted-tools.ts";
import { toResponsesRequest } from "./to-responses-request.ts";

const modelUri = "gpt://b1gfolder/yandexgpt/latest";

const lookup = {
  name: "lookup",
  description: "Looks it up.",
  inputSchema: { type: "object", properties: {} },
  examples: [],
};

function body(request: Partial<ModelRequest> = {}, asked: Partial<Parameters<typeof toResponsesRequest>[1]> = {}) {
  const whole: ModelRequest = {
    instructions: "",
    messages: [{ role: "user", content: "Hi" }],
    tools: [],
    toolChoice: "auto",
    reasoning: "off",
    settings: {},
    ...request,
  };
  return JSON.parse(toResponsesRequest(whole, { modelUri, hostedTools: [], delivery: "whole", ...asked }));
}

describe("the body of a request to the Responses API", () => {
  it("of a plain question has nothing else in it", () => {
    expect(body()).toEqual({ model: modelUri, input: [{ role: "user", content: "Hi" }] });
  });

  it("holds the whole thread as items: texts, images, calls and what came of them", () => {
    const messages: ModelRequest["messages"] = [
      {
        role: "user",
        content: [
          { type: "text", text: "What is this?" },
          { type: "image", image: "https://example.com/a.png" },
          { type: "file", file: "data:text/plain,notes", mediaType: "text/plain", name: "a.txt" },
        ],
      },
      {
        role: "assistant",
        content: [
          { type: "reasoning", text: "Hm." },
          { type: "text", text: "Let me see." },
          { type: "tool-call", toolCallId: "c1", toolName: "look up", input: { query: "x" } },
          { type: "tool-call", toolCallId: "c2", toolName: "lookup", input: "broken", invalid: true },
        ],
      },
      { role: "tool", toolCallId: "c1", toolName: "look up", output: "found" },
      { role: "tool", toolCallId: "c2", toolName: "lookup", output: "not JSON", isError: true },
    ];
    expect(body({ instructions: "Be brief.", messages })).toEqual({
      model: modelUri,
      instructions: "Be brief.",
      input: [
        {
          role: "user",
          content: [
            { type: "input_text", text: "What is this?" },
            { type: "input_image", image_url: "https://example.com/a.png" },
            { type: "input_text", text: "a.txt:\nnotes" },
          ],
        },
        { role: "assistant", content: "Let me see." },
        { type: "function_call", call_id: "c1", name: "look_up", arguments: '{"query":"x"}' },
        { type: "function_call", call_id: "c2", name: "lookup", arguments: "{}" },
        { type: "function_call_output", call_id: "c1", output: "found" },
        { type: "function_call_output", call_id: "c2", output: "not JSON" },
      ],
    });
  });

  it("names the agent's tools before the hosted ones, and neither where no tool may be called", () => {
    const hostedTools = [webSearch()];
    const parameters = lookup.inputSchema;
    expect(body({ tools: [lookup] }, { hostedTools }).tools).toEqual([
      { type: "function", name: "lookup", description: "Looks it up.", parameters },
      { type: "web_search" },
    ]);
    expect(body({ tools: [lookup], toolChoice: "required" }).tool_choice).toBe("required");
    expect(body({ tools: [lookup], toolChoice: { toolName: "lookup" } }).tool_choice).toEqual({
      type: "function",
      name: "lookup",
    });
    expect(body({ tools: [lookup], toolChoice: "none" }, { hostedTools })).toEqual(body());
  });

  it("has the settings that the reference has, and leaves out the others", () => {
    const settings = {
      temperature: 0.3,
      topP: 0.9,
      maxOutputTokens: 100,
      seed: 1,
      stopSequences: ["."],
      reasoningEffort: "low",
    };
    expect(body({ settings })).toEqual({ ...body(), temperature: 0.3, top_p: 0.9, max_output_tokens: 100 });
    expect(body({ outputSchema: { type: "object" } }).text).toEqual({
      format: { type: "json_schema", name: "answer", schema: { type: "object" }, strict: false },
    });
  });

  it("leaves out what says nothing, which the service would refuse", () => {
    const messages: ModelRequest["messages"] = [
      { role: "user", content: "Hi" },
      { role: "assistant", content: [{ type: "reasoning", text: "Hm." }] },
      { role: "user", content: " " },
      { role: "user", content: [{ type: "text", text: "" }] },
      { role: "assistant", content: [{ type: "text", text: "\n" }] },
      {
        role: "user",
        content: [
          { type: "text", text: "" },
          { type: "text", text: "So?" },
        ],
      },
    ];
    expect(body({ messages, instructions: " " })).toEqual({
      model: modelUri,
      input: [
        { role: "user", content: "Hi" },
        { role: "user", content: [{ type: "input_text", text: "So?" }] },
      ],
    });
    expect(() => body({ messages: messages.slice(1, 3) })).toThrow(
      expect.objectContaining({ code: "invalid-argument" }),
    );
  });

  it("says how the reply is to come", () => {
    expect(body({}, { delivery: "streamed" })).toEqual({ ...body(), stream: true });
    expect(body({}, { delivery: "background" })).toEqual({ ...body(), background: true });
  });

  it("is not made of what the service would refuse: a temperature of 2, no tokens at all, a sound", () => {
    expect(() => body({ settings: { maxOutputTokens: 0 } })).toThrow(
      expect.objectContaining({ code: "invalid-argument" }),
    );
    for (const temperature of [2, -0.1, Number.NaN]) {
      expect(() => body({ settings: { temperature } })).toThrow(expect.objectContaining({ code: "invalid-argument" }));
    }
    const sound = { type: "file", file: "data:audio/wav;base64,AAAA", mediaType: "audio/wav" } as const;
    expect(() => body({ messages: [{ role: "user", content: [sound] }] })).toThrow(
      expect.objectContaining({ code: "unsupported" }),
    );
  });
});
