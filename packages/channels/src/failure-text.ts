// What strangers are told of a failed run.
import type { BesedaError, ErrorCode } from "@beseda/core";

/** Nothing of the error itself: messages can hold addresses inside, names of tables and the like. */
export function failureText({ code }: BesedaError): string {
  return texts[code] ?? "Something went wrong. Please try again.";
}

const texts: Partial<Record<ErrorCode, string>> = {
  "rate-limited": "There are too many requests at the moment. Please try again a little later.",
  unavailable: "The model cannot be reached at the moment. Please try again a little later.",
  timeout: "The answer took too long. Please try again.",
};
