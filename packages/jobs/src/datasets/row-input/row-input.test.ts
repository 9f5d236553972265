import { describe, expect, it } from "vitest";
import { rowInput } from "./row-input.ts";

const user = { role: "user", content: "Сколько будет 2+2?" };
const call = { id: "c1", type: "function", function: { name: "calculator", arguments: '{"a":2}' } };

describe("what a row asks", () => {
  it("is its prompt, whatever else it has", () => {
    expect(rowInput({ id: 7, prompt: "Hello", text: "x", messages: null })).toEqual({ input: "Hello" });
  });

  it("is its messages, with what the system says as instructions", () => {
    const system = { role: "system", content: "Be brief." };
    const developer = { role: "developer", content: [{ type: "text", text: "In Russian." }] };
    expect(rowInput({ messages: [system, developer, user] })).toEqual({
      instructions: "Be brief.\n\nIn Russian.",
      input: [user],
    });
    expect(rowInput({ messages: JSON.stringify([user]) })).toEqual({ input: [user] });
  });

  it("may have calls of tools before it, and pictures in it", () => {
    const picture = { type: "image_url", image_url: { url: "https://example.com/a.png", detail: null } };
    const messages = [
      user,
      { role: "assistant", content: null, tool_calls: [call] },
      { role: "tool", tool_call_id: "c1", content: "4" },
      { role: "assistant", content: "Four.", tool_calls: null },
      { role: "user", content: [{ type: "text", text: "And this?" }, picture] },
    ];
    expect(rowInput({ messages })).toEqual({
      input: [
        user,
        {
          role: "assistant",
          content: [{ type: "tool-call", toolCallId: "c1", toolName: "calculator", input: { a: 2 } }],
        },
        { role: "tool", toolCallId: "c1", toolName: "calculator", output: "4" },
        { role: "assistant", content: [{ type: "text", text: "Four." }] },
        {
          role: "user",
          content: [
            { type: "text", text: "And this?" },
            { type: "image", image: "https://example.com/a.png" },
          ],
        },
      ],
    });
  });

  it("is a request of Yandex AI Studio, with texts or with pictures, and the text of a classifier", () => {
    const request = [
      { role: "system", text: "Be brief." },
      { role: "user", text: "2+2?" },
    ];
    expect(rowInput({ request, response: "4" })).toEqual({
      instructions: "Be brief.",
      input: [{ role: "user", content: "2+2?" }],
    });
    const content = [
      { type: "text", text: "What is it?", image: null },
      { type: "image", text: null, image: "iVBORw0KGgoAAA==" },
    ];
    expect(rowInput({ request: [{ role: "user", content }] })).toEqual({
      input: [
        {
          role: "user",
          content: [
            { type: "text", text: "What is it?" },
            { type: "image", image: "data:image/png;base64,iVBORw0KGgoAAA==" },
          ],
        },
      ],
    });
    expect(rowInput({ text: "Good!", joy: 1 })).toEqual({ input: "Good!" });
  });

  it("is told exactly where it cannot be asked", () => {
    for (const [cells, problem] of [
      [{ prompt: " " }, "prompt is empty"],
      [{ prompt: 7 }, "prompt has to be a text"],
      [{ a: 1, b: null }, "it has no prompt, messages, request or text, but only a, b"],
      [{}, "it has no prompt, messages, request or text, but no columns"],
      [{ text: null, n: 1 }, "text is empty"],
      [{ messages: null, prompt: null }, "prompt and messages are empty"],
      [
        { anchor: "x", positive: "y" },
        "it is a pair or a triplet for embeddings (anchor, positive): there is nothing to answer",
      ],
      [{ messages: [] }, "messages has to be a list of messages"],
      [{ messages: "oops" }, "messages is a text that is not JSON"],
      [{ messages: ["x"] }, "messages[0] is not an object"],
      [{ messages: [{ role: "assistant", content: "x" }] }, "the last of messages has to be the user's"],
      [{ messages: [{ role: "system", content: "x" }] }, "the last of messages has to be the user's"],
      [
        { messages: [user, { role: "system", content: "x" }, user] },
        "messages[1]: what the system says has to stand at the beginning",
      ],
      [
        { messages: [{ role: "bot", content: "x" }, user] },
        "the role of messages[0] has to be one of system, user, assistant, tool",
      ],
      [{ messages: [{ role: "user" }] }, "messages[0].content is missing"],
      [
        { messages: [{ role: "user", content: [{ type: "audio" }] }] },
        "the type of messages[0].content[0] has to be text or image_url",
      ],
      [
        { messages: [{ role: "user", content: [{ type: "image_url", image_url: { url: "file:///etc/passwd" } }] }] },
        "messages[0].content[0].image_url has to be an address that begins with http: or data:image/",
      ],
      [
        { messages: [user, { role: "tool", tool_call_id: "x", content: "4" }, user] },
        "messages[1]: no call “x” stands before it",
      ],
      [
        {
          messages: [
            user,
            { role: "assistant", tool_calls: [{ ...call, function: { name: "f", arguments: "{" } }] },
            user,
          ],
        },
        "messages[1].tool_calls[0].function.arguments is a text that is not JSON",
      ],
      [
        {
          request: [
            { role: "tool", text: "x" },
            { role: "user", text: "y" },
          ],
        },
        "the role of request[0] has to be one of system, user, assistant",
      ],
      [{ request: [{ role: "user", text: "" }] }, "request[0].text is empty"],
      [
        { request: [{ role: "user", content: [{ type: "image", image: "data:image/png;base64,AA==" }] }] },
        "request[0].content[0].image has to be base64, without data: before it",
      ],
    ] as const) {
      expect(rowInput(structuredClone(cells) as never)).toEqual({ problem });
    }
  });
});
