// Which schemas OpenAI's strict mode takes: it refuses the request for any other.
import type { JsonSchema } from "@beseda/core";

/** By https://platform.openai.com/docs/guides/structured-outputs#supported-schemas; what is not named there is refused. */
const keywords = new Set([
  ..."$schema $id $defs definitions $ref title description type enum const anyOf".split(" "),
  ..."properties required additionalProperties items minItems maxItems".split(" "),
  ..."pattern format multipleOf minimum maximum exclusiveMinimum exclusiveMaximum".split(" "),
]);
const formats = new Set("date-time time date duration email hostname ipv4 ipv6 uuid".split(" "));

/** Whether every object in it is closed and has no field that may be missing, and nothing else in it is refused. */
export function isStrictSchema(schema: JsonSchema): boolean {
  return schema.type === "object" && schema.anyOf === undefined && isStrict(schema);
}

function isStrict(schema: unknown): boolean {
  if (!isObject(schema) || !Object.keys(schema).every((keyword) => keywords.has(keyword))) return false;
  if (schema.format !== undefined && !formats.has(String(schema.format))) return false;
  const { properties, $defs, definitions, items, anyOf } = schema;
  const below = [properties, $defs, definitions].flatMap((named) => (isObject(named) ? Object.values(named) : []));
  if (items !== undefined) below.push(items);
  if (Array.isArray(anyOf)) below.push(...anyOf);
  return isClosed(schema) && below.every(isStrict);
}

function isClosed({ type, properties, required, additionalProperties }: Record<string, unknown>): boolean {
  const isOne = type === "object" || properties !== undefined || (Array.isArray(type) && type.includes("object"));
  if (!isOne) return true;
  const names = isObject(properties) ? Object.keys(properties) : [];
  return additionalProperties === false && Array.isArray(required) && names.every((name) => required.includes(name));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
