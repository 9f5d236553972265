// The parts of a batch while they are worked on: some of them at a time are jobs, and those that are done are journalled.
import {
  addUsage,
  BesedaError,
  type Job,
  type JobEngine,
  type JobError,
  type JsonValue,
  type Lease,
  noUsage,
  type Usage,
} from "@beseda/core";
import { revivedError } from "../worker/job-error.ts";
import type { Workplace } from "../worker/workplace.ts";
import type { BatchLimits, BatchSpec, PartProgress, PartResult, PartSpec } from "./batch.ts";
import {
  donePrefix,
  inputOf,
  outputOf,
  partIdOf,
  partKey,
  partKindOf,
  partLabels,
  partsFile,
  readJson,
  specOf,
} from "./batch-place.ts";
import type { Account } from "./finish/manifest.ts";
import type { LatestLimits } from "./latest-limits.ts";

export type Totals = Pick<PartProgress, "finished" | "failed" | "usage">;

/** Why a part does not go on, though nobody has to wake it. */
export type Problem = { problem?: string | undefined };

/** So many parts are jobs at a time: enough for many workers. */
const mostOpen = 64;
/** Parts are taken up in their order, as a rule: those behind one that waits for a worker are looked at so seldom. */
const wholeLookEach = 16;
/** Of the time that it has taken, so much is not known any more after a death. */
const mostSecondsLost = 60;

export class PartsAtWork {
  readonly #lease: Lease;
  readonly #engine: JobEngine;
  readonly #queue: string;
  readonly #spec: BatchSpec;
  readonly #limits: LatestLimits;
  readonly #rows: readonly number[];
  readonly #done: Set<number>;
  /** Of the parts that are done. */
  #sum: Totals;
  #providerBatches = 0;
  readonly #open = new Map<number, Job>();
  #next = 1;
  #looks = 0;
  readonly #secondsBefore: number;
  #secondsKept: number;
  readonly #begunAt = performance.now();

  static async open(lease: Lease, { engine, queue }: Workplace, limits: LatestLimits): Promise<PartsAtWork> {
    const rows = (await readJson(engine, partsFile(specOf(lease.job).folder))) as number[];
    return new PartsAtWork(lease, { engine, queue, limits, rows, journal: await lease.read() });
  }

  private constructor(
    lease: Lease,
    given: {
      engine: JobEngine;
      queue: string;
      limits: LatestLimits;
      rows: readonly number[];
      journal: readonly [string, JsonValue][];
    },
  ) {
    this.#lease = lease;
    this.#engine = given.engine;
    this.#queue = given.queue;
    this.#limits = given.limits;
    this.#rows = given.rows;
    this.#spec = specOf(lease.job);
    const done = given.journal.filter(([key]) => key.startsWith(donePrefix));
    this.#done = new Set(done.map(([key]) => Number(key.slice(donePrefix.length))));
    const results = done.map(([, result]) => result as unknown as PartResult);
    this.#sum = added(results);
    for (const { providerBatches } of results) this.#providerBatches += providerBatches;
    this.#secondsBefore = Number(new Map(given.journal).get("seconds") ?? 0);
    this.#secondsKept = this.#secondsBefore;
  }

  get areDone(): boolean {
    return this.#done.size === this.#rows.length;
  }

  get account(): Account {
    return {
      seconds: this.#seconds,
      concurrency: this.#limits.now.concurrency,
      providerBatches: this.#providerBatches,
    };
  }

