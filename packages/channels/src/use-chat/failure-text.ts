// What a stranger in a browser is told of a failure.
import type { ErrorCode, StreamPart } from "@beseda/core";
import type { UiChunk } from "./ui-wire.ts";

/** A part that tells of a failure: of the run, where `error` is a `BesedaError`, or of one tool, where it is text. */
export type FailurePart = Extract<StreamPart, { type: "error" | "tool-error" }>;

/** Nothing of the error itself: messages can hold addresses inside, names of tables and the like. */
export function safeText(failure: FailurePart): string {
  if (failure.type === "tool-error") return "The tool failed.";
  return texts[failure.error.code] ?? "Something went wrong. Please try again.";
}

const texts: Partial<Record<ErrorCode, string>> = {
  "rate-limited": "There are too many requests at the moment. Please try again a little later.",
  unavailable: "The model cannot be reached at the moment. Please try again a little later.",
  timeout: "The answer took too long. Please try again.",
  "not-found": "What you answer does not wait for an answer any more. Please ask again.",
};

/** How a call that did not succeed is shown: a person denied it, or it failed. */
export function toolFailure(
  part: Extract<StreamPart, { type: "tool-error" }>,
  toolCallId: string,
  onError: (failure: FailurePart) => string,
): UiChunk {
  if (part.isDenied) return { type: "tool-output-denied", toolCallId };
  return { type: "tool-output-error", toolCallId, errorText: onError(part) };
}
