// Arithmetic in one pass over the text: parsed and computed at once, in linear time, with nothing that could be called.

import { inputError } from "../input-error.ts";
import { constants, factorial, functions, modulo, power } from "./expression-functions.ts";
import { readNumber, rounded } from "./expression-numbers.ts";

export const longestExpression = 1_000;
const deepest = 50;

/**
 * Operators, from loose to tight: `+ -`, then `* / %`, then signs, then `^` (from the right, so -2^2 is -4), then what
 * follows a number: `!`, `°`, `²`, `³` and `%`. `%` before another number is the remainder (10 % 3 is 1), otherwise
 * percent: 15% is 0.15, `15% of 80` is 12, and added to or taken from something it is a share of that: 80 + 15% is 92.
 * Angles are in radians unless `°` follows.
 *
 * @returns the value to 15 significant digits.
 * @throws BesedaError `invalid-argument` that says what is wrong and where.
 */
export function evaluate(text: string): number {
  if (text.length > longestExpression) {
    throw inputError(`The expression has ${text.length} characters; ${longestExpression} are allowed. Split it.`);
  }
  const parser = new Parser(text);
  return rounded(parser.whole());
}

/** A percentage that nothing was done to yet: what `+` and `-` take as a share. */
type Term = { value: number; isPercent: boolean };

const additive = new Map([
  ["+", "+"],
  ["-", "-"],
  ["−", "-"],
  ["–", "-"],
]);
const multiplicative = new Map([
  ...["*", "×", "·", "∙", "⋅", "x", "х"].map((sign) => [sign, "*"] as const),
  ...["/", "÷", ":", "∕"].map((sign) => [sign, "/"] as const),
  ...["of", "от", "из"].map((word) => [word, "of"] as const),
  ["%", "%"],
  ["mod", "%"],
]);
const powers = new Map([
  ["^", "^"],
  ["**", "^"],
]);

class Parser {
  readonly #text: string;
  #position = 0;
  #depth = 0;
  #commaSeparates = false;

  constructor(text: string) {
    this.#text = text;
  }

