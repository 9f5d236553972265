import type { Message, ModelRequest } from "@beseda/core";
import { describe, expect, it } from "vitest";
import { quirksFor } from "../quirks.ts";
import { type CompletionModel, completionBody } from "./to-completion-request.ts";

const modelUri = "gpt://b1g/yandexgpt/latest";
const model: CompletionModel = { modelUri, quirks: quirksFor(modelUri) };
const add = {
  name: "add",
  description: "Adds.",
  inputSchema: { type: "object", properties: { xs: { type: "array" } } },
  examples: [],
};
const ask = (request: Partial<ModelRequest>): ModelRequest => ({
  instructions: "Be kind.",
  messages: [{ role: "user", content: "2 + 2?" }],
  tools: [],
  toolChoice: "auto",
  reasoning: "off",
  settings: {},
  ...request,
});
const bodyOf = (request: Partial<ModelRequest>, more: Partial<CompletionModel> = {}, streamed?: boolean) =>
  JSON.parse(completionBody(ask(request), { ...model, ...more }, streamed));
const messagesOf = (messages: readonly Message[]) => bodyOf({ instructions: "", messages }).messages;

describe("a native request", () => {
  it("is what the service documents", () => {
    const settings = { temperature: 0.3, maxOutputTokens: 500, topP: 0.5, seed: 1, stopSequences: ["x"] };
    const request = { tools: [add], toolChoice: "required", settings, reasoning: "native" } as const;
    expect(bodyOf(request, { parallelToolCalls: false }, true)).toEqual({
      modelUri,
      completionOptions: {
        stream: true,
        temperature: 0.3,
        maxTokens: "500",
        reasoningOptions: { mode: "ENABLED_HIDDEN" },
      },
      messages: [
        { role: "system", text: "Be kind." },
        { role: "user", text: "2 + 2?" },
      ],
      tools: [{ function: { name: "add", description: "Adds.", parameters: add.inputSchema } }],
      toolChoice: { mode: "REQUIRED" },
      parallelToolCalls: false,
    });
  });

  it("says nothing of what is the service's default, nor of tools where there are none", () => {
    expect(bodyOf({ toolChoice: "required" }, { parallelToolCalls: false })).toEqual({
      modelUri,
      completionOptions: {},
      messages: expect.any(Array),
    });
    expect(bodyOf({ tools: [add], toolChoice: "none" }).toolChoice).toEqual({ mode: "NONE" });
    expect(bodyOf({ tools: [add], toolChoice: { toolName: "add" } }).toolChoice).toEqual({ functionName: "add" });
    expect(bodyOf({ tools: [add] })).not.toHaveProperty("toolChoice");
  });

  it("asks only those models to think that can be asked", () => {
    const reasoning = "native" as const;
    const optionsOf = (uri: string) => bodyOf({ reasoning }, { quirks: quirksFor(uri) }).completionOptions;
    expect(optionsOf("gpt://b1g/yandexgpt/latest")).toHaveProperty("reasoningOptions");
    for (const name of ["yandexgpt/rc", "yandexgpt-lite/latest", "aliceai-llm/latest"]) {
      expect(optionsOf(`gpt://b1g/${name}`)).toEqual({});
    }
  });

  it("holds the answer to a schema, or to JSON of any shape, never to both", () => {
    const outputSchema = { type: "object" };
    expect(bodyOf({ outputSchema })).toMatchObject({ jsonSchema: { schema: outputSchema } });
    expect(bodyOf({}, { jsonObject: true })).toMatchObject({ jsonObject: true });
    expect(bodyOf({ outputSchema }, { jsonObject: true })).not.toHaveProperty("jsonObject");
  });

  it("sends calls as objects, and all results of a step in one message of the user, in their order", () => {
    const call = { type: "tool-call", toolName: "add" } as const;
    expect(
      messagesOf([
        { role: "user", content: "Add." },
        {
          role: "assistant",
          content: [
            { type: "reasoning", text: "Hm." },
            { ...call, toolCallId: "1", input: { xs: [1, 2] } },
            { ...call, toolCallId: "2", input: { xs: [3] } },
          ],
        },
        { role: "tool", toolCallId: "1", toolName: "add", output: "3" },
        { role: "tool", toolCallId: "2", toolName: "add", output: "" },
        { role: "assistant", content: [{ ...call, toolCallId: "1", input: { xs: [] } }] },
        { role: "tool", toolCallId: "1", toolName: "add", output: "0" },
      ]),
    ).toEqual([
      { role: "user", text: "Add." },
      {
        role: "assistant",
        toolCallList: {
          toolCalls: [
            { functionCall: { name: "add", arguments: { xs: [1, 2] } } },
            { functionCall: { name: "add", arguments: { xs: [3] } } },
          ],
        },
      },
      {
        role: "user",
        toolResultList: {
          toolResults: [
            { functionResult: { name: "add", content: "3" } },
            { functionResult: { name: "add", content: "" } },
          ],
        },
      },
      { role: "assistant", toolCallList: { toolCalls: [{ functionCall: { name: "add", arguments: { xs: [] } } }] } },
      { role: "user", toolResultList: { toolResults: [{ functionResult: { name: "add", content: "0" } }] } },
    ]);
  });

  it("puts text beside calls into a message of its own before them", () => {
    const content = [
      { type: "text", text: "One moment." },
      { type: "tool-call", toolCallId: "1", toolName: "add", input: {} },
    ] as const;
    expect(messagesOf([{ role: "assistant", content: [...content] }])).toEqual([
      { role: "assistant", text: "One moment." },
      { role: "assistant", toolCallList: { toolCalls: [{ functionCall: { name: "add", arguments: {} } }] } },
    ]);
  });

  it("sends an empty object for what is none, and a name that can be one", () => {
    const inputs = [{ input: "{oops", invalid: true as const }, { input: [1] }, { input: null }];
    const content = inputs.map((each) => ({ type: "tool-call", toolCallId: "1", toolName: "a dd", ...each }) as const);
    const [{ toolCallList }] = messagesOf([{ role: "assistant", content }]);
    expect(toolCallList.toolCalls).toEqual(Array(3).fill({ functionCall: { name: "a_dd", arguments: {} } }));
  });

  it("leaves out what has no text, for which the service would refuse the whole", () => {
    const text = (text: string) => ({ type: "text", text }) as const;
    expect(
      messagesOf([
        { role: "user", content: "" },
        { role: "user", content: [text(" "), text("one"), text("two")] },
        { role: "assistant", content: [text("\n")] },
        { role: "user", content: [] },
      ]),
    ).toEqual([{ role: "user", text: "one\n\ntwo" }]);
    expect(() => messagesOf([{ role: "user", content: " " }])).toThrow(
      expect.objectContaining({ code: "invalid-argument", hint: expect.stringContaining("some text") }),
    );
  });

  it.each([
    [{ temperature: 2 }, "The temperature is 2; this model takes 0 to 1."],
    [{ temperature: -0.1 }, "The temperature is -0.1; this model takes 0 to 1."],
    [{ temperature: Number.NaN }, "The temperature is NaN; this model takes 0 to 1."],
    [{ maxOutputTokens: 0 }, "The limit of the answer is 0 tokens."],
    [{ maxOutputTokens: 1.5 }, "The limit of the answer is 1.5 tokens."],
  ])("is refused here with the settings %j, with the range that holds", (settings, message) => {
    expect(() => bodyOf({ settings })).toThrow(expect.objectContaining({ code: "invalid-argument", message }));
  });

  it("takes 100,000 characters in a message, an emoji being one, and not one more", () => {
    const sized = (text: string) => () => messagesOf([{ role: "user", content: text }]);
    expect(sized("😀".repeat(100_000))).not.toThrow();
    const tooLarge = expect.objectContaining({ code: "too-large", message: expect.stringContaining("100001") });
    expect(sized(`${"😀".repeat(100_000)}!`)).toThrow(tooLarge);
    expect(() => bodyOf({ instructions: "x".repeat(100_001) })).toThrow(tooLarge);
  });

  it("cannot hold images and files, and says which API can", () => {
    const image = { type: "image", image: "data:image/png;base64,AAAA" } as const;
    const hint = expect.stringContaining('api: "openai"');
    const unsupported = expect.objectContaining({ code: "unsupported", hint });
    expect(() => messagesOf([{ role: "user", content: [image] }])).toThrow(unsupported);
    const file = { type: "file", file: "data:text/plain,hi", mediaType: "text/plain" } as const;
    expect(() => messagesOf([{ role: "user", content: [file] }])).toThrow(unsupported);
  });

  it("is JSON without half characters, which parsers of the service refuse", () => {
    const body = completionBody(ask({ messages: [{ role: "user", content: "a\ud83d" }] }), model);
    expect(body).not.toContain("\\ud83d");
    expect(JSON.parse(body).messages[1].text).toBe("a�");
  });

  it("writes each message once", () => {
    let reads = 0;
    const message: Message = {
      role: "user",
      get content() {
        reads++;
        return "Hi";
      },
    };
    for (let step = 0; step < 3; step++) expect(messagesOf([message])).toEqual([{ role: "user", text: "Hi" }]);
    expect(reads).toBe(1);
  });
});
