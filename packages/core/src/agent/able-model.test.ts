// What a model lacks is put around it for all of its modes: at once, later by operations, and many at once in batches.
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { viaOperations } from "../models/via-operations.ts";
import type { LanguageModel, ModelAbilities, ModelEvent, ModelRequest } from "../ports/language-model.ts";
import { collect } from "../testing/ask-model.ts";
import { promptedReply } from "../testing/prompted-reply.ts";
import { type ScriptedReply, scriptedModel } from "../testing/scripted-model.ts";
import { tool } from "../tool/tool.ts";
import { ableModel } from "./able-model.ts";
import { Agent } from "./agent.ts";

const city = z.object({ city: z.string(), people: z.number() });
const tver = { city: "Tver", people: 416_000 };
const lookup = tool({
  name: "lookup",
  description: "Looks up how many people live there.",
  inputSchema: z.object({ query: z.string() }),
  execute: ({ query }) => `416000 people live in ${query}`,
});

/** Answers at once, by operations and in batches, and refuses in each what it cannot, as a service does. */
function inAllModes(abilities: ModelAbilities, script: ScriptedReply[]): LanguageModel {
  const scripted = scriptedModel(script);
  const answer = (request: ModelRequest): Promise<ModelEvent[]> => {
    if (abilities.tools === false && request.tools.length > 0) throw new Error("400: this model takes no tools");
    if (request.outputSchema) throw new Error("400: no response format here");
    return collect(scripted, request);
  };
  const replies = new Map<string, ModelEvent[]>();
  const keep = async (request: ModelRequest) => {
    const id = `${replies.size}`;
    replies.set(id, await answer(request));
    return { id, done: false };
  };
  const done = async (id: string) => ({ id, done: true });
  return {
    provider: "scripted",
    modelId: "scripted",
    abilities,
    async *stream(request) {
      yield await answer(request);
    },
    operations: {
      submit: keep,
      poll: async (id) => ({ ...(await done(id)), response: replies.get(id) ?? [] }),
      cancel: done,
    },
    batches: {
      async start(requests) {
        for await (const request of requests) return keep(request);
        throw new Error("400: an empty batch");
      },
      poll: done,
      cancel: done,
      async *replies(id, requests) {
        // They are read, as a service that numbers nothing has to.
        for await (const { tools, outputSchema } of requests) expect([tools, outputSchema]).toEqual([[], undefined]);
        yield { index: 0, events: replies.get(id) ?? [] };
      },
    },
  };
}

/** The same model, each of its replies a batch of one. */
function viaBatches(model: LanguageModel): LanguageModel {
  const { batches } = model;
  if (!batches) throw new Error("There are no batches.");
  return {
    ...model,
    async *stream(request) {
      const { id } = await batches.start([request], { key: "k" });
      for await (const { events, error } of batches.replies(id, [request])) {
        if (error) throw error;
        yield events;
      }
    },
  };
}

const inWords = [
  promptedReply({ toolCalls: [{ toolName: "lookup", input: { query: "Tver" } }] }),
  { text: `Here it is:\n${JSON.stringify(tver)}` },
];

describe("a model that can only write, with tools and a schema put around it", () => {
  const abilities: ModelAbilities = { tools: false };
  const able = () => ableModel(inAllModes(abilities, inWords), { tools: true, output: true });
  const run = async (model: LanguageModel) => {
    const agent = new Agent({ model, tools: [lookup], output: city });
    const { output, text, finishReason, messages } = await agent.generate("How many people live in Tver?");
    const said = messages.map((message) => (message.role === "tool" ? message.output : message.role));
    return { output, text, finishReason, said };
  };

  it("answers the same at once, by operations and in batches", async () => {
    const atOnce = await run(inAllModes(abilities, inWords));
    expect(atOnce).toMatchObject({ output: tver, finishReason: "stop" });
    expect(atOnce.said).toEqual(["user", "assistant", "416000 people live in Tver", "assistant"]);
    expect(await run(viaOperations(able()))).toEqual(atOnce);
    expect(await run(viaBatches(able()))).toEqual(atOnce);
  });
});

it("a model that gives its answer by a tool gives the same by operations and in batches", async () => {
  const script: ScriptedReply[] = [
    { toolCalls: [{ toolName: "lookup", input: { query: "Tver" } }] },
    { toolCalls: [{ toolName: "final_answer", input: tver }] },
  ];
  for (const via of [(model: LanguageModel) => model, viaOperations]) {
    const model = via(ableModel(inAllModes({}, script), { tools: true, output: true }));
    const agent = new Agent({ model, tools: [lookup], output: city });
    expect(await agent.generate("How many?")).toMatchObject({ output: tver, finishReason: "stop" });
  }
});
