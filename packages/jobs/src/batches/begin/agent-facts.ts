// What the answers of an agent depend on, as plain data: by this a batch that is gone on with finds its agent changed.
import { createHash } from "node:crypto";
import { type Agent, type AgentBehind, BesedaError, type JsonValue, type ModelRequest } from "@beseda/core";
import type { Calls } from "../../journal/ask-model.ts";

export type AgentFacts = Record<string, JsonValue>;

/** With those of the agents behind its tools, which answer too. */
export function agentFacts(agent: Agent, calls: Calls): AgentFacts {
  const reached = new Set<AgentBehind>([agent]);
  const facts: Record<string, unknown> = { calls };
  let number = 1;
  for (const each of reached) {
    if (each === agent) Object.assign(facts, factsOf(each));
    else facts[`${behind} ${number++} (${each.name})`] = factsOf(each);
    for (const { agent: next } of each.tools) if (next) reached.add(next);
  }
  return JSON.parse(JSON.stringify(facts));
}

const behind = "sub-agent";

function factsOf(agent: AgentBehind): Record<string, unknown> {
  const { instructions, toolChoice, outputSchema, reasoning, settings } = agent.plan() as ModelRequest;
  const { provider, modelId, defaults } = agent.model;
  return {
    model: `${provider}:${modelId}`,
    ...(defaults && { "defaults of the model": defaults }),
    instructions,
    tools: agent.tools.map(({ name, description, inputSchema, replay }) => ({
      name,
      description,
      inputSchema,
      replay,
    })),
    toolChoice,
    outputSchema: outputSchema ?? null,
    reasoning,
    settings,
    maxSteps: agent.maxSteps,
  };
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
  const changes = changesOf(before, now);
  throw new BesedaError(
    `The agent “${agentName}” is not the one that this batch was begun with: ${changes.join("; ")}.`,
    {
      code: "invalid-argument",
      hint: "Go on with the agent as it was, so that all rows are answered alike, or begin anew with another output.",
    },
  );
}

function changesOf(before: AgentFacts, now: AgentFacts): string[] {
  const names = new Set([...Object.keys(before), ...Object.keys(now)]);
  return [...names].flatMap((name) => changeOf(name, before[name] ?? null, now[name] ?? null));
}

function changeOf(name: string, before: JsonValue, now: JsonValue): string[] {
  if (JSON.stringify(sorted(before)) === JSON.stringify(sorted(now))) return [];
  if (name.startsWith(behind) && before && now) {
    return changesOf(before as AgentFacts, now as AgentFacts).map((change) => `${change} in its ${name}`);
  }
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
