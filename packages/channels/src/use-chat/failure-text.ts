// What a stranger in a browser is told of a failure.
import type { StreamPart } from "@beseda/core";
import { failureText } from "../failure-text.ts";
import type { UiChunk } from "./ui-wire.ts";

/** A part that tells of a failure: of the run, where `error` is a `BesedaError`, or of one tool, where it is text. */
export type FailurePart = Extract<StreamPart, { type: "error" | "tool-error" }>;

/** Nothing of the error itself. */
export function safeText(failure: FailurePart): string {
  if (failure.type === "tool-error") return "The tool failed.";
  const { code, status } = failure.error;
  // One with a status is of the service, such as of a model that it does not have.
  if (code !== "not-found" || status !== undefined) return failureText(failure.error);
  return "What you answer does not wait for an answer any more. Please ask again.";
}

/** How a call that did not succeed is shown: a person denied it, or it failed. */
export function toolFailure(
  part: Extract<StreamPart, { type: "tool-error" }>,
  toolCallId: string,
  onError: (failure: FailurePart) => string,
): UiChunk {
  if (part.isDenied) return { type: "tool-output-denied", toolCallId };
  return { type: "tool-output-error", toolCallId, errorText: onError(part) };
}
