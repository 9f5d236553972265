// Forgets a run, its webhook, and what would follow it in its series.
import { BesedaError, type Job, type JobEngine, toBesedaError } from "@beseda/core";
import { webhookIdOf } from "./announce.ts";
import { endSeries } from "./series.ts";

/** @throws BesedaError `locked` for one that is not done, with nothing changed */
export async function deleteRun(job: Job, engine: JobEngine): Promise<void> {
  if (job.state !== "done") throw notDone(job);
  await endSeries(job, engine);
  // After its series, which is found by it, also where this was cut short.
  await engine.delete(job.id);
  const webhook = webhookIdOf(job);
  // One that is on its way arrives.
  if (webhook !== undefined) await unlessLocked(engine.delete(webhook));
}

/** Whether it is deleted: what is still worked on stays. */
export async function unlessLocked(deleted: Promise<void>): Promise<boolean> {
  try {
    await deleted;
    return true;
  } catch (thrown) {
    if (toBesedaError(thrown).code !== "locked") throw thrown;
    return false;
  }
}

/** A service may be at work for it, and somebody may wait to be told. */
function notDone({ id, state, holder }: Job): BesedaError {
  const worker = state === "running" && holder !== undefined ? `: ${holder} works on it` : ` but ${state}`;
  return new BesedaError(`The operation ${id} is not done${worker}.`, {
    code: "locked",
    hint: "Cancel it first, and wait until it is done.",
  });
}
