// A tool call of a run that is remembered: what came of it before comes of it again, and what comes of it now is kept.
import type { ToolCallPart } from "../message.ts";
import type { CallOutcome, Journal, JournalledCall } from "../ports/journal.ts";
import { plainOutput } from "../tool/output-text.ts";
import { type CallOutlet, type CallRun, type Outcome, runCall } from "./run-call.ts";
import type { StopSwitch } from "./stop-switch.ts";

export type JournalledRun = CallRun & { stop: StopSwitch; step: number; journal: Journal | undefined };

/** Rejects only with what the journal throws. */
export async function runJournalledCall(call: ToolCallPart, outlet: CallOutlet, run: JournalledRun): Promise<Outcome> {
  const { journal, tools, step, stop } = run;
  if (!journal) return runCall(call, outlet, run);
  const { toolCallId: callId, toolName } = call;
  const entry: JournalledCall = { step, callId, toolName, replay: tools.get(toolName)?.replay ?? "safe" };
  const known = await journal.outcome(entry);
  if (known) return outcomeOf(known);
  let failure: { thrown: unknown } | undefined;
  const begin = () =>
    journal.begin(entry).catch((thrown: unknown) => {
      failure = { thrown };
      throw thrown;
    });
  const nextJournal = () => journal.below(entry);
  const outcome = await runCall(call, outlet, { ...run, journalled: { begin, nextJournal } });
  if (failure) throw failure.thrown;
  // A call that was cut off has no outcome.
  if (outcome.type !== "waits" && !stop.isStopped) await journal.end(entry, keptOf(outcome));
  return outcome;
}

function outcomeOf(known: CallOutcome): Outcome {
  return known.error === undefined ? { type: "answer", output: known.output } : { type: "error", ...known };
}

function keptOf(outcome: Exclude<Outcome, { type: "waits" }>): CallOutcome {
  if (outcome.type === "answer") return { output: plainOutput(outcome.output) };
  const { error, isDenied } = outcome;
  return isDenied ? { error, isDenied } : { error };
}
