// What the answers of an agent depend on, as plain data: by this a batch that is gone on with finds its agent changed.
import { createHash } from "node:crypto";
import { type Agent, BesedaError, type JsonValue } from "@beseda/core";
import type { Calls } from "../journal/ask-model.ts";

export type AgentFacts = Record<string, JsonValue>;

export function agentFacts(agent: Agent, calls: Calls): AgentFacts {
  const { instructions, tools, toolChoice, outputSchema, reasoning, settings } = agent.plan();
  const { provider, modelId } = agent.model;
  const facts = {
    model: `${provider}:${modelId}`,
    calls,
    instructions,
    tools: tools.map(({ name, description, inputSchema }) => ({ name, description, inputSchema })),
    toolChoice,
    outputSchema: outputSchema ?? null,
    reasoning,
    settings,
    maxSteps: agent.maxSteps,
  };
  return JSON.parse(JSON.stringify(facts));
}

export function fingerprintOf(facts: AgentFacts): string {
  return createHash("sha256")
    .update(JSON.stringify(sorted(facts)))
    .digest("hex")
    .slice(0, 32);
}

/** Engines need not keep the order of keys. */
function sorted(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== "object") return value;
  const keys = Object.keys(value).sort();
  return Object.fromEntries(keys.map((key) => [key, sorted(value[key] as JsonValue)]));
}

/** @throws BesedaError `invalid-argument` that says which facts are others than they were */
export function requireSameAgent(agentName: string, before: AgentFacts, now: AgentFacts): void {
  if (fingerprintOf(before) === fingerprintOf(now)) return;
  const names = new Set([...Object.keys(before), ...Object.keys(now)]);
  const changes = [...names].flatMap((name) => changeOf(name, before[name] ?? null, now[name] ?? null));
  throw new BesedaError(
    `The agent “${agentName}” is not the one that this batch was begun with: ${changes.join("; ")}.`,
    {
      code: "invalid-argument",
      hint: "Go on with the agent as it was, so that all rows are answered alike, or begin anew with another output.",
    },
  );
}

function changeOf(name: string, before: JsonValue, now: JsonValue): string[] {
  if (JSON.stringify(sorted(before)) === JSON.stringify(sorted(now))) return [];
  if (name === "tools") return [toolChange(before as ToolFact[], now as ToolFact[])];
  return [`${name} was ${short(before)} and is ${short(now)}`];
}

type ToolFact = { name: string };

function toolChange(before: ToolFact[], now: ToolFact[]): string {
  const names = new Set([...before, ...now].map(({ name }) => name));
  const of = (tools: ToolFact[], wanted: string) => tools.find(({ name }) => name === wanted) as JsonValue | undefined;
  const changed = [...names].flatMap((name) => {
    const [was, is] = [of(before, name), of(now, name)];
    if (was === undefined) return [`${name} is new`];
    if (is === undefined) return [`${name} is missing`];
    return JSON.stringify(sorted(was)) === JSON.stringify(sorted(is)) ? [] : [`${name} is described otherwise`];
  });
  return `tools: ${changed.join(", ") || "their order is another"}`;
}

const shownCharacters = 80;

function short(value: JsonValue): string {
  const text = JSON.stringify(value);
  return text.length > shownCharacters
    ? `${text.slice(0, shownCharacters).toWellFormed()}… (${text.length} characters)`
    : text;
}