  whole(): number {
    if (this.#peek() === "") throw inputError("The expression is empty. Write one, such as (2 + 3) * 4.");
    const value = this.#sum();
    if (this.#peek() === "=") this.#take();
    if (this.#peek() !== "") this.#unexpected();
    return value;
  }

  #sum(): number {
    let value = this.#product().value;
    for (;;) {
      const operator = additive.get(this.#peek());
      if (!operator) return value;
      this.#take();
      const { value: given, isPercent } = this.#product();
      const change = isPercent ? value * given : given;
      value = finite(sumOf(value, operator === "+" ? change : -change));
    }
  }

  #product(): Term {
    let term = this.#signed();
    for (;;) {
      const operator = multiplicative.get(this.#peek());
      if (!operator) return term;
      if (operator === "of" && !term.isPercent) throw inputError('"of" takes a percentage before it, as in 15% of 80.');
      this.#take();
      const { value } = this.#signed();
      term = { value: finite(multiplied(term.value, operator, value)), isPercent: false };
    }
  }

  #signed(): Term {
    let isNegative = false;
    for (;;) {
      const operator = additive.get(this.#peek());
      if (!operator) break;
      if (operator === "-") isNegative = !isNegative;
      this.#take();
    }
    const { value, isPercent } = this.#power();
    return { value: isNegative ? -value : value, isPercent };
  }

  #power(): Term {
    const base = this.#withSuffixes();
    if (!powers.has(this.#peek())) return base;
    this.#take();
    const exponent = this.#deeper(() => this.#signed());
    return { value: finite(power(base.value, exponent.value)), isPercent: false };
  }

  #withSuffixes(): Term {
    let value = this.#atom();
    let isPercent = false;
    for (;;) {
      const sign = this.#peek();
      if (sign === "!") value = factorial(value);
      else if (sign === "°") value = (value * Math.PI) / 180;
      else if (sign === "²") value = finite(value ** 2);
      else if (sign === "³") value = finite(value ** 3);
      else if (sign === "%" && !this.#operandFollows()) value /= 100;
      else return { value, isPercent };
      isPercent = sign === "%";
      this.#take();
    }
  }

  #atom(): number {
    const token = this.#peek();
    const number = readNumber(this.#text, this.#position, this.#commaSeparates);
    if (number) {
      this.#position = number.end;
      return finite(number.value);
    }
    if (token === "(") return this.#inBrackets(false, () => this.#sum());
    if (token === "√") {
      this.#take();
      return this.#call("sqrt", [this.#deeper(() => this.#atom())]);
    }
    if (!isWord(token)) return this.#unexpected();
    const name = token.toLowerCase();
    if (!constants.has(name) && !functions.has(name)) throw unknownName(token);
    this.#take();
    if (this.#peek() === "(" && functions.has(name)) return this.#call(name, this.#arguments());
    return constants.get(name) ?? this.#missingArguments(name);
  }

  #arguments(): number[] {
    return this.#inBrackets(true, () => {
      const given: number[] = [];
      while (this.#peek() !== ")") {
        given.push(this.#sum());
        if (this.#peek() !== "," && this.#peek() !== ";") break;
        this.#take();
        if (this.#peek() === ")") this.#unexpected();
      }
      return given;
    });
  }

  #call(name: string, given: number[]): number {
    const { least, most, apply } = functions.get(name) ?? this.#missingArguments(name);
    if (given.length < least || given.length > most) {
      const wanted =
        least === most ? `${least}` : most === Number.POSITIVE_INFINITY ? "1 or more" : `${least} to ${most}`;
      throw inputError(
        `${name} takes ${wanted} argument${wanted === "1" ? "" : "s"}, not ${given.length}. ` +
          "Between the brackets of a function a comma parts arguments: write 2.5, not 2,5.",
      );
    }
    return finite(apply(...given));
  }

  #missingArguments(name: string): never {
    throw inputError(`${name} is a function: write ${name}(…).`);
  }

  #inBrackets<Value>(commaSeparates: boolean, inner: () => Value): Value {
    const outer = this.#commaSeparates;
    this.#commaSeparates = commaSeparates;
    this.#take();
    const value = this.#deeper(inner);
    if (this.#peek() === "") throw inputError('A closing bracket ")" is missing.');
    if (this.#peek() !== ")") this.#unexpected();
    this.#take();
    this.#commaSeparates = outer;
    return value;
  }

  #deeper<Value>(inner: () => Value): Value {
    if (++this.#depth > deepest)
      throw inputError(`The expression is nested more than ${deepest} levels deep. Simplify it.`);
    const value = inner();
    this.#depth--;
    return value;
  }

  /** The next token, "" at the end; moves only past white space. */
  #peek(): string {
    spaces.lastIndex = this.#position;
    this.#position += spaces.exec(this.#text)?.[0].length ?? 0;
    token.lastIndex = this.#position;
    return token.exec(this.#text)?.[0] ?? "";
  }

  #take(): void {
    this.#position += this.#peek().length;
  }

  /** Whether a number, a name or a bracket comes after this sign, which makes % the remainder. */
  #operandFollows(): boolean {
    operand.lastIndex = this.#position + 1;
    const next = operand.exec(this.#text)?.[1];
    return next !== undefined && !multiplicative.has(next);
  }

  #unexpected(): never {
    const found = this.#peek();
    if (found === "") throw inputError("The expression ends too early: a number is missing at its end.");
    const place = `at character ${this.#position + 1}`;
    const isOperand = /^[\d(√]/.test(found) || isWord(found);
    const advice = isOperand && this.#position > 0 ? " An operator such as * is missing before it." : "";
    throw inputError(
      `Unexpected "${shortened(found)}" ${place}.${advice} Only numbers, + - * / % ^, brackets and functions are known.`,
    );
  }
}

const spaces = /[\s\u200b]*/y;
const token = /\*\*|[xх](?=\d)|\p{L}[\p{L}\p{N}_]*|[\s\S]/uy;
const operand = /\s*(\p{L}[\p{L}\p{N}_]*|[\d.(√])/uy;

function isWord(text: string): boolean {
  return /^\p{L}/u.test(text);
}

/** What is left when nearly equal numbers are taken from each other is an error of binary fractions, not a result. */
function sumOf(a: number, b: number): number {
  const sum = a + b;
  return Math.abs(sum) < 4 * Number.EPSILON * Math.max(Math.abs(a), Math.abs(b)) ? 0 : sum;
}

function multiplied(a: number, operator: string, b: number): number {
  if (operator === "%") return modulo(a, b);
  if (operator !== "/") return a * b;
  if (b === 0) throw inputError(`Division by zero: ${rounded(a)} / 0 has no value.`);
  return a / b;
}

function finite(value: number): number {
  if (Number.isFinite(value)) return value;
  throw inputError("A result is too large: numbers go up to about 1.8e308.");
}

function unknownName(name: string): Error {
  const known = [...functions.keys(), ...constants.keys()].join(", ");
  return inputError(`"${shortened(name)}" is not known. Known are: ${known}. There are no variables.`);
}

function shortened(text: string): string {
  return text.length > 30 ? `${text.slice(0, 30)}…` : text;
}
