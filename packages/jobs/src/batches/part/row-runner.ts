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
  type Usage,
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
  /** The price of what replies have used that do not tell it themselves. */
  costOf?: ((usage: Usage) => Usage["cost"]) | undefined;
};

/** `stopped`: by one of the signals. `parked`: by `ask`. */
export type RowOutcome = { result: StoredResult; error?: BesedaError } | { stopped: true } | { parked: true };

/** Never rejects, but with what the journal throws. */
export function runRow(run: RowRun): Promise<RowOutcome> {
  return new RowAttempt(run).outcome();
}

/** The place of its own journal: it keeps in mind what that has thrown. */
class RowAttempt implements JournalPlace {
  readonly #run: RowRun;
  readonly #begunAt: number;
  #running: Run | undefined;
  #isParked = false;
  #failure: { thrown: unknown } | undefined;
  readonly #journal: RowJournal;

  constructor(run: RowRun) {
    this.#run = run;
    this.#begunAt = run.begunAt ?? Date.now();
    const { runId, askBelow } = run;
    this.#journal = new RowJournal({ runId, place: this, ask: this.#ask, askBelow });
  }

  get entries(): JournalPlace["entries"] {
    return this.#run.work.entries;
  }

  write(entries: Parameters<JournalPlace["write"]>[0]): Promise<void> {
    return this.#kept(this.#run.work.write(entries));
  }

  async outcome(): Promise<RowOutcome> {
    const { agent, row, signal, leaving, timeouts } = this.#run;
    const journal = this.#journal;
    try {
      this.#running = agent.stream(row.input, { journal, signal, instructions: row.instructions, timeouts });
      const result = await this.#running.result;
      if (this.#failure) throw this.#failure.thrown;
      if (this.#isParked) return { parked: true };
      if (signal.aborted && result.finishReason === "aborted") return { stopped: true };
      return this.#told(result, problemOf(result));
    } catch (thrown) {
      if (this.#failure) throw this.#failure.thrown;
      const error = toBesedaError(thrown);
      if (signal.aborted || (leaving?.aborted && error.code === "aborted")) return { stopped: true };
      return this.#told(thrown instanceof RunError ? thrown.result : {}, error);
    }
  }

  readonly #ask: AskModel = (question) => {
    const { work, ask } = this.#run;
    if (!work.holdsReplies) return ask(question, this.#park);
    return after(this.#kept(work.flush()), () => ask(question, this.#park));
  };

  readonly #park = (): void => {
    this.#isParked = true;
    this.#running?.cancel("it waits for a reply");
  };

  async #kept(writing: Promise<void>): Promise<void> {
    try {
      await writing;
    } catch (thrown) {
      this.#failure ??= { thrown };
      throw thrown;
    }
  }

  #told(of: Partial<RunResult>, error?: BesedaError): RowOutcome {
    const { agent, row, attempt, costOf } = this.#run;
    const result: StoredResult = {
      number: row.number,
      ...facts({ ...of, usage: priced(of.usage ?? noUsage, costOf) }),
      error: error ? plainError(error) : null,
      model: nameOf(this.#journal.asked ?? agent.model),
      attempts: attempt,
      milliseconds: Math.max(0, Date.now() - this.#begunAt),
    };
    return error ? { result: { ...result, response: null }, error } : { result };
  }
}

/** Knows which model was asked last. */
class RowJournal extends RunJournal {
  asked: LanguageModel | undefined;

  override model(model: LanguageModel, step: number): LanguageModel {
    this.asked = model;
    return super.model(model, step);
  }
}

/** What was paid for is durable before more is asked. */
async function* after(kept: Promise<void>, ask: () => ReturnType<AskModel>): AsyncGenerator<ModelEvent[]> {
  await kept;
  yield* ask();
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

function priced(usage: Usage, costOf: RowRun["costOf"]): Usage {
  const cost = usage.cost || usage.totalTokens === 0 ? {} : (costOf?.(usage) ?? {});
  return Object.keys(cost).length > 0 ? { ...usage, cost } : usage;
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
