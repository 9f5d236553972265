// Where a batch is kept: its id, the names of its jobs and files, and how all of it is called off or forgotten.
import { createHash } from "node:crypto";
import { resolve } from "node:path";
import { BesedaError, type Job, type JobEngine, type JsonValue } from "@beseda/core";
import type { Calls } from "../journal/ask-model.ts";
import { callOffBegun } from "../worker/call-off.ts";
import type { BatchResult, BatchSpec } from "./batch.ts";

/** The same for the same output, so that it is found again: a UUID (version 8) made of the absolute path. */
export function batchIdOf(output: string): string {
  const hex = createHash("sha256").update(resolve(output)).digest("hex");
  const variant = ((Number.parseInt(hex.charAt(16), 16) & 3) | 8).toString(16);
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    variant + hex.slice(17, 20),
    hex.slice(20, 32),
  ].join("-");
}

export const resumeHint = "All that is answered is kept. When it is mended, go on: resume: true (--resume).";

export function specOf(job: Job): BatchSpec {
  return job.spec as unknown as BatchSpec;
}

export function filesOf(batchId: string): string {
  return `batches/${batchId}/`;
}

export function partIdOf(batchId: string, part: number): string {
  return `${batchId}-${padded(part)}`;
}

/** Parts whose rows wait for their service for hours are no reason not to begin others: they are jobs of a kind of their own. */
export const partKinds = { now: "part", later: "later-part" } as const;

export function partKindOf(calls: Calls): string {
  return calls === "sync" ? partKinds.now : partKinds.later;
}

export function inputOf(folder: string, part: number): string {
  return `${folder}/in/${padded(part)}.jsonl`;
}

export function outputOf(folder: string, part: number): string {
  return `${folder}/out/${padded(part)}.jsonl`;
}

/** The rows of each part. */
export function partsFile(folder: string): string {
  return `${folder}/parts.json`;
}

function padded(part: number): string {
  return String(part).padStart(6, "0");
}

/** Where the journal of a batch has a part that is done. */
export function partKey(part: number): string {
  return `${donePrefix}${part}`;
}

export const donePrefix = "part/";

/** And one whose results were told to be lost: with how often the batch had been woken then. */
export function lostKey(part: number): string {
  return `${lostPrefix}${part}`;
}

export const lostPrefix = "lost/";

/** Parts are found by it. */
export function partLabels(batchId: string): Readonly<Record<string, string>> {
  return { batchId };
}

export function jsonBytes(value: JsonValue): Uint8Array[] {
  return [Buffer.from(`${JSON.stringify(value)}\n`)];
}

export async function readJson(engine: JobEngine, name: string): Promise<JsonValue> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of engine.files.get(name)) chunks.push(chunk);
  return JSON.parse(Buffer.concat(chunks).toString("utf8"));
}

/** The files that come of it, beside each other. */
export function pathsOf(output: string): Pick<BatchResult, "output" | "manifest" | "report"> {
  const name = output.slice(0, -".parquet".length);
  return { output, manifest: `${name}.manifest.json`, report: `${name}.report.html` };
}

/** Calls off a batch and its parts, whoever works on them. @throws BesedaError `not-found` */
export async function cancelBatch(engine: JobEngine, id: string): Promise<Job> {
  const job = await engine.cancel(id);
  await cancelParts(engine, id);
  return job;
}

export async function cancelParts(engine: JobEngine, id: string): Promise<void> {
  for (const part of await engine.list({ labels: partLabels(id), limit: 10_000 })) {
    if (part.state === "done") continue;
    await callOffBegun(engine, part);
    await engine.cancel(part.id);
  }
}

/**
 * Forgets a batch, with its parts and its files; the output stays where it is. An unknown id is no error.
 * @throws BesedaError `locked` while it is being worked on
 */
export async function deleteBatch(engine: JobEngine, id: string): Promise<void> {
  await requireIdle(engine, id);
  await deleteParts(engine, id);
  await engine.files.delete(filesOf(id));
  // At last: by it all of this is found again where it was cut short.
  await engine.delete(id);
}

/** What was finished stays in its files. @throws BesedaError `locked` while it is being worked on, with nothing changed */
export async function deleteJobs(engine: JobEngine, id: string): Promise<void> {
  await requireIdle(engine, id);
  await deleteParts(engine, id);
  await engine.delete(id);
}

async function deleteParts(engine: JobEngine, id: string): Promise<void> {
  for (;;) {
    const parts = await engine.list({ labels: partLabels(id), limit: 1_000 });
    if (parts.length === 0) break;
    for (const part of parts) await engine.delete(part.id);
  }
  // A part whose deletion was cut short is in no list any more. An engine that keeps jobs in its files has them under `jobs/`.
  await engine.files.delete(`jobs/${id}-`);
}

async function requireIdle(engine: JobEngine, id: string): Promise<void> {
  const job = await engine.get(id);
  const [part] = await engine.list({ labels: partLabels(id), state: "running", limit: 1 });
  const busy = job?.state === "running" ? job : part;
  if (!busy) return;
  throw new BesedaError(`The batch ${id} is being worked on by ${busy.holder ?? "somebody"}.`, {
    code: "locked",
    hint: "Cancel it and wait until it is done, or stop that process.",
  });
}
