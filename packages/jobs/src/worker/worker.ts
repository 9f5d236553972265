// Takes jobs as they become ready, a number of each kind at a time, and sees each to the end of its lease.
import { setMaxListeners } from "node:events";
import {
  BesedaError,
  describeThrown,
  type ErrorCode,
  type Job,
  type JobError,
  type JsonValue,
  type Lease,
  toBesedaError,
} from "@beseda/core";
import { waited } from "@beseda/core/http";
import { isoIn } from "../iso-time.ts";
import type { Bell } from "./bell.ts";
import { countFailure } from "./failures.ts";
import { plainError } from "./job-error.ts";
import type { Perform, Workplace } from "./workplace.ts";

export type Performer = {
  kind: string;
  /** How many of these at once. */
  slots: number;
  /** Nothing is taken before an agent is known. */
  needsAgent?: boolean;
  perform: Perform;
  /** What becomes of a job that cannot be worked on, with the error and with what was reported of it last. Default: it is done. */
  giveUp?(lease: Lease, error: JobError, place: Workplace, metadata: Job["metadata"]): Promise<void>;
};

/** Performers come to an end by themselves, most within ten seconds; the engine gives back what is left of them. */
const drainMs = 12_000;
/** A job whose performer throws is tried again after 4 s, 16 s, a minute, four minutes; the fifth failure in a row is the last. */
const mostFailures = 5;
const longestPauseMs = 30_000;
/** What does not pass by itself: nothing can be taken until somebody does something about it. */
const lasting: readonly ErrorCode[] = ["missing-setting", "unsupported", "damaged", "unauthorized", "invalid-argument"];

export class Worker {
  readonly #place: Workplace;
  readonly #performers: readonly Performer[];
  readonly #bell: Bell;
  readonly #closing = new AbortController();
  /** Why no jobs can be taken any more, where that does not pass by itself. */
  failure: BesedaError | undefined;
  readonly #lanes = new Map<Performer, Promise<void>>();
  #isWarned = false;
  #running = 0;
  #alive: NodeJS.Timeout | undefined;

