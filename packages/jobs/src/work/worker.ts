// Takes jobs as they become ready, a number of each kind at a time, and sees each to the end of its lease.
import { setMaxListeners } from "node:events";
import { BesedaError, describeThrown, type Lease, toBesedaError } from "@beseda/core";
import { waited } from "@beseda/core/http";
import type { Bell } from "./bell.ts";
import { plainError } from "./job-error.ts";
import type { Perform, Workplace } from "./workplace.ts";

export type Performer = {
  kind: string;
  /** How many of these at once. */
  slots: number;
  perform: Perform;
};

/** Performers come to an end by themselves, most within ten seconds; the engine gives back what is left of them. */
const drainMs = 12_000;
/** A job whose performer throws is tried again so often. */
const mostFailures = 5;
const longestPauseMs = 30_000;

export class Worker {
  readonly #place: Workplace;
  readonly #performers: readonly Performer[];
  readonly #bell: Bell;
  readonly #closing = new AbortController();
  #lanes: Promise<unknown> | undefined;
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

  start(): void {
    this.#lanes ??= Promise.all(this.#performers.map((performer) => this.#lane(performer)));
  }

  /** Takes nothing more; resolves when what runs has come to an end or to a point from which it is gone on with. */
  async stop(): Promise<void> {
    this.#closing.abort(new BesedaError("This worker takes no more jobs.", { code: "aborted" }));
    const enough = new AbortController();
    const tooLong = waited(drainMs, enough.signal).catch(() => {});
    await Promise.race([this.#lanes, tooLong]);
    enough.abort();
  }

  async #lane({ kind, slots, perform }: Performer): Promise<void> {
    const { closing, engine, queue } = this.#place;
    const running = new Set<Promise<void>>();
    for (let pauseMs = 0; !closing.aborted; ) {
      try {
        const lease = await engine.claim({ queue, kinds: [kind], signal: closing });
        pauseMs = 0;
        if (!lease) continue;
        const work = this.#work(lease, perform).finally(() => running.delete(work));
        running.add(work);
      } catch (thrown) {
        if (closing.aborted) break;
        if (pauseMs === 0) process.emitWarning(`No jobs can be taken: ${describeThrown(thrown)}`, "BesedaWarning");
        pauseMs = Math.min(Math.max(pauseMs * 2, 500), longestPauseMs);
        await waited(pauseMs, closing).catch(() => {});
      }
      if (running.size >= slots) await Promise.race(running);
    }
    await Promise.all(running);
  }

  /** Never rejects. */
  async #work(lease: Lease, perform: Perform): Promise<void> {
    // Waiting for work lets the process end, work does not.
    if (this.#running++ === 0) this.#alive = setInterval(() => {}, 2 ** 30);
    const ringing = this.#ringing(lease);
    try {
      await perform(ringing, this.#place);
    } catch (thrown) {
      await this.#giveBack(ringing, thrown);
    } finally {
      if (--this.#running === 0) clearInterval(this.#alive);
    }
  }

  /** As often as it takes, such as on a full disk: nobody else can have the job for as long as this process lives. */
  async #giveBack(lease: Lease, thrown: unknown): Promise<void> {
    const { closing } = this.#place;
    for (let pauseMs = 500; !lease.signal.aborted; pauseMs = Math.min(pauseMs * 2, longestPauseMs)) {
      try {
        return await giveBack(lease, thrown, closing.aborted);
      } catch (worse) {
        if (lease.signal.aborted) return;
        const problem = `The job ${lease.job.id} cannot be given back: ${describeThrown(worse)}`;
        if (pauseMs === 500) process.emitWarning(problem, "BesedaWarning");
        if (closing.aborted) return;
        await waited(pauseMs, closing).catch(() => {});
      }
    }
  }

  /** The same lease, of whose news those in this process hear at once. */
  #ringing(lease: Lease): Lease {
    const after = async (work: Promise<void>) => {
      await work;
      this.#bell.ring(lease.job.id);
    };
    return {
      job: lease.job,
      signal: lease.signal,
      read: (prefix) => lease.read(prefix),
      write: (entries) => lease.write(entries),
      report: (news) => after(lease.report(news)),
      finish: (outcome) => after(lease.finish(outcome)),
      wait: (metadata) => after(lease.wait(metadata)),
      release: (runAt) => after(lease.release(runAt)),
    };
  }
}

/** A performer that throws is defective, or the engine is out of order: it is tried again, later and later, and then no more. */
async function giveBack(lease: Lease, thrown: unknown, isClosing: boolean): Promise<void> {
  if (lease.signal.aborted || isClosing) return lease.release();
  const error = plainError(toBesedaError(thrown));
  const failures = Number(lease.job.metadata.failures ?? 0) + 1;
  if (failures >= mostFailures) return lease.finish({ error });
  await lease.report({ metadata: { ...lease.job.metadata, failures, problem: error.message } });
  return lease.release(new Date(Date.now() + 1_000 * 4 ** failures).toISOString());
}
