// The second half of a round: a batch of requests with its service, from its start to the last of its replies.
import {
  addUsage,
  BesedaError,
  type BatchReply,
  type JsonValue,
  type ModelBatches,
  noUsage,
  type Usage,
  waitForOperation,
} from "@beseda/core";
import { concernsAll, mayPass } from "../pace.ts";
import type { PartWork } from "../part/run-rows.ts";
import { plainError } from "../../work/job-error.ts";
import { type Refusal, refusalEntry } from "./park-rows.ts";
import type { RoundBatch, RoundLog } from "./round-log.ts";
import { askersOf, type Parked, requestsOf } from "./spool.ts";

export type BatchWork = PartWork & { rounds: RoundLog; spool: string };

/** A request is in so many batches at most. */
const mostTries = 5;
/** While a service is out of order it is asked again so often, later and later. */
const mostFailures = 60;
const longestPauseMs = 60_000;
/** Between two questions, at first. Milliseconds; ten times as long at last. */
const pollMs = 5_000;
/** Replies are kept in groups. */
const groupSize = 100;

/**
 * Whoever takes it up after a crash goes on with the batch that was begun: by its key where its id is not known yet.
 * Returns when all replies are kept, or when it was halted.
 * @throws BesedaError what the service says of the batch as a whole
 */
export async function takeBatch(work: BatchWork, batch: RoundBatch, batches: ModelBatches): Promise<void> {
  const { halt, rounds, spec, place, spool } = work;
  const { soon: signal } = halt;
  const requests = requestsOf(place.engine, spool, batch);
  if (batch.id === undefined) {
    const key = (batch.key ??= crypto.randomUUID());
    await rounds.save();
    const started = await patiently(work, () => batches.start(requests, { key, signal }));
    if (!started) return;
    batch.id = started.id;
    rounds.taken++;
    await rounds.save();
  }
  const { id } = batch;
  const outcome = await patiently(work, () => waitForOperation(batches, id, { signal, pollMs: spec.pollMs ?? pollMs }));
  if (!outcome) return;
  const isRead = await patiently(work, async () => {
    await keepReplies(work, batch, batches.replies(id, requests, { signal }));
    return true;
  });
  if (!isRead) return;
  batch.isRead = true;
  await rounds.save();
}

/** Nothing where it was halted. A failure that may pass is waited out: what is with the service is paid for. */
async function patiently<Value>({ halt }: BatchWork, ask: () => Promise<Value>): Promise<Value | undefined> {
  for (let failures = 1; !halt.stop; failures++) {
    try {
      return await ask();
    } catch (thrown) {
      if (halt.stop) return undefined;
      if (!mayPass(thrown) || failures === mostFailures) throw thrown;
      const { retryAfterMs = 1_000 * 2 ** failures } = thrown as BesedaError;
      await halt.pause(Math.min(retryAfterMs, longestPauseMs));
    }
  }
  return undefined;
}

type Note = { line: number; key: string; value: JsonValue };

/** Replies that were kept before a crash are written again, the same. */
async function keepReplies(
  { log, halt, here, rounds, place, spool }: BatchWork,
  batch: RoundBatch,
  replies: AsyncIterable<BatchReply>,
): Promise<void> {
  const askers = await askersOf(place.engine, spool, batch);
  const isMissing = new Set(askers.keys());
  let usage = noUsage;
  let refusal: BesedaError | undefined;
  let notes: Note[] = [];
  const keep = async (index: number, reply: Pick<BatchReply, "events" | "error">) => {
    const asker = askers[index];
    if (!asker || !isMissing.delete(index)) return;
    if (reply.error && concernsAll(reply.error, log.progress)) refusal ??= reply.error;
    else notes.push(noteOf(asker, reply));
    usage = addUsage(usage, usageOf(reply));
    if (notes.length < groupSize) return;
    await log.note(notes);
    notes = [];
  };
  for await (const { index, ...reply } of replies) {
    if (halt.isBroken) return;
    await keep(index, reply);
  }
  for (const index of [...isMissing]) await keep(index, { error: unanswered(batch) });
  await log.note(notes);
  rounds.usage = addUsage(rounds.usage, usage);
  here.budget.spend(usage);
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

function usageOf({ events }: Pick<BatchReply, "events">): Usage {
  const last = events?.at(-1);
  return (last?.type === "finish" && last.usage) || noUsage;
}

function unanswered({ id, model }: RoundBatch): BesedaError {
  return new BesedaError(`${model} has not answered this request in its batch ${id}.`, {
    code: "unavailable",
    isRetryable: true,
  });
}
