// What jobs.batch() does: begins a batch, or finds again the one of this output. Nothing is paid for in this room.
import { randomBytes } from "node:crypto";
import { stat } from "node:fs/promises";
import {
  Agent,
  BesedaError,
  type Job,
  type JobEngine,
  type JsonValue,
  type LanguageModel,
  toBesedaError,
} from "@beseda/core";
import { type Calls, callsOf } from "../../journal/ask-model.ts";
import type { BatchLimits, BatchOptions, BatchSource, BatchSpec } from "../batch.ts";
import {
  batchIdOf,
  deleteBatch,
  deleteJobs,
  filesOf,
  jsonBytes,
  partsFile,
  pathsOf,
  readJson,
  specOf,
} from "../batch-place.ts";
import { setLimits } from "../latest-limits.ts";
import { type AgentFacts, agentFacts, fingerprintOf, requireSameAgent } from "./agent-facts.ts";
import { checkOptions, requirePrices } from "./check-options.ts";
import { estimateBatch } from "./estimate.ts";
import { datasetHash, type Scan, scanDataset } from "./scan-dataset.ts";

/** A model is an agent that has nothing else. */
export function agentOf(agentOrModel: Agent | LanguageModel): Agent {
  if (isAgent(agentOrModel)) return agentOrModel;
  return new Agent({ name: `${agentOrModel.provider}:${agentOrModel.modelId}`, model: agentOrModel });
}

/** Known by what it can do: it may come from another copy of the library. */
function isAgent(agentOrModel: Agent | LanguageModel): agentOrModel is Agent {
  return "model" in agentOrModel && "generate" in agentOrModel;
}

type Wish = {
  engine: JobEngine;
  queue: string;
  agent: Agent;
  source: BatchSource;
  options: BatchOptions;
  id: string;
  output: string;
  limits: BatchLimits;
  calls: Calls;
  facts: AgentFacts;
};

/**
 * The job of a new batch, or of the one that was left.
 * @throws BesedaError `invalid-argument`, `not-found` for options, data sets and outputs that cannot be, and for a data set
 *   or an agent that has changed since; `locked` for a batch that is being worked on; `aborted` where it is not confirmed
 */
export async function startBatch(
  { engine, queue }: { engine: JobEngine; queue: string },
  agent: Agent,
  source: BatchSource,
  options: BatchOptions,
): Promise<Job> {
  const { output, limits } = await checkOptions(source, options);
  const calls = callsOf(agent.model, options.calls ?? (agent.model.batches ? "batch" : "sync"));
  requirePrices(agent.model, { calls, maxCost: limits.maxCost });
  const facts = agentFacts(agent, calls);
  const wish: Wish = { engine, queue, agent, source, options, id: batchIdOf(output), output, limits, calls, facts };
  const left = await engine.get(wish.id);
  if (!left) return (options.resume && (await renewAgain(wish))) || begin(wish);
  if (options.resume) return goOn(wish, left);
  if (left.state !== "done") throw unfinished(left);
  if (left.outcome?.error && !options.overwrite) throw failed(left);
  // Its output was taken away since, or is to be replaced.
  await requireFree(wish);
  await deleteBatch(engine, wish.id);
  return begin(wish);
}

async function begin(wish: Wish): Promise<Job> {
  const { engine, agent, source, options, id, calls } = wish;
  await requireFree(wish);
  await engine.files.delete(renewalOf(id));
  // Another process may begin the same batch at this moment: each has a folder of its own, and one of them wins.
  const folder = `${filesOf(id)}${randomBytes(4).toString("hex")}`;
  try {
    const skipBad = options.skipBad ?? false;
    const scan = await scanDataset({ source, agent, calls, files: engine.files, folder, skipBad });
    await engine.files.put(partsFile(folder), jsonBytes(scan.parts));
    if (!(await isConfirmed(wish, scan))) throw notConfirmed();
    const job = await create(wish, specFor(wish, scan, folder));
    if (specOf(job).folder === folder) return job;
    if (!options.resume) throw unfinished(job);
    await engine.files.delete(`${folder}/`);
    return goOn(wish, job);
  } catch (error) {
    // It may have come into being though nobody heard of it.
    const job = await engine.get(id).catch(() => undefined);
    if (!job || specOf(job).folder !== folder) await engine.files.delete(`${folder}/`).catch(() => {});
    throw error;
  }
}

async function isConfirmed({ engine, agent, options, calls, facts, limits }: Wish, scan: Scan): Promise<boolean> {
  if (!options.confirm) return true;
  const { concurrency } = limits;
  const wanted = { agent, fingerprint: fingerprintOf(facts), facts, calls, concurrency, scan };
  return options.confirm(await estimateBatch(engine, wanted));
}

function specFor({ agent, facts, output, calls, limits, options }: Wish, scan: Scan, folder: string): BatchSpec {
  const { dataset, datasetHash: hash, columns, rows, parts, badRows } = scan;
  return {
    agentName: agent.name,
    fingerprint: fingerprintOf(facts),
    agentFacts: facts,
    dataset,
    datasetHash: hash,
    output,
    columns,
    calls,
    limits,
    rows,
    parts: parts.length,
    badRows,
    overwrite: options.overwrite ?? false,
    folder,
  };
}

