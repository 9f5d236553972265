import type { LanguageModel, Message, ModelEvent, ModelRequest } from "@beseda/core";
import { EventReader, sseDecoder } from "@beseda/core/http";
import { type ModelServer, type ModelServerOptions, startModelServer } from "@beseda/core/testing";
import { afterEach, describe, expect, it, vi } from "vitest";
import { ChatReply } from "./from-chat-chunk.ts";
import {
  listModels,
  type OpenAICompatibleOptions,
  openaiCompatible,
  openaiCompatibleFromEnv,
  quirks,
} from "./index.ts";

let server: ModelServer | undefined;

afterEach(async () => {
  vi.unstubAllEnvs();
  await server?.close();
});

async function open(options: ModelServerOptions, model: Partial<OpenAICompatibleOptions> = {}): Promise<LanguageModel> {
  server = await startModelServer(options);
  return openaiCompatible({ baseURL: server.url, model: "test-model", retry: { longestWaitMs: 0 }, ...model });
}

const add = { name: "add", description: "Adds.", inputSchema: { type: "object" }, examples: [] };
const request: ModelRequest = {
  instructions: "Be kind.",
  messages: [{ role: "user", content: "2 + 2?" }],
  tools: [add],
  toolChoice: "auto",
  reasoning: "off",
  settings: { maxOutputTokens: 100 },
};

async function drain(events: AsyncIterable<ModelEvent[]>): Promise<ModelEvent[]> {
  const all: ModelEvent[] = [];
  for await (const some of events) all.push(...some);
  return all;
}

function failureOf(events: AsyncIterable<ModelEvent[]>): Promise<unknown> {
  return drain(events).catch((error: unknown) => error);
}

/** The events without the ids of the calls, the pieces put together. */
function gist(events: readonly ModelEvent[]): Record<string, unknown> {
  const joined = (type: "text-delta" | "reasoning-delta") =>
    events.map((event) => (event.type === type ? event.text : "")).join("");
  return {
    text: joined("text-delta"),
    reasoning: joined("reasoning-delta"),
    calls: events.flatMap((event) => (event.type === "tool-call" ? [`${event.toolName}(${event.input})`] : [])),
    finish: events.at(-1),
  };
}

const styles = ["openai", "yandex", "ollama", "vllm", "deepseek", "openrouter"] as const;

