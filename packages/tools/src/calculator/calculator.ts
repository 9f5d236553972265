// Arithmetic for models, which are bad at it.
import { type Tool, tool } from "@beseda/core";
import { evaluate, longestExpression } from "./expression.ts";

/** `note` is there when the result has more digits than are kept. */
export type Calculation = { expression: string; result: number; note?: string };

/** Exact to 15 significant digits. Takes decimal commas, percentages and the signs × ÷ − as well. */
export function calculator(): Tool<Record<string, unknown>, Calculation> {
  return tool({
    name: "calculator",
    description:
      "Computes an arithmetic expression exactly. Use it for every calculation instead of doing it in your head. " +
      "Knows + - * / ^, brackets, percentages (15% of 80; 80 + 15% is 92), remainder (17 % 5), factorial (5!), " +
      "sqrt, cbrt, abs, round(x, digits), floor, ceil, min, max, sum, avg, sin, cos, tan, asin, acos, atan (radians; sin(30°) for " +
      "degrees), ln, log (base 10), log(x, base), log2, exp, pi, e. No variables, no equations, no units.",
    inputSchema: {
      type: "object",
      properties: {
        expression: {
          type: "string",
          maxLength: longestExpression,
          description: "The arithmetic expression in digits and signs, for example (1250 - 15%) * 3 or sqrt(2) / 2",
        },
      },
      required: ["expression"],
      additionalProperties: false,
    },
    examples: [
      "What is 17 * 23?",
      "Calculate (2 + 3) / 4",
      "How much is 15% of 2400?",
      "What is the square root of 144? sqrt(144)",
      "Сколько будет 12,5 * 8?",
      "Посчитай 2^10 - 24",
      "Вычисли 18% от 3500",
    ],
    effects: "none",
    execute: ({ expression }) => {
      const text = String(expression);
      const result = evaluate(text);
      const isLong = Math.abs(result) >= 1e15;
      return { expression: text, result, ...(isLong && { note: "rounded to 15 significant digits" }) };
    },
  });
}
