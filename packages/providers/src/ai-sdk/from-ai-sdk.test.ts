import { createAnthropic } from "@ai-sdk/anthropic";
import { createOpenAI } from "@ai-sdk/openai";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import {
  Agent,
  type AssistantMessage,
  type BesedaError,
  type LanguageModel,
  type Message,
  type ModelEvent,
  type ModelRequest,
  tool,
} from "@beseda/core";
import { type ModelServer, type ServerReply, startModelServer } from "@beseda/core/testing";
import { createOpenAICompatible as createOpenAICompatibleV2 } from "ai-sdk-openai-compatible-v2";
import { afterEach, describe, expect, it, vi } from "vitest";
import {
  type AnthropicReply,
  type AnthropicServer,
  signatureOf,
  startAnthropicServer,
} from "../../../../test/fakes/anthropic-server.ts";
import { startHttpServer } from "../../../../test/fakes/http-server.ts";
import type { AiCallOptions, AiPart, AiSdkModel, AiUsage } from "./ai-sdk-wire.ts";
import { type FromAiSdkOptions, fromAiSdk } from "./index.ts";

let server: ModelServer;
let anthropicServer: AnthropicServer;
const closing: (() => Promise<void>)[] = [];

afterEach(async () => {
  vi.unstubAllEnvs();
  await Promise.all(closing.splice(0).map((close) => close()));
});

async function compatible(replies: readonly ServerReply[], options: FromAiSdkOptions = {}): Promise<LanguageModel> {
  server = await startModelServer({ replies });
  closing.push(() => server.close());
  const provider = createOpenAICompatible({ name: "fake", baseURL: server.url, includeUsage: true });
  return fromAiSdk(provider("test-model"), { retry: { longestWaitMs: 0 }, ...options });
}

async function anthropic(replies: readonly AnthropicReply[], options: FromAiSdkOptions = {}): Promise<LanguageModel> {
  anthropicServer = await startAnthropicServer(replies);
  closing.push(() => anthropicServer.close());
  const provider = createAnthropic({ apiKey: anthropicServer.key, baseURL: anthropicServer.url });
  return fromAiSdk(provider("claude-sonnet-4-5"), options);
}

/** What a message of a request to Anthropic held. */
function sentContent(request: number, message: number): unknown {
  return (anthropicServer.bodies[request]?.messages as { content: unknown }[] | undefined)?.[message]?.content;
}

const add = { name: "add", description: "Adds.", inputSchema: { type: "object" }, examples: [] };
const request: ModelRequest = {
  instructions: "Be kind.",
  messages: [{ role: "user", content: "2 + 2?" }],
  tools: [add],
  toolChoice: "auto",
  reasoning: "native",
  settings: {},
};

async function drain(events: AsyncIterable<ModelEvent[]>): Promise<ModelEvent[]> {
  const all: ModelEvent[] = [];
  for await (const some of events) all.push(...some);
  return all;
}

function failureOf(events: AsyncIterable<ModelEvent[]>): Promise<BesedaError> {
  return drain(events).then(
    () => expect.unreachable("it did not fail"),
    (error) => error,
  );
}

async function startHalf(reply: ServerReply): Promise<ModelServer> {
  const half = await startModelServer({ replies: [reply] });
  closing.push(() => half.close());
  return half;
}

/** A model that says these parts, and remembers what it was asked. */
function saying(parts: readonly AiPart[], of: Partial<AiSdkModel> = {}) {
  const asked: AiCallOptions[] = [];
  const model: AiSdkModel = {
    specificationVersion: "v3",
    provider: "fake.chat",
    modelId: "fake-1",
    doGenerate: async () => expect.unreachable(),
    async doStream(options) {
      asked.push(options);
      return { stream: ReadableStream.from(parts) };
    },
    ...of,
  };
  return { model, asked };
}

const undefinedUsage = { inputTokens: undefined, outputTokens: undefined };
const usage = {
  inputTokens: { total: 9, cacheRead: 4 },
  outputTokens: { total: 3, reasoning: 2 },
};
const finish: AiPart = { type: "finish", finishReason: { unified: "stop", raw: "stop" }, usage };

