// Runs of numbers, signs and brackets in a coded text, read once from left to right.
import type { NumberSpan } from "./find-numbers.ts";

/** `expression` in signs that calculators know; `start` and `end` in the coded text. */
export type Run = { expression: string; start: number; end: number };

type Token = {
  kind: "number" | "sign" | "minus" | "open" | "close" | "comma" | "after" | "function";
  text: string;
  start: number;
  end: number;
};

/** Only what computes something: two operands with a sign, a function, a factorial. */
export function scanArithmetic(coded: string, numbers: readonly NumberSpan[]): Run[] {
  const tokens = tokensOf(coded, numbers);
  const runs: Run[] = [];
  let at = 0;
  while (at < tokens.length) {
    const run = runFrom(tokens, at);
    if (run) runs.push(run.run);
    at = run ? run.next : at + 1;
  }
  return runs;
}

const signs: readonly [kind: Token["kind"], text: string, pattern: string][] = [
  ["sign", "^", "\\^|\\*\\*|raised to the power of|to the power of|to the power|raised to|в степени|в степень"],
  ["sign", "*", "[*×·]|multiplied by|times|умножить на|умноженн\\p{L}+ на|помножить на|(?<=§ ?)[xх](?= ?§)"],
  ["sign", "/", "[/÷]|(?<=§ ?):(?= ?§)|divided by|over|(?:по|раз)делить на|(?:раз)?дел[её]нн?\\p{L}* на"],
  ["sign", "+", "\\+|plus|плюс|прибавить"],
  ["minus", "-", "[-−–]|minus|минус|отнять|вычесть"],
  ["open", "(", "\\("],
  ["close", ")", "\\)"],
  ["comma", ",", ","],
  ["after", "%", "%(?!\\s*(?:of|от)(?!\\p{L}))"],
  ["after", "!", "!(?!\\s*$)|(?<=^\\s*§\\d+§)!"],
  ["function", "", "(?:sqrt|sin|cos|tan|log|ln|abs|round|floor|ceil|exp|min|max|pow)(?=\\s*\\()"],
  ["number", "pi", "pi|π|пи"],
];

const tokenPattern = new RegExp(
  [
    "\\s+",
    "§(\\d+)§",
    ...signs.map(([, , pattern]) =>
      /\p{L}{2}/u.test(pattern) ? `((?<!\\p{L})(?:${pattern})(?!\\p{L})|${symbolsIn(pattern)})` : `(${pattern})`,
    ),
    "\\p{L}+|.",
  ].join("|"),
  "giu",
);

/** The signs of a row need no space around them, its words do. */
function symbolsIn(pattern: string): string {
  return (
    pattern
      .split("|")
      .filter((each) => !/\p{L}{2}/u.test(each))
      .join("|") || "(?!)"
  );
}

function tokensOf(coded: string, numbers: readonly NumberSpan[]): Token[] {
  const tokens: Token[] = [];
  for (const match of coded.matchAll(tokenPattern)) {
    if (match[0].trim() === "") continue;
    const [, number, ...groups] = match;
    const place = { start: match.index, end: match.index + match[0].length };
    const at = groups.findIndex((group) => group !== undefined);
    const sign = signs[at];
    if (number !== undefined)
      tokens.push({ kind: "number", text: written(numbers[Number(number)]?.value ?? 0), ...place });
    else if (sign) tokens.push({ kind: sign[0], text: sign[1] || match[0].toLowerCase(), ...place });
    // Anything else ends a run.
    else tokens.push({ kind: "close", text: "", ...place });
  }
  return tokens;
}

/** The longest run that begins at a token, and where the next one may begin. */
function runFrom(tokens: readonly Token[], from: number): { run: Run; next: number } | undefined {
  let depth = 0;
  let wantsOperand = true;
  let computes = false;
  let expression = "";
  let best: { run: Run; next: number } | undefined;
  const start = tokens[from]?.start ?? 0;
  for (let at = from; at < tokens.length; at++) {
    const token = tokens[at] as Token;
    if (wantsOperand) {
      if (token.kind === "number") wantsOperand = false;
      else if (token.kind === "open" || token.kind === "function") depth += token.kind === "open" ? 1 : 0;
      else if (token.kind !== "minus") break;
      if (token.kind === "function") computes = true;
      expression += token.text;
    } else if (token.kind === "sign" || token.kind === "minus") {
      wantsOperand = true;
      computes = true;
      expression += ` ${token.text} `;
    } else if (token.kind === "number" && token.text.startsWith("-")) {
      // "10 -4": the minus was taken for the number's own.
      computes = true;
      expression += ` - ${token.text.slice(1)}`;
    } else if (token.kind === "after") {
      computes ||= token.text === "!";
      expression += token.text;
    } else if (token.kind === "comma" && depth > 0) {
      wantsOperand = true;
      expression += ", ";
    } else if (token.kind === "close" && token.text === ")" && depth > 0) {
      depth--;
      expression += ")";
    } else break;
    if (!wantsOperand && depth === 0 && computes) best = { run: { expression, start, end: token.end }, next: at + 1 };
  }
  return best;
}

/** Never in the form 1e+21, which few calculators read. */
export function written(value: number): string {
  return Math.abs(value) >= 1e21 ? BigInt(value).toString() : String(value);
}