describe("openaiCompatible()", () => {
  it("says what the server can do by itself, as its quirks declare it", () => {
    const at = (baseURL: string, declared = {}) =>
      openaiCompatible({ baseURL, model: "m", quirks: declared }).abilities;
    expect(at("https://api.openai.com/v1")).toEqual({ tools: true, outputSchema: "always" });
    expect(at("http://localhost:11434/v1")).toEqual({ tools: true, outputSchema: "without-tools" });
    expect(at("http://gpu-7:8000/v1")).toEqual({ tools: true, outputSchema: "never" });
    expect(at("http://gpu-7:8000/v1", { tools: false })).toEqual({ tools: false, outputSchema: "never" });
  });

  it("tells with the first event that a message cannot be sent, and sends nothing", async () => {
    const model = await open({});
    const sound = { type: "file", mediaType: "audio/ogg", file: "data:audio/ogg;base64,AAAA" } as const;
    const stream = model.stream({ ...request, messages: [{ role: "user", content: [sound] }] });
    expect(await failureOf(stream)).toMatchObject({ code: "unsupported", hint: expect.stringContaining("WAV or MP3") });
    expect(server?.requests).toEqual([]);
  });

  it.each(styles)("gives the same reply streamed and in one piece from a server like %s", async (style) => {
    const answer = {
      reasoning: ["Надо ", "сложить."],
      text: ["Счи", "таю 👩‍👩‍👧"],
      toolCalls: [
        { name: "add", arguments: { a: 2, b: "два" } },
        { name: "add", arguments: { a: 3 } },
      ],
      usage: style === "yandex" ? null : { prompt_tokens: 9, completion_tokens: 3, total_tokens: 12 },
    };
    const model = await open({ style, replies: [answer, answer] }, { quirks: quirks[style] });
    const streamed = gist(await drain(model.stream(request)));
    expect(streamed).toMatchObject({
      text: "Считаю 👩‍👩‍👧",
      reasoning: "Надо сложить.",
      calls: ['add({"a":2,"b":"два"})', 'add({"a":3})'],
      finish: { type: "finish", finishReason: "tool-calls" },
    });
    expect(gist(await drain(model.stream(request, { streamed: false })))).toEqual(streamed);
  });

  it.each(styles)("sends the calls and their results back in a way that %s accepts", async (style) => {
    const calling = {
      reasoning: "hm",
      toolCalls: [
        { name: "add", arguments: "" },
        { name: "add", arguments: "{bad" },
      ],
    };
    const model = await open({ style, replies: [calling, { text: "4" }] }, { quirks: quirks[style] });
    const calls = (await drain(model.stream(request))).filter((event) => event.type === "tool-call");
    const messages: Message[] = [
      ...request.messages,
      {
        role: "assistant",
        content: calls.map(({ toolCallId, toolName, input }) => ({ type: "tool-call", toolCallId, toolName, input })),
      },
      ...calls.map(({ toolCallId, toolName }) => ({ role: "tool" as const, toolCallId, toolName, output: "4" })),
    ];
    expect(gist(await drain(model.stream({ ...request, messages })))).toMatchObject({ text: "4" });
    expect(new Set(calls.map((call) => call.toolCallId)).size).toBe(2);
  });

  it("takes the base URL with a slash, without, or with the endpoint, and trims the key", async () => {
    await open({ apiKey: "sk-1", replies: Array(3).fill({ text: "hi" }) });
    for (const tail of ["", "/", "/chat/completions"]) {
      const model = openaiCompatible({ baseURL: `${server?.url}${tail}`, apiKey: " sk-1\n", model: "test-model" });
      expect(gist(await drain(model.stream(request)))).toMatchObject({ text: "hi" });
    }
  });

  it("sends the headers that it was given", async () => {
    const model = await open({ replies: [{ text: "hi" }] }, { headers: { "x-folder-id": "b1g" } });
    await drain(model.stream(request));
    expect(server?.requests[0]?.headers).toMatchObject({ "x-folder-id": "b1g", accept: "text/event-stream" });
    expect(server?.requests[0]?.headers).not.toHaveProperty("authorization");
  });

  it("says what to do about a wrong key without showing it, about an unknown model and about no server", async () => {
    const model = await open({ apiKey: "sk-right" }, { apiKey: "sk-wrong-key" });
    const unauthorized = await failureOf(model.stream(request));
    expect(unauthorized).toMatchObject({ code: "unauthorized", hint: expect.stringContaining("API key") });
    expect(String(unauthorized)).not.toContain("sk-wrong-key");
    const unknown = openaiCompatible({ baseURL: server?.url ?? "", apiKey: "sk-right", model: "gpt-99" });
    expect(await failureOf(unknown.stream(request, { streamed: false }))).toMatchObject({
      code: "not-found",
      message: expect.stringContaining("gpt-99"),
      hint: expect.stringContaining("name of the model"),
    });
    expect(server?.requests).toHaveLength(2);
    await server?.close();
    expect(await failureOf(model.stream(request))).toMatchObject({
      code: "unavailable",
      hint: expect.stringContaining("Is a server running at http://127.0.0.1:"),
    });
  });

  it("refuses an address that is none, without repeating it, and an empty model", () => {
    for (const baseURL of ["", "sk-oops", "localhost:11434", "ftp://host/v1"]) {
      expect(() => openaiCompatible({ baseURL, model: "m" })).toThrow(
        expect.objectContaining({ code: "invalid-argument", message: "The base URL is not the address of a server." }),
      );
    }
    expect(() => openaiCompatible({ baseURL: "http://x/v1", model: " " })).toThrow(
      expect.objectContaining({ code: "invalid-argument" }),
    );
  });

  it("tries again when the stream breaks before it said anything, and keeps what it said when it breaks later", async () => {
    const cut = { text: ["he", "llo"], ends: "reset" as const };
    const silent = { raw: [': hi\n\ndata: {"choices":[{"delta":{"role":"assistant","content":""}}]}\n\n'] };
    const model = await open({ replies: [silent, { ...silent, ends: "reset" }, { text: "fine" }] });
    expect(gist(await drain(model.stream(request)))).toMatchObject({ text: "fine" });
    await server?.close();

    const raw = ['data: {"choices":[{"delta":{"content":"he"}}]}\n\n'];
    const broken = await open({ replies: [{ raw }, { raw, ends: "reset" }, cut] });
    for (let attempt = 0; attempt < 2; attempt++) {
      const events: ModelEvent[] = [];
      const reading = (async () => {
        for await (const some of broken.stream(request)) events.push(...some);
      })();
      await expect(reading).rejects.toMatchObject({ code: "unavailable", isRetryable: true });
      expect(events).toEqual([{ type: "text-delta", text: "he" }]);
    }
    expect(server?.requests).toHaveLength(2);
  });

  it("closes the socket when the reader leaves and when the signal aborts", async () => {
    const hanging = { text: ["a", "b"], ends: "never" as const };
    const model = await open({ replies: [hanging, hanging] });
    for await (const _events of model.stream(request)) break;
    expect(await server?.requests[0]?.over).toBe("left");

    const controller = new AbortController();
    const reading = (async () => {
      for await (const _events of model.stream(request, { signal: controller.signal })) controller.abort("enough");
    })();
    await expect(reading).rejects.toBe("enough");
    expect(await server?.requests[1]?.over).toBe("left");
  });

  it("reuses its connections", async () => {
    const model = await open({ respond: () => ({ text: "hi" }) });
    for (let step = 0; step < 8; step++) await drain(model.stream(request));
    // undici rests a socket for a turn of the event loop, so that two of them take turns
    expect(server?.connections).toBeLessThanOrEqual(2);
  });
});

