// For tests: an engine in memory. What the port says of one worker holds; other processes there are none.
import { BesedaError, type Job, type JobEngine, type JsonValue, type Lease, type NewJob } from "@beseda/core";

type Kept = { job: Job; journal: Map<string, JsonValue>; holder: AbortController | undefined };

export function memoryEngine(): JobEngine {
  const jobs = new Map<string, Kept>();
  const files = new Map<string, Uint8Array>();
  const known = (id: string) => {
    const kept = jobs.get(id);
    if (!kept) throw new BesedaError(`There is no job ${id}.`, { code: "not-found" });
    return kept;
  };
  const missing = () => Promise.reject(new Error("Not in this fake."));
  return {
    files: {
      async put(name, bytes) {
        const chunks: Uint8Array[] = [];
        for await (const chunk of bytes) chunks.push(chunk);
        if (files.has(name)) return false;
        files.set(name, Buffer.concat(chunks));
        return true;
      },
      async *get(name) {
        const bytes = files.get(name);
        if (!bytes) throw new BesedaError(`There is no file ${name}.`, { code: "not-found" });
        // In pieces that do not end where lines do.
        for (let from = 0; from < bytes.length; from += 1_000) yield bytes.subarray(from, from + 1_000);
      },
      list: async (prefix) => [...files.keys()].filter((name) => name.startsWith(prefix)).sort(),
      async delete(prefix) {
        for (const name of [...files.keys()]) if (name.startsWith(prefix)) files.delete(name);
      },
    },
    async create(job) {
      if (!jobs.has(job.id)) jobs.set(job.id, { job: newJob(job), journal: new Map(), holder: undefined });
      return known(job.id).job;
    },
    get: async (id) => structuredClone(jobs.get(id)?.job),
    async cancel(id) {
      const { job, holder } = known(id);
      job.isCancelled = true;
      holder?.abort(new BesedaError("The job was called off.", { code: "aborted" }));
      return job;
    },
    async wake(id, value) {
      const { job } = known(id);
      if (job.state !== "waiting") throw new BesedaError("It does not wait.", { code: "invalid-argument" });
      Object.assign(job, { state: "queued", inbox: [...job.inbox, value] });
      return job;
    },
    async claim() {
      const kept = [...jobs.values()].find(({ job }) => job.state === "queued");
      if (!kept) return undefined;
      kept.job.state = "running";
      kept.job.attempts++;
      return leaseOf(kept);
    },
    list: missing,
    count: missing,
    delete: missing,
    events: missing,
    close: async () => {},
  };
}

function newJob({ labels = {}, runAt, ...job }: NewJob): Job {
  const at = new Date().toISOString();
  const fresh = { state: "queued", attempts: 0, isCancelled: false, metadata: {}, inbox: [] } as const;
  return structuredClone({ ...job, ...fresh, labels, runAt: runAt ?? at, createdAt: at, modifiedAt: at });
}

/** `die` leaves the job as a worker that has died does, once the engine has found out. */
export type MortalLease = Lease & { die(): Promise<void> };

function leaseOf(kept: Kept): MortalLease {
  const holder = new AbortController();
  kept.holder = holder;
  const held = () => {
    if (kept.holder !== holder) throw new BesedaError("The lease is lost.", { code: "locked" });
  };
  const end = async (changes: Partial<Job>) => {
    held();
    kept.holder = undefined;
    Object.assign(kept.job, structuredClone(changes));
  };
  return {
    job: structuredClone(kept.job),
    signal: holder.signal,
    async read(prefix = "") {
      held();
      return structuredClone([...kept.journal].filter(([key]) => key.startsWith(prefix)));
    },
    async write(entries) {
      held();
      for (const [key, value] of entries) {
        if (value === undefined) kept.journal.delete(key);
        else kept.journal.set(key, JSON.parse(JSON.stringify(value)));
      }
      // As durable as it gets.
      await new Promise((resolve) => setImmediate(resolve));
    },
    async report({ metadata }) {
      held();
      if (metadata) kept.job.metadata = structuredClone(metadata);
    },
    async finish(outcome) {
      await end({ state: "done", outcome });
      kept.journal.clear();
    },
    wait: (metadata) => end({ state: "waiting", metadata }),
    release: () => end({ state: "queued", attempts: kept.job.attempts - 1 }),
    die: () => end({ state: "queued" }),
  };
}
