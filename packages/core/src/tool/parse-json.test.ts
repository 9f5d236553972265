import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { brokenText, mendedText } from "../testing/odd-text.ts";
import { deepestJson, jsonProblem, parseJson } from "./parse-json.ts";

const read = (text: string): unknown => {
  const parsed = parseJson(text);
  return parsed.ok ? parsed.value : parsed.problem;
};

describe("parseJson", () => {
  it("gives what JSON.parse gives for any JSON", () => {
    fc.assert(
      fc.property(fc.array(fc.jsonValue({ maxDepth: 2 }), { maxLength: 3 }), (value) => {
        const text = JSON.stringify(value);
        fc.pre(!text.includes("__proto__"));
        expect(parseJson(text)).toEqual({ ok: true, value: JSON.parse(text), wasOpen: false });
      }),
    );
  });

  it("repairs, and says so where closing brackets were missing", () => {
    expect(parseJson("```json\n{'a': [1, True,],}\n```")).toEqual({
      ok: true,
      value: { a: [1, true] },
      wasOpen: false,
    });
    expect(parseJson('{"a": ["x"')).toEqual({ ok: true, value: { a: ["x"] }, wasOpen: true });
  });

  it("decodes an object that was encoded as a string, once or twice, and leaves other strings alone", () => {
    const object = { a: 'say "hi"', b: [1] };
    const once = JSON.stringify(JSON.stringify(object));
    for (const text of [once, JSON.stringify(once), ` ${once}\n`, `"{'a': 'say \\"hi\\"', 'b': [1],}"`]) {
      expect(read(text)).toEqual(object);
    }
    expect(parseJson(JSON.stringify('{"a": ["x"'))).toEqual({ ok: true, value: { a: ["x"] }, wasOpen: true });
    for (const text of ["hello", "see {}", "[x]", '{"a": "cut', '"quoted"', "5", ""]) {
      expect(read(JSON.stringify(text))).toBe(text);
    }
    expect(read('{"a": "{\\"b\\": 1}"}')).toEqual({ a: '{"b": 1}' });
  });

  it.each([
    '{"__proto__": {"polluted": 1}, "a": [{"__proto__": 1}]}',
    '{"\\u005f_proto__": {"polluted": 1}, "a": [{"_\\u005Fproto__": 1}]}',
    "{__proto__: {polluted: 1}, 'a': [{'__proto__': 1}]}",
    JSON.stringify('{"__proto__": {"polluted": 1}, "a": [{"__proto__": 1}]}'),
  ])("takes no prototype from %s", (text) => {
    const value = read(text) as object;
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    expect(Object.getOwnPropertyNames(value)).toEqual(["a"]);
    expect(value).toEqual({ a: [{}] });
  });

  it("leaves nothing in a constructor that a careless merge would put into all objects", () => {
    const text =
      '{"constructor": {"prototype": {"polluted": 1}, "a": 1}, "b": {"constructor": "Ferrari", "prototype": 1}}';
    const value = read(text) as Record<string, unknown>;
    expect(value).toEqual({ constructor: { a: 1 }, b: { constructor: "Ferrari", prototype: 1 } });
    mergeCarelessly({}, value);
    expect("polluted" in {}).toBe(false);
    Reflect.deleteProperty(Object, "a");
  });

  it("refuses numbers that JSON cannot hold, and says where", () => {
    expect(jsonProblem('{"a": {"b": 1e999}}')).toBe('a number in it is too large, at "b"');
    expect(jsonProblem("[0, -1e999]")).toBe('a number in it is too large, at "1"');
    expect(jsonProblem(`{"a": ${"9".repeat(400)},}`)).toBe('a number in it is too large, at "a"');
    expect(read("[1e308, 1e-999]")).toEqual([1e308, 0]);
  });

  it("refuses nesting that others would run out of stack on", () => {
    const nested = (depth: number) => `${"[".repeat(depth)}${"]".repeat(depth)}`;
    expect(parseJson(nested(deepestJson)).ok).toBe(true);
    expect(jsonProblem(nested(deepestJson + 1))).toBe("it is nested more than 500 levels deep");
    for (const text of [
      nested(10_000),
      '{"a":'.repeat(10_000),
      `${'{"a":'.repeat(10_000)}1,`,
      '{"a":['.repeat(10_000).concat("1 "),
    ]) {
      expect(parseJson(text).ok).toBe(false);
    }
  });

  it("makes texts and keys well-formed", () => {
    for (const text of [
      JSON.stringify({ a: [brokenText], [brokenText]: brokenText }),
      `{'a': ['${brokenText}'], "${brokenText}": '${brokenText}'}`,
    ]) {
      expect(read(text)).toEqual({ a: [mendedText], [mendedText]: mendedText });
    }
    expect(read('"\\ud800"')).toBe("\ufffd");
  });

  it("says what is wrong, in whole characters", () => {
    expect(jsonProblem('{"a": "say "hi" now"}')).toBe(
      '"," or "}" is expected at character 13 after `{"a": "say "`, but there is `hi" now"}`',
    );
    expect(jsonProblem('{"a": "cut')).toMatch(/ends$/);
    expect(jsonProblem('{"a": "x"')).toBe("it was cut off before its closing brackets");
    for (let length = 20; length < 40; length++) {
      expect(jsonProblem(`{"a": "${"😀".repeat(length)} " ${"😀".repeat(length)}`).isWellFormed()).toBe(true);
      expect(jsonProblem(`{"a": "${"😀".repeat(length)}" ${"😀".repeat(length)}`).isWellFormed()).toBe(true);
    }
  });
});

function mergeCarelessly(target: Record<string, unknown>, source: Record<string, unknown>): void {
  for (const [key, value] of Object.entries(source)) {
    const own = target[key];
    if ((typeof own === "object" || typeof own === "function") && own !== null && typeof value === "object") {
      mergeCarelessly(own as Record<string, unknown>, value as Record<string, unknown>);
    } else target[key] = value;
  }
}