  get totals(): Totals & Problem {
    const jobs = [...this.#open.values()];
    const problem = jobs.map(problemOf).find((each) => each !== undefined);
    return { ...added([this.#sum, ...jobs.map(progressOf)]), problem };
  }

  /** Why none of them can be gone on with, once none is worked on any more. */
  get trouble(): BesedaError | undefined {
    const jobs = [...this.#open.values()];
    if (jobs.length === 0 || !jobs.every(isStuck)) return undefined;
    const error = jobs.map(errorOf).find((each) => each !== undefined);
    return error ? revivedError(error) : budgetIsSpent(this.#limits.now, this.totals.usage);
  }

  /** Of all attempts at it, as far as the journal knows. */
  get #seconds(): number {
    return this.#secondsBefore + (performance.now() - this.#begunAt) / 1_000;
  }

  /** @returns whether a part was done since the last time */
  async look(): Promise<boolean> {
    let news = false;
    if (this.#seconds - this.#secondsKept > mostSecondsLost) await this.keepSeconds();
    for (const [part, job] of await Promise.all(this.#toLookAt().map((part) => this.#seen(part)))) {
      this.#open.set(part, job);
      if (job.outcome?.response === undefined) continue;
      await this.#close(part, job.outcome.response);
      news = true;
    }
    await this.#wakeResumed();
    await this.#fill();
    return news;
  }

  #toLookAt(): number[] {
    if (this.#looks++ % wholeLookEach === 0) return [...this.#open.keys()];
    const parts: number[] = [];
    for (const [part, { state }] of this.#open) {
      parts.push(part);
      if (state === "queued") break;
    }
    return parts;
  }

  /** Parts that wait go on where somebody has gone on with the batch since, perhaps with more to spend. */
  async #wakeResumed(): Promise<void> {
    const jobs = [...this.#open];
    const isResumed = await this.#limits.look({ urgent: jobs.length > 0 && jobs.every(([, job]) => isStuck(job)) });
    for (const [part, job] of jobs) {
      if (job.state !== "waiting" || !(isResumed || this.#isOutdated(job, this.#limits.version))) continue;
      await this.#requireLease();
      this.#open.set(part, await this.#engine.wake(job.id, null));
    }
  }

  /** Whether somebody has gone on with the batch since this one has stopped; `unknown` is taken where it does not say when that was. */
  #isOutdated({ metadata }: Job, unknown: number): boolean {
    const { limits = unknown } = metadata as Partial<PartProgress>;
    return limits < this.#limits.version;
  }

  async #seen(part: number): Promise<[number, Job]> {
    const job = await this.#engine.get(partIdOf(this.#lease.job.id, part));
    if (job) return [part, job];
    await this.#requireLease();
    return [part, await this.#begin(part)];
  }

  /**
   * Creating jobs needs no lease, and whoever stood still may have lost it: parts that are done and gone by now would be
   * done, and paid for, once more. Only a write is sure to be refused.
   */
  #requireLease(): Promise<void> {
    return this.keepSeconds();
  }

  /** For whoever goes on with it. */
  keepSeconds(): Promise<void> {
    this.#secondsKept = this.#seconds;
    return this.#lease.write([["seconds", this.#secondsKept]]);
  }

  async #fill(): Promise<void> {
    const begun: number[] = [];
    for (; this.#next <= this.#rows.length && this.#open.size + begun.length < mostOpen; this.#next++) {
      if (!this.#done.has(this.#next)) begun.push(this.#next);
    }
    if (begun.length > 0) await this.#requireLease();
    for (const part of begun) this.#open.set(part, await this.#begin(part));
  }

  /** What an earlier attempt has left of it is gone on with. */
  async #begin(part: number): Promise<Job> {
    const job = await this.#create(part);
    if (job.state === "waiting") return this.#isOutdated(job, -1) ? this.#engine.wake(job.id, null) : job;
    if (!job.outcome?.error) return job;
    // It was called off, or has failed: it begins anew.
    await this.#engine.delete(job.id);
    return this.#create(part);
  }

  #create(part: number): Promise<Job> {
    const { id } = this.#lease.job;
    const { agentName, fingerprint, calls, folder } = this.#spec;
    const spec: PartSpec = {
      ...this.#limits.now,
      batchId: id,
      part,
      rows: this.#rows[part - 1] as number,
      agentName,
      fingerprint,
      calls,
      folder,
      input: inputOf(folder, part),
      output: outputOf(folder, part),
    };
    const plain = JSON.parse(JSON.stringify(spec)) as JsonValue;
    return this.#engine.create({
      id: partIdOf(id, part),
      queue: this.#queue,
      kind: partKindOf(calls),
      spec: plain,
      labels: partLabels(id),
    });
  }

  async #close(part: number, response: JsonValue): Promise<void> {
    const result = response as unknown as PartResult;
    await this.#lease.write([
      [partKey(part), response],
      ["seconds", this.#seconds],
    ]);
    this.#done.add(part);
    this.#sum = added([this.#sum, result]);
    this.#providerBatches += result.providerBatches;
    this.#open.delete(part);
    await this.#engine.delete(partIdOf(this.#lease.job.id, part));
  }
}

function isStuck({ state, outcome }: Job): boolean {
  return state === "waiting" || outcome?.error !== undefined;
}

function errorOf({ outcome, metadata }: Job): JobError | undefined {
  return outcome?.error ?? (metadata as Partial<PartProgress>).error;
}

function progressOf({ metadata }: Job): Totals {
  const { finished = 0, failed = 0, usage = noUsage } = metadata as Partial<PartProgress>;
  return { finished, failed, usage };
}

function problemOf({ state, metadata }: Job): string | undefined {
  if (state !== "queued" && state !== "running") return undefined;
  return typeof metadata.problem === "string" ? metadata.problem : undefined;
}

function added(all: readonly Totals[]): Totals {
  return all.reduce(
    (sum, { finished, failed, usage }) => ({
      finished: sum.finished + finished,
      failed: sum.failed + failed,
      usage: addUsage(sum.usage, usage),
    }),
    { finished: 0, failed: 0, usage: noUsage },
  );
}

function budgetIsSpent({ maxTokens, maxCost }: BatchLimits, { totalTokens, cost }: Usage): BesedaError {
  const limits = [
    ...(maxTokens === undefined ? [] : [`maxTokens ${maxTokens}`]),
    ...Object.entries(maxCost ?? {}).map(([currency, amount]) => `maxCost ${amount} ${currency}`),
  ];
  const spent = [
    `${totalTokens} tokens`,
    ...Object.entries(cost ?? {}).map(([currency, amount]) => `${amount} ${currency}`),
  ];
  return new BesedaError(`The batch has used ${spent.join(", ")} and stops at its budget: ${limits.join(", ")}.`, {
    code: "rate-limited",
    hint: "All that is answered is kept. Go on with a larger budget: resume: true with more (--resume --max-cost MORE).",
  });
}
