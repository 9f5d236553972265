// One request in its conversation: a tool with its arguments, a question for what is missing, or nothing.
import { type Candidate, chooseTool, enough, rankTools } from "../choose/choose-tool.ts";
import { type Arguments, fillArguments, setAt } from "../fill/fill-arguments.ts";
import { wordsOf } from "../language/words.ts";
import type { Field } from "../read/read-field.ts";
import type { ReadTool } from "../read/read-tool.ts";
import { continuedFrom } from "../values/find-expressions.ts";
import { findValues } from "../values/find-values.ts";
import { numberIn, refersToPlace, refersToResult, withPlace, withResult } from "./references.ts";

export type Resolved = {
  tool: ReadTool;
  inputs: Record<string, unknown>[];
  /** Empty where it can be called. */
  missing: readonly Field[];
  sources: Arguments["sources"];
  /** An argument of it can hardly be anything else. */
  isSure: boolean;
  /** What it was chosen by. */
  by: "words" | "result" | "last-call" | "answer";
  ranked: readonly Candidate[];
};

/** What a request may lean on. */
export type Around = {
  tools: readonly ReadTool[];
  now: Date;
  /** The output of the latest call. */
  result?: string | undefined;
  /** The latest call, for "and in Paris?". */
  lastCall?: { toolName: string; input: Record<string, unknown> } | undefined;
  /** What was asked for and not answered yet. */
  pending?: Resolved | undefined;
};

export function resolveRequest(text: string, around: Around): Resolved | undefined {
  const { tools, now, lastCall } = around;
  const place = placeOf(around);
  const said = place && refersToPlace(text) ? withPlace(text, place) : text;
  const number = around.result === undefined ? undefined : numberIn(around.result);
  const continued = number === undefined ? undefined : continuedFrom(number, said.replace(beginnings, ""));
  if (continued !== undefined) {
    const further = byWords(continued, tools, now);
    if (further?.missing.length === 0) return { ...further, by: "result" };
  }
  const own = byWords(said, tools, now);
  if (own && own.missing.length === 0 && !(around.pending && own.tool !== around.pending.tool && isWeak(own))) {
    // "Multiply it by 2" has its number and still needs the other one; "email it" has its address and no text.
    if (around.result === undefined || !refersToResult(said)) return own;
  }
  if (around.result !== undefined && refersToResult(said)) {
    for (const as of ["number", "text"] as const) {
      const written = withResult(said, around.result, as);
      const filled = written === undefined ? undefined : byWords(written, tools, now);
      const takesIt =
        as === "text" || filled?.tool.fields.some(({ kind }) => kind === "number" || kind === "expression");
      if (filled && filled.missing.length === 0 && takesIt) return { ...filled, by: "result" };
    }
    if (own?.missing.length === 0) return own;
  }
  if (around.pending) {
    const answered = withAnswer(said, around.pending, now);
    if (answered) return answered;
  }
  if (lastCall && (!own || own.missing.length > 0) && isElliptic(said, own, lastCall)) {
    const again = likeLastCall(said, lastCall, tools, now);
    if (again) return again;
  }
  return own;
}

/** Whether a piece of text asks for something by itself. */
export function asksForItself(text: string, tools: readonly ReadTool[], now: Date): boolean {
  const chosen = byWords(text, tools, now);
  return chosen !== undefined && (chosen.missing.length === 0 || refersToResult(text));
}

/** Whether it can only be done with an earlier result. */
export function needsResult(text: string, tools: readonly ReadTool[], now: Date): boolean {
  return refersToResult(text) && byWords(withResult(text, "0", "number") ?? text, tools, now) !== undefined;
}

function byWords(text: string, tools: readonly ReadTool[], now: Date): Resolved | undefined {
  const ranked = rankTools(tools, findValues(text, now), now);
  const chosen = chooseTool(ranked);
  return chosen && resolvedFrom(chosen.tool, chosen.arguments, ranked);
}

function resolvedFrom(tool: ReadTool, args: Arguments, ranked: readonly Candidate[]): Resolved {
  return {
    tool,
    inputs: [args.input, ...args.further],
    missing: args.missing,
    sources: args.sources,
    isSure: args.certain > 0,
    by: "words",
    ranked,
  };
}

