// Bodies as protobuf-JSON has them: both spellings of a name, numbers in strings, nothing that is not declared.
import { Refusal } from "./refusal.ts";

/** What a field holds. An `int64` is read as a bigint, a `struct` is any JSON object, an `enum` is its name. */
export type WireField =
  | "string"
  | "int64"
  | "double"
  | "bool"
  | "bytes"
  | "struct"
  | { enum: readonly string[] }
  | { message: WireShape }
  | { list: WireField };

/** `fields` in camelCase. Of each list in `oneofs` one field at most may be there. */
export type WireShape = {
  /** Full name of the message, for the texts of refusals. */
  name: string;
  fields: Readonly<Record<string, WireField>>;
  oneofs?: readonly (readonly string[])[];
};

/**
 * The body with its fields in camelCase; those that are absent or null are left out. `Fields` is what the caller knows
 * the shape to give.
 *
 * @throws Refusal 400
 */
export function readFields<Fields extends object>(body: unknown, shape: WireShape): Fields {
  return message(body, shape) as Fields;
}

function message(value: unknown, { name, fields, oneofs = [] }: WireShape): Record<string, unknown> {
  if (!isObject(value)) throw new Refusal(3, `invalid value for ${name}: expected an object`);
  const read: Record<string, unknown> = {};
  for (const [key, inner] of Object.entries(value)) {
    const field = Object.keys(fields).find((each) => each === key || snakeCase(each) === key);
    const kind = field === undefined ? undefined : fields[field];
    if (field === undefined || kind === undefined) throw new Refusal(3, `unknown field "${key}" in ${name}`);
    if (field in read) throw new Refusal(3, `duplicate field "${key}" in ${name}`);
    if (inner !== null) read[field] = readValue(inner, kind, `${name}.${snakeCase(field)}`);
  }
  for (const oneof of oneofs) {
    const given = oneof.filter((field) => field in read);
    if (given.length > 1) throw new Refusal(3, `${name}: only one of ${given.map(snakeCase).join(", ")} may be set`);
  }
  return read;
}

function readValue(value: unknown, kind: WireField, at: string): unknown {
  if (typeof kind === "object") {
    if ("message" in kind) return message(value, kind.message);
    if ("list" in kind) {
      if (!Array.isArray(value)) throw invalid(at, "an array");
      return value.map((item) => readValue(item, kind.list, at));
    }
    const named = typeof value === "number" ? kind.enum[value] : value;
    if (typeof named !== "string" || !kind.enum.includes(named)) throw invalid(at, kind.enum.join(" | "));
    return named;
  }
  switch (kind) {
    case "string":
      if (typeof value !== "string") throw invalid(at, "a string");
      // A string of protobuf is UTF-8, which has no halves of surrogate pairs.
      if (!value.isWellFormed()) throw invalid(at, "valid UTF-8");
      return value;
    case "bool":
      if (typeof value !== "boolean") throw invalid(at, "true or false");
      return value;
    case "struct":
      if (!isObject(value)) throw invalid(at, "an object");
      return value;
    case "int64":
      return int64(value, at);
    case "double": {
      const isNumber = typeof value === "number" || (typeof value === "string" && value.trim() !== "");
      const number = isNumber ? Number(value) : Number.NaN;
      if (!Number.isFinite(number)) throw invalid(at, "a number");
      return number;
    }
    case "bytes":
      if (typeof value !== "string" || !/^[\w+/-]*={0,2}$/.test(value)) throw invalid(at, "base64");
      return Buffer.from(value, "base64");
  }
}

function int64(value: unknown, at: string): bigint {
  const isWhole = typeof value === "number" ? Number.isInteger(value) : /^-?\d+$/.test(String(value));
  if (!isWhole || !["number", "string"].includes(typeof value)) throw invalid(at, "an integer");
  const whole = BigInt(value as string | number);
  if (BigInt.asIntN(64, whole) !== whole) throw invalid(at, "an integer of 64 bits");
  return whole;
}

function invalid(at: string, expected: string): Refusal {
  return new Refusal(3, `invalid value for ${at}: expected ${expected}`);
}

function snakeCase(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
