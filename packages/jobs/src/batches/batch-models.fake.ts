// Models for tests of batches: one that answers by what it is asked, at once, by operations or in batches of its service.
import {
  Agent,
  type BatchRequests,
  BesedaError,
  type LanguageModel,
  type ModelEvent,
  type ModelRequest,
  tool,
} from "@beseda/core";
import { scriptedModel } from "@beseda/core/testing";

const usage = { inputTokens: 3, outputTokens: 2, totalTokens: 5, cost: { RUB: 0.5 } };

const lengthOf = tool({
  name: "length_of",
  description: "How many letters a word has.",
  inputSchema: { type: "object", properties: { word: { type: "string" } }, required: ["word"] },
  effects: "none",
  execute: ({ word }) => String(word).length,
});

/** Asks a tool about the word, then answers with what the tool said; it refuses the word `no`. */
function answer({ messages }: ModelRequest) {
  const last = messages.at(-1);
  if (last?.role === "tool") return { text: `It has ${last.output} letters.`, reasoning: "Counted.", usage };
  const word = String(last?.role === "user" ? last.content : "");
  if (word === "no") return { error: new BesedaError("No such word.", { code: "rejected", hint: "Take another." }) };
  return { toolCalls: [{ toolName: "length_of", input: { word }, toolCallId: `call-${word}` }], usage };
}

export function wordModel(): LanguageModel {
  return { ...scriptedModel(answer), costOf: ({ totalTokens }) => ({ RUB: totalTokens / 10 }) };
}

export function wordAgent(model = wordModel(), name = "words"): Agent {
  return new Agent({ name, model, tools: [lengthOf] });
}

async function wholeReply(model: LanguageModel, request: ModelRequest): Promise<ModelEvent[]> {
  const events: ModelEvent[] = [];
  for await (const some of model.stream(request)) events.push(...some);
  return events;
}

/** The same model behind operations: done when they are asked after. Each is begun once. */
export function withOperations(model: LanguageModel): LanguageModel & { submitted: number } {
  const requests = new Map<string, ModelRequest>();
  const poll = async (id: string) => {
    const request = requests.get(id);
    if (!request) throw new BesedaError(`No operation ${id}.`, { code: "not-found" });
    return wholeReply(model, request).then(
      (response) => ({ id, done: true, response }),
      (error: BesedaError) => ({ id, done: true, error }),
    );
  };
  const able = {
    ...model,
    submitted: 0,
    operations: {
      submit: async (request: ModelRequest) => {
        const id = `operation-${++able.submitted}`;
        requests.set(id, request);
        return { id, done: false };
      },
      poll,
      cancel: poll,
    },
  };
  return able;
}

/** The same model behind batches. Each key is one batch. */
export function withBatches(model: LanguageModel): LanguageModel & { begun: number } {
  const batches = new Map<string, string>();
  const poll = async (id: string) => ({ id, done: true, response: {} });
  const able = {
    ...model,
    begun: 0,
    batches: {
      start: async (_requests: BatchRequests, { key }: { key: string }) => {
        const id = batches.get(key) ?? `batch-${++able.begun}`;
        batches.set(key, id);
        return { id, done: false };
      },
      poll,
      cancel: poll,
      async *replies(_id: string, requests: BatchRequests) {
        let index = 0;
        for await (const request of requests) {
          const place = index++;
          yield await wholeReply(model, request).then(
            (events) => ({ index: place, events }),
            (error: BesedaError) => ({ index: place, error }),
          );
        }
      },
    },
  };
  return able;
}