  constructor(place: Omit<Workplace, "closing">, performers: readonly Performer[], bell: Bell) {
    // Each job that runs listens to it.
    setMaxListeners(0, this.#closing.signal);
    this.#place = { ...place, closing: this.#closing.signal };
    this.#performers = performers;
    this.#bell = bell;
  }

  /** Aborted when it is stopped. */
  get closing(): AbortSignal {
    return this.#closing.signal;
  }

  /** To be called again once the first agent is known. */
  start(): void {
    const { agents } = this.#place;
    for (const performer of this.#performers) {
      if (this.#lanes.has(performer) || (performer.needsAgent && agents.size === 0)) continue;
      this.#lanes.set(performer, this.#lane(performer));
    }
  }

  /** Takes nothing more; resolves when what runs has come to an end or to a point from which it is gone on with. */
  async stop(): Promise<void> {
    this.#closing.abort(new BesedaError("This worker takes no more jobs.", { code: "aborted" }));
    const enough = new AbortController();
    const tooLong = waited(drainMs, enough.signal).catch(() => {});
    await Promise.race([Promise.all(this.#lanes.values()), tooLong]);
    enough.abort();
    // What has not come to an end is left to its lease, and no reason to live on.
    clearInterval(this.#alive);
  }

  async #lane(performer: Performer): Promise<void> {
    const { closing, engine, queue } = this.#place;
    const { kind, slots } = performer;
    const running = new Set<Promise<void>>();
    for (let pauseMs = 0; !closing.aborted; ) {
      try {
        const lease = await engine.claim({ queue, kinds: [kind], signal: closing });
        pauseMs = 0;
        this.#isWarned = false;
        if (!lease) continue;
        const work = this.#work(lease, performer).finally(() => running.delete(work));
        running.add(work);
      } catch (thrown) {
        if (closing.aborted) break;
        const error = toBesedaError(thrown);
        if (!error.isRetryable && lasting.includes(error.code)) {
          this.#fail(error);
          break;
        }
        if (!this.#isWarned) process.emitWarning(`No jobs can be taken: ${describeThrown(thrown)}`, "BesedaWarning");
        this.#isWarned = true;
        pauseMs = Math.min(Math.max(pauseMs * 2, 500), longestPauseMs);
        await waited(pauseMs, closing).catch(() => {});
      }
      if (running.size >= slots) await Promise.race(running);
    }
    await Promise.all(running);
  }

  #fail(error: BesedaError): void {
    this.failure ??= error;
    this.#closing.abort(error);
  }

  /** Never rejects. */
  async #work(lease: Lease, performer: Performer): Promise<void> {
    // Waiting for work lets the process end, work does not.
    if (this.#running++ === 0) this.#alive = setInterval(() => {}, 2 ** 30);
    const ringing = new RingingLease(lease, this.#bell);
    try {
      await performer.perform(ringing, this.#place);
    } catch (thrown) {
      await this.#giveBack(ringing, performer, thrown);
    } finally {
      if (--this.#running === 0) clearInterval(this.#alive);
    }
  }

  /** As often as it takes, such as on a full disk: nobody else can have the job for as long as this process lives. */
  async #giveBack(lease: RingingLease, performer: Performer, thrown: unknown): Promise<void> {
    const { closing } = this.#place;
    let failures: number | undefined;
    for (let pauseMs = 500; ; pauseMs = Math.min(pauseMs * 2, longestPauseMs)) {
      try {
        if (lease.signal.aborted || closing.aborted) return await lease.release();
        failures ??= await countFailure(lease, lease.metadata);
        if (failures < mostFailures) return await tryLater(lease, thrown, failures);
        return await giveUp(lease, performer, thrown, this.#place);
      } catch (worse) {
        if (toBesedaError(worse).code === "locked") return;
        const problem = `The job ${lease.job.id} cannot be given back: ${describeThrown(worse)}`;
        if (pauseMs === 500) process.emitWarning(problem, "BesedaWarning");
        if (closing.aborted) return;
        await waited(pauseMs, closing).catch(() => {});
      }
    }
  }
}

/** A performer that throws is defective, or the engine is out of order: it is tried again, later and later. */
async function tryLater(lease: RingingLease, thrown: unknown, failures: number): Promise<void> {
  const problem = describeThrown(thrown);
  await lease.report({ metadata: { ...lease.metadata, failures, problem } });
  return lease.release(isoIn(1_000 * 4 ** failures));
}

async function giveUp(lease: RingingLease, performer: Performer, thrown: unknown, place: Workplace): Promise<void> {
  const error = toBesedaError(thrown);
  const message = `It has failed ${mostFailures} times in a row, the last time with: ${error.message}`;
  const plain = plainError(error.with({ message, isRetryable: false }));
  if (performer.giveUp) return performer.giveUp(lease, plain, place, lease.metadata);
  return lease.finish({ error: plain });
}

/** The same lease, of whose news those in this process hear at once. */
class RingingLease implements Lease {
  readonly job: Job;
  readonly signal: AbortSignal;
  /** As it was reported last. */
  metadata: Readonly<Record<string, JsonValue>>;
  readonly #lease: Lease;
  readonly #bell: Bell;

  constructor(lease: Lease, bell: Bell) {
    this.job = lease.job;
    this.signal = lease.signal;
    this.metadata = lease.job.metadata;
    this.#lease = lease;
    this.#bell = bell;
  }

  read(prefix?: string): ReturnType<Lease["read"]> {
    return this.#lease.read(prefix);
  }

  write(entries: Parameters<Lease["write"]>[0]): Promise<void> {
    return this.#lease.write(entries);
  }

  report(news: Parameters<Lease["report"]>[0]): Promise<void> {
    this.metadata = news.metadata ?? this.metadata;
    return this.#after(this.#lease.report(news));
  }

  finish(outcome: Parameters<Lease["finish"]>[0]): Promise<void> {
    return this.#after(this.#lease.finish(outcome));
  }

  wait(metadata: Readonly<Record<string, JsonValue>>): Promise<void> {
    return this.#after(this.#lease.wait(metadata));
  }

  release(runAt?: string): Promise<void> {
    return this.#after(this.#lease.release(runAt));
  }

  async #after(work: Promise<void>): Promise<void> {
    await work;
    this.#bell.ring(this.job.id);
  }
}
