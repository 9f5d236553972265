// What to do next, as a pure function of the request: calls, or an answer, and the reasons for it.
import type { ModelRequest, ToolChoice } from "@beseda/core";
import { forcedInput } from "./choose/forced-input.ts";
import { isRussian } from "./language/words.ts";
import { type ReadTool, readTool } from "./read/read-tool.ts";
import { answerFrom } from "./talk/answer.ts";
import { findRequests } from "./talk/find-requests.ts";
import { type Phrases, personaOf, phrasesIn } from "./talk/phrases.ts";
import { asksForItself, needsResult, type Resolved, resolveRequest } from "./talk/resolve-request.ts";
import { smallTalk } from "./talk/small-talk.ts";
import { asksForOwnName, fromThread, tellsOfSelf } from "./talk/thread-memory.ts";
import { type Outcome, type Turn, turnsOf } from "./talk/turns.ts";

export type Decision = {
  thoughts: string[];
  text: string;
  calls: { toolName: string; input: Record<string, unknown> }[];
};

export function decide(request: ModelRequest, now: Date): Decision {
  const turns = turnsOf(request.messages);
  const phrases = phrasesIn(tongueOf(turns, request.instructions));
  const tools = offered(request.tools.map(readTool), request.toolChoice);
  const turn = turns.at(-1) ?? { text: "", rest: "", steps: [], answer: "" };
  const plan = planTurn(turns, tools, now, phrases, turn.steps);
  const earlier = turns.slice(0, -1).map((each) => each.text);
  const remembered =
    turn.steps.length === 0 && request.toolChoice === "auto" ? fromThread(turn.text, earlier, phrases) : undefined;
  // A tool that only got loose words knows no better than the thread, where the thread has the answer.
  if (remembered && !plan.isSure) return { thoughts: [phrases.noToolNeeded], text: remembered, calls: [] };
  if (plan.next.length > 0) return { thoughts: plan.thoughts, text: "", calls: plan.next };

  const isForced = request.toolChoice !== "auto" && request.toolChoice !== "none" && tools.length > 0;
  if (isForced) return { thoughts: [phrases.forced], text: "", calls: [forcedInput(turn.text, tools, now)] };

  const answers = [answerFrom(turn, tools, phrases), ...plan.asks].filter(Boolean);
  const thoughts = turn.steps.length > 0 ? [phrases.allDone] : plan.thoughts;
  if (answers.length > 0) return { thoughts, text: answers.join("\n\n"), calls: [] };
  const said =
    smallTalk(turn.text, { tools: request.tools, persona: personaOf(request.instructions), phrases, turns }) ??
    (asksForOwnName(turn.text) ? phrases.nameUnknown : undefined);
  if (said) return { thoughts: [...plan.thoughts, phrases.noToolNeeded], text: said, calls: [] };
  if (tellsOfSelf(turn.text)) return { thoughts: [phrases.noToolFits], text: phrases.heard, calls: [] };
  return { thoughts: [...plan.thoughts, phrases.noToolFits], text: phrases.notUnderstood(request.tools), calls: [] };
}

function offered(tools: ReadTool[], choice: ToolChoice): ReadTool[] {
  if (choice === "none") return [];
  return typeof choice === "object" ? tools.filter((tool) => tool.definition.name === choice.toolName) : tools;
}

/** `isSure` where an argument can hardly be anything else. */
type Plan = { next: Decision["calls"]; asks: string[]; thoughts: string[]; isSure: boolean };

/**
 * The turn is planned anew at every step, and comes out the same: the steps that the thread already holds are passed
 * over, their results are what later requests lean on.
 */
