// With the real client of the AI SDK, over a real connection.
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import { Chat, useChat } from "@ai-sdk/react";
import { Agent, BesedaError, type LanguageModel, type Run, type StreamPart, tool } from "@beseda/core";
import { type ScriptedReply, scriptedModel } from "@beseda/core/testing";
import {
  DefaultChatTransport,
  lastAssistantMessageIsCompleteWithApprovalResponses,
  parseJsonEventStream,
  readUIMessageStream,
  type UIMessage,
  uiMessageChunkSchema,
} from "ai";
import { afterEach, describe, expect, it } from "vitest";
import { z } from "zod";
import {
  fromUiMessages,
  toUiMessageStream,
  toUiMessageStreamResponse,
  type UiMessageStreamOptions,
  uiMessageStreamHeaders,
} from "./index.ts";

// Without types, which nobody else here needs.
const require = createRequire(import.meta.url);
const { createElement }: { createElement(type: string | (() => unknown), props?: null, text?: string): unknown } =
  require("react");
const { renderToString }: { renderToString(element: unknown): string } = require("react-dom/server");

type Part = UIMessage["parts"][number];

const closing: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function listen(answer: (request: IncomingMessage, response: ServerResponse) => Promise<void>): Promise<string> {
  const server = createServer((request, response) => {
    answer(request, response).catch((error: BesedaError) => {
      if (!response.headersSent) response.writeHead(400).end(error.message);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  closing.push(
    () => server.closeAllConnections(),
    () => server.close(),
  );
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/chat`;
}

/** A server as users write it, and a client of it. */
async function chatWith(agent: Agent, options: UiMessageStreamOptions = {}, init: { history?: "client" } = {}) {
  const api = await listen(async (request, response) => {
    const { messages } = JSON.parse(await text(request));
    const run = agent.stream(fromUiMessages(messages, init));
    response.writeHead(200, uiMessageStreamHeaders);
    await pipeline(Readable.fromWeb(toUiMessageStream(run, options)), response);
  });
  return new Chat<UIMessage>({
    transport: new DefaultChatTransport({ api }),
    sendAutomaticallyWhen: lastAssistantMessageIsCompleteWithApprovalResponses,
  });
}

function agentSaying(...replies: ScriptedReply[]): Agent {
  return new Agent({ model: scriptedModel(replies), tools: [weather], reasoning: "native" });
}

const weather = tool({
  name: "weather",
  description: "Tells the weather.",
  inputSchema: z.object({ city: z.string() }),
  execute({ city }, { progress }) {
    progress("looking out of the window");
    if (city === "Atlantis") throw new Error("SELECT * FROM cities failed at 10.0.0.7");
    return { city, degrees: 21 };
  },
});

/** What the client shows, the newest message. */
function shown(chat: Chat<UIMessage>): Part[] {
  return chat.lastMessage?.parts ?? [];
}

function texts(parts: readonly Part[]): string[] {
  return parts.flatMap((part) => (part.type === "text" ? [part.text] : []));
}

/** The message that the client makes of parts. */
async function messageOf(
  parts: readonly StreamPart[],
  options?: UiMessageStreamOptions,
): Promise<UIMessage | undefined> {
  const stream = toUiMessageStream(runOf(parts), options);
  const chunks = parseJsonEventStream({ stream, schema: uiMessageChunkSchema }).pipeThrough(
    new TransformStream({
      transform(chunk, controller) {
        if (!chunk.success) throw chunk.error;
        controller.enqueue(chunk.value);
      },
    }),
  );
  let last: UIMessage | undefined;
  for await (const message of readUIMessageStream({ stream: chunks, terminateOnError: true })) last = message;
  return last;
}

function runOf(parts: readonly StreamPart[]): Pick<Run, "fullStream" | "cancel"> {
  const iterator = parts.values();
  const fullStream: Run["fullStream"] = {
    next: async () => iterator.next() as IteratorResult<StreamPart>,
    [Symbol.asyncIterator]: () => fullStream,
  };
  return { fullStream, cancel: () => {} };
}

const runId = "run-1";
const usage = { inputTokens: 1, outputTokens: 1, totalTokens: 2 };
const start: StreamPart = { type: "start", agentName: "assistant", threadId: undefined, input: [], runId };
const startStep: StreamPart = {
  ...{ type: "start-step", step: 1, agentName: "assistant", provider: "p", modelId: "m", settings: {}, runId },
};
const finish: StreamPart = { type: "finish", finishReason: "stop", totalUsage: usage, runId };

describe("useChat on a Beseda agent", () => {
  it("shows thinking, tools with their progress, and the answer; and the hook renders them", async () => {
    const agent = agentSaying(
      { reasoning: "Which city?", text: "Let me look.", toolCalls: [{ toolName: "weather", input: { city: "Tver" } }] },
      { text: ["21 ", "degrees."] },
    );
    const chat = await chatWith(agent);
    await chat.sendMessage({ text: "What is the weather in Tver?" });
    expect(chat.status).toBe("ready");
    expect(shown(chat)).toMatchObject([
      { type: "step-start" },
      { type: "reasoning", text: "Which city?", state: "done" },
      { type: "text", text: "Let me look.", state: "done" },
      {
        type: "tool-weather",
        state: "output-available",
        input: { city: "Tver" },
        output: { city: "Tver", degrees: 21 },
      },
      { type: "data-tool-progress", data: { toolName: "weather", progress: "looking out of the window" } },
      { type: "step-start" },
      { type: "text", text: "21 degrees.", state: "done" },
    ]);
    const View = () =>
      createElement("p", null, texts(useChat({ chat }).messages.flatMap(({ parts }) => parts)).join("|"));
    expect(renderToString(createElement(View))).toBe("<p>What is the weather in Tver?|Let me look.|21 degrees.</p>");
  });

  it("shows what the answer rests on, pages and files, and takes them back with the next message", async () => {
    const model: LanguageModel = {
      provider: "test",
      modelId: "test",
      async *stream() {
        yield [{ type: "text-delta", text: "Snow." }];
        yield [
          { type: "source", source: { id: "s1", url: "https://ria.ru/1", title: "RIA" } },
          { type: "source", source: { id: "s2", filename: "a.pdf" } },
        ];
        yield [{ type: "finish", finishReason: "stop" }];
      },
    };
    const chat = await chatWith(new Agent({ model }));
    await chat.sendMessage({ text: "What is new?" });
    expect(shown(chat)).toMatchObject([
      { type: "step-start" },
      { type: "text", text: "Snow." },
      { type: "source-url", sourceId: "s1", url: "https://ria.ru/1", title: "RIA" },
      { type: "source-document", sourceId: "s2", title: "a.pdf", filename: "a.pdf" },
    ]);
    await chat.sendMessage({ text: "And else?" });
    expect(chat.status).toBe("ready");
  });

  it("does not show the thinking where it is not to be sent", async () => {
    const chat = await chatWith(agentSaying({ reasoning: "hm", text: "Hi." }), { sendReasoning: false });
    await chat.sendMessage({ text: "Hello" });
    expect(shown(chat).map(({ type }) => type)).toEqual(["step-start", "text"]);
  });

  it("says that a tool failed, and that the run failed, but not why", async () => {
    const leak = new BesedaError("http://10.0.0.7:8000 answered 500: stack", { code: "unavailable" });
    const agent = agentSaying(
      { toolCalls: [{ toolName: "weather", input: { city: "Atlantis" } }] },
      { text: "So", error: leak },
    );
    const chat = await chatWith(agent);
    await chat.sendMessage({ text: "Atlantis?" });
    expect(chat.status).toBe("error");
    expect(chat.error?.message).toBe("The model cannot be reached at the moment. Please try again a little later.");
    expect(shown(chat)).toMatchObject([
      { type: "step-start" },
      { type: "tool-weather", state: "output-error", errorText: "The tool failed." },
      {},
      { type: "step-start" },
      { type: "text", text: "So" },
    ]);
    expect(JSON.stringify(chat.messages)).not.toContain("10.0.0.7");
  });

  it("tells an answer that nobody waits for from a model that is not there", async () => {
    const late = await chatWith(agentSaying({ error: new BesedaError("gone", { code: "not-found" }) }));
    await late.sendMessage({ text: "Yes" });
    expect(late.error?.message).toBe("What you answer does not wait for an answer any more. Please ask again.");
    const unknown = new BesedaError("no model gpt-0", { code: "not-found", status: 404 });
    const chat = await chatWith(agentSaying({ error: unknown }));
    await chat.sendMessage({ text: "Hello" });
    expect(chat.error?.message).toBe("Something went wrong. Please try again.");
  });

  it("says why where the server's author wants that", async () => {
    const agent = agentSaying({ toolCalls: [{ toolName: "weather", input: { city: "Atlantis" } }] }, { text: "None." });
    const chat = await chatWith(agent, { onError: ({ error }) => String(error) });
    await chat.sendMessage({ text: "Atlantis?" });
    expect(shown(chat)[1]).toMatchObject({ errorText: expect.stringContaining("10.0.0.7") });
  });

  it("shows a call with broken arguments as one that failed, and goes on", async () => {
    const broken = {
      toolCalls: [
        { toolName: "weather", input: '{"city": ' },
        { toolName: "nope", input: {} },
      ],
    };
    const chat = await chatWith(agentSaying(broken, { text: "Sorry." }));
    await chat.sendMessage({ text: "?" });
    expect(shown(chat)).toMatchObject([
      {},
      { type: "tool-weather", state: "output-error" },
      { type: "tool-nope", state: "output-error" },
      {},
      { type: "text", text: "Sorry." },
    ]);
  });

  it("carries what the server's author adds as metadata", async () => {
    const chat = await chatWith(agentSaying({ text: "Hi.", usage }), {
      messageMetadata: ({ part }) =>
        part.type === "start"
          ? { runId: part.runId }
          : part.type === "finish"
            ? { tokens: part.totalUsage.totalTokens }
            : undefined,
    });
    await chat.sendMessage({ text: "Hello" });
    expect(chat.lastMessage?.metadata).toEqual({ runId: expect.any(String), tokens: 2 });
  });

  it.each([
    [true, "output-available"],
    [false, "output-denied"],
  ])("asks for an approval, and goes on in the same message (approved: %s)", async (approved, state) => {
    const erase = tool({
      name: "erase",
      description: "Erases.",
      inputSchema: z.object({}),
      needsApproval: true,
      execute: () => "gone",
    });
    const replies = [{ text: "May I?", toolCalls: [{ toolName: "erase", input: {} }] }, { text: "So be it." }];
    const chat = await chatWith(new Agent({ model: scriptedModel(replies), tools: [erase] }));
    await chat.sendMessage({ text: "Erase it" });
    const asked = shown(chat).find((part) => part.type === "tool-erase");
    expect(asked).toMatchObject({ state: "approval-requested" });
    const id = (asked as { approval: { id: string } }).approval.id;
    await chat.addToolApprovalResponse({ id, approved, ...(!approved && { reason: "I need it." }) });
    await expect.poll(() => texts(shown(chat)).at(-1)).toBe("So be it.");
    await expect.poll(() => chat.status).toBe("ready");
    expect(chat.messages).toHaveLength(2);
    expect(shown(chat)).toMatchObject([
      { type: "step-start" },
      { type: "text", text: "May I?" },
      { type: "tool-erase", state },
      { type: "step-start" },
      { type: "text", text: "So be it." },
    ]);
  });

  it("asks for the approval of a call below a sub-agent, which the person sees as it is", async () => {
    const pay = tool({
      name: "pay",
      description: "Pays.",
      inputSchema: z.object({ sum: z.number() }),
      needsApproval: true,
      execute: () => "paid",
    });
    const clerk = new Agent({
      name: "clerk",
      model: scriptedModel([
        { text: "Paying.", toolCalls: [{ toolName: "pay", input: { sum: 5 } }] },
        { text: "Paid." },
      ]),
      tools: [pay],
    });
    const model = scriptedModel([
      { toolCalls: [{ toolName: "clerk", input: { task: "pay 5" } }] },
      { text: "All done." },
    ]);
    const chat = await chatWith(new Agent({ model, tools: [clerk.asTool()] }));
    await chat.sendMessage({ text: "Pay" });
    const asked = shown(chat).find((part) => part.type === "tool-pay");
    expect(asked).toMatchObject({ state: "approval-requested", input: { sum: 5 } });
    expect(shown(chat).find(({ type }) => type === "data-sub-agent")).toMatchObject({
      data: { agentName: "clerk", state: "waiting", text: "Paying." },
    });
    await chat.addToolApprovalResponse({ id: (asked as { approval: { id: string } }).approval.id, approved: true });
    await chat.sendMessage();
    expect(chat.error).toBeUndefined();
    expect(texts(shown(chat))).toEqual(["All done."]);
    expect(shown(chat).find((part) => part.type === "tool-pay")).toMatchObject({
      state: "output-available",
      output: "paid",
    });
    expect(shown(chat).find((part) => part.type === "tool-clerk")).toMatchObject({ state: "output-available" });
  });

  it("keeps what a sub-agent says out of the answer", async () => {
    const poet = new Agent({
      name: "poet",
      description: "Writes.",
      model: scriptedModel([{ text: "Roses are red." }]),
    });
    const model = scriptedModel([
      { toolCalls: [{ toolName: "poet", input: { task: "a poem" } }] },
      { text: "Here it is." },
    ]);
    const chat = await chatWith(new Agent({ model, tools: [poet.asTool()] }));
    await chat.sendMessage({ text: "A poem!" });
    expect(texts(shown(chat))).toEqual(["Here it is."]);
    expect(shown(chat).filter(({ type }) => type === "data-sub-agent")).toMatchObject([
      { data: { agentName: "poet", state: "done", text: "Roses are red.", toolCallId: "call-1-1" } },
    ]);
  });

  it("finds its way through sub-agents of sub-agents, to an approval and back", async () => {
    const pay = tool({
      name: "pay",
      description: "Pays.",
      inputSchema: z.object({}),
      needsApproval: true,
      execute: () => "paid",
    });
    const calling = (toolName: string, toolCallId: string) => ({
      toolCalls: [{ toolName, input: { task: "pay", city: "Tver" }, toolCallId }],
    });
    const clerk = new Agent({
      name: "clerk",
      model: scriptedModel([calling("weather", "c1"), calling("pay", "c2"), { text: "Paid." }]),
      tools: [pay, weather],
    });
    const boss = new Agent({
      name: "boss",
      model: scriptedModel([calling("clerk", "b1"), { text: "Settled." }]),
      tools: [clerk.asTool()],
    });
    const chat = await chatWith(
      new Agent({ model: scriptedModel([calling("boss", "a1"), { text: "All done." }]), tools: [boss.asTool()] }),
    );
    await chat.sendMessage({ text: "Pay" });
    expect(chat.error).toBeUndefined();
    const asked = shown(chat).find((part) => part.type === "tool-pay");
    expect(asked).toMatchObject({ state: "approval-requested", toolCallId: "b1/c2" });
    await chat.addToolApprovalResponse({ id: (asked as { approval: { id: string } }).approval.id, approved: true });
    await chat.sendMessage();
    expect(chat.error).toBeUndefined();
    expect(shown(chat).find((part) => part.type === "tool-pay")).toMatchObject({ output: "paid" });
    expect(texts(shown(chat))).toEqual(["All done."]);
  });

  it("shows which tool a sub-agent is at, and whether it failed", async () => {
    const below = { runId: "run-2", parentCallId: "c1" };
    const call = { toolCallId: "s1", toolName: "weather", input: {} };
    const parts: StreamPart[] = [
      start,
      { ...start, ...below, agentName: "poet" },
      { type: "tool-call", ...call, ...below },
    ];
    const data = async (more: StreamPart[]) => (await messageOf([...parts, ...more, finish]))?.parts;
    expect(await data([])).toMatchObject([{ data: { agentName: "poet", state: "working", toolName: "weather" } }]);
    const result: StreamPart = { type: "tool-result", ...call, output: 1, ...below };
    const error = new BesedaError("x", { code: "internal" });
    const failed: StreamPart = { type: "error", error, totalUsage: usage, ...below };
    expect(await data([result, failed])).toEqual([
      {
        ...{ type: "data-sub-agent", id: "run-2" },
        data: { toolCallId: "c1", agentName: "poet", state: "failed", text: "" },
      },
    ]);
  });

  it("takes images and files, and the whole conversation where the client keeps it", async () => {
    const model = scriptedModel([
      { toolCalls: [{ toolName: "weather", input: { city: "Tver" } }] },
      { text: "21." },
      { text: "A cat." },
    ]);
    const chat = await chatWith(new Agent({ model, tools: [weather] }), {}, { history: "client" });
    await chat.sendMessage({ text: "Tver?" });
    await chat.sendMessage({
      text: "And this?",
      files: [
        { type: "file", mediaType: "image/gif", url: "data:image/gif;base64,R0lGODdh" },
        { type: "file", mediaType: "text/plain", url: "data:text/plain,hi", filename: "a.txt" },
      ],
    });
    expect(model.requests[2]?.messages).toMatchObject([
      { role: "user", content: [{ type: "text", text: "Tver?" }] },
      { role: "assistant", content: [{ type: "tool-call", toolName: "weather", input: { city: "Tver" } }] },
      { role: "tool", output: '{"city":"Tver","degrees":21}' },
      { role: "assistant", content: [{ type: "text", text: "21." }] },
      {
        role: "user",
        content: [
          { type: "image", image: "data:image/gif;base64,R0lGODdh" },
          { type: "file", file: "data:text/plain,hi", mediaType: "text/plain", name: "a.txt" },
          { type: "text", text: "And this?" },
        ],
      },
    ]);
  });
});

describe("a text that the provider rewrites", () => {
  const id = "text-1-1";
  const begun: StreamPart[] = [
    start,
    startStep,
    { type: "text-start", id, runId },
    { type: "text-delta", id, text: "Half", runId },
  ];
  const end: StreamPart[] = [{ type: "text-end", id, runId }, finish];

  it("grows where it only grew", async () => {
    const grown: StreamPart = { type: "text-replace", id, text: "Half and half", runId };
    const more: StreamPart = { type: "text-delta", id, text: ".", runId };
    const again: StreamPart = { type: "text-replace", id, text: "Half and half. Yes.", runId };
    expect((await messageOf([...begun, grown, more, again, ...end]))?.parts).toMatchObject([
      {},
      { type: "text", text: "Half and half. Yes.", state: "done" },
    ]);
  });

  it("stands as the last text, and the one that it replaces says so", async () => {
    const anew: StreamPart = { type: "text-replace", id, text: "I cannot say that", runId };
    const more: StreamPart = { type: "text-delta", id, text: ".", runId };
    expect((await messageOf([...begun, anew, more, ...end]))?.parts).toMatchObject([
      {},
      { type: "text", text: "Half", state: "done", providerMetadata: { beseda: { isReplaced: true } } },
      { type: "text", text: "I cannot say that.", state: "done" },
    ]);
  });

  it("stands as the last text where its block was over too", async () => {
    const anew: StreamPart = { type: "text-replace", id, text: "No.", runId };
    const emptied: StreamPart = { type: "text-replace", id, text: "", runId };
    const over: StreamPart = { type: "text-end", id, runId };
    expect(texts((await messageOf([...begun, over, anew, finish]))?.parts ?? [])).toEqual(["Half", "No."]);
    expect(texts((await messageOf([...begun, over, emptied, finish]))?.parts ?? [])).toEqual(["Half"]);
  });
});

describe("toUiMessageStream()", () => {
  it.each([
    ["max-steps", "tool-calls"],
    ["approval", "tool-calls"],
    ["length", "length"],
    ["content-filter", "content-filter"],
  ] as const)("tells the client of %s as %s", async (finishReason, told) => {
    const stream = await text(toUiMessageStream(runOf([{ ...finish, finishReason }])));
    expect(stream).toBe(`data: {"type":"finish","finishReason":"${told}"}\n\ndata: [DONE]\n\n`);
  });

  it("ends a stopped run with an abort, which the client takes for an end", async () => {
    const abort: StreamPart = { type: "abort", reason: "because of secret 42", totalUsage: usage, runId };
    const stream = await text(toUiMessageStream(runOf([start, startStep, abort])));
    expect(stream).toContain('data: {"type":"abort"}\n\ndata: [DONE]');
    expect(await messageOf([start, startStep, abort])).toBeUndefined();
  });

  it("sends whatever a tool returns, even what JSON cannot hold", async () => {
    const call = { toolCallId: "c1", toolName: "odd", input: {}, runId };
    const circle: { self?: unknown } = {};
    circle.self = circle;
    for (const [output, told] of [
      [undefined, null],
      [10n, "10"],
      [circle, { self: "[circular]" }],
      [{ big: 10n }, { big: "10" }],
    ]) {
      const parts: StreamPart[] = [
        start,
        { type: "tool-call", ...call },
        { type: "tool-result", ...call, output },
        finish,
      ];
      expect((await messageOf(parts))?.parts).toMatchObject([{ state: "output-available", output: told }]);
    }
  });

  it("says of arguments that are no JSON what is wrong with them, and sends nothing that is empty", async () => {
    const call: StreamPart = { type: "tool-call", toolCallId: "c1", toolName: "odd", input: "{", invalid: true, runId };
    expect((await messageOf([start, call, finish]))?.parts).toMatchObject([
      { state: "output-error", rawInput: "{", errorText: "The input of the call is not valid JSON." },
    ]);
    const reads: number[] = [];
    const inputEnd: StreamPart = { type: "tool-input-end", id: "c1", runId };
    for await (const bytes of toUiMessageStream(runOf([inputEnd, finish]))) reads.push(bytes.length);
    expect(reads).toEqual([expect.any(Number), "data: [DONE]\n\n".length]);
    expect(reads[0]).toBeGreaterThan(0);
  });

  it("reads the run only as fast as the client does", async () => {
    let pulled = 0;
    const endless: Run["fullStream"] = {
      next: async () => ({ done: false, value: { type: "text-delta", id: "1", text: `${pulled++}`, runId } }),
      [Symbol.asyncIterator]: () => endless,
    };
    const reader = toUiMessageStream({ fullStream: endless, cancel: () => {} }).getReader();
    for (let read = 0; read < 3; read++) await reader.read();
    await new Promise((resolve) => setImmediate(resolve));
    expect(pulled).toBe(3);
  });

  it("is a Response too, for frameworks that want one", async () => {
    const response = toUiMessageStreamResponse(agentSaying({ text: "Hi." }).stream("Hello"));
    expect(response.headers.get("x-vercel-ai-ui-message-stream")).toBe("v1");
    expect(await response.text()).toMatch(/"delta":"Hi\."[\s\S]*data: \[DONE\]\n\n$/);
  });

  it.each([
    [false, "stop"],
    [true, "aborted"],
  ])("goes on with the run when the client leaves, unless that is to stop it (%s)", async (stopOnDisconnect, ended) => {
    let finishReply = () => {};
    const untilLeft = new Promise<void>((resolve) => {
      finishReply = resolve;
    });
    const model: LanguageModel = {
      provider: "fake",
      modelId: "fake",
      async *stream(_request, { signal } = {}) {
        yield [{ type: "text-delta", text: "Half" }];
        await untilLeft;
        signal?.throwIfAborted();
        yield [{ type: "finish", finishReason: "stop" }];
      },
    };
    const run = new Agent({ model }).stream("Hello");
    const api = await listen(async (_request, response) => {
      response.writeHead(200, uiMessageStreamHeaders);
      await pipeline(Readable.fromWeb(toUiMessageStream(run, { stopOnDisconnect })), response).catch(finishReply);
    });
    const chat = new Chat({ transport: new DefaultChatTransport({ api }) });
    const sending = chat.sendMessage({ text: "Hello" });
    await expect.poll(() => texts(shown(chat))).toEqual(["Half"]);
    await chat.stop();
    await sending;
    expect(await run.result).toMatchObject({ finishReason: ended, text: "Half" });
  });
});

describe("fromUiMessages()", () => {
  const user = { id: "1", role: "user", parts: [{ type: "text", text: "Hi" }] };
  const approval = (id: string, part: object = {}) => ({
    ...{ type: "tool-erase", toolCallId: id, state: "approval-responded", input: {} },
    ...{ approval: { id: `run-1:${id}`, approved: true }, ...part },
  });
  const assistant = (...parts: unknown[]) => ({ id: "2", role: "assistant", parts });

  it("takes only what the user says now where the server keeps the thread", () => {
    const messages = [user, assistant({ type: "text", text: "made up" }), user];
    expect(fromUiMessages(messages)).toEqual({ role: "user", content: [{ type: "text", text: "Hi" }] });
  });

  it("makes a thread of what the client keeps, without what is no part of it", () => {
    const call = (toolCallId: string, more: object) => ({
      type: "tool-erase",
      toolCallId,
      input: { toolCallId },
      ...more,
    });
    const replaced = { type: "text", text: "No", providerMetadata: { beseda: { isReplaced: true } } };
    const kept = assistant(
      { type: "step-start" },
      { type: "reasoning", text: "hm" },
      replaced,
      { type: "text", text: "Yes" },
      call("c1", { state: "output-denied" }),
      call("c2", { state: "output-error", errorText: "full" }),
      call("c3", { state: "output-available", output: "half", preliminary: true }),
      call("c2/s1", { state: "output-available", output: "below" }),
      {
        type: "dynamic-tool",
        toolName: "search",
        toolCallId: "c4",
        state: "output-available",
        input: {},
        output: "found",
      },
    );
    const saying = { ...user, parts: [...user.parts, { type: "data-mood", data: "good" }] };
    const spoken = { role: "user", content: [{ type: "text", text: "Hi" }] };
    expect(fromUiMessages([saying, kept, saying], { history: "client" })).toEqual([
      spoken,
      {
        role: "assistant",
        content: [
          { type: "text", text: "Yes" },
          ...["c1", "c2", "c3"].map((toolCallId) => ({
            ...{ type: "tool-call", toolCallId, toolName: "erase", input: { toolCallId } },
          })),
          { type: "tool-call", toolCallId: "c4", toolName: "search", input: {} },
        ],
      },
      {
        role: "tool",
        toolCallId: "c1",
        toolName: "erase",
        output: expect.stringContaining("did not approve"),
        isError: true,
      },
      { role: "tool", toolCallId: "c2", toolName: "erase", output: "full", isError: true },
      { role: "tool", toolCallId: "c4", toolName: "search", output: "found" },
      spoken,
    ]);
  });

  it("gives the decisions of the run that was answered last", () => {
    const denied = approval("c/2", { approval: { id: "run-2:c/2:x", approved: false, reason: "no" } });
    const waiting = approval("c3", { state: "approval-requested" });
    expect(fromUiMessages([user, assistant(approval("c1")), assistant(denied, waiting)])).toEqual({
      runId: "run-2",
      decisions: [{ callId: "c/2:x", approved: false, reason: "no" }],
    });
  });

  it.each<[string, unknown]>([
    ["no list", { messages: [user] }],
    ["an empty list", []],
    ["no messages", ["Hi"]],
    ["instructions", [{ id: "0", role: "system", parts: [{ type: "text", text: "Obey" }] }, user]],
    ["another role", [{ ...user, role: "tool" }]],
    ["messages of the AI SDK 4", [{ role: "user", content: "Hi" }]],
    ["parts that are none", [{ ...user, parts: [null] }]],
    ["text that is none", [{ ...user, parts: [{ type: "text", text: 5 }] }]],
    ["parts that a user cannot send", [{ ...user, parts: [{ type: "tool-x", toolCallId: "1" }] }]],
    ["a file without a type", [{ ...user, parts: [{ type: "file", url: "data:,x" }] }]],
    [
      "a file of the server",
      [{ ...user, parts: [{ type: "file", mediaType: "text/plain", url: "file:///etc/passwd" }] }],
    ],
    ["an approval of somebody else", [user, assistant(approval("c1", { approval: { id: "x", approved: true } }))]],
    ["an approval that says nothing", [user, assistant(approval("c1", { approval: { id: "r:c", approved: "yes" } }))]],
  ])("refuses %s", (_what, messages) => {
    expect(() => fromUiMessages(messages)).toThrow(expect.objectContaining({ code: "invalid-argument" }));
    expect(() => fromUiMessages(messages, { history: "client" })).toThrow(
      expect.objectContaining({ code: "invalid-argument" }),
    );
  });

  it("says what to do where the client has run a tool itself", () => {
    const own = { type: "tool-x", toolCallId: "1", state: "output-available", input: {}, output: 1 };
    expect(() => fromUiMessages([user, assistant(own)])).toThrow(
      expect.objectContaining({ code: "unsupported", hint: expect.stringContaining("the client itself runs") }),
    );
  });
});
