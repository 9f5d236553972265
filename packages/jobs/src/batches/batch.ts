// What a batch is asked, and what comes of it.
import type { JobError, JsonValue, Message, Usage } from "@beseda/core";
import type { Column, Dataset } from "../datasets/dataset.ts";
import type { Calls } from "../journal/ask-model.ts";
import type { WithService } from "../worker/call-off.ts";

/** A file's path (JSONL, CSV or Parquet by its extension), an open data set, or rows. */
export type BatchSource = string | Dataset | Iterable<Record<string, JsonValue>>;

export type BatchOptions = {
  /** The path of the Parquet file that comes of it. Beside it: `NAME.manifest.json` and `NAME.report.html`. */
  output: string;
  /** How many rows at once, of all in this process. Default 16. */
  concurrency?: number | undefined;
  /**
   * How models are asked. Default: in batches of their service where it has them, otherwise at once. In batches a row is run
   * anew for each reply, by what is known of it: whoever watches the agent (`agent.on`) sees an `abort` where it waits for one.
   */
  calls?: Calls | undefined;
  pollMs?: number | undefined;
  /** No new row is begun once so many tokens are used by the whole batch. */
  maxTokens?: number | undefined;
  /** The same for money by currency (ISO 4217), such as `{ RUB: 500 }`. Its model has to know its prices in it. */
  maxCost?: Readonly<Record<string, number>> | undefined;
  /**
   * Goes on with the batch of this output where it was left, or begins it. Default `false`: then one that was left is an error.
   * One that is worked on is given these `concurrency`, `maxTokens` and `maxCost`: whoever works on it hears of them within two
   * seconds or so. `pollMs` holds for parts that are taken up from then on.
   */
  resume?: boolean | undefined;
  /** Called with the estimate before anything is paid for; `false` ends it there. */
  confirm?: ((estimate: BatchEstimate) => boolean | Promise<boolean>) | undefined;
  /** Replaces an output that is there. Default `false`: then that is an error. */
  overwrite?: boolean | undefined;
  /** Rows that are no rows are left out and listed in the manifest. Default `false`: then they are an error, before anything is paid for. */
  skipBad?: boolean | undefined;
};

export type BatchEstimate = {
  rows: number;
  badRows: number;
  /** Of the first model call of each row; tools that answer bring more. Of a measured one: of all calls. */
  inputTokens: number;
  outputTokens: number;
  /** More they cannot be, where the agent has a `maxOutputTokens`: for one reply a row. */
  mostOutputTokens?: number | undefined;
  /** By currency, where the model can say its price or the last batch had one; `{}` of a model that costs nothing. */
  cost?: Readonly<Record<string, number>> | undefined;
  /** Of tokens and cost. `measured`: by what the last batch of the same agent came to, row for row. `guessed`: counted, with 300 tokens for an answer. */
  basis: "measured" | "guessed";
  /** How long the work will take. */
  time: BatchTime;
  calls: Calls;
};

/**
 * Seconds of work with `concurrency` rows at once, in one process, and what they are known by. `measured`: the last batch of
 * the same agent, row for row. `same-model`: the last batch of another agent that asked the same model in the same way, output
 * token for output token. `assumed`: nothing but a model that begins to answer after 1 s and then says 50 tokens a second; the
 * service may be slower, and tools take their time. `rate-limits`: those of the model let it take no less. In batches of the
 * service (`calls: "batch"`) both measures are the time that the last one took, whatever the number of rows. `unknown`: there is none; it may take hours, `windowHours` at most for
 * each step of the agent where the service states that.
 */
export type BatchTime =
  | { basis: "measured" | "same-model" | "assumed" | "rate-limits"; seconds: number }
  | { basis: "unknown"; windowHours?: number };

/** The operation's response. */
export type BatchResult = {
  output: string;
  manifest: string;
  report: string;
  rows: number;
  answered: number;
  failed: number;
  usage: Usage;
  /** Of work: what it lay still is not counted. */
  seconds: number;
};

