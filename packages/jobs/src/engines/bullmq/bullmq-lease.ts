// The right to work on a job: held by the lock of its ticket, proven by the log, which refuses whoever has lost it.
import { BesedaError, type Job, type JobOutcome, type JsonValue, type Lease } from "@beseda/core";
import { plainCopy } from "../plain-json.ts";
import { readRunAt } from "../run-at.ts";
import { requireText } from "../stored-arguments.ts";
import { calledOff, type JobFacts, type LogEntry, leaseLost } from "./job-facts.ts";
import type { JobLogs } from "./job-log.ts";
import type { JournalEntry, LeaseJournal } from "./lease-journal.ts";
import type { Delivery } from "./ticket-queue.ts";

export type LeaseParts = {
  facts: JobFacts;
  /** Tells this lease from every other one. */
  token: string;
  folder: string;
  delivery: Delivery;
  journal: LeaseJournal;
  logs: JobLogs;
  lockMs: number;
  /** What the engine does when the job has moved on: queue, indexes, files. */
  settle(facts: JobFacts, delivery: Delivery): Promise<void>;
  /** The lease is over. */
  left(lease: BullmqLease): void;
};

/** Whether it was called off is looked up at least so often: two reads of small files. */
const longestPulseMs = 2_000;

type News = { metadata?: Job["metadata"]; events: JsonValue[] };

export class BullmqLease implements Lease {
  readonly job: Job;
  readonly signal: AbortSignal;
  readonly #parts: LeaseParts;
  readonly #stop = new AbortController();
  readonly #pulse: NodeJS.Timeout;
  #askedAt = performance.now();
  #renewedAt = performance.now();
  /** It did not even ask for longer than the lock holds: that it lost it is its own doing, as if it had died. */
  #stoodStill = false;
  #isOver = false;
  #news: News | undefined;
  /** What will tell them. */
  #telling: Promise<void> | undefined;
  #reporting: Promise<unknown> = Promise.resolve();

  constructor(parts: LeaseParts) {
    this.#parts = parts;
    this.job = plainCopy(parts.facts.job, "The job");
    this.signal = this.#stop.signal;
    this.#pulse = setInterval(() => void this.#beat(), Math.min(longestPulseMs, parts.lockMs / 3));
    this.#pulse.unref();
  }

  async read(prefix = ""): Promise<[key: string, value: JsonValue][]> {
    requireText(prefix, "The prefix");
    await this.#check();
    return this.#parts.journal.read(prefix);
  }

  async write(entries: readonly JournalEntry[]): Promise<void> {
    const kept = entries.map(([key, value]): JournalEntry => {
      requireText(key, "The key of an entry");
      return [key, value === undefined ? value : plainCopy(value, key)];
    });
    await this.#check();
    await this.#losing(this.#parts.journal.write(kept));
  }

  /** What is reported while a report is being written goes into the next one together; what is known already costs no file. */
  async report(report: Parameters<Lease["report"]>[0]): Promise<void> {
    const { metadata, events = [] } = plainCopy(report, "The report");
    await this.#check();
    this.#news ??= { events: [] };
    if (metadata) this.#news.metadata = metadata;
    this.#news.events.push(...events);
    if (!this.#telling) {
      this.#telling = this.#reporting.then(() => this.#tell());
      this.#reporting = this.#telling.catch(() => {});
    }
    await this.#telling;
  }

  async finish(outcome: JobOutcome): Promise<void> {
    const kept = plainCopy(outcome, "The outcome");
    await this.#end((at, by) => ({ is: "finished", at, by, outcome: kept }));
  }

  async wait(metadata: Readonly<Record<string, JsonValue>>): Promise<void> {
    const kept = plainCopy(metadata, "The metadata");
    await this.#end((at, by) => ({ is: "put-aside", at, by, metadata: kept }));
  }

  async release(runAt?: string): Promise<void> {
    const time = readRunAt(runAt);
    await this.#end((at, by) => ({ is: "given-back", at, by, runAt: time }));
  }

  /** Does as a process that stands still: nothing is renewed any more, and nothing is heard. */
  fallSilent(): void {
    clearInterval(this.#pulse);
  }

  async #tell(): Promise<void> {
    const news = this.#news ?? { events: [] };
    this.#news = undefined;
    this.#telling = undefined;
    await this.#change((at, by, { metadata }) => {
      const isNew = news.metadata !== undefined && JSON.stringify(news.metadata) !== JSON.stringify(metadata);
      return isNew || news.events.length > 0 ? { is: "reported", at, by, ...news } : undefined;
    });
  }

  async #end(entry: (at: string, by: string) => LogEntry): Promise<void> {
    await this.#check();
    await this.#reporting;
    // Whoever takes the job next seals this journal: what is still on its way would be refused.
    await this.#parts.journal.settled();
    const facts = await this.#change(entry);
    this.#isOver = true;
    this.#leave();
    await this.#parts.settle(facts, this.#parts.delivery);
  }

  /** One that was called off and that its worker puts aside or gives back is done: nobody works on it any more. */
  async #change(entry: (at: string, by: string, job: Job) => LogEntry | undefined): Promise<JobFacts> {
    const { logs, folder, token } = this.#parts;
    const changed = logs.change(folder, (facts) => {
      if (facts?.holder !== token) throw leaseLost(this.job.id);
      const wanted = entry(new Date().toISOString(), token, facts.job);
      const isLeft = wanted?.is === "put-aside" || wanted?.is === "given-back";
      if (!isLeft || !facts.job.isCancelled) return wanted;
      return { is: "finished", at: wanted.at, by: token, outcome: calledOff(this.job.id) };
    });
    const facts = await this.#losing(changed);
    if (!facts) throw leaseLost(this.job.id);
    return facts;
  }

  /** A process that stood still longer than the lock holds looks before it goes on. */
  async #check(): Promise<void> {
    if (!this.#isOver && performance.now() - this.#renewedAt > this.#parts.lockMs) await this.#beat();
    if (this.#isOver) throw leaseLost(this.job.id);
  }

  async #beat(): Promise<void> {
    const { delivery, logs, folder, token, lockMs } = this.#parts;
    const askedAt = performance.now();
    if (askedAt - this.#askedAt > lockMs) this.#stoodStill = true;
    this.#askedAt = askedAt;
    try {
      const [isHeld, facts] = await Promise.all([delivery.renew(), logs.read(folder)]);
      if (this.#isOver) return;
      if (!isHeld || facts?.holder !== token) return this.#lose();
      this.#renewedAt = askedAt;
      this.#stoodStill = false;
      if (facts.job.isCancelled && !this.signal.aborted) {
        this.#stop.abort(new BesedaError(`The job ${this.job.id} was called off.`, { code: "aborted" }));
      }
    } catch {
      // Not known: the lock holds until its time is over.
      if (performance.now() - this.#renewedAt > lockMs) this.#lose();
    }
  }

  async #losing<Value>(call: Promise<Value>): Promise<Value> {
    try {
      return await call;
    } catch (error) {
      if (error instanceof BesedaError && error.code === "locked") this.#lose();
      throw error;
    }
  }

  #lose(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#leave();
    this.#stop.abort(leaseLost(this.job.id));
    const { logs, folder, facts, lockMs } = this.#parts;
    // It asks three times as often as the lock holds, which began a little before it: here it is known earlier.
    const isSilent = performance.now() - this.#askedAt > (lockMs * 2) / 3;
    if (!this.#stoodStill && !isSilent) void logs.outlive(folder, facts);
  }

  #leave(): void {
    clearInterval(this.#pulse);
    this.#parts.left(this);
  }
}
