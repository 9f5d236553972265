// Arithmetic in a text, written or spoken, as an expression that a calculator reads: "15% of 80" is "15 / 100 * 80".
import { type CodedText, codedText } from "./coded-text.ts";
import type { NumberSpan } from "./find-numbers.ts";

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
          match,
          phrase.write(operands.map(written)),
          phrase.operator,
          phrase.swap ? operands.reverse() : operands,
        ),
      );
    }
  }
  for (const match of coded.text.matchAll(signed)) {
    const expression = plainSigns(match[0], numbers);
    if (expression && balanced(expression)) found.push(spanOf(coded, match, expression, ...binary(expression)));
  }
  return found
    .sort((a, b) => b.end - b.start - (a.end - a.start))
    .filter((span, at, all) => !all.slice(0, at).some((other) => span.start < other.end && other.start < span.end))
    .sort((a, b) => a.start - b.start);
}

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

/** Spoken signs, and the sign that each is. Longer ones first. */
const spokenSigns: [RegExp, string][] = [
  [/(?:to the power of|raised to(?: the power of)?|в степени|\*\*)/giu, " ^ "],
  [/(?:multiplied by|умножить на|умноженн\p{L}+ на|помножить на|times|[×·])/giu, " * "],
  [/(?<=§\s*)[xх](?=\s*§)/giu, " * "],
  [/(?:divided by|(?:по|раз)делить на|(?:раз)?делённ?\p{L}* на|деленн?\p{L}* на|over|[÷:])/giu, " / "],
  [/(?:plus|плюс)/giu, " + "],
  [/(?:minus|минус|[−–])/giu, " - "],
];
const anySign =
  "\\^|\\*\\*|[-+*/×÷·−–:]|(?<=§\\s*)[xх](?=\\s*§)|to the power of|raised to(?: the power of)?|в степени|multiplied by|умножить на|умноженн\\p{L}+ на|помножить на|times|divided by|(?:по|раз)делить на|делённ?\\p{L}* на|деленн?\\p{L}* на|разделённ?\\p{L}* на|over|plus|плюс|minus|минус";
const func = "(?:sqrt|sin|cos|tan|log|ln|abs|round|floor|ceil|exp|min|max|pow)\\s*";
const atom = `(?:[-−]?\\s*(?:${func})?[(]*\\s*)*(?:§\\d+§|pi\\b|π)(?:\\s*(?:%(?!\\s*(?:of|от))|!))?(?:\\s*[)])*`;
const signed = new RegExp(
  `(?<![\\p{L}\\d])(?:${atom}(?:(?:\\s*(?:${anySign})|\\s*,(?=[^(]*[)]))\\s*${atom})+|${func}[(][^()]*[)]|§\\d+§\\s*!)`,
  "giu",
);

function plainSigns(coded: string, numbers: readonly NumberSpan[]): string {
  let plain = coded;
  for (const [spoken, sign] of spokenSigns) plain = plain.replace(spoken, sign);
  plain = plain.replace(/§(\d+)§/g, (_, number: string) => written(numbers[Number(number)]?.value ?? 0));
  return plain
    .replace(/\s+/g, " ")
    .replace(/\s*([-+*/^])\s*/g, " $1 ")
    .replace(/(^|[-+*/^(,] ?) - /g, "$1-")
    .replace(/\( /g, "(")
    .replace(/ \)/g, ")")
    .replace("π", "pi")
    .trim();
}

/** Never in the form 1e+21, which few calculators read. */
function written(value: number): string {
  return Math.abs(value) >= 1e21 ? BigInt(value).toString() : String(value);
}

function binary(expression: string): [operator?: string | undefined, operands?: number[]] {
  const match = /^(-?[\d.]+) ([-+*/^]) (-?[\d.]+)$/.exec(expression);
  return match ? [match[2], [Number(match[1]), Number(match[3])]] : [];
}

function balanced(expression: string): boolean {
  let depth = 0;
  for (const sign of expression) {
    if (sign === "(") depth++;
    if (sign === ")" && --depth < 0) return false;
  }
  return depth === 0;
}

function spanOf(
  coded: CodedText,
  match: RegExpMatchArray,
  expression: string,
  operator?: string,
  operands?: number[],
): ExpressionSpan {
  const at = match.index ?? 0;
  const [a, b] = operands ?? [];
  return {
    expression,
    ...(operator && a !== undefined && b !== undefined && operands?.length === 2 && { operator, operands: [a, b] }),
    start: coded.offsets[at] ?? 0,
    end: coded.offsets[at + match[0].length] ?? 0,
  };
}
