// What has happened to a job, entry by entry, and what that makes of it. Pure.
import { BesedaError, type Job, type JobOutcome, type JsonValue, type NewJob } from "@beseda/core";

/** One entry of the log of a job, in a file of its own. `at` is ISO 8601; `by` is the token of a lease. */
export type LogEntry =
  | { is: "created"; at: string; job: NewJob; place: string }
  | { is: "claimed"; at: string; by: string; holder: string }
  | { is: "reported"; at: string; by: string; metadata?: Metadata; events: JsonValue[] }
  | { is: "finished"; at: string; by?: string; outcome: JobOutcome; isCancelled?: true }
  | { is: "put-aside"; at: string; by: string; metadata: Metadata }
  | { is: "woken"; at: string; value: JsonValue }
  | { is: "given-back"; at: string; by: string; runAt: string }
  /** Of a worker whose lease the server lost, and that lives: whoever wrote the entry `lease` did not die. */
  | { is: "outlived"; at: string; lease: number }
  | { is: "cancelled"; at: string }
  | { is: "deleted"; at: string };

type Metadata = Job["metadata"];

/** What a log has come to: plain data, kept with every 50th entry so that nobody has to read it all. */
export type JobFacts = {
  job: Job;
  /** Its file in the indexes. */
  place: string;
  /** The entry that made it ready the last time: with the id it names one delivery by the server. */
  ready: number;
  /** The token of the lease that counts, while there is one. */
  holder?: string;
  /** The entries of leases that may still be writing to their journals. */
  openLeases: number[];
  /** How many events have been reported. */
  events: number;
};

/** Nothing of a job that was deleted. `number` counts the entries from 1. */
export function foldEntry(facts: JobFacts | undefined, entry: LogEntry, number: number): JobFacts | undefined {
  if (entry.is === "created") return created(entry, number);
  if (!facts || entry.is === "deleted") return undefined;
  const { job, openLeases } = facts;
  const changed = (changes: Partial<Job>): Job => ({ ...job, ...changes, modifiedAt: entry.at });
  const { holder: _holder, ...free } = facts;
  switch (entry.is) {
    case "claimed":
      return {
        ...facts,
        job: changed({ state: "running", attempts: job.attempts + 1, holder: entry.holder }),
        holder: entry.by,
        openLeases: [...openLeases, number],
      };
    case "reported":
      return {
        ...facts,
        job: changed({ metadata: entry.metadata ?? job.metadata }),
        events: facts.events + entry.events.length,
      };
    case "finished":
      return {
        ...free,
        job: changed({
          state: "done",
          outcome: entry.outcome,
          isCancelled: job.isCancelled || entry.isCancelled === true,
          holder: undefined,
        }),
        openLeases: [],
      };
    case "put-aside":
      return {
        ...free,
        job: changed({ state: "waiting", metadata: entry.metadata, holder: undefined }),
        openLeases: [],
      };
    case "woken":
      return { ...free, job: changed({ state: "queued", inbox: [...job.inbox, entry.value] }), ready: number };
    case "given-back":
      return {
        ...free,
        job: changed({ state: "queued", runAt: entry.runAt, attempts: job.attempts - 1, holder: undefined }),
        ready: number,
        openLeases: [],
      };
    case "outlived":
      return { ...facts, job: { ...job, attempts: job.attempts - 1 } };
    case "cancelled":
      return { ...facts, job: changed({ isCancelled: true }) };
  }
}

/** With which a worker takes a job by its ticket; none where the ticket does not count any more. */
export function claimEntry(
  facts: JobFacts | undefined,
  { ready, by, holder }: { ready: number; by: string; holder: string },
): LogEntry | undefined {
  if (facts?.ready !== ready || !["queued", "running"].includes(facts.job.state)) return undefined;
  const at = new Date().toISOString();
  if (facts.job.isCancelled) return { is: "finished", at, outcome: calledOff(facts.job.id) };
  return { is: "claimed", at, by, holder };
}

function created({ job, at, place }: LogEntry & { is: "created" }, number: number): JobFacts {
  const { labels = {}, runAt = at } = job;
  return {
    job: {
      ...job,
      labels,
      runAt,
      state: "queued",
      createdAt: at,
      modifiedAt: at,
      attempts: 0,
      isCancelled: false,
      metadata: {},
      inbox: [],
    },
    place,
    ready: number,
    openLeases: [],
    events: 0,
  };
}

/** The outcome of a job that was called off. */
export function calledOff(id: string): JobOutcome {
  const error = new BesedaError(`The job ${id} was called off.`, { code: "aborted" });
  return { error: { message: error.message, code: error.code, isRetryable: false } };
}

/** What whoever holds a lease that does not count any more is told. */
export function leaseLost(id: string): BesedaError {
  return new BesedaError(`The lease on the job ${id} is lost: another worker may have it.`, {
    code: "locked",
    hint: "Stop working on it: whoever has it goes on from its journal.",
  });
}

export function notFound(id: string): BesedaError {
  return new BesedaError(`There is no job ${id}.`, {
    code: "not-found",
    hint: "Check the id; a job that was deleted is gone for good.",
  });
}

export function workedOn({ id, holder }: Job): BesedaError {
  return new BesedaError(`The job ${id} is being worked on${holder ? ` by ${holder}` : ""}.`, {
    code: "locked",
    hint: "Call it off first, and delete it when it is done.",
  });
}

export function notWaiting({ id, state }: Job): BesedaError {
  return new BesedaError(`The job ${id} does not wait: it is ${state}.`, {
    code: "invalid-argument",
    hint: "Wake a job once, while its state is waiting.",
  });
}
