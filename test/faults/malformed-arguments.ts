// The kinds of malformed arguments: JSON as models write it, with what has to become of each.
import type { FinishReason } from "@beseda/core";
import fc from "fast-check";

export type Kind = {
  name: string;
  text: string;
  finishReason: FinishReason;
  /** Of the class of faults that a repair must master. */
  isRepairable: boolean;
  /** `refused`: no JSON. `misfit`: JSON that does not fit the schema. `an error`: either. An object: the tool runs with it. */
  becomes: "refused" | "misfit" | "an error" | "anything that fits" | Meant;
  /** Set where it is a tool that does not exist. */
  toolName: string | undefined;
};

type Meant = { tags: string[]; options: { exact: boolean; note: string | null }; count: number; city: string };

/** The order of the keys matters: as long as `city` is missing, nothing fits. */
const meant: fc.Arbitrary<Meant> = fc.record(
  {
    tags: fc.array(fc.string({ unit: "grapheme", maxLength: 8 }), { maxLength: 3 }),
    options: fc.record(
      { exact: fc.boolean(), note: fc.option(fc.string({ unit: "grapheme", maxLength: 12 })) },
      { noNullPrototype: true },
    ),
    count: fc.integer({ min: 1, max: 100 }),
    city: fc.string({ unit: "grapheme", minLength: 1, maxLength: 12 }),
  },
  { noNullPrototype: true },
);

export function malformedKinds(size: number): Kind[] {
  const kinds = new Map<string, Kind>();
  const values = fc.sample(meant, 100);
  const [first] = values as [Meant];
  for (const kind of [...special(first), ...truncated(first)]) add(kinds, kind);
  for (const [index, value] of values.entries()) {
    if (kinds.size >= size * 0.85) break;
    for (const kind of [...certain(value), ...uncertain(value), ...misfits(value, index)]) add(kinds, kind);
  }
  for (const kind of values.flatMap(noise)) if (kinds.size < size) add(kinds, kind);
  return [...kinds.values()];
}

function add(kinds: Map<string, Kind>, kind: Kind): void {
  kinds.set(`${kind.toolName} ${kind.finishReason} ${kind.text}`, kind);
}

function kind(name: string, text: string, becomes: Kind["becomes"], more: Partial<Kind> = {}): Kind {
  return { name, text, becomes, finishReason: "tool-calls", isRepairable: false, toolName: undefined, ...more };
}

function certain(value: Meant): Kind[] {
  const text = JSON.stringify(value);
  const pretty = JSON.stringify(value, null, 2);
  const { city, ...rest } = value;
  const nested = JSON.stringify({ city, count: rest.count, tags: rest.tags, options: rest.options });
  const isRepairable = true;
  return [
    kind("fence", `\`\`\`json\n${pretty}\n\`\`\``, value, { isRepairable }),
    kind("fence on one line", `\`\`\`${text}\`\`\``, value, { isRepairable }),
    kind("trailing comma", `${text.slice(0, -1)},}`, value, { isRepairable }),
    kind("trailing commas", `${nested.slice(0, -2)} , } , }`, value, { isRepairable }),
    kind("cut bracket", text.slice(0, -1), value, { isRepairable }),
    kind("cut brackets", nested.slice(0, -2), value, { isRepairable }),
    kind("fence and cut bracket", `\`\`\`\n${text.slice(0, -1)}\n\`\`\``, value, { isRepairable }),
    kind("encoded", JSON.stringify(text), value),
    kind("encoded twice", JSON.stringify(JSON.stringify(text)), value),
    kind("words around", `I will call it with ${text} now.`, value),
    kind("comments", `{ // the city\n${pretty.slice(1, -1)} /* } */ # end\n}`, value),
    kind("Python", pythonOf(value), value),
    kind("bare keys", `{${Object.entries(value).map(([key, inner]) => `${key}: ${JSON.stringify(inner)}`)}}`, value),
    kind("raw line breaks", text.replace('"city":"', '"city":"\n\t'), { ...value, city: `\n\t${city}` }),
  ];
}

function uncertain(value: Meant): Kind[] {
  const text = JSON.stringify(value);
  const { count, ...rest } = value;
  const refused = (name: string, wrong: string, more: Partial<Kind> = {}) => kind(name, wrong, "refused", more);
  return [
    refused("a number at the cut", JSON.stringify({ ...rest, count }).slice(0, -1)),
    refused("a cut bracket of a reply that was cut", text.slice(0, -1), { finishReason: "length" }),
    refused("quotes within quotes", text.replace('"city":"', '"city":"say "x" ')),
    refused("an apostrophe within single quotes", `{'city': 'it's', ${text.slice(1)}`),
    refused("two objects", text + text),
    refused("a bracket too many", `${text}}`),
    refused("no comma", text.replace(',"count"', '"count"')),
    refused("no colon", text.replace('"count":', '"count"')),
    refused("two commas", text.replace(',"count"', ',,"count"')),
    refused("a bare word", text.replace(`"count":${count}`, '"count":many')),
    refused("NaN", text.replace(`"count":${count}`, '"count":NaN')),
    refused("a number too large", text.replace(`"count":${count}`, '"count":1e999')),
    refused("an escape that is none", text.replace('"city":"', '"city":"C:\\q')),
    refused("typographic quotes", text.replace('"count"', "“count”")),
    refused("a swallowing comment", text.replace('"count"', '// "count"')),
    refused("no beginning", text.slice(1)),
  ];
}

