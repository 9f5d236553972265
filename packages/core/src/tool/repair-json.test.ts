import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { repairJson } from "./repair-json.ts";

const repaired = (text: string): unknown => JSON.parse(repairJson(text).json);

const anyObject = fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 3 }), { maxKeys: 4 });

describe("JSON of a model is repaired where that is certain:", () => {
  it.each<[string, string, unknown]>([
    ["a code fence", '```json\n{"a": 1}\n```', { a: 1 }],
    ["a code fence on one line", '```{"a": [1]}```', { a: [1] }],
    ["words around the one object", 'Sure, here is the input: {"a": 1}. Good luck!', { a: 1 }],
    ["a call or a tag around it", '<tool_call>look({"a": 1})</tool_call>', { a: 1 }],
    ["a byte order mark and odd spaces", '\ufeff\u00a0{"a":\u00a01}', { a: 1 }],
    ["trailing commas", '{"a": [1, 2, ], "b": {"c": 3 , } ,\n}', { a: [1, 2], b: { c: 3 } }],
    ["comments", '{ // first\n"a": 1, /* { */ "b": "//", # last\n}', { a: 1, b: "//" }],
    ["single quotes", `{'a': 'say "hi"', 'b': ['it\\'s']}`, { a: 'say "hi"', b: ["it's"] }],
    ["an escaped apostrophe", `{"a": "it\\'s"}`, { a: "it's" }],
    ["Python's literals", '{"a": True, "b": [False, None]}', { a: true, b: [false, null] }],
    ["bare keys", "{city: 1, $id: 2, имя: 3, 4: 5}", { city: 1, $id: 2, имя: 3, 4: 5 }],
    ["line breaks in strings", '{"a": "one\ntwo\r\n\tthree\u0001"}', { a: "one\ntwo\r\n\tthree\u0001" }],
    ["a string with all of it", '"{\n\\"a\\": 1}"', '{\n"a": 1}'],
  ])("%s", (_, text, value) => {
    expect(repaired(text)).toEqual(value);
    expect(repairJson(text).wasOpen).toBe(false);
  });

  it.each<[string, unknown]>([
    ['{"a": "x"', { a: "x" }],
    ['{"a": [1, [2, {"b": "x"}', { a: [1, [2, { b: "x" }]] }],
    ['{"a": [true', { a: [true] }],
    ['{"a": 12 ', { a: 12 }],
    ['{"a": 12\n```\n', { a: 12 }],
    ['```json\n{"a": {"b": []}\n```', { a: { b: [] } }],
  ])("closing brackets that are missing at the end of %s", (text, value) => {
    expect(repaired(text)).toEqual(value);
    expect(repairJson(text).wasOpen).toBe(true);
  });

  it("what needs no repair stays as it is", () => {
    fc.assert(
      fc.property(anyObject, fc.constantFrom(0, 2), (value, indent) => {
        const text = JSON.stringify(value, null, indent);
        expect(repairJson(text)).toEqual({ json: text, wasOpen: false });
      }),
    );
  });

  it("whatever object is written in Python's way, in a fence, with comments", () => {
    fc.assert(
      fc.property(anyObject, (value) => {
        expect(repaired(`Here:\n\`\`\`python\n${python(value)}\n\`\`\``)).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });
});

describe("JSON of a model is refused, and the problem is told, where it", () => {
  it.each<[string, string, string | RegExp]>([
    [
      "is cut within a string",
      '{"a": "x',
      /^the end of the string that begins at character 7 is expected .* the text ends$/,
    ],
    ["is cut within an escape", '{"a": "x\\', /^the end of the string/],
    ["may be cut within a number", '{"a": 1', /^more of the number, or what follows it, is expected .* the text ends$/],
    ["is cut after a comma", '{"a": "x",', /^a key in double quotes or "}" is expected/],
    ["is cut after a key", '{"a"', /^":" after the key is expected at character 5 after `{"a"`, but the text ends$/],
    ["is cut after a colon", '{"a":', /^a value is expected at character 6/],
    ["is cut after an opening bracket", '{"a": [', /^a value .*is expected/],
    ["is cut within a word", '{"a": tru', /^a value .*there is `tru`$/],
    [
      "has quotes within quotes",
      '{"a": "say "hi" now"}',
      '"," or "}" is expected at character 13 after `{"a": "say "`, but there is `hi" now"}`',
    ],
    ["has an apostrophe within single quotes", "{'a': 'it's'}", /^"," or "}" is expected at character 11/],
    [
      "has a comment that swallowed the line",
      '{"a": 1 // one, "b": 2}',
      /^the end of the comment is expected at character 9/,
    ],
    ["begins with a comment without end", "{/* a", /^the end of the comment/],
    ["has a comment without end", '{"a": 1 /* one, "b": 2}', /^the end of the comment/],
    ["has a bracket of the wrong kind", '{"x": {"a": [1, 2}, "b": 3}', /^"," or "]" is expected/],
    ["has a bracket too many", '{"a": 1}}', /^nothing more is expected at character 9/],
    ["is two objects", '{"a": 1}{"a": 1}', /^nothing more is expected at character 9/],
    ["goes on after its end", '{"a": 1}, "b": 2', /^nothing more is expected/],
    ["goes on after its end, unquoted", "{a: 1}, b: 2", /^nothing more is expected/],
    ["lacks its beginning", '"a": 1, "b": {"c": 2}', /^nothing more is expected/],
    [
      "lacks its beginning, unquoted",
      "a: 1, b: {c: 2}",
      /^one JSON object that begins with "{" is expected at character 1/,
    ],
    ["is one member", "options: {a: 1}", /^one JSON object/],
    ["is one argument of several", 'f(5, {"a": 1})', /^one JSON object/],
    ["is a keyword argument", 'f(a={"a": 1})', /^one JSON object/],
    ["has two commas", '{"a": 1,, "b": 2}', /^a key/],
    ["has only a comma", "[,]", /^a value/],
    ["lacks a comma", '{"a": 1 "b": 2}', /^"," or "}"/],
    ["lacks a colon", '{"a" 1}', /^":"/],
    ["has a bare word", '{"a": Rome}', /there is `Rome}`$/],
    ["has a number that JSON has not", '{"a": [.5, 012, +1, 0x1, NaN, Infinity]}', /there is `\.5/],
    ["has an escape that JSON has not", '{"a": "C:\\dir"}', /^an escape that JSON has .* there is `\\dir"}`$/],
    ["has half an escape", '{"a": "\\u12"}', /^an escape/],
    ["has typographic quotes", "{“a”: 1}", /^a key in double quotes/],
    ["is no object", "hello", 'one JSON object that begins with "{" is expected at character 1, but there is `hello`'],
    ["is empty", "", 'one JSON object that begins with "{" is expected at character 1, but the text ends'],
    ["is a string without end", '"{\\"a\\": 1}', /^the end of the string/],
  ])("%s", (_, text, problem) => {
    expect(() => repairJson(text)).toThrow(SyntaxError);
    expect(() => repairJson(text)).toThrow(problem);
  });

  it.each(["012", "+1", "0x1", "1.", "1_000", "NaN", "-Infinity", "undefined", "trueish", "1n"])(
    "has %s for a value",
    (word) => {
      expect(() => repairJson(`{"a": ${word}}`)).toThrow(SyntaxError);
      expect(() => repairJson(`{"a": [${word}`)).toThrow(SyntaxError);
    },
  );

  it("shows little of a long text", () => {
    const long = `{"a": "${"x".repeat(5_000)}" "${"y".repeat(5_000)}"}`;
    expect(() => repairJson(long)).toThrow(/^.{1,150}$/);
  });

  it("is cut anywhere but before closing brackets", () => {
    const text = '{"a": "one", "b": {"c": [1, 2.5, "x\\n"], "d": true}, "e": -1e3}';
    const repairs = Array.from(text, (_, end) => {
      try {
        return repaired(text.slice(0, end));
      } catch {
        return undefined;
      }
    });
    expect(repairs.filter((value) => value !== undefined)).toEqual([
      { a: "one" },
      { a: "one", b: { c: [1, 2.5, "x\n"] } },
      { a: "one", b: { c: [1, 2.5, "x\n"] } },
      { a: "one", b: { c: [1, 2.5, "x\n"], d: true } },
      { a: "one", b: { c: [1, 2.5, "x\n"], d: true } },
    ]);
  });
});

it("a repair gives JSON or a SyntaxError, whatever the text", () => {
  const pieces = [
    "{",
    "}",
    "[",
    "]",
    '"',
    "'",
    "\\",
    "\\u00",
    ",",
    ":",
    "a",
    "1",
    "-",
    "e9",
    " ",
    "\n",
    "//",
    "/*",
    "*/",
    "#",
    "```",
    "None",
    "\ud83d",
  ];
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom(...pieces), { maxLength: 12 }),
      fc.constantFrom("{", '{"a":', "['", "", '"'),
      (list, start) => {
        let repair: { json: string } | undefined;
        try {
          repair = repairJson(start + list.join(""));
        } catch (error) {
          expect(error).toBeInstanceOf(SyntaxError);
          expect(error).toHaveProperty("message", expect.stringContaining(" is expected at character "));
        }
        if (repair) JSON.parse(repair.json);
      },
    ),
    { numRuns: 3_000 },
  );
});

function python(value: unknown): string {
  if (value === null || value === undefined) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (typeof value === "string")
    return `'${JSON.stringify(value).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'`;
  if (typeof value !== "object") return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map((item) => `${python(item)}, `).join("")}]`;
  return `{ # a dict\n${Object.entries(value)
    .map(([key, inner]) => `${python(key)}: ${python(inner)},`)
    .join("\n")}}`;
}