function planTurn(
  turns: readonly Turn[],
  tools: readonly ReadTool[],
  now: Date,
  phrases: Phrases,
  steps: readonly Outcome[][],
): Plan {
  const text = turns.at(-1)?.text ?? "";
  const plan: Plan = { next: [], asks: [], thoughts: [], isSure: false };
  if (tools.length === 0 || text.trim() === "" || isOnlySmallTalk(text, turns)) return plan;
  const before = turns.slice(0, -1);
  const lastOutcome = before
    .findLast((turn) => turn.steps.length > 0)
    ?.steps.at(-1)
    ?.at(-1);
  const pending = pendingIn(before, tools, now, 0);
  const requests = findRequests(
    text,
    (part) => asksForItself(part, tools, now),
    (part) => needsResult(part, tools, now),
  );
  let result = lastOutcome?.isError ? undefined : lastOutcome?.output;
  let lastCall: { toolName: string; input: Record<string, unknown> } | undefined = lastOutcome;
  let done = 0;
  let group: Decision["calls"] = [];
  /** True where a group of calls is complete and its step has not been taken yet. */
  const close = (): boolean => {
    if (group.length === 0) return false;
    const step = steps[done++];
    if (!step) return true;
    const failed = step.find((outcome) => outcome.isError);
    result = failed ? undefined : step.at(-1)?.output;
    group = [];
    // Said when the step was taken.
    plan.thoughts = [];
    return false;
  };
  for (const request of requests) {
    if (request.after && close()) break;
    if (request.after && done > 0 && result === undefined && needsResult(request.text, tools, now)) {
      plan.asks.push(phrases.notDone(request.text));
      continue;
    }
    const resolved = resolveRequest(request.text, {
      tools,
      now,
      result,
      lastCall,
      pending: requests.length === 1 ? pending : undefined,
    });
    if (!resolved) continue;
    plan.thoughts.push(...phrases.chose(resolved, tools.length));
    plan.isSure ||= resolved.isSure;
    if (resolved.missing.length > 0) {
      plan.asks.push(phrases.ask(resolved.tool, resolved.missing));
      continue;
    }
    for (const input of resolved.inputs) {
      const call = { toolName: resolved.tool.definition.name, input: withRest(input, turns.at(-1)) };
      if (!group.some((each) => JSON.stringify(each) === JSON.stringify(call))) group.push(call);
      lastCall = call;
    }
  }
  if (close()) plan.next = group;
  return plan;
}

const enoughToMatch = 30;

/** A text that went on to the end of what was read goes on to the end of the message. */
function withRest(input: Record<string, unknown>, turn: Turn | undefined): Record<string, unknown> {
  if (!turn || turn.rest === "") return input;
  const read = turn.text.trimEnd();
  return Object.fromEntries(
    Object.entries(input).map(([name, value]) => {
      const isOpen =
        typeof value === "string" && value.length > enoughToMatch && read.endsWith(value.slice(-enoughToMatch));
      return [name, isOpen ? value + turn.text.slice(read.length) + turn.rest : value];
    }),
  );
}

function isOnlySmallTalk(text: string, turns: readonly Turn[]): boolean {
  return smallTalk(text, { tools: [], persona: undefined, phrases: phrasesIn("en"), turns }) !== undefined;
}

const longestExchange = 3;

/** The request of the turn before, where it was answered by a question for what was missing. */
function pendingIn(
  before: readonly Turn[],
  tools: readonly ReadTool[],
  now: Date,
  depth: number,
): Resolved | undefined {
  const turn = before.at(-1);
  if (!turn || turn.steps.length > 0 || turn.answer === "" || depth > longestExchange) return undefined;
  const earlier = before.slice(0, -1);
  const resolved = resolveRequest(turn.text, { tools, now, pending: pendingIn(earlier, tools, now, depth + 1) });
  return resolved && resolved.missing.length > 0 ? resolved : undefined;
}

/** The language of the last words that have letters. */
function tongueOf(turns: readonly Turn[], instructions: string): "en" | "ru" {
  const last = turns.findLast((turn) => /\p{L}/u.test(turn.text))?.text ?? instructions;
  return isRussian(last) ? "ru" : "en";
}
