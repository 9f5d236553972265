// Any schema in, one normal form out: JSON Schema (draft 2020-12 where the library offers it) with an object at the top.
import { createRequire } from "node:module";
import { BesedaError } from "../errors.ts";

export type JsonSchema = { readonly [keyword: string]: unknown };

/** The part of Standard Schema (standardschema.dev) that is used here. zod, valibot and arktype implement it. */
export interface StandardSchema<Input = unknown, Output = Input> {
  readonly "~standard": {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => StandardResult<Output> | Promise<StandardResult<Output>>;
    readonly types?: { readonly input: Input; readonly output: Output } | undefined;
    readonly jsonSchema?: { readonly input: (options: { target: string }) => Record<string, unknown> } | undefined;
  };
}

export type StandardResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly StandardIssue[] };

export type StandardIssue = {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
};

/** zod before 3.24, which does not know Standard Schema yet. */
export interface Zod3Schema<Output = unknown> {
  readonly _output: Output;
  readonly _def: unknown;
  safeParse(
    value: unknown,
  ): { success: true; data: Output } | { success: false; error: { issues: readonly StandardIssue[] } };
}

export type AnySchema = StandardSchema | Zod3Schema | JsonSchema;

/** What `execute` receives for a schema: the validated type, or `Record<string, unknown>` for plain JSON Schema. */
export type InferInput<Schema> =
  Schema extends StandardSchema<unknown, infer Output>
    ? Output
    : Schema extends Zod3Schema<infer Output>
      ? Output
      : Record<string, unknown>;

/**
 * @param what what the schema is, to begin a sentence with
 * @throws BesedaError `invalid-argument` for a schema that is empty, has no object at the top, or cannot be expressed
 * as JSON Schema.
 */
export function toJsonSchema(schema: AnySchema, what: string): JsonSchema {
  const refuse = (problem: string, hint: string, cause?: unknown): never => {
    throw new BesedaError(`${what} ${problem}.`, {
      code: "invalid-argument",
      hint,
      cause,
    });
  };
  if (typeof schema !== "object" && typeof schema !== "function") {
    return refuse("is missing", "Give a zod object, another Standard Schema, or a JSON Schema.");
  }
  let converted: Record<string, unknown>;
  try {
    converted = convert(schema);
  } catch (error) {
    if (error instanceof BesedaError) throw error;
    const dateHint = /date/i.test(String(error)) ? " For a date take z.iso.date() or z.iso.datetime()." : "";
    return refuse(
      `cannot be expressed as JSON Schema (${error instanceof Error ? error.message : String(error)})`,
      `Use only types that JSON has.${dateHint}`,
      error,
    );
  }
  if (converted.type !== "object") {
    return refuse(
      Object.keys(converted).length === 0 ? "is empty" : "does not have an object at the top",
      'Give an object, such as z.object({ city: z.string() }) or { type: "object", properties: {} }.',
    );
  }
  return normal(converted) as JsonSchema;
}

export function isStandardSchema(schema: AnySchema): schema is StandardSchema {
  return "~standard" in schema;
}

export function isZod3(schema: AnySchema): schema is Zod3Schema {
  return "_def" in schema && !("_zod" in schema) && "safeParse" in schema;
}

function convert(schema: AnySchema): Record<string, unknown> {
  if (isZod3(schema)) return zod3ToJsonSchema(schema);
  if (!isStandardSchema(schema)) return { ...schema };
  const standard = schema["~standard"];
  if (standard.jsonSchema) return standard.jsonSchema.input({ target: "draft-2020-12" });
  if ("_zod" in schema) return zod4ToJsonSchema(schema);
  throw new BesedaError(`A ${standard.vendor} schema does not say what it looks like as JSON Schema.`, {
    code: "invalid-argument",
    hint:
      standard.vendor === "valibot"
        ? "Wrap it in toStandardJsonSchema() of @valibot/to-json-schema."
        : "Take a schema that implements Standard JSON Schema, or give plain JSON Schema.",
  });
}

// zod is the user's: both converters are loaded only when a schema of theirs comes in.
const require = createRequire(import.meta.url);

function zod3ToJsonSchema(schema: Zod3Schema): Record<string, unknown> {
  const { zodToJsonSchema } = require("zod-to-json-schema") as typeof import("zod-to-json-schema");
  // zod-to-json-schema answers {} for a zod 4 schema; isZod3 has kept those away.
  type Accepted = Parameters<typeof zodToJsonSchema>[0];
  return zodToJsonSchema(schema as unknown as Accepted, { $refStrategy: "none" }) as Record<string, unknown>;
}

/** For zod 4.0 and 4.1, which have no Standard JSON Schema yet. */
function zod4ToJsonSchema(schema: StandardSchema): Record<string, unknown> {
  const { toJSONSchema } = require("zod") as typeof import("zod");
  return toJSONSchema(schema as unknown as Parameters<typeof toJSONSchema>[0], { io: "input" });
}

/**
 * Without `$schema`, and without the bounds ±(2^53 − 1) that zod writes at every integer: several providers refuse them.
 */
function normal(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(normal);
  if (typeof node !== "object" || node === null) return node;
  const result: Record<string, unknown> = {};
  for (const [keyword, value] of Object.entries(node)) {
    if (keyword === "$schema" || keyword === "~standard") continue;
    if (keyword === "maximum" && value === Number.MAX_SAFE_INTEGER) continue;
    if (keyword === "minimum" && value === Number.MIN_SAFE_INTEGER) continue;
    result[keyword] = normal(value);
  }
  return result;
}
