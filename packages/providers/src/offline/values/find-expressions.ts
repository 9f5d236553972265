// Arithmetic in a text, written or spoken, as an expression that a calculator reads: "15% of 80" is "15 / 100 * 80".
import { type CodedText, codedText } from "./coded-text.ts";
import type { NumberSpan } from "./find-numbers.ts";
import { scanArithmetic, written } from "./scan-arithmetic.ts";

/** `operands` where there are only two numbers and one sign between them. */
export type ExpressionSpan = {
  expression: string;
  operator?: string;
  operands?: [number, number];
  start: number;
  end: number;
};

/**
 * Number spans become `§0§`, `§1§`, …, words become signs, and what is then left of digits and signs is an expression.
 */
export function findExpressions(text: string, numbers: readonly NumberSpan[]): ExpressionSpan[] {
  const coded = codedText(text, numbers);
  const found: ExpressionSpan[] = [];
  for (const phrase of phrases) {
    for (const match of coded.text.matchAll(phrase.pattern)) {
      const operands = match.slice(1).map((code) => numbers[Number(code.slice(1, -1))]?.value ?? 0);
      found.push(
        spanOf(
          coded,
          match.index,
          match.index + match[0].length,
          phrase.write(operands.map(written)),
          phrase.operator,
          phrase.swap ? operands.reverse() : operands,
        ),
      );
    }
  }
  for (const { expression, start, end } of scanArithmetic(coded.text, numbers)) {
    found.push(spanOf(coded, start, end, expression, ...binary(expression)));
  }
  return found
    .sort((a, b) => b.end - b.start - (a.end - a.start))
    .filter((span, at, all) => !all.slice(0, at).some((other) => span.start < other.end && other.start < span.end))
    .sort((a, b) => a.start - b.start);
}

/** "Plus 10", "умножь на 2": the rest of an expression whose first number is an earlier result. Undefined for other texts. */
export function continuedFrom(result: string, text: string): string | undefined {
  for (const [pattern, sign] of continuations) {
    const match = pattern.exec(text);
    if (match) return `${result} ${sign} ${text.slice(match[0].length)}`;
  }
  return undefined;
}

const continuations: readonly [RegExp, string][] = [
  [/^\s*(?:\+|(?:plus|add|плюс|прибавь|прибавить|добавь|добавить)(?!\p{L}))\s*(?=[\d(]|\p{L}+$)/iu, "+"],
  [/^\s*(?:-|−|(?:minus|subtract|take away|минус|отними|отнять|вычти|вычесть)(?!\p{L}))\s*(?=[\d(]|\p{L}+$)/iu, "-"],
  [/^\s*(?:\*|×|(?:times|multipl(?:y|ied) by|(?:по|у)множь на|умножить на)(?!\p{L}))\s*/iu, "*"],
  [/^\s*(?:\/|÷|(?:divided? by|(?:по|раз)дели(?:ть)? на)(?!\p{L}))\s*/iu, "/"],
];

const n = "(§\\d+§)";
const by = "(?:by|on|with|на|and|и)";

type Phrase = { pattern: RegExp; write(operands: string[]): string; operator?: string; swap?: true };

const phrases: Phrase[] = [
  phrase(`${n}\\s*(?:%|percent|per cent|процент\\p{L}*)\\s*(?:of|from|от|из)\\s+${n}`, ([a, b]) => `${a} / 100 * ${b}`),
  phrase(
    `(?:√|(?:the\\s+)?(?:square\\s+root|sqrt)(?:\\s+of)?|(?:квадратн\\p{L}*\\s+)?кор(?:ень|ня)(?:\\s+из)?)\\s*${n}`,
    ([a]) => `sqrt(${a})`,
  ),
  phrase(`${n}\\s+(?:squared|в\\s+квадрате)`, ([a]) => `${a} ^ 2`),
  phrase(`${n}\\s+(?:cubed|в\\s+кубе)`, ([a]) => `${a} ^ 3`),
  phrase(`(?:square\\s+of|квадрат)\\s+${n}`, ([a]) => `${a} ^ 2`),
  phrase(`(?:half\\s+of|половин\\p{L}+(?:\\s+от)?)\\s+${n}`, ([a]) => `${a} / 2`),
  phrase(`(?:double|удво\\p{L}+)\\s+${n}`, ([a]) => `${a} * 2`),
  phrase(
    `(?:sum\\s+of|add|сумм\\p{L}+(?:\\s+чисел)?|слож\\p{L}+)\\s+${n}\\s*(?:and|to|и|с|,)\\s*${n}(?!\\s*(?:,|and|и)\\s*§)`,
    ([a, b]) => `${a} + ${b}`,
    "+",
  ),
  phrase(
    `(?:sum\\s+of|add|сумм\\p{L}+(?:\\s+чисел)?|слож\\p{L}+)\\s+${n}\\s*,\\s*${n}\\s*,?\\s*(?:and|и)\\s*${n}`,
    (all) => all.join(" + "),
  ),
  phrase(`(?:прибав\\p{L}+)\\s+${n}\\s*к\\s*${n}`, ([a, b]) => `${b} + ${a}`, "+", true),
  phrase(`(?:прибав\\p{L}+)\\s+к\\s+${n}\\s+${n}`, ([a, b]) => `${a} + ${b}`, "+"),
  phrase(
    `(?:difference\\s+(?:of|between)|разност\\p{L}+(?:\\s+чисел)?)\\s+${n}\\s*(?:and|и)\\s*${n}`,
    ([a, b]) => `${a} - ${b}`,
    "-",
  ),
  phrase(`(?:subtract|take|deduct)\\s+${n}\\s*from\\s*${n}`, ([a, b]) => `${b} - ${a}`, "-", true),
  phrase(`(?:вычт\\p{L}+|вычесть|отн\\p{L}+)\\s+${n}\\s*(?:из|от)\\s*${n}`, ([a, b]) => `${b} - ${a}`, "-", true),
  phrase(`(?:вычт\\p{L}+|вычесть|отн\\p{L}+)\\s+(?:из|от)\\s*${n}\\s+${n}`, ([a, b]) => `${a} - ${b}`, "-"),
  phrase(
    `(?:product\\s+of|multiply|произведени\\p{L}+(?:\\s+чисел)?|(?:по|пере)?умнож\\p{L}+|перемнож\\p{L}+)\\s+${n}\\s*(?:and|by|и|на|,)\\s*${n}`,
    ([a, b]) => `${a} * ${b}`,
    "*",
  ),
  phrase(`(?:divide|(?:раз|по)дел\\p{L}+)\\s+${n}\\s*${by}\\s*${n}`, ([a, b]) => `${a} / ${b}`, "/"),
];

function phrase(source: string, write: Phrase["write"], operator?: string, swap?: true): Phrase {
  const pattern = new RegExp(`(?<![\\p{L}])${source}`, "giu");
  return { pattern, write, ...(operator && { operator }), ...(swap && { swap }) };
}

function binary(expression: string): [operator?: string | undefined, operands?: number[]] {
  const match = /^(-?[\d.]+) ([-+*/^]) (-?[\d.]+)$/.exec(expression);
  return match ? [match[2], [Number(match[1]), Number(match[3])]] : [];
}

function spanOf(
  coded: CodedText,
  from: number,
  to: number,
  expression: string,
  operator?: string,
  operands?: number[],
): ExpressionSpan {
  const [a, b] = operands ?? [];
  return {
    expression,
    ...(operator && a !== undefined && b !== undefined && operands?.length === 2 && { operator, operands: [a, b] }),
    start: coded.offsets[from] ?? 0,
    end: coded.offsets[to] ?? 0,
  };
}
