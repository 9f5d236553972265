import { BesedaError } from "@beseda/core";
import fc from "fast-check";
import { expect, it } from "vitest";
import { evaluate } from "./expression.ts";

it.each([
  ["2 + 3 * 4", 14],
  ["(2 + 3) * 4", 20],
  ["0.1 + 0.2", 0.3],
  ["0.1 + 0.2 - 0.3", 0],
  ["1.1 * 3", 3.3],
  ["1/3", 0.333333333333333],
  ["-2^2", -4],
  ["(-2)^2", 4],
  ["2^-1", 0.5],
  ["2^3^2", 512],
  ["2**10", 1024],
  ["--3 - -+-2", 1],
  ["0 * -1", 0],
  ["10 % 3", 1],
  ["10%3", 1],
  ["-7 mod 3", 2],
  ["7 mod -3", -2],
  ["5.5 % 0.1", 0],
  ["10^20 % 7", 2],
  ["15%", 0.15],
  ["15% of 80", 12],
  ["15 % от 80", 12],
  ["80 + 15%", 92],
  ["80 - 15%", 68],
  ["100 + 10% + 10%", 121],
  ["80 + 15% * 2", 80.3],
  ["50% * 10", 5],
  ["5% - 2", -1.95],
  ["200 * (1 + 5%)", 210],
  ["6 × 7 ÷ 2 − 1", 20],
  ["6·7", 42],
  ["10 : 4", 2.5],
  ["5 x 3", 15],
  ["5x3", 15],
  ["5 х 3", 15],
  ["1,5 + 2,25", 3.75],
  ["0,125 * 8", 1],
  ["1 000 000 / 4", 250_000],
  ["1 000,5 + 1", 1001.5],
  ["1,234.5 + 1", 1235.5],
  ["1,234,567", 1_234_567],
  ["1.234,5", 1234.5],
  ["1.5e3 + 2E-1", 1500.2],
  [".5 + 5.", 5.5],
  ["5!", 120],
  ["3!!", 720],
  ["3² + 2³", 17],
  ["√16 + √(9)", 7],
  ["sqrt(2)^2", 2],
  ["SQRT(16)", 4],
  ["cbrt(-27)", -3],
  ["max(1,5)", 5],
  ["max(1; 5; 3) + min(2, (1,5))", 6.5],
  ["round(2.5)", 3],
  ["round(-2.5)", -3],
  ["round(1.005, 2)", 1.01],
  ["round(1250, -2)", 1300],
  ["floor(-1.5) + ceil(1.2)", 0],
  ["avg(1, 2, 6)", 3],
  ["sin(pi)", 0],
  ["sin(30°)", 0.5],
  ["cos(90°)", 0],
  ["tg(45°)", 1],
  ["ln(e) + lg(100) + log(1000) + log(8, 2)", 9],
  ["e^0 + π - pi", 1],
  ["factorial(20)", 2_432_902_008_176_640_000],
  ["2 + 2 =", 4],
  ["170!/169!", 170],
])("%s is %d", (text, value) => {
  expect(evaluate(text)).toBe(value);
});

it.each([
  ["1 / 0", "Division by zero: 1 / 0"],
  ["5 % (2 - 2)", "Division by zero"],
  ["0^-1", "Division by zero"],
  ["9^9^9^9", "too large"],
  ["1e999", "too large"],
  ["171!", "from 0 to 170"],
  ["factorial(1e308)", "from 0 to 170"],
  ["2.5!", "whole numbers"],
  ["sqrt(-1)", "not a real number"],
  ["(-8)^(1/3)", "cbrt"],
  ["ln(0)", "above 0"],
  ["log(5, 1)", "base 1"],
  ["asin(2)", "-1 to 1"],
  ["tan(90°)", "no value"],
  ["", "empty"],
  ["2 +", "ends too early"],
  ["2 3", "An operator such as * is missing"],
  ["2(3)", "An operator such as * is missing"],
  ["(2 + 3", "closing bracket"],
  ["2 + 3)", 'Unexpected ")" at character 6'],
  ["max(1,)", 'Unexpected ")"'],
  ["max()", "1 or more arguments, not 0"],
  ["sqrt(2,25)", "write 2.5, not 2,5"],
  ["sqrt 4", "write sqrt(…)"],
  ["pi(2)", 'Unexpected "("'],
  ["x = 5", '"x" is not known'],
  ["pi = 3", 'Unexpected "3"'],
  ["15 of 80", "percentage before it"],
  ["1,234", "two ways"],
  ["1,2,3", "is not a number"],
  ["1.2.3", "is not a number"],
  ["round(1, 99)", "-15 to 15"],
  ["2 + apples", '"apples" is not known. Known are: sqrt'],
])("%s is an error that says: %s", (text, problem) => {
  expect(() => evaluate(text)).toThrow(problem);
});

