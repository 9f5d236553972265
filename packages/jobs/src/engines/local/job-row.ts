// A job as it stands in its row: what is read of it, made of it and written.
import { isUtf8 } from "node:buffer";
import type { Job, JsonValue, NewJob } from "@beseda/core";
import { toJson } from "../plain-json.ts";
import { readRunAt } from "../run-at.ts";
import { readNewJob } from "../stored-arguments.ts";
import { nameOf } from "./process-identity.ts";
import { Broken, seal, textOf, unseal } from "./sealed-json.ts";
import type { SqliteRow } from "./sqlite-driver.ts";
import { fromStored } from "./stored-text.ts";

/** What of a job stands in its body: all that nobody changes while another one works on it. */
export type JobBody = Omit<Job, "holder" | "isCancelled">;

export type JobRow = {
  n: number;
  fence: number;
  worker: number | undefined;
  /** ISO 8601; set where it was called off. */
  cancelledAt: string | undefined;
  body: JobBody;
  holder: string | undefined;
};

/** What `readRow` and `holderOf` read. */
export const holderColumns = "CAST(host AS BLOB) AS host, CAST(pid AS INTEGER) AS pid";
export const rowColumns = `n, CAST(jobs.id AS BLOB) AS id, CAST(state AS BLOB) AS state, CAST(fence AS INTEGER) AS fence,
  CAST(worker AS INTEGER) AS worker, CAST(cancelled_at AS INTEGER) AS cancelled_at, CAST(body AS BLOB) AS body, ${holderColumns}`;
export const withHolders = "FROM jobs LEFT JOIN workers ON workers.id = jobs.worker";

/** A new job as it begins. @throws BesedaError `invalid-argument` */
export function newBody(job: NewJob): JobBody {
  const now = new Date().toISOString();
  const { id, queue, kind, spec, labels, ...asked } = readNewJob(job);
  const runAt = readRunAt(asked.runAt);
  const begins = { state: "queued", attempts: 0, metadata: {}, inbox: [] } as const;
  return { id: id.toWellFormed(), queue, kind, spec, labels, runAt, createdAt: now, modifiedAt: now, ...begins };
}

export function toJob({ body, cancelledAt = "", holder }: JobRow): Job {
  const modifiedAt = cancelledAt > body.modifiedAt ? cancelledAt : body.modifiedAt;
  return {
    ...body,
    modifiedAt,
    isCancelled: cancelledAt !== "",
    ...(body.state === "running" && holder !== undefined && { holder }),
  };
}

export function sealedBody(body: JobBody): string {
  return seal(body.id, toJson(body, `The job "${body.id}"`));
}

/** @throws Broken */
export function readRow(row: SqliteRow): JobRow {
  const name = nameIn(row);
  try {
    return readSound(row);
  } catch (thrown) {
    if (!(thrown instanceof Broken)) throw thrown;
    const hint =
      "Other jobs go on. Delete this one by its id: a batch that it is a part of then asks the rows of this part again " +
      "when it is gone on with. Or stop all workers, and put a copy of the database from before in its place.";
    throw new Broken(`the job ${name} cannot be read (${thrown.message})`, { hint, cause: thrown });
  }
}

function nameIn({ n, id }: SqliteRow): string {
  return id instanceof Uint8Array && isUtf8(id) ? `"${fromStored(textOf(id))}"` : `in row ${n}`;
}

function readSound(row: SqliteRow): JobRow {
  const id = fromStored(textOf(row.id));
  const body = unseal(id, row.body) as JsonValue & JobBody;
  if (body.id !== id || body.state !== textOf(row.state)) throw new Broken("its row contradicts itself");
  return {
    n: Number(row.n),
    fence: Number(row.fence),
    worker: row.worker === null ? undefined : Number(row.worker),
    cancelledAt: timeOf(row.cancelled_at),
    body,
    holder: holderIn(row),
  };
}

export function holderIn({ host, pid }: SqliteRow): string | undefined {
  return host === null ? undefined : nameOf({ host: textOf(host), pid: Number(pid) });
}

export function timeOf(ms: SqliteRow[string] | undefined): string | undefined {
  if (ms === null || ms === undefined) return undefined;
  const time = new Date(Number(ms));
  if (Number.isNaN(time.getTime())) throw new Broken("a time is none");
  return time.toISOString();
}
