import { describe, expect, it } from "vitest";
import type { BatchRequests, LanguageModel, ModelEvent, ModelRequest } from "../ports/language-model.ts";
import { withFinalAnswerTool } from "../reasoning/final-answer-tool.ts";
import { promptedTools } from "../reasoning/prompted-tools.ts";
import { lookup, question } from "../testing/ask-model.ts";
import { promptedReply } from "../testing/prompted-reply.ts";
import { scriptedModel } from "../testing/scripted-model.ts";
import { withDefaults } from "./with-defaults.ts";

const finish: ModelEvent = { type: "finish", finishReason: "stop" };
const { text } = promptedReply({ toolCalls: [{ toolName: "lookup", input: { query: "x" } }] });
const written: ModelEvent[] = [{ type: "text-delta", text: [text ?? ""].flat().join("") }, finish];

/** Answers later only, always the same, and keeps what it was asked. */
function laterModel() {
  const asked: ModelRequest[] = [];
  const done = { id: "1", done: true, response: written };
  const keep = async (requests: BatchRequests) => {
    for await (const request of requests) asked.push(request);
  };
  const model: LanguageModel = {
    ...scriptedModel([]),
    operations: {
      async submit(request) {
        asked.push(request);
        return { id: "1", done: false };
      },
      poll: async () => done,
      cancel: async () => done,
    },
    batches: {
      async start(requests) {
        await keep(requests);
        return { id: "b", done: false };
      },
      poll: async (id) => ({ id, done: true, response: { answered: 1 } }),
      cancel: async (id) => ({ id, done: true }),
      async *replies(_id, requests) {
        await keep(requests);
        yield { index: 0, events: written };
      },
    },
  };
  return { model, asked };
}

describe("what a model answers later", () => {
  it("is asked with the defaults of its wrapper, by operations and in batches", async () => {
    const { model, asked } = laterModel();
    const wrapped = withDefaults(model, { settings: { temperature: 0.7 }, instructions: "Be brief." });
    await wrapped.operations?.submit(question());
    await wrapped.batches?.start([question()], { key: "k" });
    for await (const reply of wrapped.batches?.replies("b", [question()]) ?? []) expect(reply.events).toEqual(written);
    expect(asked.map(({ instructions, settings }) => [instructions, settings.temperature])).toEqual(
      Array(3).fill([expect.stringMatching(/^Be brief\./), 0.7]),
    );
    expect(await wrapped.operations?.poll("1")).toMatchObject({ response: written });
  });

  it("may be calls written in words: requests go without tools, replies come with the calls", async () => {
    const { model, asked } = laterModel();
    const prompted = promptedTools(model);
    const request = { ...question(), tools: [lookup] };
    await prompted.operations?.submit(request);
    await prompted.batches?.start([request], { key: "k" });
    expect(asked.map(({ tools, instructions }) => [tools.length, instructions.includes("lookup")])).toEqual([
      [0, true],
      [0, true],
    ]);
    const replies: ModelEvent[][] = [(await prompted.operations?.poll("1"))?.response ?? []];
    for await (const reply of prompted.batches?.replies("b", [request]) ?? []) replies.push(reply.events ?? []);
    for (const events of replies) {
      const [call, end] = events.slice(-2);
      expect([call, end]).toMatchObject([{ type: "tool-call", toolName: "lookup" }, { finishReason: "tool-calls" }]);
    }
    expect(await prompted.batches?.poll("b")).toMatchObject({ response: { answered: 1 } });
  });

  it("may be an answer of some schema: the input of a tool, or words where batches know of no tools", async () => {
    const { model, asked } = laterModel();
    const toolless = { ...model, batches: model.batches && { ...model.batches, tools: false } };
    const outputSchema = { type: "object", properties: { total: { type: "number" } } };
    for (const each of [model, toolless]) {
      const able = withFinalAnswerTool(each);
      await able.batches?.start([{ ...question(), outputSchema }], { key: "k" });
      expect(able.batches?.tools).toBe(each.batches?.tools);
    }
    expect(asked.map(({ tools, instructions }) => [tools.length, instructions.includes('"total"')])).toEqual([
      [1, false],
      [0, true],
    ]);
    expect(asked.some((request) => "outputSchema" in request)).toBe(false);
  });

  it("is not there where the model answers at once only", () => {
    expect(promptedTools(scriptedModel([]))).toMatchObject({ operations: undefined, batches: undefined });
  });
});
