// The scorers that need no model: the answer is this, has this shape, came by these calls.
import { isDeepStrictEqual } from "node:util";
import { describeThrown } from "../errors.ts";
import type { AnySchema, JsonSchema } from "../tool/json-schema.ts";
import { outputText } from "../tool/output-text.ts";
import { validatorFor } from "../tool/validate-input.ts";
import type { EvalCall, ExpectedCall, Scorer } from "./eval-case.ts";

/**
 * The answer is `expected`: as text, but for space around it; as data, where `expected` is not a text. Cases without
 * `expected` are passed over.
 */
export function exact(): Scorer {
  return function exact({ expected, answer, output }) {
    if (expected === undefined) return undefined;
    const isRight =
      typeof expected === "string"
        ? normal(answer) === normal(expected)
        : isDeepStrictEqual(output ?? parsed(answer), expected);
    return isRight ? 1 : { score: 0, reason: `The answer is not ${clipped(expected)}` };
  };
}

/** The answer, as data or else read as JSON, fits the schema: zod, any Standard Schema, or plain JSON Schema. */
export function schema(schema: AnySchema): Scorer {
  // Only plain JSON Schema is read; the others validate themselves.
  const validate = validatorFor(schema, schema as JsonSchema);
  return async function schema({ answer, output }) {
    let value = output;
    try {
      value ??= JSON.parse(answer);
    } catch (error) {
      return { score: 0, reason: `The answer is not JSON: ${describeThrown(error)}` };
    }
    const validation = await validate(value);
    return validation.ok ? 1 : { score: 0, reason: validation.problem };
  };
}

/**
 * The share of the case's `toolCalls` that were made; where the list is empty, 1 if there was no call at all. Cases
 * without `toolCalls` are passed over.
 */
export function toolCall(): Scorer {
  return function toolCall({ expectedCalls, toolCalls }) {
    if (!expectedCalls) return undefined;
    if (expectedCalls.length === 0) {
      return toolCalls.length === 0 ? 1 : { score: 0, reason: `No call was wanted, but ${told(toolCalls)} made` };
    }
    const missing = missingCalls(expectedCalls, toolCalls);
    if (missing.length === 0) return 1;
    return {
      score: (expectedCalls.length - missing.length) / expectedCalls.length,
      reason: `Missing: ${missing.map((call) => clipped(call)).join(", ")}; ${told(toolCalls)} made`,
    };
  };
}

/** Each call that was made stands for one that was expected. */
function missingCalls(expected: readonly ExpectedCall[], made: readonly EvalCall[]): ExpectedCall[] {
  const left = [...made];
  return expected.filter(({ toolName, input }) => {
    const at = left.findIndex((call) => call.toolName === toolName && (!input || holds(call.input, input)));
    if (at !== -1) left.splice(at, 1);
    return at === -1;
  });
}

/** Objects may hold more than is wanted, everything else is equal. */
function holds(value: unknown, wanted: unknown): boolean {
  if (typeof wanted !== "object" || wanted === null || Array.isArray(wanted)) return isDeepStrictEqual(value, wanted);
  if (typeof value !== "object" || value === null) return false;
  return Object.entries(wanted).every(([key, each]) => holds((value as Record<string, unknown>)[key], each));
}

function told(calls: readonly EvalCall[]): string {
  if (calls.length === 0) return "no call was";
  return `${calls.map(({ toolName, input }) => clipped({ toolName, input })).join(", ")} was`;
}

function normal(text: string): string {
  return text.normalize().trim();
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function clipped(value: unknown): string {
  return outputText(typeof value === "string" ? JSON.stringify(value) : value, 200);
}
