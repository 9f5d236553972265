// One row: the whole agent runs for it, and whatever goes wrong becomes its result.
import {
  type Agent,
  BesedaError,
  type JobError,
  type LanguageModel,
  type ModelEvent,
  noUsage,
  type Run,
  RunError,
  type RunResult,
  type Step,
  type Timeouts,
  textOf,
  toBesedaError,
  toolCallsOf,
} from "@beseda/core";
import type { JournalPlace } from "../../journal/journal-place.ts";
import { type AskModel, type ModelQuestion, RunJournal } from "../../journal/run-journal.ts";
import { plainError } from "../../worker/job-error.ts";
import type { InputRow } from "../batch.ts";
import type { StoredResult } from "./part-log.ts";
import type { RowWork } from "./row-work.ts";

export type RowRun = {
  agent: Agent;
  row: InputRow;
  runId: string;
  work: RowWork;
  /** `park` ends this attempt at the row: it is gone on with when there is a reply. */
  ask(question: ModelQuestion, park: () => void): ReturnType<AskModel>;
  /** How the models of sub-agents are asked, where otherwise. */
  askBelow?: AskModel | undefined;
  timeouts?: Partial<Timeouts> | undefined;
  signal: AbortSignal;
  /** Once aborted, what waits for its service is left as it is: another attempt goes on with it. */
  leaving?: AbortSignal | undefined;
  /** When it was begun for the first time, where that was before. Milliseconds since 1970. */
  begunAt?: number | undefined;
  /** From 1. */
  attempt: number;
};

/** `stopped`: by one of the signals. `parked`: by `ask`. */
export type RowOutcome = { result: StoredResult; error?: BesedaError } | { stopped: true } | { parked: true };

/** Never rejects, but with what the journal throws. */
export async function runRow(run: RowRun): Promise<RowOutcome> {
  const { agent, row, runId, work, signal, leaving, attempt } = run;
  const { begunAt = Date.now() } = run;
  let running: Run | undefined;
  let isParked = false;
  let failure: { thrown: unknown } | undefined;
  const kept = (writing: Promise<void>) =>
    writing.catch((thrown: unknown) => {
      failure ??= { thrown };
      throw thrown;
    });
  const place: JournalPlace = { entries: work.entries, write: (entries) => kept(work.write(entries)) };
  const ask: AskModel = (question) => {
    const park = () => {
      isParked = true;
      running?.cancel("it waits for a reply");
    };
    return work.holdsReplies ? after(kept(work.flush()), () => run.ask(question, park)) : run.ask(question, park);
  };
  const told = (of: Partial<RunResult>, error?: BesedaError): RowOutcome => {
    const model = nameOf(journal.asked ?? agent.model);
    const result = { number: row.number, ...facts(of), error: error ? plainError(error) : null, model };
    const milliseconds = Math.max(0, Date.now() - begunAt);
    const stored: StoredResult = { ...result, attempts: attempt, milliseconds };
    return error ? { result: { ...stored, response: null }, error } : { result: stored };
  };
  const journal = new RowJournal({ runId, place, ask, askBelow: run.askBelow });
  try {
    const { instructions } = row;
    running = agent.stream(row.input, { journal, signal, instructions, timeouts: run.timeouts });
    const result = await running.result;
    if (failure) throw failure.thrown;
    if (isParked) return { parked: true };
    if (signal.aborted && result.finishReason === "aborted") return { stopped: true };
    return told(result, problemOf(result));
  } catch (thrown) {
    if (failure) throw failure.thrown;
    const error = toBesedaError(thrown);
    if (signal.aborted || (leaving?.aborted && error.code === "aborted")) return { stopped: true };
    return told(thrown instanceof RunError ? thrown.result : {}, error);
  }
}

/** What was paid for is durable before more is asked. */
async function* after(kept: Promise<void>, ask: () => ReturnType<AskModel>): AsyncGenerator<ModelEvent[]> {
  await kept;
  yield* ask();
}

/** Knows which model was asked last. */
class RowJournal extends RunJournal {
  asked: LanguageModel | undefined;

  override model(model: LanguageModel, step: number): LanguageModel {
    this.asked = model;
    return super.model(model, step);
  }
}

export function nameOf({ provider, modelId }: LanguageModel): string {
  return `${provider}:${modelId}`;
}

/** The result of a row that could not even be begun. */
export function failedRow(
  row: InputRow,
  error: JobError,
  { model, attempts, usage }: Pick<StoredResult, "model" | "attempts" | "usage">,
): StoredResult {
  return { number: row.number, ...facts({ usage }), error, model, attempts, milliseconds: 0 };
}

function facts({ text, output, reasoning, steps = [], finishReason, usage = noUsage }: Partial<RunResult>) {
  const modelVersion = steps.at(-1)?.message.response?.modelVersion;
  return {
    response: (output === undefined ? text : JSON.stringify(output)) ?? null,
    reasoning: reasoning || null,
    toolCalls: steps.flatMap(callsOf),
    finishReason: finishReason ?? null,
    usage,
    steps: steps.length,
    ...(modelVersion !== undefined && { modelVersion }),
  };
}

function callsOf({ message, toolResults }: Step): StoredResult["toolCalls"] {
  return toolCallsOf(message).map(({ toolCallId: id, toolName: name, input }) => {
    const result = toolResults.find(({ toolCallId }) => toolCallId === id);
    const written = typeof input === "string" ? input : JSON.stringify(input);
    return { id, name, input: written, output: result ? textOf(result) : null, isError: result?.isError ?? false };
  });
}

function problemOf({ finishReason, pending }: RunResult): BesedaError | undefined {
  if (finishReason === "aborted") return new BesedaError("The run was stopped from inside.", { code: "aborted" });
  if (finishReason !== "approval") return undefined;
  const names = [...new Set(pending.map(({ toolName }) => toolName))].join(", ");
  return new BesedaError(`A call of ${names} waits for an approval, which nobody gives in a batch.`, {
    code: "unsupported",
    hint: "Take an agent for batches whose tools need no approval, or start such rows one by one with jobs.start().",
  });
}
