// What a job is told has to outlive the process: plain data, and nothing else.
import { BesedaError, type JsonValue } from "@beseda/core";

/** The value, unchanged, where JSON holds all of it; fields that are `undefined` are left out by JSON. @throws BesedaError `invalid-argument` */
export function requireJson(value: unknown, what: string): JsonValue {
  const problem = problemOf(value, what, []);
  if (!problem) return value as JsonValue;
  throw new BesedaError(`${problem}, which cannot be kept with a job.`, {
    code: "invalid-argument",
    hint: "Give plain data: objects, arrays, texts, finite numbers, booleans and null. Open connections and the like belong into the tools of the agent.",
  });
}

function problemOf(value: unknown, path: string, parents: readonly object[]): string | undefined {
  if (value === null || typeof value === "string" || typeof value === "boolean") return undefined;
  if (typeof value === "number") return Number.isFinite(value) ? undefined : `${path} is ${value}`;
  if (typeof value !== "object")
    return `${path} is ${typeof value === "undefined" ? "undefined" : `a ${typeof value}`}`;
  if (parents.includes(value)) return `${path} contains itself`;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (!Array.isArray(value) && prototype !== Object.prototype && prototype !== null) {
    return `${path} is a ${value.constructor?.name ?? "object"}`;
  }
  const pathTo = Array.isArray(value) ? (key: string) => `${path}[${key}]` : (key: string) => `${path}.${key}`;
  for (const [key, inner] of Object.entries(value)) {
    if (inner === undefined && !Array.isArray(value)) continue;
    const problem = problemOf(inner, pathTo(key), [...parents, value]);
    if (problem) return problem;
  }
  return undefined;
}
