// The rows of a part in rounds: what all of them ask next goes out as one batch of the service, its replies come back, tools
// are run here, and the next round follows.
import { type BesedaError, type ModelBatches, noUsage, toBesedaError } from "@beseda/core";
import { plainError } from "../../worker/job-error.ts";
import type { Halt } from "../part/halt.ts";
import { concernsAll } from "../part/pace.ts";
import { nameOf } from "../part/row-runner.ts";
import type { PartWork } from "../part/run-rows.ts";
import { meetModel } from "./meet-model.ts";
import { type ModelsMet, parkRows, refusalEntry } from "./park-rows.ts";
import { type OpenRound, type RoundBatch, RoundLog } from "./round-log.ts";
import { askersOf, spoolFolder } from "./spool.ts";
import { type BatchWork, collectBatch, noteBegun, startBatch } from "./take-batch.ts";

/** How long the calling off of batches may take, of all together. */
const cancelMs = 10_000;

/** Gives how many batches the service has taken. */
export async function runRounds(work: PartWork): Promise<number> {
  const { log, halt, here, spec, place } = work;
  const rounds = await RoundLog.of(work.lease);
  noteBegun({ log, rounds });
  const models: ModelsMet = new Map();
  while (!halt.stop && !log.isComplete) {
    const room = here.budget.room();
    const round = { came: noUsage };
    try {
      rounds.open ??= await parkRows(work, { models, room, begunAt: rounds.begunAt });
      if (!rounds.open) break;
      await rounds.save();
      await finishRound({ ...work, rounds, round, spool: rounds.open.spool }, rounds.open, models);
    } finally {
      room.leave(round.came);
    }
  }
  if (isCalledOff(halt)) await cancelBatches(work, rounds.open, models);
  if (log.isComplete) await place.engine.files.delete(spoolFolder(spec.batchId, spec.part));
  return rounds.taken;
}

/** All batches of a round are with the service before the first of them is waited for. */
async function finishRound(work: BatchWork, round: OpenRound, models: ModelsMet): Promise<void> {
  const { halt, log, place, rounds } = work;
  const batchesOf = async (batch: RoundBatch): Promise<ModelBatches> => {
    const model = models.get(batch.group) ?? (await meetModel(work, batch));
    models.set(batch.group, model);
    return model.batches;
  };
  let refusals = 0;
  // A batch that is divided is followed by its halves.
  for (const batch of round.batches) {
    if (halt.stop) return;
    const error = await startBatch(work, batch, await batchesOf(batch));
    if (!error) continue;
    if (!isAboutRequests(error) || ++refusals > mostRefusals(rounds)) return halt.now({ why: "refused", error });
    await divide(work, round, batch, error);
  }
  for (const batch of round.batches) {
    if (halt.stop) return;
    const error = await collectBatch(work, batch, await batchesOf(batch));
    if (error) return giveUp(work, batch, error);
  }
  if (halt.stop) return;
  rounds.open = undefined;
  await rounds.save();
  log.refresh();
  await place.engine.files.delete(round.spool);
}

function isCalledOff({ stop }: Halt): boolean {
  return stop?.why === "gone" && toBesedaError(stop.reason).code === "aborted";
}

/** What nobody waits for any more is called off with the service, as far as its model is known. */
async function cancelBatches({ agent }: PartWork, round: OpenRound | undefined, models: ModelsMet): Promise<void> {
  const signal = AbortSignal.timeout(cancelMs);
  for (const { id, isRead, group, model } of round?.batches ?? []) {
    if (id === undefined || isRead) continue;
    const met = models.get(group) ?? (nameOf(agent.model) === model ? agent.model : undefined);
    await met?.batches?.cancel(id, { signal }).catch(() => {});
  }
}

/**
 * So many times in a round requests are refused before they are taken, until it is no matter of single rows. Where a whole
 * and both its halves are refused, and nothing was ever taken, the service takes none such.
 */
function mostRefusals({ taken }: RoundLog): number {
  return taken === 0 ? 2 : 64;
}

/** Refused before it was taken: one of the requests cannot be answered, or there are too many in one batch. */
function isAboutRequests({ code }: BesedaError): boolean {
  return code === "unsupported" || code === "invalid-argument" || code === "rejected" || code === "too-large";
}

/** Both halves are tried by themselves, until the request that is refused stands alone. */
async function divide(work: BatchWork, round: OpenRound, batch: RoundBatch, error: BesedaError): Promise<void> {
  const { group, from, to, model, asker } = batch;
  batch.isRead = true;
  if (to - from === 1) {
    const refused = plainError(error.with({ isRetryable: false }));
    const askers = await askersOf(work.place.engine, work.spool, batch);
    await work.log.note(
      askers.map(({ line, step, tries }) => ({ line, ...refusalEntry(step, { tries, error: refused }) })),
    );
  } else {
    const middle = from + Math.floor((to - from) / 2);
    const of = { group, model, asker };
    round.batches.push({ ...of, from, to: middle }, { ...of, from: middle, to });
  }
  await work.rounds.save();
}

/** Where the service has not done it, it is begun anew by whoever goes on; the error says so. */
async function giveUp({ halt, rounds }: BatchWork, batch: RoundBatch, error: BesedaError): Promise<void> {
  if (concernsAll(error, { finished: 1 })) return halt.now({ why: "refused", error });
  const { id, model } = batch;
  delete batch.id;
  delete batch.key;
  await rounds.save();
  const what = error.code === "not-found" ? "is not known to its service any more" : "has failed";
  halt.now({
    why: "refused",
    error: error.with({
      message: `The batch ${id} of ${model} ${what}: ${error.message}`,
      hint: "Rows that are done are kept. Go on with --resume: the requests are sent again, as a new batch.",
    }),
  });
}
