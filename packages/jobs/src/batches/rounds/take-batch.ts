// The second half of a round: a batch of requests with its service, from its start to the last of its replies.
import {
  addUsage,
  type BatchReply,
  BesedaError,
  type JsonValue,
  type ModelBatches,
  noUsage,
  toBesedaError,
  type Usage,
  waitForOperation,
} from "@beseda/core";
import type { WithService } from "../../worker/call-off.ts";
import { plainError } from "../../worker/job-error.ts";
import type { Halt } from "../part/halt.ts";
import { concernsAll, mayPass } from "../part/pace.ts";
import { usageOf } from "../part/row-work.ts";
import type { PartWork } from "../part/run-rows.ts";
import { type Refusal, refusalEntry } from "./park-rows.ts";
import type { RoundBatch, RoundLog } from "./round-log.ts";
import { askersOf, type Parked, requestsOf } from "./spool.ts";

export type BatchWork = PartWork & {
  rounds: RoundLog;
  spool: string;
  /** What its replies have used in this attempt. */
  round: { came: Usage };
};

/** A request is in so many batches at most. */
const mostTries = 5;
/** While a service is out of order it is asked again so often, later and later. */
const mostFailures = 60;
const longestPauseMs = 60_000;
/** Between two questions, at first. Milliseconds; ten times as long at last. */
const pollMs = 5_000;
/** Replies are kept in groups. */
const groupSize = 100;

/** What came of asking the service: nothing where it was halted. */
type Answer<Value> = { value: Value; error?: undefined } | { error: BesedaError } | undefined;

/**
 * Whoever takes it up after a crash goes on with the batch that was begun: by its key where its id is not known yet. Gives
 * why the service does not take it.
 */
export async function startBatch(
  work: BatchWork,
  batch: RoundBatch,
  batches: ModelBatches,
): Promise<BesedaError | undefined> {
  const { halt, rounds, place, spool } = work;
  if (batch.id !== undefined || batch.isRead) return undefined;
  const key = batch.key ?? crypto.randomUUID();
  batch.key = key;
  await rounds.save();
  const requests = requestsOf(place.engine, spool, batch);
  const answer = await patiently(halt, () => batches.start(requests, { key, signal: halt.soon }));
  if (!answer || answer.error) return answer?.error;
  batch.id = answer.value.id;
  rounds.taken++;
  noteBegun(work);
  await rounds.save();
  return undefined;
}

/** Until all of its replies are kept, or it is halted. Gives what the service says of the batch as a whole. */
export async function collectBatch(
  work: BatchWork,
  batch: RoundBatch,
  batches: ModelBatches,
): Promise<BesedaError | undefined> {
  const { halt, rounds, spec, place, spool } = work;
  const { id } = batch;
  if (id === undefined || batch.isRead) return undefined;
  const waiting = { signal: halt.soon, pollMs: spec.pollMs ?? pollMs };
  const outcome = await patiently(halt, () => waitForOperation(batches, id, waiting));
  if (!outcome || outcome.error) return outcome?.error;
  // Where that file is lost it is no failure of the service, whose batch is waited for by whoever goes on.
  const askers = await askersOf(place.engine, spool, batch);
  const requests = requestsOf(place.engine, spool, batch);
  const kept = await patiently(halt, () =>
    keepReplies(work, { batch, askers }, batches.replies(id, requests, { signal: halt.soon })),
  );
  if (!kept || kept.error || halt.isBroken) return kept?.error;
  batch.isRead = true;
  noteBegun(work);
  await rounds.save();
  return undefined;
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
      await halt.pause(Math.min(error.retryAfterMs ?? 1_000 * 2 ** failures, longestPauseMs));
    }
  }
  return undefined;
}

type Note = { line: number; key: string; value: JsonValue };

/** Replies that were kept before a crash are written again, the same. */
async function keepReplies(
  { log, halt, here, round }: BatchWork,
  { batch, askers }: { batch: RoundBatch; askers: readonly Parked[] },
  replies: AsyncIterable<BatchReply>,
): Promise<void> {
  const isMissing = new Set(askers.keys());
  let usage = noUsage;
  let refusal: BesedaError | undefined;
  let notes: Note[] = [];
  const keep = async (index: number, reply: Pick<BatchReply, "events" | "error">) => {
    const asker = askers[index];
    if (!asker || !isMissing.delete(index)) return;
    if (reply.error && concernsAll(reply.error, log.progress)) refusal ??= reply.error;
    else notes.push(noteOf(asker, reply));
    const paid = reply.events ? usageOf(reply.events as unknown as JsonValue) : noUsage;
    if (reply.events) log.pay(asker.line, paid);
    usage = addUsage(usage, paid);
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
  await write();
  here.budget.spend(usage);
  round.came = addUsage(round.came, usage);
  if (refusal) halt.now({ why: "refused", error: refusal });
}

function noteOf({ line, step, tries }: Parked, { events, error }: Pick<BatchReply, "events" | "error">): Note {
  if (!error) return { line, key: `reply/${step}`, value: events as unknown as JsonValue };
  const refusal: Refusal = { tries: tries + 1 };
  const isLast = !mayPass(error) || refusal.tries >= mostTries;
  // It is not tried again by whoever reads it.
  if (isLast) refusal.error = plainError(error.with({ isRetryable: false }));
  return { line, ...refusalEntry(step, refusal) };
}

function unanswered({ id, model }: RoundBatch): BesedaError {
  return new BesedaError(`${model} has not answered this request in its batch ${id}.`, {
    code: "unavailable",
    isRetryable: true,
  });
}
