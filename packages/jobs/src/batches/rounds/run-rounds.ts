// The rows of a part in rounds: what all of them ask next goes out as one batch of the service, its replies come back, tools
// are run here, and the next round follows.
import { BesedaError, type LanguageModel, toBesedaError } from "@beseda/core";
import { readJsonLines } from "../part/json-lines.ts";
import type { InputRow } from "../batch.ts";
import type { PartWork } from "../part/run-rows.ts";
import { concernsAll } from "../pace.ts";
import { type ModelsMet, parkRows, runParking } from "./park-rows.ts";
import { type OpenRound, type RoundBatch, RoundLog } from "./round-log.ts";
import { spoolFolder } from "./spool.ts";
import { takeBatch } from "./take-batch.ts";

/** So many times in a round requests are refused before they are taken, until it is no matter of single rows. */
const mostRefusals = 64;

/** Gives how many batches the service has taken. */
export async function runRounds(work: PartWork): Promise<number> {
  const { log, halt, here, spec, place } = work;
  const rounds = await RoundLog.of(work.lease);
  here.budget.spend(rounds.usage);
  const models: ModelsMet = new Map();
  while (!halt.stop && !log.isComplete) {
    rounds.open ??= await parkRows(work, models);
    if (!rounds.open) break;
    await rounds.save();
    await finishRound(work, rounds, rounds.open, models);
  }
  if (log.isComplete) await place.engine.files.delete(spoolFolder(spec.batchId, spec.part));
  return rounds.taken;
}

async function finishRound(work: PartWork, rounds: RoundLog, round: OpenRound, models: ModelsMet): Promise<void> {
  const { halt, log, place } = work;
  const open = { ...work, rounds, spool: round.spool };
  for (let refusals = 0; !halt.stop; ) {
    const batch = round.batches.find(({ isRead }) => !isRead);
    if (!batch) break;
    const model = models.get(batch.group) ?? (await meet(work, batch));
    models.set(batch.group, model);
    if (!model.batches) throw unmet(batch);
    try {
      await takeBatch(open, batch, model.batches);
    } catch (thrown) {
      const error = toBesedaError(thrown);
      if (halt.stop || !(thrown instanceof BesedaError)) throw thrown;
      if (batch.id === undefined && isAboutRequests(error) && refusals++ < mostRefusals) await divide(work, round, batch, error);
      else ...
    }
  }
}
