// The parameters of a tool, flat, each with what its name, its description and its schema say it holds.
import type { JsonSchema } from "@beseda/core";
import { contentKeys } from "../language/stop-words.ts";
import { keysOf, wordsOf, wordsOfName } from "../language/words.ts";

export type FieldKind =
  | "boolean"
  | "number"
  | "choice"
  | "list"
  | "moment"
  | "duration"
  | "zone"
  | "email"
  | "url"
  | "phone"
  | "host"
  | "expression"
  | "id"
  | "currency"
  | "unit"
  | "language"
  | "place"
  | "symbol"
  | "person"
  | "text";

export type Field = {
  /** Where the value goes: `["options", "limit"]`. */
  path: readonly string[];
  name: string;
  description: string;
  /** The keys of the name, and of what it means; a message may name the parameter by them. */
  keys: ReadonlySet<string>;
  kind: FieldKind;
  /** Which of two equal things it is: the first or the second, as in "from … to …". */
  role: "from" | "to" | undefined;
  required: boolean;
  schema: JsonSchema;
  choices: readonly (string | number | boolean)[] | undefined;
  /** What a list holds. */
  item: Field | undefined;
  /** For objects in a list. */
  itemFields: readonly Field[];
};

export function fieldsOf(schema: JsonSchema): Field[] {
  return readObject(schema, { root: schema, path: [], required: true, parentNames: [], depth: 0 });
}

type Place = {
  root: JsonSchema;
  path: readonly string[];
  required: boolean;
  parentNames: readonly string[];
  depth: number;
};

const deepest = 4;

function readObject(schema: JsonSchema, place: Place): Field[] {
  const required = Array.isArray(schema.required) ? schema.required : [];
  const fields: Field[] = [];
  for (const [name, raw] of Object.entries(asObject(schema.properties) ?? {})) {
    const property = plainSchema(asObject(raw) ?? {}, place.root, place.depth);
    const isRequired = place.required && required.includes(name) && property.default === undefined;
    const inner = { ...place, path: [...place.path, name], required: isRequired, depth: place.depth + 1 };
    if (asObject(property.properties) && place.depth < deepest) {
      fields.push(...readObject(property, { ...inner, parentNames: [...place.parentNames, ...wordsOfName(name)] }));
    } else if (property.const === undefined) fields.push(readField(name, property, inner));
  }
  return fields;
}

function readField(name: string, schema: JsonSchema, place: Place): Field {
  const description = typeof schema.description === "string" ? schema.description : "";
  const items = asObject(schema.items);
  const itemSchema = items && plainSchema(items, place.root, place.depth);
  const isList = schema.type === "array";
  const itemPlace = { ...place, path: [], required: true, depth: place.depth + 1 };
  const choices = choicesOf(schema);
  const field: Field = {
    path: place.path,
    name,
    description,
    keys: new Set([...place.parentNames, ...wordsOfName(name)].flatMap(keysOf)),
    kind: isList ? "list" : kindOf(name, description, schema, choices),
    role: roleOf(name),
    required: place.required,
    schema,
    choices,
    item: isList
      ? readField(name, { ...itemSchema, description: itemSchema?.description ?? description }, itemPlace)
      : undefined,
    itemFields: isList && itemSchema?.properties && place.depth < deepest ? readObject(itemSchema, itemPlace) : [],
  };
  return field;
}

