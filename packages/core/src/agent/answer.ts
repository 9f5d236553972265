// A structured answer: read out of the text, validated, and sent back with what is wrong where it does not fit.
import { BesedaError } from "../errors.ts";
import type { UserMessage } from "../message.ts";
import { type AnySchema, type JsonSchema, toJsonSchema } from "../tool/json-schema.ts";
import { parseJson } from "../tool/parse-json.ts";
import { type Validate, type Validation, validatorFor } from "../tool/validate-input.ts";

export type AnswerFormat = { schema: JsonSchema; validate: Validate };

/** So often is a model told that its answer does not fit. */
export const mostCorrections = 3;

/** @throws BesedaError `invalid-argument` for a schema that no model could be held to. */
export function answerFormat(output: AnySchema, agentName: string): AnswerFormat {
  const schema = toJsonSchema(output, `The output schema of the agent "${agentName}"`);
  return { schema, validate: validatorFor(output, schema) };
}

export async function readAnswer(text: string, { validate }: AnswerFormat): Promise<Validation> {
  const parsed = parseJson(text);
  return parsed.ok ? validate(parsed.value) : { ok: false, problem: `it is not JSON (${parsed.problem})` };
}

export function correction(problem: string, { schema }: AnswerFormat): UserMessage {
  return {
    role: "user",
    content: `That answer cannot be used: ${problem}. Give it again, as JSON that fits this schema: ${JSON.stringify(schema)}`,
  };
}

export function unusableAnswer(problem: string): BesedaError {
  return new BesedaError(`The model gave no answer that fits the output schema: ${problem}.`, {
    code: "bad-response",
    hint: "Take a stronger model or a simpler schema; error.result.text is what it wrote.",
  });
}