describe("any cut of a real stream", () => {
  const text = [
    '\uFEFFdata: {"choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}]}\r\n\r\n',
    ": comment\r\n\r\n",
    'data: {"choices":[{"index":0,"delta":{"content":"Ответ\u2028👩‍👧"}}],"usage":null}\n\n',
    'data: {"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"c1","function":{"name":"add","arguments":""}}]}}]}\n\n',
    'data: {"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"{\\"город\\":"}}]}}]}\n\n',
    'data: {"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"\\"Омск\\"}"}}]}}]}\n\n',
    'data: {"choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}]}\n\n',
    'data: {"choices":[],"usage":{"prompt_tokens":9,"completion_tokens":3}}\n\n',
    "data: [DONE]\n\n",
  ].join("");

  it("at every byte makes the events of the whole stream up to there, and no call and no finish", async () => {
    const bytes = Buffer.from(text);
    const read = async (reads: readonly Buffer[], ...ending: [] | [Error]): Promise<ModelEvent[]> => {
      const reader = new EventReader(sseDecoder(new ChatReply(quirks.standard, ["add"])));
      for (const each of reads) reader.push(each);
      reader.close(...ending);
      const events: ModelEvent[] = [];
      try {
        for await (const some of reader) events.push(...some);
      } catch (error) {
        expect(error).toBe(ending[0]);
      }
      return events;
    };
    const whole = await read([bytes]);
    const done = bytes.indexOf("[DONE]") + "[DONE]\n\n".length;
    for (let cut = 0; cut < done; cut++) {
      const events = await read([bytes.subarray(0, cut)], new Error("reset"));
      expect(events).toEqual(whole.slice(0, events.length));
      expect(events.some(({ type }) => type === "tool-call" || type === "finish")).toBe(false);
      expect(await read([bytes.subarray(0, cut), bytes.subarray(cut)])).toEqual(whole);
    }
  });

  it("over a real connection is an error, and nothing is invented", async () => {
    const bytes = Buffer.from(text);
    const cuts = Array.from({ length: Math.ceil(bytes.length / 29) }, (_, index) => index * 29);
    const replies = cuts.map((cut) => ({ raw: [bytes.subarray(0, cut)], ends: "reset" as const }));
    const model = await open({ replies: [...replies, { raw: [bytes] }] }, { retry: { retries: 0 } });
    const outcomes: ModelEvent[][] = [];
    for (const cut of cuts) {
      const events: ModelEvent[] = [];
      const error = await (async () => {
        for await (const some of model.stream(request)) events.push(...some);
      })().catch((thrown: unknown) => thrown);
      if (bytes.indexOf("[DONE]") > cut) expect(error).toMatchObject({ code: "unavailable" });
      outcomes.push(events);
    }
    const whole = await drain(model.stream(request));
    expect(gist(whole)).toMatchObject({ calls: ['add({"город":"Омск"})'], finish: { finishReason: "tool-calls" } });
    for (const [index, events] of outcomes.entries()) {
      expect(events).toEqual(whole.slice(0, events.length));
      if ((cuts[index] as number) < bytes.indexOf("[DONE]")) {
        expect(events.some(({ type }) => type === "tool-call" || type === "finish")).toBe(false);
      }
    }
  });
});

describe("openaiCompatibleFromEnv()", () => {
  it("reads the key and the address, and OpenAI is the default", async () => {
    await open({ apiKey: "sk-env", replies: [{ text: "hi" }] });
    vi.stubEnv("OPENAI_API_KEY", "sk-env");
    vi.stubEnv("OPENAI_BASE_URL", server?.url ?? "");
    const model = openaiCompatibleFromEnv("test-model");
    expect(model).toMatchObject({ provider: "openai", modelId: "test-model" });
    expect(gist(await drain(model.stream(request)))).toMatchObject({ text: "hi" });
  });

  it("names the variable that is missing", () => {
    vi.stubEnv("OPENAI_API_KEY", "");
    vi.stubEnv("OPENAI_BASE_URL", "");
    const missing = { code: "missing-setting", hint: expect.stringContaining("OPENAI_API_KEY") };
    expect(() => openaiCompatibleFromEnv("gpt")).toThrow(expect.objectContaining(missing));
  });
});

describe("listModels()", () => {
  it("lists what the server has", async () => {
    await open({ apiKey: "sk-1", models: ["a", "b"] });
    expect(await listModels({ baseURL: server?.url ?? "", apiKey: "sk-1" })).toEqual([
      { id: "a", ownedBy: "fake" },
      { id: "b", ownedBy: "fake" },
    ]);
    await expect(listModels({ baseURL: server?.url ?? "" })).rejects.toMatchObject({ code: "unauthorized" });
  });
});
