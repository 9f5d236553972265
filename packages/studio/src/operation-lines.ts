// An operation in lines for people, and as plain data for programs.
import type { BesedaError, JsonValue, Operation, PendingApproval, RunResult } from "@beseda/core";
import type { BatchProgress, BatchResult, OperationHandle } from "@beseda/jobs";
import { progressOf } from "./batch-progress.ts";
import { progressSentence } from "./progress-bar.ts";
import { countText, rowsText } from "./progress-figures.ts";

/** As it was last seen: one that is in hand has its `state` itself, one of a list has it in its metadata. */
export type Seen = Operation<unknown> & Partial<Pick<OperationHandle<unknown>, "state">>;

export function plainOperation({ id, done, state, createdAt, modifiedAt, metadata, response, error }: Seen): object {
  return { id, done, state, createdAt, modifiedAt, metadata, response, error: error && plainError(error) };
}

export function plainError({ code, message, hint }: BesedaError): object {
  return { code, message, hint };
}

/** How it stands, and what came of it: the first line says the state. */
export function operationLines(seen: Seen): string[] {
  const { id, error } = seen;
  return [
    `${id}: ${stateOf(seen)}${error && error.code !== "aborted" ? `: ${error.advice}` : ""}`,
    ...outcomeLines(seen),
  ];
}

/** One line each, the columns under each other. */
export function operationTable(operations: readonly Seen[]): string[] {
  const widest = Math.max(0, ...operations.map(({ id }) => id.length));
  return operations.map((seen) => {
    const { id, createdAt = "", error } = seen;
    const [about = ""] = error ? [error.message] : outcomeLines(seen);
    const cells = [id.padEnd(widest), stateOf(seen).padEnd(10), createdAt.slice(0, 19).replace("T", " "), short(about)];
    return cells.join("  ").trimEnd();
  });
}

function stateOf({ done, state, metadata, error }: Seen): string {
  if (error) return error.code === "aborted" ? "called off" : "failed";
  return done ? "done" : (state ?? String(metadata?.state ?? ""));
}

/** What a run has said, or waits for; how far a batch is, or what came of it; why it does not go on. */
function outcomeLines(seen: Seen): string[] {
  const { done, response, error, metadata = {} } = seen;
  if (error) return [];
  if (done && isBatchResult(response)) {
    const { rows, failed, output, manifest, report } = response;
    return [`${rowsText(rows)}, ${countText(failed)} failed: ${output}`, manifest, report];
  }
  if (done) return [(response as Partial<RunResult> | null)?.text ?? JSON.stringify(response)];
  if (stateOf(seen) === "waiting" && pendingOf(metadata).length > 0) return pendingOf(metadata).map(pendingLine);
  const { rows, stopped, problem } = metadata as Partial<BatchProgress>;
  const progress = rows === undefined ? [] : [progressSentence(progressOf(metadata))];
  return [...progress, ...(stopped ? [stopped.message] : []), ...(problem === undefined ? [] : [problem])];
}

function isBatchResult(response: unknown): response is BatchResult {
  return typeof response === "object" && response !== null && "output" in response && "manifest" in response;
}

/** The calls that a run waits with. */
export function pendingOf(metadata: Readonly<Record<string, JsonValue>> = {}): readonly PendingApproval[] {
  const result = metadata.result as unknown as Partial<RunResult> | undefined;
  return result?.pending ?? [];
}

function pendingLine({ callId, toolName, input }: PendingApproval): string {
  return `waits for an approval: ${callId} ${toolName} ${JSON.stringify(input)}`;
}

const shownCharacters = 60;

function short(text: string): string {
  const [line = ""] = text.split("\n");
  return line.length > shownCharacters ? `${line.slice(0, shownCharacters)}…` : line;
}
