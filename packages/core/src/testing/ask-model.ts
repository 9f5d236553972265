// What the cases for models ask, and how they listen.
import assert from "node:assert/strict";
import type { LanguageModel, ModelCallOptions, ModelEvent, ModelRequest } from "../ports/language-model.ts";

export const lookup = {
  name: "lookup",
  description: "Looks something up.",
  inputSchema: { type: "object", properties: { query: { type: "string" } }, required: ["query"] },
  examples: [],
};

export function question(): ModelRequest {
  return {
    instructions: "You are helpful.",
    messages: [{ role: "user", content: "Hello!" }],
    tools: [],
    toolChoice: "auto",
    reasoning: "native",
    settings: {},
  };
}

export async function collect(
  model: LanguageModel,
  request: ModelRequest = question(),
  options?: ModelCallOptions,
): Promise<ModelEvent[]> {
  const all: ModelEvent[] = [];
  for await (const events of model.stream(request, options)) all.push(...events);
  return all;
}

export function joined(events: ModelEvent[], type: "text-delta" | "reasoning-delta"): string {
  return events.map((event) => (event.type === type ? event.text : "")).join("");
}

export function textIn(events: ModelEvent[]): string {
  return joined(events, "text-delta");
}

export function callsIn(events: ModelEvent[]): Extract<ModelEvent, { type: "tool-call" }>[] {
  return events.filter((event) => event.type === "tool-call");
}

export function finishOf(events: ModelEvent[]): Extract<ModelEvent, { type: "finish" }> {
  const finish = events.find((event) => event.type === "finish");
  assert.ok(finish, "no finish event");
  return finish;
}
