// The second half of a round: a batch of requests with its service, from its start to the last of its replies.
import {
  addUsage,
  type BatchReply,
  BesedaError,
  type JsonValue,
  type ModelBatches,
  noUsage,
  type Operation,
  toBesedaError,
  type Usage,
  waitForOperation,
} from "@beseda/core";
import type { WithService } from "../../worker/call-off.ts";
import { plainError } from "../../worker/job-error.ts";
import type { Halt } from "../part/halt.ts";
import { concernsAll, fewestAlike, mayPass } from "../part/pace.ts";
import { usageOf } from "../part/row-work.ts";
import type { PartWork } from "../part/run-rows.ts";
import { BatchBill } from "./batch-bill.ts";
import { type ModelsMet, type Refusal, refusalEntry } from "./park-rows.ts";
import type { RoundBatch, RoundLog } from "./round-log.ts";
import { askersOf, type Parked, requestsOf } from "./spool.ts";

export type BatchWork = PartWork & {
  rounds: RoundLog;
  spool: string;
  /** What its replies have used in this attempt. */
  round: { came: Usage; models: ModelsMet };
};

/** A request is in so many batches at most. */
const mostTries = 5;
/** While a service is out of order it is asked again so often, later and later. */
export const mostFailures = 60;
const longestPauseMs = 60_000;
/** How long calling off may take: of a batch that is being begun, and of all that are. */
export const cancelMs = 10_000;
/** Between two questions, at first. Milliseconds; ten times as long at last. */
const pollMs = 5_000;
/** Replies are kept in groups. */
const groupSize = 100;

/** What came of asking the service: nothing where it was halted. */
type Answer<Value> = { value: Value; error?: undefined } | { error: BesedaError } | undefined;

/**
 * `refused`: the service has not taken it. `over`: it says itself that this batch gives no replies, or no more of them where it is
 * read. `unheard`: asking has failed, and it may be worked on and paid for.
 */
export type Trouble = { as: "refused" | "over" | "unheard"; error: BesedaError };

/** Whoever takes it up after a crash goes on with the batch that was begun: by its key where its id is not known yet. */
export async function startBatch(
  work: BatchWork,
  batch: RoundBatch,
  batches: ModelBatches,
): Promise<Trouble | undefined> {
  const { halt, rounds, place, spool } = work;
  const key = batch.key ?? crypto.randomUUID();
  batch.key = key;
  await rounds.save();
  const requests = requestsOf(place.engine, spool, batch);
  const answer = await patiently(halt, () =>
    untilCalledOff(halt, (signal) => batches.start(requests, { key, signal })),
  );
  if (!answer) return undefined;
  if (answer.error) return { as: "refused", error: answer.error };
  batch.id = answer.value.id;
  rounds.taken++;
  noteBegun(work);
  if (!halt.isBroken) await rounds.save();
  return undefined;
}

/** Where the part is called off its answer is waited for all the same, for a while: without its id nobody can call it off. */
async function untilCalledOff<Value>(halt: Halt, ask: (signal: AbortSignal) => Promise<Value>): Promise<Value> {
  const late = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const onStop = () => {
    timer = setTimeout(() => late.abort(halt.soon.reason), cancelMs);
  };
  halt.soon.addEventListener("abort", onStop, { once: true });
  try {
    return await ask(AbortSignal.any([halt.leaving, late.signal]));
  } finally {
    clearTimeout(timer);
    halt.soon.removeEventListener("abort", onStop);
  }
}

/** Until all of its replies are kept, or it is halted. */
export async function collectBatch(
  work: BatchWork,
  batch: RoundBatch,
  batches: ModelBatches,
): Promise<Trouble | undefined> {
  const { halt, rounds, place, spool } = work;
  const id = batch.id ?? "";
  const end = await patiently(halt, () => endOf(work, batch, batches));
  if (!end) return undefined;
  if (end.error) return { as: "unheard", error: end.error };
  const over = end.value && ({ as: "over", error: end.value } as const);
  // One that was cancelled may have been answered in part.
  if (over && over.error.code !== "aborted") return over;
  // Where that file is lost it is no failure of the service, whose batch is waited for by whoever goes on.
  const askers = await askersOf(place.engine, spool, batch);
  const requests = requestsOf(place.engine, spool, batch);
  const kept = await patiently(halt, () =>
    keepReplies(work, { batch, askers }, batches.replies(id, requests, { signal: halt.soon })),
  );
  if (!kept || halt.isBroken) return undefined;
  if (kept.error) return over && kept.error.code === "aborted" ? over : { as: "unheard", error: kept.error };
  batch.isRead = true;
  noteBegun(work);
  await rounds.save();
  return over;
}

