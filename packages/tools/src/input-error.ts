// The error of a tool whose input cannot be used. The model reads its message, so that has to say what to do instead.
import { BesedaError } from "@beseda/core";

export function inputError(message: string): BesedaError {
  return new BesedaError(message, { code: "invalid-argument" });
}