describe("fromAiSdk()", () => {
  it("runs an agent on any provider, tools included", async () => {
    const model = await compatible([
      { reasoning: "hm", text: "Let me see.", toolCalls: [{ name: "add", arguments: { a: 2, b: 2 } }] },
      { text: "It is 4." },
    ]);
    const adder = tool({
      name: "add",
      description: "Adds.",
      inputSchema: { type: "object", properties: { a: { type: "number" }, b: { type: "number" } } },
      execute: () => 4,
    });
    const { text, reasoning } = await new Agent({ model, tools: [adder], instructions: "Be kind." }).generate("2 + 2?");
    expect({ text, reasoning }).toEqual({ text: "It is 4.", reasoning: "hm" });
    expect(server.requests[1]?.body.messages).toMatchObject([
      { role: "system", content: "Be kind." },
      { role: "user", content: "2 + 2?" },
      { role: "assistant", content: "Let me see.", tool_calls: [{ function: { arguments: '{"a":2,"b":2}' } }] },
      { role: "tool", content: "4" },
    ]);
  });

  it("gives Anthropic its signed thinking and its redacted blocks back, or the strict server would refuse", async () => {
    const model = await anthropic(
      [
        { thinking: ["Two and ", "two."], redacted: "x7f", toolUse: [{ id: "toolu_1", name: "add", input: { a: 2 } }] },
        { thinking: "Easy.", text: "It is 4." },
        { text: "As I said." },
      ],
      { providerOptions: { anthropic: { thinking: { type: "enabled", budgetTokens: 1024 } } } },
    );
    const adder = tool({ name: "add", description: "Adds.", inputSchema: { type: "object" }, execute: () => 4 });
    const agent = new Agent({ model, tools: [adder] });
    const { text, messages, reasoning } = await agent.generate("2 + 2?");
    expect({ text, reasoning }).toEqual({ text: "It is 4.", reasoning: "Two and two.\n\nEasy." });
    // A thread is stored and read again in between.
    const thread: Message[] = JSON.parse(JSON.stringify(messages));
    expect((await agent.generate([...thread, { role: "user", content: "Sure?" }])).text).toBe("As I said.");
    expect(sentContent(2, 1)).toMatchObject([
      { type: "thinking", thinking: "Two and two.", signature: signatureOf("Two and two.") },
      { type: "redacted_thinking", data: "x7f" },
      { type: "tool_use", id: "toolu_1", input: { a: 2 } },
    ]);
  });

  it("gives OpenAI's Responses API the ids of its items back, of the text too", async () => {
    const item = (id: string) => ({ openai: { itemId: id } });
    const { model, asked } = saying([
      { type: "reasoning-start", id: "rs:0", providerMetadata: item("rs") },
      { type: "reasoning-end", id: "rs:0", providerMetadata: item("rs") },
      { type: "text-start", id: "msg", providerMetadata: item("msg") },
      { type: "text-delta", id: "msg", delta: "Four" },
      { type: "text-end", id: "msg", providerMetadata: item("msg") },
      { type: "tool-call", toolCallId: "c1", toolName: "add", input: "{}", providerMetadata: item("fc") },
      { ...finish, finishReason: { unified: "tool-calls", raw: "tool_calls" } },
    ]);
    const adder = tool({ name: "add", description: "Adds.", inputSchema: { type: "object" }, execute: () => 4 });
    await new Agent({ model: fromAiSdk(model), tools: [adder], maxSteps: 2 }).generate("2 + 2?");
    expect(asked[1]?.prompt[1]?.content).toEqual([
      { type: "reasoning", text: "", providerOptions: item("rs") },
      { type: "text", text: "Four", providerOptions: item("msg") },
      { type: "tool-call", toolCallId: "c1", toolName: "add", input: {}, providerOptions: item("fc") },
    ]);
  });

  it("tells a model apart what it thought before and after it spoke, and that a call failed", async () => {
    const sign = (signature: string) => ({ anthropic: { signature } });
    const { model, asked } = saying([
      { type: "reasoning-start", id: "0" },
      { type: "reasoning-delta", id: "0", delta: "One." },
      { type: "reasoning-end", id: "0", providerMetadata: sign("1") },
      { type: "text-delta", id: "1", delta: "Well" },
      { type: "text-end", id: "1", providerMetadata: sign("text") },
      { type: "reasoning-start", id: "2" },
      { type: "reasoning-delta", id: "2", delta: "Two." },
      { type: "reasoning-end", id: "2", providerMetadata: sign("2") },
      { type: "text-delta", id: "3", delta: "!" },
      { type: "tool-call", toolCallId: "c1", toolName: "nope", input: "{}" },
      finish,
    ]);
    await new Agent({ model: fromAiSdk(model), maxSteps: 2 }).generate("2 + 2?");
    expect(asked[1]?.prompt[1]?.content).toMatchObject([
      { type: "reasoning", text: "One.", providerOptions: sign("1") },
      { type: "text", text: "Well", providerOptions: sign("text") },
      { type: "reasoning", text: "Two.", providerOptions: sign("2") },
      { type: "text", text: "!" },
      { type: "tool-call" },
    ]);
    expect(asked[1]?.prompt[2]?.content).toMatchObject([{ output: { type: "error-text" } }]);
    // The id of a call that the thread has already is not given out again.
    const second = await drain(
      fromAiSdk(model).stream({
        ...request,
        messages: [
          {
            role: "assistant",
            content: [
              { type: "text", text: "" },
              { type: "tool-call", toolCallId: "c1", toolName: "nope", input: {} },
            ],
          },
        ],
      }),
    );
    expect(second.find((event) => event.type === "tool-call")?.toolCallId).not.toBe("c1");
    expect(asked[2]?.prompt[1]?.content).toMatchObject([{ type: "tool-call" }]);
  });

  it("leaves alone what another adapter kept for its own service", async () => {
    const { model, asked } = saying([{ type: "text-delta", id: "0", delta: "hi" }, finish]);
    const kept: AssistantMessage = {
      role: "assistant",
      content: [
        { type: "reasoning", text: "hm", providerData: [{ signature: "x" }] },
        { type: "text", text: "4" },
      ],
    };
    await drain(fromAiSdk(model).stream({ ...request, messages: [...request.messages, kept, ...request.messages] }));
    expect(asked[0]?.prompt[2]?.content).toEqual([
      { type: "reasoning", text: "hm" },
      { type: "text", text: "4" },
    ]);
  });

  it("passes on settings, a forced tool, a schema for the answer and the provider's own options", async () => {
    const model = await compatible([{ text: "{}" }], {
      abilities: { outputSchema: "always" },
      providerOptions: { fake: { user: "ann" } },
    });
    await drain(
      model.stream({
        ...request,
        toolChoice: { toolName: "add" },
        outputSchema: { type: "object" },
        settings: {
          temperature: 0,
          topP: 0.5,
          maxOutputTokens: 7,
          seed: 1,
          stopSequences: ["x"],
          reasoningEffort: "low",
        },
      }),
    );
    expect(server.requests[0]?.body).toMatchObject({
      tool_choice: { type: "function", function: { name: "add" } },
      response_format: { type: "json_object" },
      temperature: 0,
      top_p: 0.5,
      max_tokens: 7,
      seed: 1,
      stop: ["x"],
      reasoning_effort: "low",
      user: "ann",
    });
  });

  it("believes a model that says it can be held to a schema, for requests without tools, and no other", () => {
    const settings = { name: "fake", baseURL: "http://localhost/v1" };
    const able = createOpenAICompatible({ ...settings, supportsStructuredOutputs: true })("m");
    expect(fromAiSdk(able).abilities).toEqual({ outputSchema: "without-tools" });
    expect(fromAiSdk(createOpenAICompatible(settings)("m")).abilities).toEqual({ outputSchema: "never" });
    const openai = createOpenAI({ apiKey: "sk-1" })("gpt-5");
    expect(fromAiSdk(openai, { abilities: { outputSchema: "always" } }).abilities).toEqual({ outputSchema: "always" });
  });

  it("marks for Anthropic what is to be cached, and tells OpenAI the key", async () => {
    const model = await anthropic([{ text: "4" }]);
    await drain(model.stream({ ...request, settings: { promptCache: { ttl: "1h" } } }));
    const mark = { cache_control: { type: "ephemeral", ttl: "1h" } };
    expect(anthropicServer.bodies[0]).toMatchObject({ system: [mark], messages: [{ content: [mark] }] });

    const { model: openai, asked } = saying([{ type: "text-delta", delta: "4" }, finish], { provider: "openai.chat" });
    await drain(fromAiSdk(openai).stream({ ...request, settings: { promptCache: { key: "k" } } }));
    expect(asked[0]?.providerOptions).toEqual({ openai: { promptCacheKey: "k" } });
    const { model: claude, asked: told } = saying([{ type: "text-delta", delta: "4" }, finish], {
      provider: "vertex.anthropic.messages",
    });
    await drain(fromAiSdk(claude).stream({ ...request, settings: { reasoningEffort: "low" } }));
    expect(told[0]?.providerOptions).toEqual({ anthropic: { effort: "low" } });
  });

  it("sends images and files, whole or by their address", async () => {
    const model = await anthropic([{ text: "A cat." }]);
    const content = [
      { type: "text", text: "What is it?" },
      { type: "image", image: "data:image/gif;base64,R0lGODdh" },
      { type: "image", image: "https://example.com/cat.png" },
      { type: "file", file: "data:text/plain,meow%20%D0%BC", mediaType: "text/plain", name: "cat.txt" },
      { type: "file", file: "data:application/pdf;base64,JVBERi0=", mediaType: "application/pdf" },
    ] as const;
    await drain(model.stream({ ...request, messages: [{ role: "user", content: [...content] }] }));
    expect(sentContent(0, 0)).toMatchObject([
      { type: "text", text: "What is it?" },
      { type: "image", source: { type: "base64", media_type: "image/gif", data: "R0lGODdh" } },
      { type: "image", source: { type: "url", url: "https://example.com/cat.png" } },
      { type: "document", title: "cat.txt", source: { type: "text", data: "meow м" } },
      { type: "document", source: { type: "base64", data: "JVBERi0=" } },
    ]);
    const strange = { role: "user", content: [{ type: "image", image: "file:///etc/passwd" }] } satisfies Message;
    expect(await failureOf(model.stream({ ...request, messages: [strange] }))).toMatchObject({
      code: "invalid-argument",
    });
  });

  it("labels files, and names the effort, in the words of specification v4", async () => {
    const { model, asked } = saying([{ type: "text-delta", delta: "4" }, finish], { specificationVersion: "v4" });
    const content = [
      { type: "image" as const, image: "data:image/gif;base64,R0lGODdh" },
      { type: "image" as const, image: "https://example.com/cat.png" },
    ];
    const messages: Message[] = [{ role: "user", content }];
    await drain(fromAiSdk(model).stream({ ...request, messages, settings: { reasoningEffort: "high" } }));
    await drain(fromAiSdk(model).stream({ ...request, settings: { reasoningEffort: "hardest" } }));
    expect(asked[0]?.prompt[1]?.content).toEqual([
      { type: "file", mediaType: "image/gif", data: { type: "data", data: "R0lGODdh" } },
      { type: "file", mediaType: "image/*", data: { type: "url", url: new URL("https://example.com/cat.png") } },
    ]);
    expect(asked.map(({ reasoning, providerOptions }) => [reasoning, providerOptions])).toEqual([
      ["high", undefined],
      [undefined, { fake: { reasoningEffort: "hardest" } }],
    ]);
  });

  it("mends what services refuse: half characters, odd names of tools, arguments that are no object", async () => {
    const model = await compatible([{ text: "ok" }]);
    const call = { type: "tool-call", toolCallId: "c1" } as const;
    const messages: Message[] = [
      { role: "user", content: "half \ud83d" },
      {
        role: "assistant",
        content: [
          { ...call, toolName: "add me!", input: { a: "\udc00" } },
          { ...call, toolCallId: "c2", toolName: "", input: "{bad", invalid: true },
        ],
      },
      { role: "tool", toolCallId: "c1", toolName: "add me!", output: "\ud83d" },
      { role: "tool", toolCallId: "c2", toolName: "", output: "no JSON", isError: true },
    ];
    await drain(model.stream({ ...request, messages }));
    expect(server.requests[0]?.body.messages).toMatchObject([
      {},
      { content: "half \ufffd" },
      {
        tool_calls: [
          { function: { name: "add_me_", arguments: '{"a":"\ufffd"}' } },
          { function: { name: "unknown", arguments: "{}" } },
        ],
      },
      { content: "\ufffd" },
      { content: "no JSON" },
    ]);
  });

  it("takes no number for what was not reported, where a provider says NaN or null", async () => {
    for (const nothing of [Number.NaN, null]) {
      const reported = { inputTokens: nothing, outputTokens: nothing, cachedInputTokens: nothing } as AiUsage;
      const { model } = saying([
        { type: "text-delta", delta: "4" },
        { type: "finish", finishReason: "stop", usage: reported },
      ]);
      const events = await drain(fromAiSdk(model).stream(request));
      expect(events.at(-1)).toEqual({ type: "finish", finishReason: "stop" });
    }
  });

  it("reads usage and finish reasons as specification v2 and as v3 tell them", async () => {
    const flat = { inputTokens: 9, outputTokens: 3, totalTokens: 99, reasoningTokens: 2, cachedInputTokens: 4 };
    const v2 = saying([
      { type: "text-delta", delta: "4" },
      { type: "finish", finishReason: "length", usage: flat },
    ]);
    const v3 = saying([
      { type: "text-delta", delta: "4" },
      { ...finish, finishReason: { unified: "length" } },
    ]);
    const counted = { inputTokens: 9, outputTokens: 3, totalTokens: 12, reasoningTokens: 2, cachedInputTokens: 4 };
    for (const { model } of [v2, v3]) {
      const events = await drain(fromAiSdk(model).stream(request));
      expect(events.at(-1)).toEqual({ type: "finish", finishReason: "length", usage: counted });
    }
  });

  it("leaves out the calls that a provider carries out itself, and inputs that are not written as JSON", async () => {
    const { model } = saying([
      { type: "tool-input-start", id: "s1", toolName: "web_search", providerExecuted: true },
      { type: "tool-input-delta", id: "s1", delta: "{}" },
      { type: "tool-call", toolCallId: "s1", toolName: "web_search", input: "{}", providerExecuted: true },
      { type: "tool-input-start", id: "c1", toolName: "add", inputEncoding: "text" },
      { type: "tool-input-delta", id: "c1", delta: "raw" },
      { type: "tool-call", toolCallId: "c1", toolName: "add", input: '"raw"' },
      { type: "source", id: "1" },
      finish,
    ]);
    expect((await drain(fromAiSdk(model).stream(request))).map(({ type }) => type)).toEqual(["tool-call", "finish"]);
  });

  it("tells the sources of an answer, each page and each file once, streamed and whole", async () => {
    const page = { type: "source", sourceType: "url", id: "s1", url: "https://example.com/", title: "Example" };
    const file = { type: "source", sourceType: "document", id: "s3", title: "Report", filename: "a.pdf" };
    const parts = [page, { ...page, id: "s2" }, file, { type: "text-delta", delta: "4" }, finish];
    const { model } = saying(parts, {
      doGenerate: async () => ({ content: [page, file, { type: "text", text: "4" }], finishReason: "stop", usage }),
    });
    for (const streamed of [true, false]) {
      const events = await drain(fromAiSdk(model).stream(request, { streamed }));
      expect(events.filter(({ type }) => type === "source")).toEqual([
        { type: "source", source: { id: "s1", url: "https://example.com/", title: "Example" } },
        { type: "source", source: { id: "s3", title: "Report", filename: "a.pdf" } },
      ]);
    }
  });

  it("gives a call an id of its own where the service repeats one", async () => {
    const call = { type: "tool-call", toolCallId: "add", toolName: "add", input: "{}" };
    const { model } = saying([call, call, finish]);
    const events = await drain(fromAiSdk(model).stream(request));
    const ids = events.map((event) => (event.type === "tool-call" ? event.toolCallId : ""));
    expect(ids[0]).toBe("add");
    expect(ids[1]).toMatch(/^[0-9a-f-]{36}$/);
  });

  it("refuses what is no language model, and models of before the AI SDK 5; newer ones than it knows are taken", async () => {
    const { model } = saying([{ type: "text-delta", delta: "4" }, finish]);
    const name = "openai/gpt-5" as unknown as AiSdkModel;
    expect(() => fromAiSdk(name)).toThrow(expect.objectContaining({ code: "invalid-argument" }));
    expect(() => fromAiSdk(undefined as unknown as AiSdkModel)).toThrow(
      expect.objectContaining({ code: "invalid-argument" }),
    );
    expect(() => fromAiSdk({ ...model, specificationVersion: "v1" })).toThrow(
      expect.objectContaining({
        code: "unsupported",
        hint: expect.stringContaining("Update the package of fake.chat"),
      }),
    );
    const newer = fromAiSdk({ ...model, specificationVersion: "v9" });
    expect((await drain(newer.stream(request)))[0]).toEqual({ type: "text-delta", text: "4" });
  });
});

