// An error for people: one line with what happened and what to do; where it comes from only for those who ask.
import { describeThrown, toBesedaError } from "@beseda/core";
import { oneLine, safeText } from "./safe-text.ts";

/** One line. With `verbose` the stack follows, and the stacks of what caused it. Never throws, whatever was thrown. */
export function errorText(thrown: unknown, { verbose = false }: { verbose?: boolean | undefined } = {}): string {
  const error = toBesedaError(thrown);
  const line = oneLine(error.advice, 2_000);
  return verbose ? [line, ...stacks(error)].join("\n") : line;
}

const deepest = 5;

function stacks(error: Error): string[] {
  const lines: string[] = [];
  let cause: unknown = error;
  for (let depth = 0; cause !== undefined && depth < deepest; depth++) {
    const text = cause instanceof Error ? (cause.stack ?? describeThrown(cause)) : describeThrown(cause);
    lines.push(safeText(depth === 0 ? text : `caused by ${text}`));
    cause = cause instanceof Error ? cause.cause : undefined;
  }
  return lines;
}
