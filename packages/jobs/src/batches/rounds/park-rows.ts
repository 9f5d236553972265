// The first half of a round: every row that is not done is run as far as it comes without a new reply; what it asks then
// is noted.
import {
  BesedaError,
  estimateUsage,
  type JobError,
  type JsonValue,
  type LanguageModel,
  type ModelBatches,
  type ModelEvent,
  type ModelRequest,
  promptedTools,
  type Usage,
} from "@beseda/core";
import { askNow } from "../../journal/ask-model.ts";
import type { AskModel, ModelQuestion } from "../../journal/run-journal.ts";
import { revivedError } from "../../worker/job-error.ts";
import { guessedAnswer } from "../begin/estimate.ts";
import type { Budget, Room } from "../part/budget.ts";
import { pricing } from "../part/priced-replies.ts";
import type { FedRow } from "../part/row-feed.ts";
import { nameOf, type RowOutcome, runRow } from "../part/row-runner.ts";
import { usageOf } from "../part/row-work.ts";
import { askWhole, type PartWork, pumpRows, rowId, timeoutsOf } from "../part/run-rows.ts";
import type { OpenRound, RoundBatch } from "./round-log.ts";
import { type Parked, SpoolWriter, spoolFolder } from "./spool.ts";

/** What came of asking a step before, where it was no reply: kept beside the replies, as `asked/STEP`. */
export type Refusal = { tries: number; error?: JobError };

/** The models that were met, by the number of their group. */
export type ModelsMet = Map<number, BatchModel>;

export type BatchModel = LanguageModel & { batches: ModelBatches };

/** So many kinds of requests in one round. */
const mostGroups = 100;

/** Nothing where no row has to be answered by a batch any more, or the work was halted: then nothing is kept. */
export async function parkRows(
  work: PartWork,
  { models, room, begunAt }: { models: ModelsMet; room: Room; begunAt: number },
): Promise<OpenRound | undefined> {
  const { spec, place, halt, here } = work;
  let isShort = false;
  const groups = new Groups(models);
  const writer = new SpoolWriter();
  const spool = `${spoolFolder(spec.batchId, spec.part)}${crypto.randomUUID()}.jsonl`;
  const written = place.engine.files.put(spool, writer.bytes());
  // Until it is waited for; rows that wait to be written are let go.
  written.catch(() => writer.end());
  // Rows whose replies are there already come to their ends whatever is left of the budget: it is asked for requests.
  await pumpRows(work, undefined, async (fed) => {
    let note: Promise<void> | undefined;
    await here.budget.isSpent();
    const outcome = await runParking({ ...work, begunAt }, fed, (question, parked) => {
      const batch = groups.batchOf(question, { line: parked.line, step: parked.step });
      const usage = guessOf(question);
      if (!room.take({ batch, usage, costOf: question.model.costOf })) {
        isShort = true;
        return;
      }
      const group = groups.join(batch);
      if (groups.batches.length > mostGroups) halt.now({ why: "refused", error: tooManyGroups() });
      note = writer.add({ ...parked, group, inputTokens: usage.inputTokens, request: question.request });
    });
    await note;
    return outcome;
  });
  if (isShort && groups.batches.length === 0) halt.now({ why: "budget" });
  const isOver = halt.stop !== undefined || groups.batches.length === 0;
  writer.end(isOver ? { thrown: nothingToSend } : undefined);
  try {
    await written;
  } catch (thrown) {
    if (thrown === nothingToSend) return undefined;
    throw thrown;
  }
  return { spool, batches: groups.batches };
}

type BatchQuestion = ModelQuestion & { model: BatchModel };

const nothingToSend = new BesedaError("There is nothing to be sent.", { code: "aborted" });

