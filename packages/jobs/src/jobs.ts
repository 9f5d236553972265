// What createJobs() gives: work that is begun here and finished later, by whoever is there.
import type {
  Agent,
  AgentInput,
  Decision,
  JobEngine,
  JobState,
  JsonValue,
  LanguageModel,
  Operation,
  RunOptions,
  RunResult,
  StreamPart,
} from "@beseda/core";
import type { BatchOptions, BatchResult, BatchSource } from "./batches/batch.ts";
import type { Calls } from "./journal/ask-model.ts";

export type JobsOptions = {
  /** Those that jobs are for, told apart by their names. Whoever works has to know them. */
  agents?: readonly Agent[];
  engine: JobEngine;
  /** Jobs are taken by those who were told the same queue: for workers that know different agents. Default `default`. */
  queue?: string;
  /** `false`: begins and looks, but leaves the work to others. Default `true`. */
  work?: boolean;
  /** How many runs at once: a whole number from 1. Default 10. */
  concurrency?: number;
  /** Signs webhooks: any secret text that the receiver knows too, or base64 after `whsec_`. Workers without it leave them to others. */
  webhookSecret?: string;
  /** How long a finished operation is kept, in days; `Infinity`: until it is deleted. Default 30. */
  keepDays?: number;
};

export interface Jobs {
  /** Begins a run and returns at once. It outlives this process. */
  start(agent: Agent | string, input: AgentInput, options?: StartOptions): Promise<OperationHandle<RunResult>>;
  /** Runs an agent, or a model, for each row of a data set. Returns as soon as it is begun. */
  batch(
    agentOrModel: Agent | LanguageModel,
    dataset: BatchSource,
    options: BatchOptions,
  ): Promise<OperationHandle<BatchResult>>;
  /** The same live handle in any process, before or after a crash. @throws BesedaError `not-found` */
  attach<Response = RunResult>(id: string): Promise<OperationHandle<Response>>;
  /** The latest first. */
  list(filter?: OperationFilter): Promise<OperationHandle<unknown>[]>;
  /**
   * Forgets a finished operation, or a batch that was left. An unknown id is no error.
   * @throws BesedaError `locked` for a run that is not done, and for a batch that is being worked on, with nothing changed
   */
  delete(id: string): Promise<void>;
  /**
   * Works until the signal is aborted or these jobs are closed, then gives back what it has not finished. Keeps the process
   * alive. @throws BesedaError why jobs cannot be taken, such as `damaged`
   */
  work(options?: { signal?: AbortSignal }): Promise<void>;
  /**
   * Takes nothing new, lets what runs come to a point at which it can be gone on with, and lets go of the engine. An engine
   * that cannot be closed is left, with a warning.
   */
  close(): Promise<void>;
}

export type StartOptions = Pick<
  RunOptions,
  "threadId" | "userId" | "ownerId" | "context" | "instructions" | "timeouts"
> & {
  /** How the model is asked. Default: by operations of its service where it has them, otherwise at once. */
  calls?: Exclude<Calls, "batch"> | undefined;
  /** How soon operations of the service are asked after, in milliseconds. Default 1,000. */
  pollMs?: number | undefined;
  /** An id of your own: a second start with it begins nothing and gives the first operation. */
  id?: string | undefined;
  /** Not before. A text is ISO 8601 with its zone. */
  runAt?: Date | string | undefined;
  /** Begins a new operation with the same input every so many milliseconds, a century at most, from `runAt` on. Those that were missed are left out. */
  every?: number | undefined;
  /** Told, signed, when it is done: an http(s) address. */
  webhook?: string | undefined;
};

export type OperationFilter = {
  threadId?: string | undefined;
  agentName?: string | undefined;
  state?: JobState | undefined;
  limit?: number | undefined;
};

/** An operation as it was last seen, and what can be done with it. */
export interface OperationHandle<Response> extends Operation<Response> {
  readonly state: JobState;
  readonly createdAt: string;
  readonly modifiedAt: string;
  /**
   * Of a run: `agentName`, `threadId`, `state`; `step`, the last one that ended; `problem` and `failures`, where it could not
   * be gone on with for now; `result`, how far it is where it waits for approvals or has failed. Of a batch: its progress.
   */
  readonly metadata: Readonly<Record<string, JsonValue>>;
  /** As it was last seen: the Operation resource alone. */
  toJSON(): Operation<Response>;
  /** Looks again. */
  poll(): Promise<this>;
  /** Until it is done, or waits for somebody, such as for an approval. An aborted signal ends the waiting alone. */
  wait(options?: { signal?: AbortSignal | undefined }): Promise<this>;
  cancel(): Promise<this>;
  /**
   * What has happened so far, and then what happens, to the end. After a crash it begins anew with a `start` part: whoever
   * shows it takes back what was shown.
   */
  events(options?: { signal?: AbortSignal | undefined }): AsyncIterableIterator<StreamPart>;
  /** Waits for it. Of a run that waits for an approval the result says so, as that of `generate` does. @throws BesedaError its error */
  result(options?: { signal?: AbortSignal | undefined }): Promise<Response>;
  /** Goes on with a run that waits for approvals. */
  resume(decisions: readonly Decision[]): Promise<this>;
}
