// What a service does for a job that is called off is called off there by a job of its own: nobody may be working on the first.
import {
  BesedaError,
  type Job,
  type JobEngine,
  type JsonValue,
  type LanguageModel,
  type Lease,
  toBesedaError,
} from "@beseda/core";
import { isoIn } from "../iso-time.ts";
import { plainError } from "./job-error.ts";
import { leaveToOthers } from "./offer.ts";
import type { Perform } from "./workplace.ts";

export const callOffKind = "call-off";

/** What a service does for a job: in its metadata as `withService` for as long as it may be doing it. */
export type WithService = {
  as: "operation" | "batch";
  /** `provider:model`. */
  model: string;
  id: string;
};

type CallOffSpec = { jobId: string; agentName: string; begun: readonly WithService[] };

/** How soon it is looked again whether the job is done: it was about to be. */
const lookMs = 1_000;
/** Some services call off only what they are working on, and not what waits for its turn there. */
const againMs = 60_000;
/** How long it is offered to others, and tried. */
const longestMs = 24 * 3_600_000;

/** To be called just before the job is called off, however often. */
export async function callOffBegun(engine: JobEngine, { id, queue, spec, metadata }: Job): Promise<void> {
  const begun = (metadata.withService ?? []) as unknown as readonly WithService[];
  if (begun.length === 0) return;
  const { agentName } = spec as { agentName: string };
  const asked: CallOffSpec = { jobId: id, agentName, begun };
  const plain = asked as unknown as JsonValue;
  await engine.create({ id: crypto.randomUUID(), queue, kind: callOffKind, spec: plain });
}

/** Waits until the job is done: then nobody takes what is called off for a failure. */
export const performCallOff: Perform = async (lease, { engine, agents }) => {
  const { jobId, agentName, begun } = lease.job.spec as unknown as CallOffSpec;
  const job = await engine.get(jobId);
  if (job && job.state !== "done") return lease.release(isoIn(lookMs));
  const model = agents.get(agentName)?.model;
  if (!model) return offer(lease, agentName);
  const name = `${model.provider}:${model.modelId}`;
  const cancelled = await Promise.allSettled(
    begun.filter((each) => each.model === name).map((each) => cancel(model, each)),
  );
  for (const each of cancelled) if (each.status === "rejected") return tryAgain(lease, each.reason);
  const other = begun.find((each) => each.model !== name);
  await lease.finish(other ? { error: plainError(unknown(other)) } : { response: null });
};

async function cancel({ operations, batches }: LanguageModel, { as, id }: WithService): Promise<void> {
  try {
    await (as === "batch" ? batches : operations)?.cancel(id);
  } catch (error) {
    // Nothing is to be called off any more.
    if (!(error instanceof BesedaError && error.code === "not-found")) throw error;
  }
}

async function offer(lease: Lease, agentName: string): Promise<void> {
  const error = new BesedaError(`No worker knows the agent "${agentName}", whose work at a service is called off.`, {
    code: "missing-setting",
    hint: "Start a process that gives this agent to createJobs({ agents }).",
  });
  if (isLate(lease)) return lease.finish({ error: plainError(error) });
  await leaveToOthers(lease, error);
}

async function tryAgain(lease: Lease, thrown: unknown): Promise<void> {
  const error = toBesedaError(thrown);
  if (isLate(lease)) return lease.finish({ error: plainError(error) });
  await lease.report({ metadata: { problem: error.advice } });
  await lease.release(isoIn(againMs));
}

function isLate({ job }: Lease): boolean {
  return Date.now() - Date.parse(job.createdAt) > longestMs;
}

function unknown({ as, id, model }: WithService): BesedaError {
  return new BesedaError(`The ${as} ${id} of ${model} cannot be called off: the agent has another model now.`, {
    code: "missing-setting",
    hint: "Call it off with its service.",
  });
}
