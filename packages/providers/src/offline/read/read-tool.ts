// What a tool says of itself, read once: its words with their weights, and its parameters with what they seem to hold.
import type { ToolDefinition } from "@beseda/core";
import { contentKeys, importanceOf } from "../language/stop-words.ts";
import { keysOf, lowered, wordsOf, wordsOfName } from "../language/words.ts";
import { type Field, fieldsOf } from "./read-field.ts";

export type ReadTool = {
  definition: ToolDefinition;
  fields: readonly Field[];
  /** How strongly a key of a message speaks for the tool. */
  weights: ReadonlyMap<string, number>;
  /** The keys of the name alone. */
  nameKeys: ReadonlySet<string>;
  /** The keys that begin the description, where the verb and its object stand. */
  commandKeys: ReadonlySet<string>;
  /** The keys of each sample message. */
  examples: readonly ReadonlySet<string>[];
};

export function readTool(definition: ToolDefinition): ReadTool {
  const known = readTools.get(definition);
  if (known) return known;
  const subject = new Set([
    ...wordsOfName(definition.name).flatMap(keysOf),
    ...contentKeys(wordsOf(definition.description)),
  ]);
  const fields = fieldsOf(definition.inputSchema).map((field) => settled(field, subject));
  const read: ReadTool = {
    definition,
    fields,
    weights: weightsOf(definition, fields),
    nameKeys: new Set(wordsOfName(definition.name).flatMap(keysOf)),
    commandKeys: new Set(firstContentWords(definition.description, 5)),
    examples: definition.examples.map((example) => new Set(contentKeys(wordsOf(example)))),
  };
  readTools.set(definition, read);
  return read;
}

const readTools = new WeakMap<ToolDefinition, ReadTool>();

function firstContentWords(description: string, count: number): string[] {
  const words = wordsOf(description).filter((word) => importanceOf(word) > 0);
  return words.slice(0, count).flatMap((word) => word.keys);
}

/** A bare `from`, `to` or `name` holds what the tool is about. */
function settled(field: Field, subject: ReadonlySet<string>): Field {
  const isBare = field.kind === "text" || field.kind === "person" || field.kind === "moment";
  if (!isBare || field.schema.format !== undefined) return field;
  const bareName =
    /^(?:from|to|source|target|base|origin|destination|start|end|name|value|in|out|departure|arrival)$/i.test(
      field.name,
    );
  if (!bareName || (field.kind === "moment" && field.description !== "")) return field;
  const isEnd = field.role !== undefined;
  for (const [key, kind, endsOnly] of subjects) {
    if (subject.has(key) && (isEnd || !endsOnly)) return { ...field, kind };
  }
  return field;
}

/** What a bare parameter is, by what the tool is about; the last column: only where it is one end of a pair. */
const subjects: readonly [key: string, kind: Field["kind"], endsOnly: boolean][] = [
  ["@currency", "currency", true],
  ["@unit", "unit", true],
  ["@translate", "language", true],
  ["@flight", "place", true],
  ["@route", "place", true],
  ["@distance", "place", true],
  ["@train", "place", true],
  ["@taxi", "place", true],
  ["@convert", "unit", true],
  ["@country", "place", false],
  ["@place", "place", false],
];

const ofName = 3;
/** The first word of a sample message is what it is about, the others are often only a case. */
const ofExample = 2;
const ofLaterInExample = 1.1;
/** The beginning of a description says what the tool does, whatever its name. */
const ofFirstWords = 2.2;
const ofDescription = 1.7;
const ofLaterSentences = 1;
const ofParameter = 0.8;
const ofParameterDescription = 0.4;
/** A word that only means the same is less than the word itself. */
const ofMeaning = 0.85;

function weightsOf({ name, description, examples }: ToolDefinition, fields: readonly Field[]): Map<string, number> {
  const weights = new Map<string, number>();
  const add = (keys: readonly string[], weight: number): void => {
    for (const key of keys) {
      const own = key.startsWith("@") ? weight * ofMeaning : weight;
      if ((weights.get(key) ?? 0) < own) weights.set(key, own);
    }
  };
  for (const word of wordsOfName(name)) add(keysOf(word), ofName);
  const [first = "", ...later] = description.split(/(?<=[.!?])\s+/);
  add(firstContentWords(first, 3), ofFirstWords);
  add(contentKeys(wordsOf(first)), ofDescription);
  add(contentKeys(wordsOf(later.filter(isAboutUse).join(" "))), ofLaterSentences);
  for (const example of examples) {
    const words = wordsOf(example).filter((word) => importanceOf(word) > 0);
    for (const [at, word] of words.entries()) add(word.keys, at === 0 ? ofExample : ofLaterInExample);
  }
  for (const field of fields) {
    add(wordsOfName(field.name).flatMap(keysOf), ofParameter);
    add(contentKeys(wordsOf(field.description)), ofParameterDescription);
    for (const choice of field.choices ?? []) add(wordsOfName(String(choice)).flatMap(keysOf), ofParameter);
  }
  // A name such as "getData" must not speak for itself.
  for (const key of [...weights.keys()]) if (emptyInTools.has(key)) weights.delete(key);
  return weights;
}

/** "Not for currencies" speaks against a word, not for it. */
function isAboutUse(sentence: string): boolean {
  return !/(?<!\p{L})(?:not|never|don't|cannot|without|no|не|нельзя|кроме|instead)(?!\p{L})/iu.test(lowered(sentence));
}

const emptyInTools = new Set(
  "get set do tool function api helper handle process use user return returns given value input output"
    .split(" ")
    .flatMap(keysOf)
    .filter((key) => !key.startsWith("@")),
);
