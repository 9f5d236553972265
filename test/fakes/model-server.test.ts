import { afterEach, describe, expect, it } from "vitest";
import { complaintAbout } from "./check-chat-request.ts";
import { type ModelServer, startModelServer } from "./model-server.ts";

let server: ModelServer | undefined;

afterEach(() => server?.close());

const hi = { role: "user", content: "hi" };
const call = { id: "c1", type: "function", function: { name: "add", arguments: "{}" } };
const calling = { role: "assistant", content: null, tool_calls: [call] };
const result = { role: "tool", tool_call_id: "c1", content: "2" };
const tool = { type: "function", function: { name: "add", parameters: { type: "object" } } };

describe("the fake model server refuses what real ones refuse", () => {
  it.each<[string, unknown]>([
    ["unknown fields", { messages: [hi], instructions: "no" }],
    ["unknown roles", { messages: [{ role: "human", content: "hi" }] }],
    ["unknown fields of a message", { messages: [{ ...hi, toolCallId: "x" }] }],
    ["missing content", { messages: [{ role: "user" }] }],
    ["null where nothing is called", { messages: [{ role: "assistant", content: null }] }],
    ["no messages", { messages: [] }],
    ["a result without a call", { messages: [hi, result] }],
    ["a second result", { messages: [hi, calling, result, result] }],
    ["a call that stays unanswered", { messages: [hi, calling, hi] }],
    ["a call at the end", { messages: [hi, calling] }],
    [
      "arguments that are no JSON",
      { messages: [{ ...calling, tool_calls: [{ ...call, function: { name: "add", arguments: "{" } }] }, result] },
    ],
    [
      "arguments that are no object",
      { messages: [{ ...calling, tool_calls: [{ ...call, function: { name: "add", arguments: "[]" } }] }, result] },
    ],
    ["two calls with one id", { messages: [{ ...calling, tool_calls: [call, call] }, result] }],
    ["a tool without a schema", { messages: [hi], tools: [{ type: "function", function: { name: "add" } }] }],
    ["two tools with one name", { messages: [hi], tools: [tool, tool] }],
    ["a choice without tools", { messages: [hi], tool_choice: "required" }],
    [
      "a choice that is not among the tools",
      { messages: [hi], tools: [tool], tool_choice: { type: "function", function: { name: "sub" } } },
    ],
    ["stream_options without stream", { messages: [hi], stream_options: { include_usage: true } }],
    ["half an emoji", { messages: [{ role: "user", content: "\ud83d" }] }],
    [
      "an image that is no URL",
      { messages: [{ role: "user", content: [{ type: "image_url", image_url: { url: "cat.png" } }] }] },
    ],
  ])("%s", (_name, body) => {
    expect(complaintAbout({ model: "m", ...(body as object) }, "openai")).toEqual(expect.any(String));
  });

  it("but nothing that is right", () => {
    const body = { model: "m", messages: [hi, calling, result], tools: [tool], tool_choice: "auto" };
    expect(complaintAbout(body, "openai")).toBeUndefined();
    expect(complaintAbout({ ...body, stop: ["x"] }, "openai")).toBeUndefined();
    expect(complaintAbout({ ...body, stop: ["x"] }, "yandex")).toContain("stop");
  });

  it("and one request more than the script has", async () => {
    server = await startModelServer({ replies: [] });
    const body = JSON.stringify({ model: "test-model", messages: [hi] });
    const headers = { "content-type": "application/json" };
    const reply = await fetch(`${server.url}/chat/completions`, { method: "POST", headers, body });
    expect(reply.status).toBe(500);
    expect(server.requests).toMatchObject([
      { method: "POST", path: "/v1/chat/completions", body: { model: "test-model" } },
    ]);
  });
});
