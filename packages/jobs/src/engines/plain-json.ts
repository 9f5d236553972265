// Plain data as JSON: what jobs are made of, and what their journals keep.
import { BesedaError, describeThrown } from "@beseda/core";

/** A copy that the caller cannot change any more. @throws BesedaError `invalid-argument` */
export function plainCopy<Value>(value: Value, what: string): Value {
  return JSON.parse(toJson(value, what)) as Value;
}

/** @throws BesedaError `invalid-argument` for what JSON cannot hold: a cycle, a bigint, nothing at all */
export function toJson(value: unknown, what: string): string {
  let json: string | undefined;
  let reason = `${typeof value} has no JSON`;
  try {
    json = JSON.stringify(value);
  } catch (thrown) {
    reason = describeThrown(thrown);
  }
  if (json !== undefined) return json;
  throw new BesedaError(`${what} cannot be kept: ${reason}.`, {
    code: "invalid-argument",
    hint: "Only plain data can be: objects, arrays, strings, numbers, booleans and null.",
  });
}
