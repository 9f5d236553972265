// A value that fits a JSON schema, as small as may be: texts are taken from what was said, numbers too.

type Json = Record<string, unknown>;

/** Only what is required; all properties where nothing is. */
export function sampleOf(schema: Json, said: string, root: Json = schema): unknown {
  const { $ref, const: fixed, enum: choices, anyOf, oneOf, allOf, default: preset } = schema;
  if (typeof $ref === "string") return sampleOf(referred($ref, root), said, root);
  if (fixed !== undefined) return fixed;
  if (Array.isArray(choices)) return choices.find((choice) => said.includes(String(choice))) ?? choices[0];
  if (preset !== undefined) return preset;
  const options = anyOf ?? oneOf ?? allOf;
  if (Array.isArray(options) && isSchema(options[0])) return sampleOf(options[0], said, root);
  switch (Array.isArray(schema.type) ? schema.type[0] : schema.type) {
    case "string":
      return textOf(schema, said);
    case "integer":
    case "number":
      return numberOf(schema, said);
    case "boolean":
      return true;
    case "null":
      return null;
    case "array":
      return itemsOf(schema, said, root);
    default:
      return propertiesOf(schema, said, root);
  }
}

function propertiesOf({ properties, required }: Json, said: string, root: Json): Json {
  if (!isSchema(properties)) return {};
  const names = Array.isArray(required) && required.length > 0 ? required.map(String) : Object.keys(properties);
  return Object.fromEntries(
    names.map((name) => {
      const property = properties[name];
      return [name, sampleOf(isSchema(property) ? property : {}, said, root)];
    }),
  );
}

function itemsOf({ items, minItems }: Json, said: string, root: Json): unknown[] {
  if (!isSchema(items)) return [];
  const numbers = ["integer", "number"].includes(String(items.type)) ? (said.match(/-?\d+(\.\d+)?/g) ?? []) : [];
  if (numbers.length > 0) return numbers.map((number) => numberOf(items, number));
  return Array.from({ length: Math.max(1, Number(minItems ?? 1)) }, () => sampleOf(items, said, root));
}

function textOf({ format, maxLength }: Json, said: string): string {
  if (format === "date") return "2030-01-01";
  if (format === "date-time") return "2030-01-01T00:00:00Z";
  return (said || "text").slice(0, Number(maxLength ?? 500));
}

function numberOf({ type, minimum, maximum }: Json, said: string): number {
  const number = Number(/-?\d+(\.\d+)?/.exec(said)?.[0] ?? 1);
  const whole = type === "integer" ? Math.round(number) : number;
  return Math.min(Math.max(whole, Number(minimum ?? whole)), Number(maximum ?? Number.POSITIVE_INFINITY));
}

function referred(pointer: string, root: Json): Json {
  const found = pointer
    .replace(/^#\/?/, "")
    .split("/")
    .filter((name) => name !== "")
    .reduce<unknown>((at, name) => (isSchema(at) ? at[name] : undefined), root);
  return isSchema(found) && found.$ref !== pointer ? found : {};
}

function isSchema(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
