// Calls off one run: who wanted to be told is told, and a service stops what it does for it.
import type { Job, JobEngine } from "@beseda/core";
import { callOffBegun } from "../worker/call-off.ts";
import { announce } from "./announce.ts";

export async function cancelRun(job: Job, engine: JobEngine): Promise<Job> {
  if (job.state === "done" || job.isCancelled) return job;
  await announce(engine, job);
  await callOffBegun(engine, job);
  return engine.cancel(job.id);
}
