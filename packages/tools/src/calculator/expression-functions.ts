// The functions and constants that an expression may use, and what is wrong with an argument that they do not take.

import { inputError } from "../input-error.ts";
import { rounded } from "./expression-numbers.ts";

export type MathFunction = { least: number; most: number; apply: (...given: number[]) => number };

// Maps, not objects: nothing is inherited, so that `constructor` is as unknown as any other name.
export const constants: ReadonlyMap<string, number> = new Map([
  ["pi", Math.PI],
  ["π", Math.PI],
  ["e", Math.E],
  ["tau", 2 * Math.PI],
]);

export const functions: ReadonlyMap<string, MathFunction> = new Map([
  ["sqrt", one((x) => real(Math.sqrt(x), `sqrt(${x}) is not a real number`))],
  ["cbrt", one(Math.cbrt)],
  ["abs", one(Math.abs)],
  ["sign", one(Math.sign)],
  ["round", { least: 1, most: 2, apply: (x, digits = 0) => round(x as number, digits) }],
  ["floor", one((x) => Math.floor(rounded(x)))],
  ["ceil", one((x) => Math.ceil(rounded(x)))],
  ["trunc", one((x) => Math.trunc(rounded(x)))],
  ["min", several(Math.min)],
  ["max", several(Math.max)],
  ["sum", several(sum)],
  ["avg", several((...all) => sum(...all) / all.length)],
  ["sin", one((x) => nearZero(Math.sin(x)))],
  ["cos", one((x) => nearZero(Math.cos(x)))],
  ["tan", one(tan)],
  ["tg", one(tan)],
  ["asin", one((x) => real(Math.asin(x), `asin(${x}) does not exist: it takes -1 to 1`))],
  ["acos", one((x) => real(Math.acos(x), `acos(${x}) does not exist: it takes -1 to 1`))],
  ["atan", one(Math.atan)],
  ["sinh", one(Math.sinh)],
  ["cosh", one(Math.cosh)],
  ["tanh", one(Math.tanh)],
  ["exp", one(Math.exp)],
  ["ln", one((x) => logarithm("ln", x))],
  ["lg", one((x) => logarithm("lg", x, 10))],
  ["log10", one((x) => logarithm("log10", x, 10))],
  ["log2", one((x) => logarithm("log2", x, 2))],
  ["log", { least: 1, most: 2, apply: (x, base = 10) => logarithm("log", x as number, base) }],
  ["pow", { least: 2, most: 2, apply: (x, y) => power(x as number, y as number) }],
  ["mod", { least: 2, most: 2, apply: (x, y) => modulo(x as number, y as number) }],
  ["factorial", one(factorial)],
]);

/** The sign of the result is that of the divisor: -7 mod 3 is 2. */
export function modulo(x: number, y: number): number {
  if (y === 0) throw inputError(`Division by zero: ${x} % 0 has no value.`);
  if (!Number.isInteger(x) || !Number.isInteger(y)) return rounded(x - y * Math.floor(rounded(x / y)));
  const rest = x % y;
  return rest !== 0 && rest < 0 !== y < 0 ? rest + y : rest;
}

export function power(x: number, y: number): number {
  if (x === 0 && y < 0) throw inputError(`Division by zero: 0 to the power of ${y} has no value.`);
  return real(x ** y, `${x} to the power of ${y} is not a real number; for a cube root take cbrt(x)`);
}

export function factorial(x: number): number {
  if (!Number.isInteger(x) || x < 0 || x > 170) {
    throw inputError(`The factorial of ${x} cannot be computed: it takes whole numbers from 0 to 170.`);
  }
  let product = 1;
  for (let factor = 2; factor <= x; factor++) product *= factor;
  return product;
}

function one(apply: (x: number) => number): MathFunction {
  return { least: 1, most: 1, apply: (x) => apply(x as number) };
}

function several(apply: (...all: number[]) => number): MathFunction {
  return { least: 1, most: Number.POSITIVE_INFINITY, apply };
}

function real(value: number, problem: string): number {
  if (Number.isNaN(value)) throw inputError(`${problem}.`);
  return value;
}

function sum(...all: number[]): number {
  return all.reduce((total, x) => total + x, 0);
}

/** Half away from zero, as people round: round(2.5) is 3, round(-2.5) is -3, round(1.005, 2) is 1.01. */
function round(x: number, digits: number): number {
  if (!Number.isInteger(digits) || Math.abs(digits) > 15) {
    throw inputError(`round(x, ${digits}) cannot be computed: the digits are a whole number from -15 to 15.`);
  }
  // 10 ** -2 is inexact, 10 ** 2 is not.
  const scale = 10 ** Math.abs(digits);
  const scaled = Math.round(rounded(digits < 0 ? Math.abs(x) / scale : Math.abs(x) * scale));
  return Math.sign(x) * (digits < 0 ? scaled * scale : scaled / scale);
}

/** π is not exact in binary, so that sin(π) comes out as 1.2e-16. */
function nearZero(value: number): number {
  return Math.abs(value) < 1e-15 ? 0 : value;
}

function tan(x: number): number {
  if (nearZero(Math.cos(x)) === 0) throw inputError("The tangent has no value at 90° (pi / 2).");
  return nearZero(Math.tan(x));
}

function logarithm(name: string, x: number, base = Math.E): number {
  if (x <= 0) throw inputError(`${name}(${x}) has no value: a logarithm takes numbers above 0.`);
  if (base <= 0 || base === 1) throw inputError(`A logarithm cannot have the base ${base}: above 0 and not 1.`);
  if (base === 10) return Math.log10(x);
  if (base === 2) return Math.log2(x);
  return base === Math.E ? Math.log(x) : Math.log(x) / Math.log(base);
}