function create({ engine, queue, id, agent }: Wish, spec: BatchSpec): Promise<Job> {
  const labels = { agentName: agent.name, fingerprint: spec.fingerprint };
  return engine.create({ id, queue, kind: "batch", spec: JSON.parse(JSON.stringify(spec)) as JsonValue, labels });
}

async function goOn(wish: Wish, left: Job): Promise<Job> {
  const { engine, id, limits } = wish;
  const spec = specOf(left);
  requireSameQueue(wish, left);
  await requireSame(wish, spec);
  if (left.state === "done" && left.outcome?.error === undefined) {
    if (await isThere(spec.output)) return left;
    await deleteBatch(engine, id);
    return begin(wish);
  }
  await setLimits(engine, spec.folder, limits);
  return left.state === "done" ? renew(wish, spec) : woken(engine, left);
}

/** It was called off, or has failed: its finished parts are still there. Noted before, they are found where this is cut short. */
async function renew(wish: Wish, spec: BatchSpec): Promise<Job> {
  const { engine, id } = wish;
  await engine.files.put(renewalOf(id), jsonBytes(spec as unknown as JsonValue));
  await deleteJobs(engine, id);
  const job = await create(wish, spec);
  await engine.files.delete(renewalOf(id));
  return job;
}

async function renewAgain(wish: Wish): Promise<Job | undefined> {
  const { engine, id, limits } = wish;
  const kept = await readJson(engine, renewalOf(id)).catch((thrown: unknown) => {
    if (toBesedaError(thrown).code !== "not-found") throw thrown;
  });
  if (!kept) return undefined;
  const spec = kept as unknown as BatchSpec;
  await requireSame(wish, spec);
  await setLimits(engine, spec.folder, limits);
  return renew(wish, spec);
}

function renewalOf(id: string): string {
  return `${filesOf(id)}renewal.json`;
}

async function requireSame({ agent, source, facts }: Wish, spec: BatchSpec): Promise<void> {
  requireSameAgent(agent.name, spec.agentFacts, facts);
  await requireSameDataset(spec, await datasetHash(source));
}

/** Whoever works on it hears of the new limits; if it has come to wait in the meantime it is woken, by us or by its worker. */
async function woken(engine: JobEngine, left: Job): Promise<Job> {
  const job = (await engine.get(left.id)) ?? left;
  if (job.state !== "waiting") return job;
  return engine.wake(job.id, null).catch(async (thrown: unknown) => {
    const now = await engine.get(job.id);
    if (now && now.state !== "waiting") return now;
    throw thrown;
  });
}

/** Those who work on another queue would never see it. */
function requireSameQueue({ queue, output }: Wish, left: Job): void {
  if (left.queue === queue) return;
  throw new BesedaError(`The batch of ${output} was begun in the queue “${left.queue}”, and this is “${queue}”.`, {
    code: "invalid-argument",
    hint: `Go on with it by createJobs({ queue: ${JSON.stringify(left.queue)} }), or begin anew with another output.`,
  });
}

async function requireSameDataset({ dataset, datasetHash: before, rows }: BatchSpec, now: string): Promise<void> {
  if (now === before) return;
  throw new BesedaError(
    `${dataset} is not what it was when this batch was begun (${before.slice(0, 19)}…, now ${now.slice(0, 19)}…).`,
    {
      code: "invalid-argument",
      hint: `Put the data set of ${rows} rows back, or begin anew with another output: rows that are answered stay with their batch.`,
    },
  );
}

async function requireFree({ output, options }: Wish): Promise<void> {
  if (options.overwrite) return;
  for (const path of Object.values(pathsOf(output))) {
    if (!(await isThere(path))) continue;
    throw new BesedaError(`${path} is there already.`, {
      code: "invalid-argument",
      hint: "Name another output, or let this one be replaced: overwrite (--overwrite).",
    });
  }
}

async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

function unfinished(job: Job): BesedaError {
  const { output, rows } = specOf(job);
  const { finished = 0 } = job.metadata;
  const done = `${finished} of ${rows} rows are done`;
  const goOn = "Go on with it: resume: true (--resume).";
  if (job.state === "running") {
    return new BesedaError(`The batch of ${output} is being worked on by ${job.holder ?? "somebody"}; ${done}.`, {
      code: "locked",
      hint: `Wait for it, or take part: resume: true (--resume). Its id is ${job.id}.`,
    });
  }
  return new BesedaError(`The batch of ${output} was begun and is not finished; ${done}.`, {
    code: "invalid-argument",
    hint: `${goOn} To forget it, call it off first (beseda operation cancel ${job.id}), and take overwrite (--overwrite).`,
  });
}

function failed(job: Job): BesedaError {
  const { output } = specOf(job);
  return new BesedaError(`The batch of ${output} has ended without a result: ${job.outcome?.error?.message}`, {
    code: "invalid-argument",
    hint: "Go on with what is there: resume: true (--resume). To begin anew: overwrite (--overwrite).",
  });
}

function notConfirmed(): BesedaError {
  return new BesedaError("The batch was not confirmed; nothing was begun.", {
    code: "aborted",
    hint: "Confirm it, or take a smaller data set.",
  });
}
