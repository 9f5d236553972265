// A stream part as one line of JSON, for programs that read along.
import { type BesedaError, plainOutput, type StreamPart } from "@beseda/core";

/**
 * Never throws and never holds a line break but its last character. An error is written with its code, message and
 * hint; what JSON cannot hold (a bigint, a circle, a function) as a text in its place.
 */
export function jsonLine(part: StreamPart): string {
  return `${JSON.stringify(plain(part))}\n`;
}

function plain(part: StreamPart): object {
  switch (part.type) {
    case "error":
      return { ...part, error: plainError(part.error) };
    case "tool-progress":
      return { ...part, progress: plainValue(part.progress) };
    case "tool-result":
      return { ...part, input: plainValue(part.input), output: plainValue(part.output) };
    default:
      return part;
  }
}

function plainError({ code, message, hint, isRetryable, retryAfterMs, requestId, status }: BesedaError): object {
  return { code, message, hint, isRetryable, retryAfterMs, requestId, status };
}

function plainValue(value: unknown): unknown {
  return value === undefined ? null : plainOutput(value);
}
