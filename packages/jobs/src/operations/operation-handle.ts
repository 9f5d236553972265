// An operation as whoever begun it, or asks after it, has it in hand.
import {
  BesedaError,
  type Decision,
  type Job,
  type JobEngine,
  type JobError,
  type JsonValue,
  type Operation,
  type RunResult,
  type StreamPart,
} from "@beseda/core";
import { cancelBatch } from "../batches/batch-place.ts";
import type { OperationHandle } from "../jobs.ts";
import type { Bell } from "../worker/bell.ts";
import { revivedError } from "../worker/job-error.ts";
import { cancelRun } from "./cancel-run.ts";
import { endTooLate, isTooLate, requireDecisions, wakeWith } from "./decisions.ts";
import { readEvents } from "./read-events.ts";
import { runKind } from "./run-spec.ts";
import { endSeries } from "./series.ts";

/** How soon other processes' news are asked for, at first, and at last. Milliseconds. */
const firstPauseMs = 50;
const longestPauseMs = 2_000;

export class Handle<Response> implements OperationHandle<Response> {
  readonly #engine: JobEngine;
  readonly #bell: Bell;
  readonly #requireWorker: () => void;
  #job: Job;

  /** `requireWorker` throws where what is waited for would not be done here, for a reason that does not pass by itself. */
  constructor(job: Job, engine: JobEngine, bell: Bell, requireWorker: () => void) {
    this.#job = job;
    this.#engine = engine;
    this.#bell = bell;
    this.#requireWorker = requireWorker;
  }

  get id(): string {
    return this.#job.id;
  }

  get done(): boolean {
    return this.state === "done";
  }

  get state(): Job["state"] {
    return this.#job.state;
  }

  get createdAt(): string {
    return this.#job.createdAt;
  }

  get modifiedAt(): string {
    return this.#job.modifiedAt;
  }

  get metadata(): Readonly<Record<string, JsonValue>> {
    return operationOf(this.#job).metadata ?? {};
  }

  get response(): Response | undefined {
    return operationOf<Response>(this.#job).response;
  }

  get error(): BesedaError | undefined {
    return operationOf(this.#job).error;
  }

  toJSON(): Operation<Response> {
    return operationOf<Response>(this.#job);
  }

  async poll(): Promise<this> {
    this.#job = await findJob(this.#engine, this.id);
    return this;
  }

  async wait({ signal }: { signal?: AbortSignal | undefined } = {}): Promise<this> {
    const bell = this.#bell.listen(this.id);
    try {
      for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(pauseMs * 1.5, longestPauseMs)) {
        signal?.throwIfAborted();
        await this.poll();
        if (isTooLate(this.#job)) await endTooLate(this.#engine, this.#job);
        else if (this.state === "done" || this.state === "waiting") return this;
        this.#requireWorker();
        await bell.heard(pauseMs, signal);
      }
    } finally {
      bell.close();
    }
  }

  async cancel(): Promise<this> {
    this.#job = await cancelJob(await findJob(this.#engine, this.id), this.#engine);
    this.#bell.ring(this.id);
    return this;
  }

  events(options: { signal?: AbortSignal | undefined } = {}): AsyncIterableIterator<StreamPart> {
    return readEvents({ id: this.id, engine: this.#engine, bell: this.#bell, ...options });
  }

  async result(options: { signal?: AbortSignal | undefined } = {}): Promise<Response> {
    await this.wait(options);
    const { response, error } = this;
    if (error) throw error;
    if (this.done) return response as Response;
    if (this.#job.kind === runKind) return revivedResult(this.#job.metadata.result) as Response;
    throw stopped(this.#job);
  }

  async resume(decisions: readonly Decision[]): Promise<this> {
    requireDecisions(await findJob(this.#engine, this.id), decisions);
    this.#job = await wakeWith(this.#engine, this.id, decisions);
    this.#bell.ring(this.id);
    return this;
  }
}

async function cancelJob(job: Job, engine: JobEngine): Promise<Job> {
  if (job.kind !== runKind) return cancelBatch(engine, job.id);
  await endSeries(job, engine);
  return cancelRun(await findJob(engine, job.id), engine);
}

/** The shape in which services tell of their operations. */
export function operationOf<Response>(job: Job): Operation<Response> {
  const { id, state, createdAt, modifiedAt, metadata, labels, outcome } = job;
  const about = { ...labels, state, ...metadata };
  const operation = { id, done: state === "done", createdAt, modifiedAt, metadata: about };
  if (outcome?.error) return { ...operation, error: revivedError(outcome.error) };
  if (!outcome) return operation;
  const response = job.kind === runKind ? revivedResult(outcome.response) : outcome.response;
  return { ...operation, response: response as Response };
}

/** Why one is not gone on with, as its worker has noted it. */
function stopped({ id, metadata }: Job): BesedaError {
  if (metadata.stopped) return revivedError(metadata.stopped as unknown as JobError);
  return new BesedaError(`The operation ${id} is not done: it waits to be gone on with.`, { code: "aborted" });
}

/** With the fields that JSON has left out. */
function revivedResult(result: unknown): RunResult {
  const { threadId, output, ...others } = result as RunResult;
  return { ...others, threadId, output };
}

/** @throws BesedaError `not-found` */
export async function findJob(engine: JobEngine, id: string): Promise<Job> {
  const job = await engine.get(id);
  if (job) return job;
  throw new BesedaError(`There is no operation ${id}.`, {
    code: "not-found",
    hint: "It was deleted, is kept by another engine, or the id is not whole. jobs.list() shows those that there are.",
  });
}