/** Once it is done: what the service says against it. */
async function endOf(
  { halt, spec }: BatchWork,
  batch: RoundBatch,
  batches: ModelBatches,
): Promise<BesedaError | undefined> {
  const { id = "" } = batch;
  let said: BesedaError | undefined;
  const onProgress = ({ done, error }: Operation<unknown>) => {
    said = error;
    // It works on it. One that is done has been lost if its replies are.
    if (!done) delete batch.isLost;
  };
  await waitForOperation(batches, id, { signal: halt.soon, pollMs: spec.pollMs ?? pollMs, onProgress }).catch(
    (thrown: unknown) => {
      if (!said) throw thrown;
    },
  );
  return said;
}

/** Told with the progress of the part, for whoever calls it off. */
export function noteBegun({ log, rounds }: Pick<BatchWork, "log" | "rounds">): void {
  const begun = (rounds.open?.batches ?? []).flatMap(({ id, isRead, model }): WithService[] =>
    id === undefined || isRead ? [] : [{ as: "batch", model, id }],
  );
  if (begun.length > 0) log.progress.withService = begun;
  else delete log.progress.withService;
}

/** A failure that may pass is waited out: what is with the service is paid for. */
async function patiently<Value>(halt: Halt, ask: () => Promise<Value>): Promise<Answer<Value>> {
  for (let failures = 1; !halt.stop; failures++) {
    try {
      return { value: await ask() };
    } catch (thrown) {
      if (halt.stop) break;
      const error = toBesedaError(thrown);
      if (!mayPass(error) || failures === mostFailures) return { error };
      await halt.pause(pauseMs(error, failures));
    }
  }
  return undefined;
}

/** Before the service is asked again. */
export function pauseMs({ retryAfterMs }: BesedaError, failures: number): number {
  return Math.min(retryAfterMs ?? 1_000 * 2 ** failures, longestPauseMs);
}

type Note = { line: number; key: string; value: JsonValue };

/** Replies that were kept before a crash are written again, the same. */
async function keepReplies(
  { log, halt, here, round }: BatchWork,
  { batch, askers }: { batch: RoundBatch; askers: readonly Parked[] },
  replies: AsyncIterable<BatchReply>,
): Promise<void> {
  const isMissing = new Set(askers.keys());
  const refusals: [Parked, BesedaError][] = [];
  let notes: Note[] = [];
  const paid: [line: number, usage: Usage][] = [];
  const bill = new BatchBill(round.models.get(batch.group)?.costOf, askers.length);
  const keep = async (index: number, { events: replied, error }: Pick<BatchReply, "events" | "error">) => {
    const asker = askers[index];
    if (!asker || !isMissing.delete(index)) return;
    const events = replied && bill.billed(replied, asker.inputTokens);
    if (error && concernsAll(error, log.progress)) refusals.push([asker, error]);
    else notes.push(noteOf(asker, { events, error }));
    if (events) paid.push([asker.line, usageOf(events as unknown as JsonValue)]);
    if (notes.length >= groupSize) await write();
  };
  const write = async () => {
    // What cannot be written is no failure of the service.
    await log.note(notes).catch((thrown: unknown) => halt.fail(thrown));
    notes = [];
  };
  for await (const { index, ...reply } of replies) {
    if (halt.isBroken) return;
    await keep(index, reply);
  }
  for (const index of [...isMissing]) await keep(index, { error: unanswered(batch) });
  const isOwn = paid.length > 0 || refusals.length < Math.min(fewestAlike, askers.length);
  const ownOnes = isOwn ? refusals.filter(([, { code }]) => code === "not-found") : [];
  notes.push(...ownOnes.map(([asker, error]) => noteOf(asker, { error })));
  await write();
  // Once, however often they had to be asked for.
  for (const [line, usage] of paid) log.pay(line, usage);
  const usage = paid.reduce((sum, [, each]) => addUsage(sum, each), noUsage);
  here.budget.spend(usage);
  round.came = addUsage(round.came, usage);
  const refusal = refusals.find((each) => !ownOnes.includes(each));
  if (refusal) halt.now({ why: "refused", error: refusal[1] });
}

function noteOf({ line, step, tries }: Parked, { events, error }: Pick<BatchReply, "events" | "error">): Note {
  if (!error) return { line, key: `reply/${step}`, value: events as unknown as JsonValue };
  const isAskedAgain = (mayPass(error) || isUnanswered(error)) && tries + 1 < mostTries;
  // What is not is an error for whoever reads it.
  const refusal: Refusal = isAskedAgain
    ? { tries: tries + 1 }
    : { tries, error: plainError(error.with({ isRetryable: false })) };
  return { line, ...refusalEntry(step, refusal) };
}

/** The batch was cancelled before its turn. */
function isUnanswered({ code, isRetryable }: BesedaError): boolean {
  return code === "aborted" && isRetryable;
}

function unanswered({ id, model }: RoundBatch): BesedaError {
  return new BesedaError(`${model} has not answered this request in its batch ${id}.`, {
    code: "unavailable",
    isRetryable: true,
  });
}
