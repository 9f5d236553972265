// A round whose requests are noted: its batches with their service, and what is done about those that come to nothing.
import type { BesedaError, ModelBatches } from "@beseda/core";
import { plainError, revivedError } from "../../worker/job-error.ts";
import { meetModel } from "./meet-model.ts";
import { refusalEntry } from "./park-rows.ts";
import type { OpenRound, RoundBatch, RoundLog } from "./round-log.ts";
import { askersOf } from "./spool.ts";
import {
  type BatchWork,
  collectBatch,
  mostFailures,
  noteBegun,
  pauseMs,
  startBatch,
  type Trouble,
} from "./take-batch.ts";

/** All batches of a round are with the service before the first of them is waited for. */
export async function finishRound(work: BatchWork, round: OpenRound): Promise<void> {
  const counts: Counts = { refusals: 0, failures: 0 };
  while (!work.halt.stop) {
    const open = round.batches.filter(({ isRead, refusal }) => !isRead && !refusal);
    const batch = open.find(({ id }) => id === undefined) ?? open[0];
    if (!batch) return settle(work, round);
    const batches = await batchesOf(work, batch);
    const trouble = await (batch.id === undefined ? startBatch : collectBatch)(work, batch, batches);
    if (trouble) await mend(work, { round, batch, trouble, counts });
  }
}

async function batchesOf(work: BatchWork, batch: RoundBatch): Promise<ModelBatches> {
  const { models } = work.round;
  const model = models.get(batch.group) ?? (await meetModel(work, batch));
  models.set(batch.group, model);
  return model.batches;
}

/** In this attempt: how often a batch was refused because of its requests, and how often one failed in passing. */
type Counts = { refusals: number; failures: number };

/**
 * `divide`: its requests, or their number, are at fault. `again`: it is begun again in a while. `anew`: its requests are sent
 * again by whoever goes on. `wait`: whoever goes on waits for it. `stop`: there is nothing to be done about it.
 */
type Remedy = "divide" | "again" | "anew" | "wait" | "stop";

function remedyFor({ as, error }: Trouble, { isLost, isRead }: RoundBatch, { failures }: Counts): Remedy {
  if (as === "refused") return isAboutRequests(error) ? "divide" : "stop";
  if (as === "unheard") return isLost && isUnknown(error) ? "again" : "wait";
  if (isRead) return "stop";
  if (error.isRetryable) return failures < mostFailures ? "again" : "anew";
  return isAboutRequests(error) ? "divide" : "anew";
}

type Troubled = { round: OpenRound; batch: RoundBatch; trouble: Trouble; counts: Counts };

async function mend(work: BatchWork, { round, batch, trouble, counts }: Troubled): Promise<void> {
  const { halt, rounds } = work;
  const { as, error } = trouble;
  const remedy = remedyFor(trouble, batch, counts);
  const stop = { why: "refused", error: toldOf(trouble, remedy, batch) } as const;
  if (remedy === "divide") {
    // Of what is too large dividing comes to its end.
    if (error.code !== "too-large" && ++counts.refusals > mostRefusals(rounds)) {
      halt.now(stop);
      if (!isTaken(round)) await close(work, round);
      return;
    }
    divide(round, batch, error);
  } else if (remedy === "again") {
    // The others are waited for before it. What has failed in passing keeps its key: what was sent of it is still there.
    round.batches = [...round.batches.filter((each) => each !== batch), batch];
    if (as === "over") delete batch.id;
    else forget(batch);
  } else {
    halt.now(stop);
    if (remedy === "anew") forget(batch);
    if (remedy === "wait" && isUnknown(error)) batch.isLost = true;
  }
  noteBegun(work);
  await rounds.save();
  if (remedy === "again" && as === "over") await halt.pause(pauseMs(error, ++counts.failures));
}

function forget(batch: RoundBatch): void {
  delete batch.id;
  delete batch.key;
  delete batch.isLost;
}

/**
 * So many times in a round requests are refused before they are taken, until it is no matter of single rows. Where a whole
 * and both its halves are refused, and nothing was ever taken, the service takes none such.
 */
function mostRefusals({ taken }: RoundLog): number {
  return taken === 0 ? 2 : 64;
}

/** One of the requests cannot be answered, or there are too many in one batch. */
function isAboutRequests({ code }: BesedaError): boolean {
  return code === "unsupported" || code === "invalid-argument" || code === "rejected" || code === "too-large";
}

function isUnknown({ code }: BesedaError): boolean {
  return code === "not-found";
}

/** Both halves are tried by themselves, until the request that is refused stands alone. */
function divide(round: OpenRound, batch: RoundBatch, error: BesedaError): void {
  const { group, from, to, model, asker } = batch;
  forget(batch);
  if (to - from === 1) {
    batch.refusal = plainError(error.with({ isRetryable: false }));
    return;
  }
  const middle = from + Math.floor((to - from) / 2);
  const of = { group, model, asker };
  const others = round.batches.filter((each) => each !== batch);
  round.batches = [...others, { ...of, from, to: middle }, { ...of, from: middle, to }];
}

function toldOf({ as, error }: Trouble, remedy: Remedy, { id, model, isRead }: RoundBatch): BesedaError {
  if (as === "refused" || remedy === "divide") return error;
  const what = as === "over" ? "has failed" : "could not be gone on with";
  const message = isRead ? error.message : `The batch ${id} of ${model} ${what}: ${error.message}`;
  if (remedy !== "wait") {
    return error.with({ message, hint: `${isRead ? "What it had answered is kept, and rows" : "Rows"} ${sentAgain}` });
  }
  const hints = [
    error.hint,
    waitedFor,
    isUnknown(error) && "If it is not found then either, its requests are sent again.",
  ];
  return error.with({ message, hint: hints.filter(Boolean).join(" ") });
}

const sentAgain =
  "that are done stay so. Go on with resume: true (--resume): what is not answered is sent again, as a new batch.";
const waitedFor = "It is waited for when you go on: resume: true (--resume).";

/** Some batch of it. */
function isTaken({ batches }: OpenRound): boolean {
  return batches.some(({ id }) => id !== undefined);
}

/**
 * All of its batches are read, or were refused. Where none was taken, `rejected` may be said of all that comes from us, such as
 * where the money is used up: rows that were refused so ask again when the part is gone on with.
 */
async function settle(work: BatchWork, round: OpenRound): Promise<void> {
  const { halt, log, place, spool } = work;
  const { rows, finished, failed } = log.progress;
  const isOfRows = isTaken(round) || finished + failed === rows - 1;
  for (const batch of round.batches) {
    const { refusal: error } = batch;
    if (!error) continue;
    if (!isOfRows && error.code === "rejected") {
      halt.now({ why: "refused", error: revivedError(error) });
      continue;
    }
    const askers = await askersOf(place.engine, spool, batch);
    await log.note(askers.map(({ line, step, tries }) => ({ line, ...refusalEntry(step, { tries, error }) })));
  }
  await close(work, round);
}

async function close({ log, place, rounds }: BatchWork, { spool }: OpenRound): Promise<void> {
  rounds.open = undefined;
  await rounds.save();
  log.refresh();
  await place.engine.files.delete(spool);
}