/** What can be changed whenever a batch is gone on with. Plain data. */
export type BatchLimits = {
  concurrency: number;
  pollMs?: number | undefined;
  maxTokens?: number | undefined;
  maxCost?: Readonly<Record<string, number>> | undefined;
};

/** How far a batch is: the metadata of its job. */
export type BatchProgress = {
  state: "working" | "finishing" | "stopped" | "done";
  rows: number;
  finished: number;
  failed: number;
  usage: Usage;
  calls: Calls;
  concurrency: number;
  /** Of this attempt at it, lately. */
  rowsPerSecond: number;
  /** ISO 8601. */
  startedAt: string;
  /** Why a part of it does not go on by itself, such as that no worker knows its agent. */
  problem?: string | undefined;
  /** Why it waits, where it does, and how to go on. */
  stopped?: JobError | undefined;
};

/** One line of a part's input. */
export type InputRow = {
  /** From 1, in the data set. */
  number: number;
  cells: Record<string, JsonValue>;
  input: string | Message[];
  instructions?: string | undefined;
};

/** One line of a part's output. */
export type RowResult = {
  number: number;
  cells: Record<string, JsonValue>;
  response: string | null;
  reasoning: string | null;
  toolCalls: { id: string; name: string; input: string; output: string | null; isError: boolean }[];
  finishReason: string | null;
  usage: Usage;
  error: JobError | null;
  /** `provider:model`. */
  model: string;
  /** What answered, in the words of the service, where it says. */
  modelVersion?: string | undefined;
  /** How many replies of models it took. */
  steps: number;
  /**
   * How often it was begun, as far as that is known: attempts that failed in passing since its part was taken up last, those at
   * which a worker died, and this one. Not: attempts that a worker in good order has given up, such as when it closed. Of one
   * that was set aside: how many workers died with it.
   */
  attempts: number;
  /**
   * From when it was begun for the first time since its part was taken up last, pauses between attempts included; in rounds
   * from when the first round of its part began.
   */
  milliseconds: number;
};

/** The spec of a job of kind `part`. Plain data. Its limits are those of the beginning. */
export type PartSpec = BatchLimits & {
  batchId: string;
  /** From 1. */
  part: number;
  rows: number;
  agentName: string;
  fingerprint: string;
  calls: Calls;
  /** Of the batch, where the limits are that it was gone on with last. */
  folder: string;
  /** Names in the engine's files. */
  input: string;
  output: string;
};

/** What a part reports while it is worked on, as the metadata of its job; the batch adds them up. */
export type PartProgress = {
  /** Batches and operations of the provider that are not read yet: called off with the part. */
  withService?: readonly WithService[] | undefined;
  rows: number;
  finished: number;
  failed: number;
  usage: Usage;
  /**
   * Why it waits, where it does: the budget of the batch is used up, or the service refuses all that comes from us, as `error`
   * says.
   */
  stopped?: "budget" | "refused" | undefined;
  /** Under which limits it has stopped: how often others had been set. */
  limits?: number | undefined;
  error?: JobError | undefined;
};

/** The response of a part, and how it is remembered. */
export type PartResult = PartProgress & {
  /** How many batches of the provider it took. */
  providerBatches: number;
};

/** The spec of a job of kind `batch`. Plain data. */
export type BatchSpec = {
  agentName: string;
  fingerprint: string;
  /** What the fingerprint is made of, to say what has changed. */
  agentFacts: Record<string, JsonValue>;
  /** The name of the data set, for people. */
  dataset: string;
  datasetHash: string;
  /** An absolute path. */
  output: string;
  columns: Column[];
  calls: Calls;
  limits: BatchLimits;
  rows: number;
  /** How many parts; the rows of each are in the file `FOLDER/parts.json`. */
  parts: number;
  badRows: { count: number; first: { number: number; problem: string }[] };
  /** Whether files of these names may be replaced that are not this batch's. */
  overwrite: boolean;
  /** Where its parts are in the engine's files, without a `/` at the end. */
  folder: string;
};