describe("a model of the AI SDK that fails", () => {
  it("is asked again while nothing was said, as long as the service wants", async () => {
    const model = await compatible(
      [
        { status: 429, headers: { "retry-after-ms": "1" }, body: { error: { message: "slow down" } } },
        { raw: ['data: {"error":{"message":"overloaded","code":503}}\n\n'] },
        { text: "fine" },
      ],
      { retry: {} },
    );
    vi.spyOn(Math, "random").mockReturnValue(1);
    expect(await drain(model.stream(request))).toMatchObject([{ text: "fine" }, { type: "finish" }]);
    expect(server.requests).toHaveLength(3);
  });

  it("is not asked again after it said something, and what it said is kept", async () => {
    const model = await compatible([{ text: ["he", "llo"], ends: "reset" }]);
    const heard: ModelEvent[] = [];
    const reading = (async () => {
      for await (const some of model.stream(request)) heard.push(...some);
    })();
    await expect(reading).rejects.toMatchObject({ code: "unavailable", isRetryable: true });
    expect(heard).toMatchObject([{ text: "he" }, { text: "llo" }]);
    expect(server.requests).toHaveLength(1);
  });

  it("says what to do, with status, request id and the wait that the service asks for", async () => {
    const body = { error: { message: "Too many tokens.", type: "rate_limit" } };
    const model = await compatible([{ status: 429, headers: { "retry-after": "7" }, body }], { retry: { retries: 0 } });
    expect(await failureOf(model.stream(request))).toMatchObject({
      code: "rate-limited",
      message: expect.stringMatching(/^http:\/\/127.0.0.1:\d+ answered 429: Too many tokens\.$/),
      hint: "The service asks to wait 7 s.",
      retryAfterMs: 7_000,
      status: 429,
      isRetryable: true,
    });
    const overloaded = await anthropic([{ status: 529 }], { retry: { retries: 0 } });
    expect(await failureOf(overloaded.stream(request))).toMatchObject({
      code: "unavailable",
      requestId: "req_fake",
      isRetryable: true,
    });
  });

  it("never shows the key or the conversation, whatever the service repeats", async () => {
    const strict = await startModelServer({ apiKey: "right" });
    closing.push(() => strict.close());
    const secret = "the user's secret";
    const messages: Message[] = [{ role: "user", content: secret }];
    for (const apiKey of ["sk-wrong-key", "AQVNy1x2c3v4b5n6m7a8s9d0f1g2h3", "short1"]) {
      const model = fromAiSdk(createOpenAICompatible({ name: "x", baseURL: strict.url, apiKey })("test-model"));
      const error = await failureOf(model.stream({ ...request, messages }));
      expect(error).toMatchObject({ code: "unauthorized", hint: expect.stringContaining("API key") });
      const shown = JSON.stringify([error, error.message, error.advice, error.stack, error.cause]);
      expect(shown).not.toContain(apiKey);
      expect(shown).not.toContain(secret);
    }
    await anthropic([]);
    for (const apiKey of ["sk-ant-wrong-987654321", "q1w2e3r4t5y6u7i8o9p0a1s2d3f4g5"]) {
      const wrong = fromAiSdk(createAnthropic({ apiKey, baseURL: anthropicServer.url })("claude-sonnet-4-5"));
      expect((await failureOf(wrong.stream(request))).advice).not.toContain(apiKey);
    }
  });

  it("names the variable of a key that is missing", async () => {
    vi.stubEnv("OPENAI_API_KEY", "");
    delete process.env.OPENAI_API_KEY;
    expect(await failureOf(fromAiSdk(createOpenAI()("gpt-5")).stream(request))).toMatchObject({
      code: "missing-setting",
      message: expect.stringContaining("OPENAI_API_KEY"),
    });
  });

  it("says so where no server runs, where the address is another's, and where the reply is cut off", async () => {
    const nobody = createOpenAICompatible({ name: "x", baseURL: "http://127.0.0.1:1/v1" })("test-model");
    const noRetry = { retry: { retries: 0 } };
    expect(await failureOf(fromAiSdk(nobody, noRetry).stream(request))).toMatchObject({
      code: "unavailable",
      hint: expect.stringContaining("Is a server running at http://127.0.0.1:1"),
    });
    const page = await startHttpServer((_request, _body, response) => response.end("<h1>Sign in</h1>"));
    closing.push(() => page.close());
    const elsewhere = createOpenAICompatible({ name: "x", baseURL: page.url })("test-model");
    for (const streamed of [true, false]) {
      expect(await failureOf(fromAiSdk(elsewhere, noRetry).stream(request, { streamed }))).toMatchObject({
        code: "bad-response",
      });
    }
    const half = { raw: ['data: {"choices":[{"delta":{"content":"he"}}]}\n\n'] };
    // The package says it in its own words, an older one says nothing.
    expect(await failureOf((await compatible([half], noRetry)).stream(request))).toMatchObject({
      message: expect.stringContaining("ended without a finish reason"),
      isRetryable: true,
    });
    const older = createOpenAICompatibleV2({ name: "x", baseURL: (await startHalf(half)).url })("test-model");
    const hello = { type: "text-delta", delta: "he" };
    const silent = [[], [hello], [hello, { ...finish, finishReason: "unknown", usage: undefinedUsage }]];
    for (const model of [older, ...silent.map((parts) => saying(parts).model)]) {
      expect(await failureOf(fromAiSdk(model, noRetry).stream(request))).toMatchObject({
        code: "unavailable",
        message: expect.stringContaining("cut off"),
        isRetryable: true,
      });
    }
  });
});

