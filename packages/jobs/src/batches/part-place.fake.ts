// For tests: a part of a batch in an engine of its own, worked on as often as one likes.
import type { Agent, Job, JobEngine, JsonValue, Lease } from "@beseda/core";
import type { BatchLimits, InputRow, PartSpec, RowResult } from "./batch.ts";
import { agentFacts, fingerprintOf } from "./begin/agent-facts.ts";
import { setLimits } from "./latest-limits.ts";
import { readJsonLines, unsealed, writeJsonLines } from "./part/json-lines.ts";
import { jsonOfEach } from "./part/json-of-each.fake.ts";
import { type MortalLease, memoryEngine } from "./part/memory-engine.fake.ts";
import { performPart } from "./perform-part.ts";

export type PartPlace = {
  engine: JobEngine;
  spec: PartSpec;
  agent: Agent;
};

/** The rows ask `row 1`, `row 2` …, where they are not given. */
export async function partPlace(
  agent: Agent,
  { rows, ...limits }: Omit<Partial<PartSpec>, "rows"> & { rows: number | InputRow[] },
  engine = memoryEngine(),
): Promise<PartPlace> {
  const batchId = limits.batchId ?? "batch";
  const part = limits.part ?? 1;
  const given = typeof rows === "number" ? Array.from({ length: rows }, (_, index) => rowOf(index + 1)) : rows;
  const spec: PartSpec = {
    batchId,
    part,
    rows: given.length,
    agentName: agent.name,
    fingerprint: fingerprintOf(agentFacts(agent, limits.calls ?? "sync")),
    calls: "sync",
    concurrency: 16,
    folder: `batches/${batchId}`,
    input: `batches/${batchId}/in/${part}.jsonl`,
    output: `batches/${batchId}/out/${part}.jsonl`,
    ...limits,
  };
  await engine.files.put(spec.input, writeJsonLines(jsonOfEach(given)));
  await engine.create({ id: partIdOf(spec), queue: "q", kind: "part", spec: spec as unknown as JsonValue });
  return { engine, spec, agent };
}

export function rowOf(number: number): InputRow {
  return { number, cells: { prompt: `row ${number}` }, input: `row ${number}` };
}

export async function claimPart({ engine }: PartPlace): Promise<Lease> {
  const lease = await engine.claim({ queue: "q", kinds: ["part"], signal: new AbortController().signal });
  if (!lease) throw new Error("There is no part to be claimed.");
  return lease;
}

/** As one who resumes the batch does. */
export async function goOn({ engine, spec }: PartPlace, limits: BatchLimits): Promise<void> {
  await setLimits(engine, spec.folder, limits);
  await engine.wake(partIdOf(spec), null);
}

/** Claims it and works on it, until its lease has ended. */
export async function workOn(
  place: PartPlace,
  { closing = new AbortController().signal, lease }: { closing?: AbortSignal; lease?: Lease } = {},
): Promise<Job> {
  const { engine, agent } = place;
  const agents = new Map([[agent.name, agent]]);
  await performPart(lease ?? (await claimPart(place)), {
    // Each worker is a process of its own, which shares nothing with those before.
    engine: Object.create(engine) as JobEngine,
    queue: "q",
    agents,
    agentsOfBatches: new Map(),
    closing,
  });
  return partJob(place);
}

export async function partJob({ engine, spec }: PartPlace): Promise<Job> {
  const job = await engine.get(partIdOf(spec));
  if (!job) throw new Error("The part is gone.");
  return job;
}

export async function outputOf({ engine, spec }: PartPlace): Promise<RowResult[]> {
  const rows: RowResult[] = [];
  const lines = unsealed(spec.output, engine.files.get(spec.output));
  for await (const row of readJsonLines<RowResult>(spec.output, lines)) rows.push(row);
  return rows;
}

function partIdOf({ batchId, part }: PartSpec): string {
  return `${batchId}-${part}`;
}

export type Worker = {
  lease: Lease;
  /** From now on nothing of what it does is written, and nothing more is heard of it. */
  die(): void;
  hasDied: Promise<void>;
};

/** A worker that can die, at work. */
export async function mortalWorker(place: PartPlace): Promise<Worker> {
  const lease = (await claimPart(place)) as MortalLease;
  let isDead = false;
  let announce = () => {};
  const hasDied = new Promise<void>((resolve) => {
    announce = resolve;
  });
  const alive =
    <Arguments extends unknown[], Value>(work: (...given: Arguments) => Promise<Value>) =>
    (...given: Arguments): Promise<Value> =>
      isDead ? new Promise(() => {}) : work(...given);
  const mortal: Lease = {
    job: lease.job,
    signal: lease.signal,
    read: alive((prefix) => lease.read(prefix)),
    write: alive((entries) => lease.write(entries)),
    report: alive((news) => lease.report(news)),
    finish: alive((outcome) => lease.finish(outcome)),
    wait: alive((metadata) => lease.wait(metadata)),
    release: alive((runAt) => lease.release(runAt)),
  };
  const die = () => {
    if (isDead) return;
    isDead = true;
    void lease.die().then(announce);
  };
  return { lease: mortal, die, hasDied };
}