/** Runs a row until it asks a model that takes batches; those that do not are asked at once. */
export async function runParking(
  { agent, spec, halt, here, begunAt }: Pick<PartWork, "agent" | "spec" | "halt" | "here"> & { begunAt?: number },
  { line, row, work, attempt }: FedRow,
  onPark: (question: BatchQuestion, parked: Omit<Parked, "group" | "inputTokens">) => void,
): Promise<RowOutcome> {
  const spending = (ask: AskModel) => spendingFrom(here.budget, pricing(ask, "sync"));
  const askDirectly = spending(askWhole);
  let isRefused = false;
  const outcome = await runRow({
    agent,
    row,
    runId: rowId(spec, line),
    work,
    ask: (question, park) => {
      const { tries = 0, error } = (question.begun.read() ?? {}) as Partial<Refusal>;
      isRefused = error !== undefined;
      if (error) return ending(() => Promise.reject(revivedError(error)));
      if (!takesBatches(question.model)) return askDirectly(question);
      const model = withTools(question.model, question.request);
      onPark({ ...question, model }, { line, step: work.stepsAnswered + 1, tries });
      park();
      return ending(async () => ({ done: true, value: undefined }));
    },
    // Whole replies would be silent for longer than sub-agents wait.
    askBelow: spending(askNow),
    timeouts: timeoutsOf({ spec, agent }),
    signal: halt.cut,
    attempt: attempt + work.refusals,
    begunAt,
  });
  if ("parked" in outcome) await work.flush();
  // What a batch has refused is of this row alone: that was found when the batch was read.
  return isRefused && "result" in outcome ? { result: outcome.result } : outcome;
}

/** What is asked directly counts when it is answered. */
function spendingFrom(budget: Budget, ask: AskModel): AskModel {
  return async function* (question) {
    for await (const events of ask(question)) {
      budget.spend(usageOf(events as unknown as JsonValue));
      yield events;
    }
  };
}

/** An answer is taken for as long as estimates take it. */
function guessOf({ request }: BatchQuestion): Usage {
  const { inputTokens } = estimateUsage(request, { role: "assistant", content: [] });
  const outputTokens = Math.min(guessedAnswer, request.settings.maxOutputTokens ?? guessedAnswer);
  return { inputTokens, outputTokens, totalTokens: inputTokens + outputTokens };
}

function takesBatches(model: LanguageModel): model is BatchModel {
  return model.batches !== undefined;
}

const inWords = new WeakMap<BatchModel, BatchModel>();

/** Tools are put into words where batches know of none. One for each model: it remembers what it made of messages. */
function withTools(model: BatchModel, { tools, messages }: ModelRequest): BatchModel {
  if (model.batches.tools !== false) return model;
  if (tools.length === 0 && !messages.some(({ role }) => role === "tool")) return model;
  const able = inWords.get(model) ?? (promptedTools(model) as BatchModel);
  inWords.set(model, able);
  return able;
}

/** A reply that says nothing. */
function ending(next: () => Promise<IteratorResult<ModelEvent[]>>): AsyncIterable<ModelEvent[]> {
  return { [Symbol.asyncIterator]: () => ({ next }) };
}

/** A batch has one model, and of some services one set of settings. */
class Groups {
  /** Those that have requests. */
  readonly batches: RoundBatch[] = [];
  readonly #models: ModelsMet;
  readonly #byModel = new Map<BatchModel, Map<string, RoundBatch>>();

  constructor(models: ModelsMet) {
    models.clear();
    this.#models = models;
  }

  /** The one that the request would be in. */
  batchOf({ model, request }: BatchQuestion, asker: RoundBatch["asker"]): RoundBatch {
    const { settings, outputSchema, reasoning } = request;
    const ofModel = this.#byModel.get(model) ?? new Map<string, RoundBatch>();
    this.#byModel.set(model, ofModel);
    const sort = JSON.stringify([settings, outputSchema, reasoning]);
    const batch = ofModel.get(sort) ?? this.#begin(model, asker);
    ofModel.set(sort, batch);
    return batch;
  }

  /** Gives its number. */
  join(batch: RoundBatch): number {
    if (batch.to++ === 0) this.batches.push(batch);
    return batch.group;
  }

  #begin(model: BatchModel, asker: RoundBatch["asker"]): RoundBatch {
    const group = this.#models.size;
    this.#models.set(group, model);
    return { group, from: 0, to: 0, model: nameOf(model), asker };
  }
}

function tooManyGroups(): BesedaError {
  return new BesedaError(`The rows of this part ask more than ${mostGroups} models, or with as many settings.`, {
    code: "invalid-argument",
    hint: "Make the models that prepareStep chooses once, outside of it, or take calls: sync.",
  });
}

export function refusalEntry(step: number, refusal: Refusal): { key: string; value: JsonValue } {
  return { key: `asked/${step}`, value: refusal as unknown as JsonValue };
}
