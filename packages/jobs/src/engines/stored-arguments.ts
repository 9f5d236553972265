// What callers hand to an engine, looked at before anything is stored: it may come from a program without types.
import { BesedaError, type JobFilter, type NewJob } from "@beseda/core";
import { plainCopy } from "./plain-json.ts";

/** A copy of it. @throws BesedaError `invalid-argument` */
export function readNewJob(job: NewJob): NewJob & { labels: Readonly<Record<string, string>> } {
  const id = requireId(job.id);
  const copy = plainCopy(job, `The job "${id}"`);
  requireText(copy.queue, `The queue of the job "${id}"`);
  requireText(copy.kind, `The kind of the job "${id}"`);
  const { labels = {} } = copy;
  requireLabels(labels);
  return { ...copy, labels };
}

/** @throws BesedaError `invalid-argument` */
export function requireFilter({ kind, labels = {}, limit = 0 }: JobFilter): void {
  if (kind !== undefined) requireText(kind, "The kind that is looked for");
  requireLabels(labels);
  if (Number.isSafeInteger(limit) && limit >= 0) return;
  throw new BesedaError(`The limit of a list is ${limit}.`, {
    code: "invalid-argument",
    hint: "Give a whole number from 0, or leave it out for 100.",
  });
}

/** @throws BesedaError `invalid-argument` */
export function requireId(id: string): string {
  return requireText(id, "The id of a job");
}

/** @throws BesedaError `invalid-argument` */
export function requireWanted({ queue, kinds }: { queue: string; kinds: readonly string[] }): void {
  requireText(queue, "The queue that is asked for");
  for (const kind of kinds) requireText(kind, "A kind that is asked for");
}

/** @throws BesedaError `invalid-argument` */
export function requireText(value: unknown, what: string): string {
  if (typeof value === "string") return value;
  throw new BesedaError(`${what} is ${typeof value === "object" ? "an object" : String(value)}, which is no text.`, {
    code: "invalid-argument",
    hint: "Give a string.",
  });
}

function requireLabels(labels: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(labels)) requireText(value, `The label "${name}"`);
}
