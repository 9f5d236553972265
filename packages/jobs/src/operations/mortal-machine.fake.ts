// Processes that can be killed at any write: a disk that outlives them, an engine on it, models and memories that die with them.
import {
  BesedaError,
  type Job,
  type JobEngine,
  type JobFilter,
  type JobOutcome,
  type JsonValue,
  type LanguageModel,
  type Lease,
  type Memory,
  type Message,
  type NewJob,
} from "@beseda/core";

type Stored = {
  job: Job;
  journal: Map<string, JsonValue>;
  events: JsonValue[];
  /** Who has the lease. */
  process: MortalProcess | undefined;
  lease: AbortController | undefined;
};

export class Disk {
  readonly jobs = new Map<string, Stored>();
  readonly threads = new Map<string, Message[]>();
  readonly waiting = new Set<() => void>();

  changed(): void {
    for (const wake of this.waiting) wake();
  }
}

/** Dies after so many writes to its disk, if it is told so: from then on nothing that it does has any effect. */
export class MortalProcess {
  readonly disk: Disk;
  /** Resolves when it dies. */
  readonly death: Promise<void>;
  isDead = false;
  writes = 0;
  readonly #lastWrite: number;
  #die = () => {};

  constructor(disk: Disk, lastWrite = Number.POSITIVE_INFINITY) {
    this.disk = disk;
    this.#lastWrite = lastWrite;
    this.death = new Promise((resolve) => {
      this.#die = resolve;
    });
  }

  die(): void {
    this.isDead = true;
    for (const stored of this.disk.jobs.values()) {
      if (stored.process !== this) continue;
      stored.process = undefined;
      stored.job.state = "queued";
    }
    this.disk.changed();
    this.#die();
  }

  /** What a dead process does never comes to an end. */
  async live<Value>(work: () => Value | Promise<Value>): Promise<Value> {
    if (this.isDead) return new Promise(() => {});
    const value = await work();
    return this.isDead ? new Promise(() => {}) : value;
  }