function isWeak({ ranked }: Resolved): boolean {
  return (ranked[0]?.score ?? 0) < enough * 1.25;
}

const longestAnswer = 60;

/** The message read as the answer to "which city?". */
function withAnswer(text: string, pending: Resolved, now: Date): Resolved | undefined {
  const tool = { ...pending.tool, fields: pending.missing };
  const values = findValues(text, now);
  const { quotes } = values;
  let args = fillArguments(tool, values, now);
  const [asked] = pending.missing;
  if (pending.missing.length === 1 && asked?.kind === "text" && quotes.length === 0) {
    // "See you at noon" is the whole of the message that was asked for.
    args = { ...args, input: {}, missing: [asked], sources: [] };
  }
  const [only] = args.missing;
  const isWhole = args.missing.length === 1 && args.sources.length === 0;
  if (isWhole && only && takesAnything(only) && wordsOf(text).length <= longestAnswer) {
    setAt(args.input, only.path, text.trim().replace(/[.!?]+$/, ""));
    args.missing = [];
  }
  if (args.missing.length === pending.missing.length) return undefined;
  const input = structuredClone(pending.inputs[0] ?? {});
  for (const field of pending.missing)
    if (!args.missing.includes(field)) setAt(input, field.path, at(args.input, field.path));
  return { ...pending, inputs: [input], missing: args.missing, sources: args.sources, by: "answer" };
}

function takesAnything(field: Field): boolean {
  return field.schema.format === undefined && ["text", "place", "person", "id", "symbol"].includes(field.kind);
}

const beginnings =
  /^\s*(?:and|but|or|also|what about|how about|what if|а что насч[её]т|как насч[её]т|а как насч[её]т|а если|а|и|или|ну а|тогда|ещё|еще)(?!\p{L})\s*,?\s*/iu;
const fewWords = 4;

/** "And in Paris?": it leaves out what the call before it said. */
function isElliptic(text: string, own: Resolved | undefined, lastCall: { toolName: string }): boolean {
  if (own && own.tool.definition.name !== lastCall.toolName) return false;
  return beginnings.test(text) || (own !== undefined && wordsOf(text).length <= fewWords);
}

function likeLastCall(
  text: string,
  lastCall: NonNullable<Around["lastCall"]>,
  tools: readonly ReadTool[],
  now: Date,
): Resolved | undefined {
  const tool = tools.find((each) => each.definition.name === lastCall.toolName);
  if (!tool) return undefined;
  const rest = text.replace(beginnings, "");
  const args = fillArguments(tool, findValues(rest, now), now);
  const isShort = wordsOf(rest).length <= fewWords;
  const changed = args.sources.filter(({ said }) => said !== "" || isShort);
  const inputs = [args.input, ...args.further].map((input) => {
    const whole = structuredClone(lastCall.input);
    for (const field of tool.fields) {
      const isChanged = changed.some(({ name }) => name === field.path.join("."));
      if (isChanged) setAt(whole, field.path, at(input, field.path));
    }
    return whole;
  });
  const isDifferent = JSON.stringify(inputs) !== JSON.stringify([lastCall.input]);
  return changed.length > 0 && isDifferent
    ? { tool, inputs, missing: [], sources: changed, isSure: true, by: "last-call", ranked: [] }
    : undefined;
}

function at(input: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (node, key) =>
      typeof node === "object" && node !== null && Object.hasOwn(node, key)
        ? (node as Record<string, unknown>)[key]
        : undefined,
    input,
  );
}

/** The place that the latest call was about. */
function placeOf({ lastCall, tools }: Around): string | undefined {
  const tool = tools.find((each) => each.definition.name === lastCall?.toolName);
  const field = tool?.fields.find((each) => each.kind === "place" || each.kind === "zone");
  const value = field && at(lastCall?.input, field.path);
  return typeof value === "string" ? (value.split("/").at(-1)?.replaceAll("_", " ") ?? undefined) : undefined;
}
