// A tool call of a run that is remembered: what came of it before comes of it again, and what comes of it now is kept.
import { addUsage, noUsage, type ToolCallPart, type Usage } from "../message.ts";
import type { CallOutcome, Journal, JournalledCall } from "../ports/journal.ts";
import { plainOutput } from "../tool/output-text.ts";
import { StepBudget } from "./budget.ts";
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
  if (known) return recalled(known, run.link);
  let failure: { thrown: unknown } | undefined;
  const begin = () =>
    journal.begin(entry).catch((thrown: unknown) => {
      failure = { thrown };
      throw thrown;
    });
  const journalOf = (key: string) => journal.below(entry, key);
  const below = new Below(run.link);
  const outcome = await runCall(call, outlet, { ...run, link: below.link, journalled: { begin, journalOf } });
  if (failure) throw failure.thrown;
  // A call that was cut off has no outcome.
  if (outcome.type !== "waits" && !stop.isStopped) await journal.end(entry, { ...keptOf(outcome), ...below.used });
  return outcome;
}

function recalled({ used, ...known }: CallOutcome, { addUsage, budget }: CallRun["link"]): Outcome {
  if (used) addUsage(used.usage);
  for (let step = 0; step < (used?.steps ?? 0); step++) budget.take();
  return known.error === undefined ? { type: "answer", output: known.output } : { type: "error", ...known };
}

const plenty = Number.MAX_SAFE_INTEGER;

/** Counts what the runs that a call starts use, and passes it on. */
class Below {
  readonly link: CallRun["link"];
  readonly #budget: StepBudget;
  #usage: Usage = noUsage;

  constructor(link: CallRun["link"]) {
    this.#budget = new StepBudget(plenty, link.budget);
    const count = (usage: Usage) => {
      this.#usage = addUsage(this.#usage, usage);
      link.addUsage(usage);
    };
    this.link = { ...link, budget: this.#budget, addUsage: count };
  }

  get used(): Pick<CallOutcome, "used"> {
    const steps = plenty - this.#budget.left;
    return steps > 0 ? { used: { usage: this.#usage, steps } } : {};
  }
}

function keptOf(outcome: Exclude<Outcome, { type: "waits" }>): CallOutcome {
  if (outcome.type === "answer") return { output: plainOutput(outcome.output) };
  const { error, isDenied } = outcome;
  return isDenied ? { error, isDenied } : { error };
}
