// What a reply says beside its text: the sources that it rests on, by which id its request is known, and what it cost.
import { describe, expect, it } from "vitest";
import type { AssistantMessage, Source, Usage } from "../message.ts";
import type { LanguageModel, ModelEvent } from "../ports/language-model.ts";
import { tool } from "../tool/tool.ts";
import { Agent } from "./agent.ts";
import type { StreamPart } from "./stream-part.ts";

const page: Source = { id: "https://ria.ru/1", url: "https://ria.ru/1", title: "RIA" };
const untitled: Source = { id: "p2", url: "https://rbc.ru/" };
const file: Source = { id: "fvt1", filename: "a.pdf" };
const nameless: Source = { id: "fvt2" };

const usage: Usage = { inputTokens: 1, outputTokens: 1, totalTokens: 2 };

function saying(...replies: ModelEvent[][]): LanguageModel {
  return {
    provider: "test",
    modelId: "test",
    async *stream() {
      yield replies.shift() ?? expect.unreachable("it was asked once more");
    },
  };
}

const look = tool({
  name: "look",
  description: "Looks.",
  inputSchema: { type: "object", properties: {} },
  execute: () => "seen",
});

const answer: ModelEvent[] = [
  { type: "text-delta", text: "Snow " },
  ...[page, untitled, file, nameless].map((source): ModelEvent => ({ type: "source", source })),
  { type: "text-delta", text: "fell." },
  { type: "finish", finishReason: "stop", usage, response: { requestId: "r1", modelVersion: "09.02.2025" } },
];

async function partsOf(agent: Agent): Promise<StreamPart[]> {
  const parts: StreamPart[] = [];
  for await (const part of agent.stream("What is new?").fullStream) parts.push(part);
  return parts;
}

describe("sources", () => {
  it("come as parts while the answer is written, pages by their address and files by their name, and do not cut the text", async () => {
    const parts = await partsOf(new Agent({ model: saying(answer) }));
    expect(parts.flatMap(({ runId: _, ...part }) => (part.type === "source" ? [part] : []))).toEqual([
      { type: "source", sourceType: "url", id: page.id, url: page.url, title: "RIA" },
      { type: "source", sourceType: "url", id: "p2", url: untitled.url },
      { type: "source", sourceType: "document", id: "fvt1", title: "a.pdf", filename: "a.pdf" },
      { type: "source", sourceType: "document", id: "fvt2", title: "fvt2" },
    ]);
    expect(parts.filter(({ type }) => type === "text-start")).toHaveLength(1);
  });

  it("stay with the message that rests on them, and go with the thread", async () => {
    const calling: ModelEvent[] = [
      { type: "source", source: page },
      { type: "tool-call", toolCallId: "1", toolName: "look", input: "{}" },
      { type: "finish", finishReason: "tool-calls", usage },
    ];
    const agent = new Agent({ model: saying(calling, answer), tools: [look] });
    const { text, messages, sources } = await agent.generate("News?");
    expect(text).toBe("Snow fell.");
    expect(sources).toEqual([page, untitled, file, nameless]);
    const replies = messages.filter((message): message is AssistantMessage => message.role === "assistant");
    expect(replies.map(({ sources }) => sources)).toEqual([[page], [page, untitled, file, nameless]]);
    expect(JSON.parse(JSON.stringify(messages))).toEqual(messages);
  });

  it("are not there where there were none", async () => {
    const finish: ModelEvent = { type: "finish", finishReason: "stop", usage };
    const model = saying([{ type: "text-delta", text: "Hm." }, finish]);
    const { messages } = await new Agent({ model }).generate("News?");
    expect(messages.at(-1)).not.toHaveProperty("sources");
    expect(messages.at(-1)).not.toHaveProperty("response");
  });
});

describe("what a service says of its reply", () => {
  it("is in the part that ends the step, and in the message", async () => {
    const parts = await partsOf(new Agent({ model: saying(answer) }));
    const response = { requestId: "r1", modelVersion: "09.02.2025" };
    expect(parts.find(({ type }) => type === "finish-step")).toMatchObject({ response });
    const { messages } = await new Agent({ model: saying(answer) }).generate("News?");
    expect(messages.at(-1)).toMatchObject({ response });
  });

  it("includes what it cost, which adds up over the steps, by currency", async () => {
    const step = (cost: Record<string, number>, ...said: ModelEvent[]): ModelEvent[] => [
      ...said,
      { type: "finish", finishReason: "stop", usage: { ...usage, cost } },
    ];
    const call: ModelEvent = { type: "tool-call", toolCallId: "1", toolName: "look", input: "{}" };
    const model = saying(step({ RUB: 0.1 }, call), step({ RUB: 0.2, USD: 1 }, { type: "text-delta", text: "So." }));
    const result = await new Agent({ model, tools: [look] }).generate("News?");
    expect(result.usage).toMatchObject({ totalTokens: 4, cost: { RUB: 0.3, USD: 1 } });
  });
});
