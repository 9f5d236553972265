// Texts and values that careless stores stumble over. Used by the suites of every port that keeps something.
import type { JsonValue } from "../message.ts";

/** Names that look like paths, devices, properties or patterns, or like each other. Each is only a text. */
export const oddNames: readonly string[] = [
  "../x",
  "..",
  "/etc/passwd",
  "a/b",
  "a\\b",
  "C:\\temp",
  "CON",
  "nul.txt",
  ".",
  " ",
  " x",
  "x ",
  "x.",
  "room",
  "Room",
  "ROOM",
  "\0",
  "x\0y",
  "line\nbreak",
  "__proto__",
  "constructor",
  "prototype",
  "toString",
  "hasOwnProperty",
  "%",
  "%2e%2e%2f",
  "_",
  "*",
  "?",
  "'; drop table threads; --",
  '"quoted"',
  "null",
  "undefined",
  "0",
  "00",
  "чат",
  "👩‍👩‍👧‍👦",
  "\u00e9",
  "e\u0301",
  "n".repeat(10_000),
  `${"n".repeat(10_000)}!`,
];

/** Well-formed, but not plain: escapes, controls, line separators, right-to-left, joined emoji, a byte order mark. */
export const oddText =
  'Привет, 你好, שלום \u202eolleh 👩‍👩‍👧‍👦 🇷🇺 e\u0301 \0 \u0007 \r\n \u2028 \u2029 \ufeff \ufffd \\ud800 \\\\ud800 " \\ / </script> %s $1';

/** Halves of surrogate pairs at the beginning, inside and at the end, beside a whole pair. */
export const brokenText = "\udc00 a \ud83d b 😀 c \ud800";
export const mendedText = "\ufffd a \ufffd b 😀 c \ufffd";

/** Keys that mean something to JavaScript or to libraries which bring stored objects to life. All of it is data. */
export function hostileValue(): { [key: string]: JsonValue } {
  return JSON.parse(
    '{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}},"prototype":1,' +
      '"lc":1,"type":"constructor","id":["langchain","secrets"],"kwargs":{},"$ref":"#/x","toJSON":"no","then":"no"}',
  ) as { [key: string]: JsonValue };
}

/** A value of each kind of JSON, and some that are easily lost. */
export const everyKind: readonly JsonValue[] = [
  null,
  true,
  false,
  0,
  -1.5,
  1e300,
  "",
  oddText,
  [],
  {},
  [null, [[]], { a: [{ b: null }] }],
  { "": 0, "10": 1, "9": 2, 'key with "quotes"\n': 3 },
];