describe("a model of the AI SDK that ends oddly", () => {
  const noRetry = { retry: { retries: 0 } };

  it.each<[string, AiPart[], object]>([
    ["without a word", [{ ...finish, finishReason: "unknown" }], { code: "bad-response" }],
    ["with an error that it does not explain", [{ ...finish, finishReason: "error" }], { code: "unavailable" }],
    ["with a broken connection", [{ type: "error", error: new TypeError("terminated") }], { code: "unavailable" }],
  ])("%s is one that can be asked again", async (_how, parts, expected) => {
    const error = await failureOf(fromAiSdk(saying(parts).model, noRetry).stream(request));
    expect(error).toMatchObject({ ...expected, isRetryable: true });
  });
});

describe("a model of the AI SDK that is stopped", () => {
  it("closes the socket when the reader leaves and when the signal aborts", async () => {
    const hanging = { text: ["a", "b"], ends: "never" as const };
    const model = await compatible([hanging, hanging]);
    for await (const _events of model.stream(request)) break;
    expect(await server.requests[0]?.over).toBe("left");
    const controller = new AbortController();
    const reading = (async () => {
      for await (const _events of model.stream(request, { signal: controller.signal })) controller.abort("enough");
    })();
    await expect(reading).rejects.toBe("enough");
    expect(await server.requests[1]?.over).toBe("left");
  });

  it("is left in the middle too", async () => {
    const stream = new ReadableStream<AiPart>({ start: (parts) => parts.enqueue({ type: "text-delta", delta: "4" }) });
    const { model } = saying([], { doStream: async () => ({ stream }) });
    const controller = new AbortController();
    const reading = (async () => {
      const events = fromAiSdk(model).stream(request, { signal: controller.signal });
      for await (const _events of events) setImmediate(() => controller.abort("enough"));
    })();
    await expect(reading).rejects.toBe("enough");
  });

  it.each([true, false])(
    "is left even where its provider does not look at the signal (streamed: %s)",
    async (streamed) => {
      const never = () => new Promise<never>(() => {});
      const { model } = saying([], { doStream: never, doGenerate: never });
      const controller = new AbortController();
      const reading = drain(fromAiSdk(model).stream(request, { signal: controller.signal, streamed }));
      controller.abort("enough");
      await expect(reading).rejects.toBe("enough");
    },
  );
});

it("the models of specification v2 and v3 packages fit without a cast", () => {
  const settings = { name: "fake", baseURL: "http://localhost/v1" };
  const models = [createOpenAICompatibleV2(settings)("m"), createOpenAICompatible(settings)("m"), createOpenAI()("m")];
  expect(models.map((model) => fromAiSdk(model).modelId)).toEqual(["m", "m", "m"]);
});
