// Does the model's input fit the schema? If not: what exactly is wrong, in words the model can act on.
import { type Schema, Validator } from "@cfworker/json-schema";
import { describeThrown } from "../errors.ts";
import { type AnySchema, isStandardSchema, isZod3, type JsonSchema, type StandardIssue } from "./json-schema.ts";

export type Validation = { ok: true; value: unknown } | { ok: false; problem: string };
export type Validate = (input: unknown) => Validation | Promise<Validation>;

/** Library schemas validate, and transform, themselves; plain JSON Schema is checked against `jsonSchema`. Never throws. */
export function validatorFor(schema: AnySchema, jsonSchema: JsonSchema): Validate {
  const check = isStandardSchema(schema)
    ? standardCheck(schema["~standard"].validate)
    : isZod3(schema)
      ? zod3Check(schema)
      : jsonSchemaCheck(jsonSchema);
  return (input) => {
    try {
      const result = check(input);
      return result instanceof Promise ? result.catch(couldNotCheck) : result;
    } catch (error) {
      return couldNotCheck(error);
    }
  };
}

// A validator can run out of stack on 10,000 levels of nesting, or call a user's refinement that throws.
function couldNotCheck(error: unknown): Validation {
  return { ok: false, problem: `it could not be checked: ${describeThrown(error)}` };
}

type StandardValidate = Extract<AnySchema, { "~standard": unknown }>["~standard"]["validate"];

function standardCheck(validate: StandardValidate): Validate {
  const judge = (result: Awaited<ReturnType<StandardValidate>>): Validation =>
    result.issues ? { ok: false, problem: describeIssues(result.issues) } : { ok: true, value: result.value };
  return (input) => {
    const result = validate(input);
    return result instanceof Promise ? result.then(judge) : judge(result);
  };
}

function zod3Check(schema: Extract<AnySchema, { _def: unknown }>): Validate {
  return (input) => {
    const result = schema.safeParse(input);
    return result.success
      ? { ok: true, value: result.data }
      : { ok: false, problem: describeIssues(result.error.issues) };
  };
}

function jsonSchemaCheck(jsonSchema: JsonSchema): Validate {
  const validator = new Validator(jsonSchema as Schema, "2020-12", false);
  return (input) => {
    const result = validator.validate(input);
    if (result.valid) return { ok: true, value: input };
    // Outer errors only say that something inside does not match.
    const inner = result.errors.filter((error) => !["properties", "items", "$ref"].includes(error.keyword));
    const lines = (inner.length > 0 ? inner : result.errors).map((error) => {
      const path = error.instanceLocation.replace(/^#\/?/, "").replaceAll("/", ".");
      return path ? `${path}: ${error.error}` : error.error;
    });
    return { ok: false, problem: listed(lines) };
  };
}

function describeIssues(issues: readonly StandardIssue[]): string {
  return listed(
    issues.map((issue) => {
      const path = (issue.path ?? []).map((key) => String(typeof key === "object" ? key.key : key)).join(".");
      return path ? `${path}: ${issue.message}` : issue.message;
    }),
  );
}

const mostIssues = 10;

function listed(lines: string[]): string {
  const shown = lines.slice(0, mostIssues).join("; ");
  return lines.length > mostIssues ? `${shown}; and ${lines.length - mostIssues} more` : shown;
}