function misfits(value: Meant, index: number): Kind[] {
  const wrong: unknown[] = [null, [], {}, true, `${index}`, 1.5 + index, -index, { city: index }, [index]];
  const keys = Object.keys(value);
  const key = keys[index % keys.length] as string;
  const { [key as keyof Meant]: _, ...without } = value;
  const whole = [`"${index}"`, `[${index}]`, `${index}`, `[${JSON.stringify(value)}]`];
  return [
    kind("a missing member", JSON.stringify(without), "misfit"),
    ...whole.map((text) => kind("no object", text, "misfit")),
    ...wrong
      .filter((each) => !(key === "tags" && Array.isArray(each) && each.length === 0))
      .filter((each) => !(key === "city" && typeof each === "string"))
      .map((each) => kind(`a wrong ${key}`, JSON.stringify({ ...value, [key]: each }), "misfit")),
  ];
}

/** At each place. A reply that was cut says so; a model that ends too early leaves out at least the city. */
function truncated(value: Meant): Kind[] {
  const text = JSON.stringify({ ...value, tags: ["a\n", "б"], city: "Rome" });
  const starts = Array.from({ length: text.length - 1 }, (_, end) => text.slice(0, end + 1));
  return [
    ...starts.map((start) => kind("cut", start, "refused", { finishReason: "length" })),
    ...starts.slice(0, -1).map((start) => kind("ended too early", start, "an error")),
  ];
}

function special(value: Meant): Kind[] {
  const text = JSON.stringify(value);
  const withMember = (member: string) => `{${member},${text.slice(1)}`;
  const withCity = (city: string) => JSON.stringify({ ...value, city });
  const nested = (depth: number) => `${"[".repeat(depth)}${"]".repeat(depth)}`;
  const long = "5 МБ".repeat(1_250_000);
  return [
    kind("nothing", "", "misfit"),
    kind("space", " \n", "misfit"),
    kind("__proto__", withMember('"__proto__":{"polluted":1}'), value),
    kind("__proto__, escaped", withMember('"\\u005f_proto__":{"polluted":1}'), value),
    kind("__proto__, bare", withMember("__proto__:{polluted:1}"), value),
    kind("__proto__ with all", `{"__proto__":${text}}`, "misfit"),
    kind("constructor.prototype", withMember('"constructor":{"prototype":{"polluted":1}}'), "anything that fits"),
    kind("10,000 levels", nested(10_000), "refused"),
    kind("10,000 levels within", withMember(`"deep":${nested(10_000)}`), "refused"),
    kind("10,000 levels without end", '{"tags":'.repeat(10_000), "refused"),
    kind("490 levels", `{"tags":${nested(490)}}`, "misfit"),
    kind("5 MB", withCity(long), { ...value, city: long }),
    kind("5 MB in a fence", `\`\`\`json\n${withCity(long)}\n\`\`\``, { ...value, city: long }),
    kind("5 MB, cut", withCity(long).slice(0, -2), "refused"),
    kind("halves of emoji", withCity("\ud83d a \ude00"), { ...value, city: "\ufffd a \ufffd" }),
    kind("halves of emoji, unescaped", text.replace('"city":"', '"city":"\ud83d'), {
      ...value,
      city: `\ufffd${value.city}`,
    }),
    kind("halves of emoji, refused", `{"city":"\ud83d" x`, "refused"),
    ...["plus", "", "__proto__", "constructor", "toString", "zod 4", "zod4 ", "x".repeat(1_000)].map((toolName) =>
      kind("a tool that there is not", text, "an error", { toolName }),
    ),
  ];
}

/** One sign more, less or other, anywhere. */
function noise(value: Meant, index: number): Kind[] {
  const text = JSON.stringify(value);
  const signs = [...`{}[]"',:\\/#\n1e-N`, "null", "```"];
  return [0, 1, 2].map((width) => {
    const at = (index * 7 + width * 13) % text.length;
    const sign = width === 2 ? "" : (signs[(index + width) % signs.length] as string);
    return kind("noise", text.slice(0, at) + sign + text.slice(at + width), "anything that fits");
  });
}

function pythonOf(value: unknown): string {
  if (value === null) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (typeof value === "string") return `'${JSON.stringify(value).slice(1, -1).replaceAll("'", "\\'")}'`;
  if (typeof value !== "object") return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(pythonOf).join(", ")}]`;
  return `{${Object.entries(value).map(([key, inner]) => `'${key}': ${pythonOf(inner)}`)}}`;
}