/** Without references, and of several possible forms the first that is not null; a union of constants is a choice. */
function plainSchema(schema: JsonSchema, root: JsonSchema, depth: number): JsonSchema {
  if (depth > deepest) return schema;
  const { $ref, allOf, anyOf, oneOf, ...own } = schema;
  if (typeof $ref === "string") {
    const target = $ref
      .replace(/^#\//, "")
      .split("/")
      .reduce<unknown>((node, key) => asObject(node)?.[key], root);
    return { ...plainSchema(asObject(target) ?? {}, root, depth + 1), ...own };
  }
  if (Array.isArray(allOf)) {
    return Object.assign({}, own, ...allOf.map((part) => plainSchema(asObject(part) ?? {}, root, depth + 1)));
  }
  const forms = [anyOf, oneOf].find(Array.isArray);
  if (forms) {
    const plain = forms
      .map((form) => plainSchema(asObject(form) ?? {}, root, depth + 1))
      .filter((form) => form.type !== "null");
    const constants = plain.flatMap((form) =>
      form.const !== undefined ? [form.const] : Array.isArray(form.enum) ? form.enum : [],
    );
    if (constants.length > 0 && plain.every((form) => form.const !== undefined || form.enum))
      return { ...own, enum: constants };
    return { ...plain[0], ...own };
  }
  if (Array.isArray(own.type)) return { ...own, type: own.type.find((type) => type !== "null") ?? "string" };
  return own;
}

function choicesOf(schema: JsonSchema): Field["choices"] {
  if (!Array.isArray(schema.enum)) return undefined;
  const choices = schema.enum.filter((choice) => ["string", "number", "boolean"].includes(typeof choice));
  return choices.length > 0 ? choices : undefined;
}

function roleOf(name: string): Field["role"] {
  const words = wordsOfName(name);
  if (words.some((word) => fromWords.has(word))) return "from";
  return words.some((word) => toWords.has(word)) ? "to" : undefined;
}

const fromWords = new Set(
  "from source src origin base start begin departure min minimum since checkin in откуда начало".split(" "),
);
const toWords = new Set(
  "to target dest destination end finish arrival max maximum until till checkout out into куда конец".split(" "),
);

function kindOf(name: string, description: string, schema: JsonSchema, choices: Field["choices"]): FieldKind {
  if (choices) return "choice";
  if (schema.type === "boolean") return "boolean";
  if (schema.type === "number" || schema.type === "integer") return "number";
  const byFormat = formats[String(schema.format)];
  if (byFormat) return byFormat;
  const words = wordsOfName(name);
  const byName = firstKind(words.flatMap(keysOf)) ?? (words.length > 0 ? exactNames[words.at(-1) ?? ""] : undefined);
  if (byName) return byName;
  for (const [pattern, kind] of tellingDescriptions) if (pattern.test(description)) return kind;
  return firstKind(contentKeys(wordsOf(description)), new Set(["text", "person", "id"])) ?? "text";
}

const formats: Record<string, FieldKind | undefined> = {
  date: "moment",
  "date-time": "moment",
  time: "moment",
  email: "email",
  uri: "url",
  url: "url",
  uuid: "id",
};

/** What a parameter holds when its name has this meaning; the more special ones come first. */
const kindsByKey: readonly [key: string, kind: FieldKind][] = [
  ["@timezone", "zone"],
  ["@email", "email"],
  ["@url", "url"],
  ["expression", "expression"],
  ["host", "host"],
  ["hostnam", "host"],
  ["@ip", "host"],
  ["domain", "host"],
  ["@phone", "phone"],
  ["@currency", "currency"],
  ["@unit", "unit"],
  ["@language", "language"],
  ["symbol", "symbol"],
  ["ticker", "symbol"],
  ["тикер", "symbol"],
  ["@subject", "text"],
  ["@title", "text"],
  ["@body", "text"],
  ["@note", "text"],
  ["@todo", "text"],
  ["@when", "moment"],
  ["@birthday", "moment"],
  ["@country", "place"],
  ["@id", "id"],
  ["@place", "place"],
  ["@person", "person"],
  ["@recipient", "person"],
];

const exactNames: Record<string, FieldKind | undefined> = {
  duration: "duration",
  tz: "zone",
  timezone: "zone",
  expr: "expression",
  formula: "expression",
  calculation: "expression",
  math: "expression",
  website: "url",
  link: "url",
  sku: "id",
  uuid: "id",
  time: "moment",
  day: "moment",
  start: "moment",
  end: "moment",
  departure: "moment",
  checkin: "moment",
  checkout: "moment",
  lang: "language",
  text: "text",
  query: "text",
  message: "text",
  airport: "place",
};

const tellingDescriptions: readonly [RegExp, FieldKind][] = [
  [/time ?zone|\bIANA\b|часово\S* пояс/i, "zone"],
  [/e-?mail address|адрес\S* (?:электронной почты|почты)/i, "email"],
  [/\bURLs?\b|web address|ссылк/i, "url"],
  [/(?:arithmetic|math\w*) expression|выражени/i, "expression"],
  [/currenc|ISO.?4217|валют/i, "currency"],
  [/\bunits? (?:of|to|from)|единиц/i, "unit"],
  [/\blanguage|язык/i, "language"],
  [/\bticker|stock symbol|тикер/i, "symbol"],
  [/\b(?:city|cities|country|location|address)\b|город|стран|адрес/i, "place"],
  [
    /\b\d+ (?:days?|hours?|minutes?|weeks?)\b|length of time|\d+ (?:дн|час|минут|недел)\p{L}*|длительност|продолжительност/iu,
    "duration",
  ],
  [/^(?:\S+\s+){0,3}(?:number|id|code|номер|код)(?!\p{L})/iu, "id"],
  [/ISO.?8601|YYYY-MM-DD|ГГГГ-ММ-ДД/i, "moment"],
];

function firstKind(keys: readonly string[], except: ReadonlySet<FieldKind> = new Set()): FieldKind | undefined {
  for (const [key, kind] of kindsByKey) if (!except.has(kind) && keys.includes(key)) return kind;
  return undefined;
}

function asObject(value: unknown): JsonSchema | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as JsonSchema) : undefined;
}