  async write<Value>(work: () => Value): Promise<Value> {
    return this.live(() => {
      const value = work();
      this.disk.changed();
      if (++this.writes >= this.#lastWrite) this.die();
      return value;
    });
  }

  mortalModel(model: LanguageModel): LanguageModel {
    const { operations } = model;
    const stream: LanguageModel["stream"] = (request, options) => {
      if (this.isDead) return never();
      return alive(this, model.stream(request, options));
    };
    return {
      ...model,
      stream,
      operations: operations && {
        submit: (request, options) => this.live(() => operations.submit(request, options)),
        poll: (id, options) => this.live(() => operations.poll(id, options)),
        cancel: (id, options) => this.live(() => operations.cancel(id, options)),
      },
    };
  }

  /** Its threads are on the disk: each append is a write. It loads the last `window` messages, as a memory with a window does. */
  memory(window = Number.POSITIVE_INFINITY): Memory {
    const { threads } = this.disk;
    return {
      load: (threadId) => this.live(() => structuredClone((threads.get(threadId) ?? []).slice(-window))),
      append: (threadId, messages) =>
        this.write(() => {
          const plain = JSON.parse(JSON.stringify(messages)) as Message[];
          threads.set(threadId, [...(threads.get(threadId) ?? []), ...plain]);
        }),
      threads: async () => [],
      delete: async () => {},
    };
  }
}

async function* alive<Value>(process: MortalProcess, source: AsyncIterable<Value>): AsyncGenerator<Value> {
  for await (const value of source) yield await process.live(() => value);
}

async function* never(): AsyncGenerator<never> {
  await new Promise(() => {});
}

export function mortalEngine(process: MortalProcess): JobEngine {
  const { disk } = process;
  const change = (id: string, apply: (stored: Stored) => void) =>
    process.write(() => {
      const stored = disk.jobs.get(id);
      if (!stored) throw new BesedaError(`There is no job ${id}.`, { code: "not-found" });
      apply(stored);
      stored.job.modifiedAt = new Date().toISOString();
      return structuredClone(stored.job);
    });
  return {
    files: undefined as unknown as JobEngine["files"],
    create: (job) =>
      process.write(() => {
        if (!disk.jobs.has(job.id)) disk.jobs.set(job.id, newStored(job));
        return structuredClone((disk.jobs.get(job.id) as Stored).job);
      }),
    get: (id) => process.live(() => structuredClone(disk.jobs.get(id)?.job)),
    list: (filter) => process.live(() => listed(disk, filter)),
    count: () => Promise.reject(new Error("Nobody counts here.")),
    delete: (id) =>
      process.write(() => {
        if (disk.jobs.get(id)?.process) throw new BesedaError("It is being worked on.", { code: "locked" });
        disk.jobs.delete(id);
      }),
    cancel: (id) =>
      change(id, ({ job, lease }) => {
        if (job.state === "done") return;
        job.isCancelled = true;
        if (job.state === "running") lease?.abort(new BesedaError("It was called off.", { code: "aborted" }));
        else
          Object.assign(job, { state: "done", outcome: { error: { code: "aborted", message: "It was called off." } } });
      }),
    wake: (id, value) =>
      change(id, ({ job }) => {
        if (job.state !== "waiting") throw new BesedaError("It does not wait.", { code: "invalid-argument" });
        Object.assign(job, { state: "queued", inbox: [...job.inbox, value] });
      }),
    async claim({ queue, kinds, signal }) {
      while (!signal.aborted && !process.isDead) {
        for (const stored of disk.jobs.values()) {
          const { job } = stored;
          const isReady = job.state === "queued" && Date.parse(job.runAt) <= Date.now();
          if (job.queue === queue && kinds.includes(job.kind) && isReady) return leaseOf(stored, process);
        }
        await new Promise<void>((resolve) => {
          const wake = () => {
            disk.waiting.delete(wake);
            signal.removeEventListener("abort", wake);
            clearTimeout(timer);
            resolve();
          };
          const timer = setTimeout(wake, untilDue(disk)).unref();
          disk.waiting.add(wake);
          signal.addEventListener("abort", wake, { once: true });
        });
      }
      return process.live(() => undefined);
    },
    events: (id, after = 0) =>
      process.live(() =>
        (disk.jobs.get(id)?.events ?? []).map((event, at) => ({ seq: at + 1, event })).filter(({ seq }) => seq > after),
      ),
    close: async () => {},
  };
}

function untilDue({ jobs }: Disk): number {
  const queued = [...jobs.values()].filter(({ job }) => job.state === "queued" && Date.parse(job.runAt) > Date.now());
  return Math.min(2 ** 31 - 1, ...queued.map(({ job }) => Date.parse(job.runAt) - Date.now()));
}

function newStored(job: NewJob): Stored {
  const now = new Date().toISOString();
  const { labels = {}, runAt = now } = job;
  const begun = { state: "queued", createdAt: now, modifiedAt: now, attempts: 0, isCancelled: false } as const;
  const plain = JSON.parse(JSON.stringify({ ...job, labels, runAt, ...begun, metadata: {}, inbox: [] })) as Job;
  return { job: plain, journal: new Map(), events: [], process: undefined, lease: undefined };
}

function listed(disk: Disk, { kind, state, labels = {}, oldestFirst = false, limit = 100 }: JobFilter = {}): Job[] {
  const all = [...disk.jobs.values()].map(({ job }) => job);
  const found = all.filter(
    (job) =>
      (kind === undefined || job.kind === kind) &&
      (state === undefined || job.state === state) &&
      Object.entries(labels).every(([name, value]) => job.labels[name] === value),
  );
  return structuredClone((oldestFirst ? found : found.reverse()).slice(0, limit));
}

function leaseOf(stored: Stored, process: MortalProcess): Lease {
  const { job, journal, events } = stored;
  const controller = new AbortController();
  Object.assign(stored, { process, lease: controller });
  Object.assign(job, { state: "running", attempts: job.attempts + 1 });
  const change = (apply: () => void) =>
    process.write(() => {
      if (stored.process !== process) throw new BesedaError("The lease is lost.", { code: "locked" });
      apply();
      job.modifiedAt = new Date().toISOString();
    });
  const calledOff = { state: "done", outcome: { error: { code: "aborted", message: "It was called off." } } };
  const end = (news: Partial<Job>) =>
    change(() => {
      Object.assign(job, JSON.parse(JSON.stringify(job.isCancelled && news.state !== "done" ? calledOff : news)));
      stored.process = undefined;
    });
  return {
    job: structuredClone(job),
    signal: controller.signal,
    read: (prefix = "") => process.live(() => [...structuredClone(journal)].filter(([key]) => key.startsWith(prefix))),
    write: (entries) => {
      const plain = entries.map(([key, value]) => [key, value && JSON.parse(JSON.stringify(value))] as const);
      return change(() => {
        for (const [key, value] of plain) value === undefined ? journal.delete(key) : journal.set(key, value);
      });
    },
    report: ({ metadata, events: more = [] }) => {
      const plain = JSON.parse(JSON.stringify({ metadata: metadata ?? job.metadata, more }));
      return change(() => {
        job.metadata = plain.metadata;
        events.push(...plain.more);
      });
    },
    finish: (outcome: JobOutcome) => end({ state: "done", outcome }),
    wait: (metadata) => end({ state: "waiting", metadata }),
    release: (runAt = new Date().toISOString()) => end({ state: "queued", runAt, attempts: job.attempts - 1 }),
  };
}