/** 500 payloads that took other evaluators down or out of their box. */
function hostilePayloads(): string[] {
  const names = [
    ..."constructor __proto__ prototype toString valueOf hasOwnProperty __defineGetter__ __lookupSetter__".split(" "),
    ..."process require module global globalThis window this self eval Function import fetch Math Object".split(" "),
    ..."ones zeros range matrix import createUnit evaluate parse simplify derivative config typed random".split(" "),
    ..."Infinity NaN undefined null true alert exec spawn cat name length arguments caller callee".split(" "),
  ];
  const wraps = [
    (name: string) => name,
    (name: string) => `${name}(20000,20000)`,
    (name: string) => `1 + ${name}.${name}`,
    (name: string) => `sqrt["${name}"]`,
    (name: string) => `sqrt.${name}("return process")()`,
    (name: string) => `"".${name}`,
    (name: string) => `${name} = 1`,
    (name: string) => `f(x) = ${name}(x)`,
    (name: string) => `\${${name}}`,
    (name: string) => `round(1, ${name})`,
  ];
  const shapes = [
    "ones(20000,20000)",
    "9^9^9^9",
    "1e308*10",
    "170!!",
    "((((170!)!)!)!)",
    "(".repeat(999),
    `${"(".repeat(500)}1${")".repeat(499)}`,
    "sqrt(".repeat(199),
    "√".repeat(1000),
    `${"2^".repeat(499)}2`,
    `${"9".repeat(999)}!`,
    `1${"e1".repeat(499)}`,
    "1,".repeat(500),
    "1 ".repeat(500),
    "1.".repeat(500),
    `max(${"1,".repeat(490)})`,
    "a".repeat(1000),
    "%".repeat(1000),
    "\u0000",
    "😀".repeat(400),
    "\ud800",
    "1; process.exit()",
    "1//2",
    "1\n\n+",
    "0x1F",
    "1_000n",
    "`1`",
    "[1,2,3]",
    "{}",
    "1 ? 2 : 3",
    "1 == 1",
    "1 << 31",
    "~1",
    "i^2",
    "1".repeat(1001),
    "1+".repeat(100_000),
    `${"-".repeat(1001)}1`,
  ];
  return [...names.flatMap((name) => wraps.map((wrap) => wrap(name))), ...shapes];
}

it("answers each of 500 hostile payloads with an explained error", () => {
  const payloads = hostilePayloads();
  expect(payloads.length).toBeGreaterThanOrEqual(500);
  for (const payload of payloads) {
    let outcome: unknown;
    try {
      outcome = evaluate(payload);
    } catch (error) {
      outcome = error;
    }
    expect(outcome, payload.slice(0, 60)).toBeInstanceOf(BesedaError);
    expect((outcome as BesedaError).message.length).toBeLessThan(500);
  }
});

it("takes the longest expressions that are right", () => {
  expect(evaluate(`${"-".repeat(998)}1`)).toBe(1);
  expect(evaluate(`${"(".repeat(50)}1${")".repeat(50)}`)).toBe(1);
  expect(evaluate(`${"1+".repeat(499)}1`)).toBe(500);
});

it("agrees with JavaScript on any sum, difference, product and quotient", () => {
  type Sample = { text: string; value: number };
  const operations: Record<string, (a: number, b: number) => number> = {
    "+": (a, b) => a + b,
    "-": (a, b) => a - b,
    "*": (a, b) => a * b,
    "/": (a, b) => (Math.abs(b) < 1e-9 ? Number.NaN : a / b),
  };
  const sample = fc.letrec<{ node: Sample }>((tie) => ({
    node: fc.oneof(
      { depthSize: "small", withCrossShrink: true },
      fc.integer({ min: 0, max: 99 }).map((value) => ({ text: String(value), value })),
      fc.tuple(tie("node"), fc.constantFrom("+", "-", "*", "/"), tie("node")).map(([a, sign, b]) => ({
        text: `(${a.text} ${sign} ${b.text})`,
        value: operations[sign]?.(a.value, b.value) ?? Number.NaN,
      })),
    ),
  })).node;
  fc.assert(
    fc.property(sample, ({ text, value }) => {
      fc.pre(text.length <= 1000 && Number.isFinite(value));
      expect(Math.abs(evaluate(text) - value)).toBeLessThanOrEqual(1e-9 * Math.max(1, Math.abs(value)));
    }),
  );
});

it("never breaks in another way than its own errors, whatever the text", () => {
  const signs = fc.constantFrom(
    ..."0123456789.,;+-*/%^()!°²√=eπx \u00a0".split(""),
    "sqrt",
    "max(",
    "of",
    "mod",
    "**",
    "\n",
  );
  fc.assert(
    fc.property(
      fc.array(signs, { maxLength: 60 }).map((all) => all.join("")),
      (text) => {
        try {
          expect(evaluate(text)).toSatisfy(Number.isFinite);
        } catch (error) {
          if (!(error instanceof BesedaError)) throw error;
        }
      },
    ),
    { numRuns: 1000 },
  );
});
