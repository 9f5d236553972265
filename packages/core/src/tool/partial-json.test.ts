import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseJson } from "./parse-json.ts";
import { PartialJson } from "./partial-json.ts";

/** Snapshots after each piece, each beside its text when it was handed out. */
function snapshots(pieces: readonly string[]): { value: unknown; text: string | undefined }[] {
  const json = new PartialJson();
  return pieces.map((piece) => {
    json.push(piece);
    return { value: json.value, text: JSON.stringify(json.value) };
  });
}

function lastOf(pieces: readonly string[]): unknown {
  return snapshots(pieces).at(-1)?.value;
}

/** Whether the value may grow into the other one by what is still to be written. */
function isPrefix(value: unknown, whole: unknown): boolean {
  if (value === undefined) return true;
  if (typeof value === "string") return typeof whole === "string" && whole.startsWith(value);
  if (typeof value !== "object" || value === null) return Object.is(value, whole);
  if (typeof whole !== "object" || whole === null || Array.isArray(value) !== Array.isArray(whole)) return false;
  return Object.entries(value).every(
    ([key, inner]) => Object.hasOwn(whole, key) && isPrefix(inner, (whole as Record<string, unknown>)[key]),
  );
}

/** Any object that JSON can hold, as a text with or without spaces and escapes, cut anywhere. */
const written = fc
  .record({
    value: fc.dictionary(fc.string({ unit: "binary" }), fc.jsonValue({ stringUnit: "binary", maxDepth: 2 }), {
      maxKeys: 4,
    }),
    indent: fc.constantFrom(0, 2),
    isEscaped: fc.boolean(),
    cuts: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 40 }),
  })
  .map(({ value, indent, isEscaped, cuts }) => {
    const plain = JSON.stringify(value, null, indent);
    const text = isEscaped ? plain.replaceAll(/[^ -~\n]/g, escaped) : plain;
    return { text, pieces: cut(text, cuts) };
  });

function escaped(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

function cut(text: string, cuts: readonly number[]): string[] {
  const ends = [...cuts.map((part) => Math.floor(part * text.length)).sort((a, b) => a - b), text.length];
  return ends.map((end, index) => text.slice(index === 0 ? 0 : ends[index - 1], end));
}

describe("PartialJson", () => {
  it("ends with what JSON.parse gives, for any object in any pieces", () => {
    fc.assert(
      fc.property(written, ({ text, pieces }) => {
        const plain = parseJson(text);
        expect(lastOf(pieces)).toEqual(plain.ok && plain.value);
        expect(lastOf([...text])).toEqual(plain.ok && plain.value);
        if (!text.includes("__proto__")) expect(lastOf(pieces)).toEqual(JSON.parse(text));
      }),
    );
  });

  it("gives only what the end will hold too, and never changes what it gave", () => {
    fc.assert(
      fc.property(written, ({ text, pieces }) => {
        for (const given of [snapshots(pieces), snapshots(text.split(""))]) {
          const whole = given.at(-1)?.value;
          expect(given.find(({ value }) => !isPrefix(value, whole))).toBeUndefined();
          expect(given.find(({ value, text }) => JSON.stringify(value) !== text)).toBeUndefined();
        }
      }),
    );
  });

  it("shows an object as it is written: open strings, no halves", () => {
    const text = '{"a": "Hi\\u0021", "n": 12, "l": [true, {"k": null}]}';
    const given = snapshots(text.split("")).map((snapshot) => snapshot.text);
    expect(given.filter((shown, index) => shown !== undefined && shown !== given[index - 1])).toEqual([
      "{}",
      '{"a":""}',
      '{"a":"H"}',
      '{"a":"Hi"}',
      '{"a":"Hi!"}',
      '{"a":"Hi!","n":12}',
      '{"a":"Hi!","n":12,"l":[]}',
      '{"a":"Hi!","n":12,"l":[true]}',
      '{"a":"Hi!","n":12,"l":[true,{}]}',
      '{"a":"Hi!","n":12,"l":[true,{"k":null}]}',
    ]);
  });

  it("holds back half an emoji, written plainly or escaped, and mends a half that stays alone", () => {
    const given = (text: string) => snapshots(text.split("")).map(({ value }) => (value as { a?: string })?.a);
    expect(new Set(given('{"a":"x😀y"}'))).toEqual(new Set([undefined, "", "x", "x😀", "x😀y"]));
    expect(new Set(given('{"a":"x\\ud83d\\ude00"}'))).toEqual(new Set([undefined, "", "x", "x😀"]));
    expect(lastOf(['{"a":"\\ud83d"', ',"b":"\ud83d', "x\\", 'ude00","c":"\ud83d"}'])).toEqual({
      a: "\ufffd",
      b: "\ufffdx\ufffd",
      c: "\ufffd",
    });
  });

  it("gives the same value as long as nothing is added", () => {
    const json = new PartialJson();
    json.push('{"a": {"b": [1, 2]}, "c": "x');
    const before = json.value as { a: object };
    json.push("");
    expect(json.value).toBe(before);
    json.push('"  , "d" :  tr');
    expect(json.value).toBe(before);
    json.push("ue}");
    const after = json.value as { a: object };
    expect(after).toEqual({ a: { b: [1, 2] }, c: "x", d: true });
    expect(after.a).toBe(before.a);
    json.push("\n```");
    expect(json.value).toBe(after);
  });

  it("begins at the first brace, whatever stands around the object", () => {
    expect(lastOf(["Here it is:\n``", "`json\n", ' {"a"', ": 1}\n```\n", 'And {"b": 2}'])).toEqual({ a: 1 });
    expect(lastOf(["Here it is"])).toBeUndefined();
  });

  it("keeps what it has where the text stops being JSON", () => {
    expect(lastOf(['{"a": [1, "two"], "b": ', "oops", ', "c": 3}'])).toEqual({ a: [1, "two"] });
    expect(lastOf(['{"a": "say \\q', ' more"}'])).toEqual({ a: "say " });
    for (const word of ["1e999", "-1e999", "tru", "01", "nul"]) expect(lastOf([`{"a":${word},"b":1}`])).toEqual({});
    expect(JSON.stringify(lastOf(['{"a":'.repeat(10_000)]))).toBe(`${'{"a":'.repeat(499)}{}${"}".repeat(499)}`);
  });

  it("takes no prototype from the text", () => {
    const text =
      '{"__proto__":{"polluted":1},"a":{"\\u005f_proto__":[1]},"constructor":{"prototype":{"polluted":1},"k":2},"prototype":3}';
    const json = new PartialJson();
    for (const char of text) {
      json.push(char);
      expect(Object.getPrototypeOf(json.value)).toBe(Object.prototype);
    }
    const { value } = json as { value: object };
    expect(Object.getOwnPropertyNames(value)).toEqual(["a", "constructor", "prototype"]);
    expect(value).toEqual({ a: {}, constructor: { k: 2 }, prototype: 3 });
    expect(Object.hasOwn(Object.prototype, "polluted")).toBe(false);
  });
});
