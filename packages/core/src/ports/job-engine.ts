// The port behind which jobs are kept and handed to workers: types without behaviour.
import type { ErrorDetails } from "../errors.ts";
import type { JsonValue } from "../message.ts";

/**
 * Where jobs live, and who works on which. Whatever resolves is durable: it is there after `kill -9`. Any number of
 * processes may use one place at once. Calls end by themselves: an engine over a network has a time limit of its own.
 */
export interface JobEngine {
  /** Where data sets, parts and results of batches are kept: seen by every worker of this engine. */
  readonly files: JobFiles;
  /** Stores a job, ready to be claimed at `runAt`. One that has this id already stays as it is and is given back. */
  create(job: NewJob): Promise<Job>;
  get(id: string): Promise<Job | undefined>;
  /** The latest first, unless the filter says otherwise. */
  list(filter?: JobFilter): Promise<Job[]>;
  /** How many there are in each state. */
  count(filter?: JobFilter): Promise<Record<JobState, number>>;
  /** With its journal and its events; an unknown id is no error. @throws BesedaError `locked` while it is being worked on */
  delete(id: string): Promise<void>;
  /**
   * Calls it off. One that nobody works on is done at once, with an error of code `aborted`; whoever works on one hears
   * it by the signal of the lease and finishes it; its `modifiedAt` says when it was called off. One that is done, or
   * called off already, stays as it is.
   * @throws BesedaError `not-found`
   */
  cancel(id: string): Promise<Job>;
  /**
   * Gives one that waits what it has waited for; it can be claimed again, and its `inbox` has grown by `value`.
   * @throws BesedaError `not-found`, `invalid-argument` where it does not wait
   */
  wake(id: string, value: JsonValue): Promise<Job>;
  /**
   * The next job of this queue and of one of these kinds that is ready, the oldest first; waits until there is one. A job whose worker has
   * died or fallen silent is ready again. Waiting for work alone does not keep a process alive.
   * `undefined` once the signal is aborted or the engine closed: what was claimed in that moment is given back.
   */
  claim(wanted: { queue: string; kinds: readonly string[]; signal: AbortSignal }): Promise<Lease | undefined>;
  /** What has been reported of a job after `after`, in order. `seq` counts up from 1. */
  events(id: string, after?: number): Promise<{ seq: number; event: JsonValue }[]>;
  /** Lets go of files and connections. Leases that are still held are given back. */
  close(): Promise<void>;
}

export type NewJob = {
  id: string;
  /** Workers claim by queue and kind. */
  queue: string;
  kind: string;
  /** What is to be done: plain data. */
  spec: JsonValue;
  /** What it can be found by. */
  labels?: Readonly<Record<string, string>> | undefined;
  /**
   * Not before, by the clock on the wall. ISO 8601 with its zone. Default: at once, whatever is done to the clock.
   * @throws BesedaError `invalid-argument` where it is none
   */
  runAt?: string | undefined;
};

/**
 * `queued`: not begun, or given back. `running`: somebody holds its lease, or has died with it. `waiting`: for `wake`,
 * without a worker. `done`: it has its outcome, for good.
 */
export type JobState = "queued" | "running" | "waiting" | "done";

export type Job = NewJob & {
  labels: Readonly<Record<string, string>>;
  runAt: string;
  state: JobState;
  /** ISO 8601. */
  createdAt: string;
  modifiedAt: string;
  /** How often a worker began it. One that died in the middle counts; one that gave it back, or that the engine lost, does not. */
  attempts: number;
  /** Who works on it now, for people: host and process. */
  holder?: string | undefined;
  isCancelled: boolean;
  /** How far it is: what its worker last reported. */
  metadata: Readonly<Record<string, JsonValue>>;
  /** What it was woken with, the first first. */
  inbox: readonly JsonValue[];
  /** Of one that is done. */
  outcome?: JobOutcome | undefined;
};

export type JobOutcome = { response: JsonValue; error?: undefined } | { error: JobError; response?: undefined };

/** A BesedaError as plain data. */
export type JobError = Omit<ErrorDetails, "cause"> & { message: string };

/** All that is named has to be met. */
export type JobFilter = {
  kind?: string | undefined;
  state?: JobState | undefined;
  labels?: Readonly<Record<string, string>> | undefined;
  /** The most that are listed: a whole number from 0. Default 100. */
  limit?: number | undefined;
  /** Lists in the order in which they were created. Default `false`: the latest first. */
  oldestFirst?: boolean | undefined;
};

/**
 * The right to work on a job, and its journal. It is renewed by itself for as long as the process lives. Where it was lost, such as
 * after a long standstill in which another worker took the job, every call is refused with code `locked` and nothing is
 * changed: no two workers ever write to one job.
 */
export interface Lease {
  /** As it was when it was claimed. */
  readonly job: Job;
  /** Aborted with a BesedaError: `locked` where the lease is lost, `aborted` where the job is called off. */
  readonly signal: AbortSignal;
  /** The entries of the journal whose keys begin with the prefix, in the order in which the keys were first written. */
  read(prefix?: string): Promise<[key: string, value: JsonValue][]>;
  /** Sets the entries, `undefined` takes one out. All of them or none, and in the order of the calls. */
  write(entries: readonly (readonly [key: string, value: JsonValue | undefined])[]): Promise<void>;
  /** Says how far it is, for those who look. */
  report(news: { metadata?: Readonly<Record<string, JsonValue>>; events?: readonly JsonValue[] }): Promise<void>;
  /** The job is done: outcome kept, journal dropped. */
  finish(outcome: JobOutcome): Promise<void>;
  /** Lets it wait for `wake`, without a worker. */
  wait(metadata: Readonly<Record<string, JsonValue>>): Promise<void>;
  /** Gives it back, not to be claimed before `runAt`. Default: at once. */
  release(runAt?: string): Promise<void>;
}

/**
 * Names are like paths, with `/`: letters, digits, `.`, `_` and `-` between. So a name is no folder of others: whoever puts
 * `a/b` puts no `a`, and the other way round; a disk refuses it with `unavailable`, a bucket takes both. Nor do names differ in nothing but
 * capitals, which some disks take for one.
 */
export interface JobFiles {
  /**
   * Writes a file, whole or not at all. Of several writers of one name the first one wins: `false` where there is one
   * already, which stays as it is.
   */
  put(name: string, bytes: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<boolean>;
  /** @throws BesedaError `not-found` */
  get(name: string): AsyncIterable<Uint8Array>;
  /** The names that begin with the prefix, sorted. */
  list(prefix: string): Promise<string[]>;
  /** All whose names begin with the prefix. */
  delete(prefix: string): Promise<void>;
}
