// The rows of a part in rounds: what all of them ask next goes out as one batch of the service, its replies come back, tools
// are run here, and the next round follows.
import { noUsage, toBesedaError } from "@beseda/core";
import type { Halt } from "../part/halt.ts";
import { nameOf } from "../part/row-runner.ts";
import type { PartWork } from "../part/run-rows.ts";
import { finishRound } from "./finish-round.ts";
import { type ModelsMet, parkRows } from "./park-rows.ts";
import { type OpenRound, RoundLog } from "./round-log.ts";
import { spoolFolder } from "./spool.ts";
import { cancelMs, noteBegun } from "./take-batch.ts";

/** Gives how many batches the service has taken. */
export async function runRounds(work: PartWork): Promise<number> {
  const { log, halt, here, spec, place } = work;
  const rounds = await RoundLog.of(work.lease);
  noteBegun({ log, rounds });
  const models: ModelsMet = new Map();
  while (!halt.stop && !log.isComplete) {
    const room = here.budget.room();
    const round = { came: noUsage, models };
    try {
      rounds.open ??= await parkRows(work, { models, room, begunAt: rounds.begunAt });
      if (!rounds.open) break;
      await rounds.save();
      await finishRound({ ...work, rounds, round, spool: rounds.open.spool }, rounds.open);
    } finally {
      room.leave(round.came);
    }
  }
  if (isCalledOff(halt)) await cancelBatches(work, rounds.open, models);
  if (log.isComplete) await place.engine.files.delete(spoolFolder(spec.batchId, spec.part));
  return rounds.taken;
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
