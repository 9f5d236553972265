// A job engine for many workers on many machines: BullMQ says who works on what, files hold all there is to a job.
import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import {
  type Job,
  type JobEngine,
  type JobFiles,
  type JobFilter,
  type JobState,
  type JsonValue,
  type Lease,
  type NewJob,
  toBesedaError,
} from "@beseda/core";
import { firstSignal } from "../../first-signal.ts";
import { plainCopy } from "../plain-json.ts";
import { readRunAt } from "../run-at.ts";
import { readNewJob, requireId, requireWanted } from "../stored-arguments.ts";
import { BullmqLease } from "./bullmq-lease.ts";
import { type BullmqEngineOptions, readOptions } from "./bullmq-options.ts";
import { Claims } from "./claims.ts";
import { FilesCheck } from "./files-check.ts";
import { calledOff, claimEntry, type JobFacts, notFound, notWaiting, workedOn } from "./job-facts.ts";
import { folderAt, folderOf, JobIndex, placeOf } from "./job-index.ts";
import { JobLogs, type SequencedEvent } from "./job-log.ts";
import { JobSearch, shown } from "./job-search.ts";
import { LeaseJournal } from "./lease-journal.ts";
import { LostTickets } from "./lost-tickets.ts";
import { QueueServer } from "./queue-server.ts";
import { safeName } from "./safe-name.ts";
import { serverAddress } from "./server-address.ts";
import { type Delivery, TicketQueue } from "./ticket-queue.ts";

/**
 * What a job is and what has come of it stands in `files`, in write-once files, so that a server that loses its memory
 * loses no job: what it does not know any more is put back within about two leases. BullMQ queues, delays, locks, and
 * takes jobs from workers that have died.
 *
 * Requests to `files` (a list, a read or a write is one each): a job costs 2 writes, one for each label, and 1 list to create;
 * 1 list, up to 50 reads and 1 write to claim; 1 write for each group of journal entries or reports; 2 writes, 2
 * reads and 2 deletions to finish; 2 reads to look at, as every two seconds of a lease. `count` and `list` list the jobs of the
 * labels, a request per 1,000, and look at those that are not done, or that are listed.
 *
 * On Redis another `maxmemory-policy` than `noeviction` is refused. Calls wait up to 30 s for a server that is away; what
 * is noted in the files by then is not refused any more, and comes into the queue when the server is back. An
 * engine that has been used keeps its process alive until `close`, which gives back what it holds or is about to claim.
 *
 * @throws BesedaError `invalid-argument` for a connection or a `leaseMs` that cannot be
 */
export function bullmqEngine(options: BullmqEngineOptions): JobEngine {
  return new BullmqEngine(options);
}

class BullmqEngine implements JobEngine {
  readonly files: JobFiles;
  readonly #server: QueueServer;
  readonly #filesCheck: FilesCheck;
  readonly #leaseMs: number;
  readonly #logs: JobLogs;
  readonly #index: JobIndex;
  readonly #search: JobSearch;
  readonly #queues = new Map<string, TicketQueue>();
  readonly #claims: Claims;
  readonly #beginning = new Set<Promise<unknown>>();
  readonly #leases = new Set<BullmqLease>();
  readonly #lost: LostTickets;
  readonly #closing = new AbortController();
  #sequence = 0;

  constructor(options: BullmqEngineOptions) {
    const { connection, prefix, files, leaseMs, onLost } = readOptions(options);
    this.files = files;
    this.#server = new QueueServer(serverAddress(connection, prefix));
    this.#filesCheck = new FilesCheck(files, this.#server, leaseMs);
    this.#claims = new Claims(this.#server);
    this.#leaseMs = leaseMs;
    this.#logs = new JobLogs(files);
    this.#index = new JobIndex(files);
    this.#search = new JobSearch(this.#logs, this.#index);
    this.#lost = new LostTickets({
      logs: this.#logs,
      index: this.#index,
      queueOf: (queue, kind) => this.#queueNamed(`${safeName(queue)}.${kind}`),
      settle: (facts) => this.#settle(facts),
      renewNote: () => this.#filesCheck.renew(),
      leaseMs,
      onLost,
    });
  }

  async create(given: NewJob): Promise<Job> {
    const job = { ...readNewJob(given), runAt: readRunAt(given.runAt) };
    // What stands in the log is begun, whatever becomes of its ticket: where none would be taken, nothing is written.
    await this.#queueOf(job).requireServer();
    const folder = folderOf(job.id);
    this.#sequence = Math.max(this.#sequence + 1, Date.now() * 1_000);
    const place = placeOf(job, this.#sequence);
    const begin = async () => {
      // The marker first: what is not in the index of open jobs is not looked for where it got lost.
      await this.#index.open(job.queue, place);
      return this.#logs.begin(folder, { is: "created", at: new Date().toISOString(), job, place });
    };
    const facts = (await begin()) ?? (await this.#clear(folder).then(begin));
    if (facts?.place !== place) await this.#index.close(job.queue, place);
    if (!facts) throw notFound(job.id);
    // Of one that was there already: whoever made it may have died before this.
    if (facts.job.state === "queued") {
      await this.#index.label(facts);
      await this.#settle(facts);
    }
    return shown(facts);
  }

  async get(id: string): Promise<Job | undefined> {
    const facts = await this.#logs.read(folderOf(requireId(id)));
    return facts && shown(facts);
  }

  async list(filter: JobFilter = {}): Promise<Job[]> {
    return this.#search.list(filter);
  }

  async count(filter: JobFilter = {}): Promise<Record<JobState, number>> {
    return this.#search.count(filter);
  }

  async delete(id: string): Promise<void> {
    const folder = folderOf(requireId(id));
    const before = await this.#logs.sound(this.#logs.read(folder));
    if (before) {
      if (await this.#isHeld(folder, before)) throw workedOn(before.job);
      await this.#logs.change(folder, (facts) => {
        if (facts && facts.holder !== before.holder) throw workedOn(facts.job);
        return facts && { is: "deleted", at: new Date().toISOString() };
      });
    }
    if (before && before.job.state !== "done") await this.#dropTicket(before);
    await this.#clear(folder);
  }

  async cancel(id: string): Promise<Job> {
    const folder = folderOf(requireId(id));
    const before = await this.#logs.read(folder);
    const isHeld = before !== undefined && (await this.#isHeld(folder, before));
    const facts = await this.#logs.change(folder, (facts) => {
      if (!facts) throw notFound(id);
      const at = new Date().toISOString();
      if (facts.job.state === "done") return undefined;
      const isWorkedOn = facts.job.state === "running" && (isHeld || facts.holder !== before?.holder);
      if (!isWorkedOn) return { is: "finished", at, outcome: calledOff(id), isCancelled: true };
      return facts.job.isCancelled ? undefined : { is: "cancelled", at };
    });
    if (!facts) throw notFound(id);
    if (facts.job.state === "done") {
      await this.#dropTicket(facts);
      await this.#settle(facts);
    }
    return shown(facts);
  }

  async wake(id: string, value: JsonValue): Promise<Job> {
    const kept = plainCopy(value, "What the job is woken with");
    const facts = await this.#logs.change(folderOf(requireId(id)), (facts) => {
      if (!facts) throw notFound(id);
      if (facts.job.state !== "waiting") throw notWaiting(facts.job);
      return { is: "woken", at: new Date().toISOString(), value: kept };
    });
    if (!facts) throw notFound(id);
    await this.#settle(facts);
    return shown(facts);
  }

  async claim({ queue, kinds, signal }: Parameters<JobEngine["claim"]>[0]): Promise<Lease | undefined> {
    requireWanted({ queue, kinds });
    this.#lost.watch(queue);
    const queues = kinds.map((kind) => this.#queueOf({ queue, kind }));
    const { signal: stop, letGo } = firstSignal([signal, this.#closing.signal]);
    try {
      for (;;) {
        const delivery = await this.#claims.next(queues, stop);
        if (!delivery) return undefined;
        const beginning = this.#begin(delivery).then(async (lease) => (stop.aborted ? await lease?.release() : lease));
        this.#beginning.add(beginning);
        const lease = await beginning.finally(() => this.#beginning.delete(beginning));
        if (lease) return lease;
      }
    } finally {
      letGo();
    }
  }

  async events(id: string, after = 0): Promise<SequencedEvent[]> {
    return plainCopy(await this.#logs.events(folderOf(requireId(id)), after), "The events");
  }

  async close(): Promise<void> {
    this.#closing.abort();
    this.#lost.close();
    await this.#claims.close();
    await Promise.allSettled(this.#beginning);
    await Promise.all([...this.#leases].map((lease) => lease.release().catch(() => {})));
    this.#server.stop();
    await Promise.all([this.#filesCheck, ...this.#queues.values()].map((each) => each.close()));
    await this.#server.close();
  }

  /** Takes the job of a ticket; nothing where the ticket does not count any more. */
  async #begin(delivery: Delivery): Promise<BullmqLease | undefined> {
    const { folder, number } = delivery.ticket;
    const token = randomUUID();
    const pulse = setInterval(() => void delivery.renew().catch(() => {}), this.#leaseMs / 3);
    try {
      const wanted = { ready: number, by: token, holder: `${hostname()}:${process.pid}` };
      // Of one that is damaged the ticket goes: it comes back, as those that are lost, when it can be read again.
      const facts = await this.#logs.sound(this.#logs.change(folder, (facts) => claimEntry(facts, wanted)));
      const lease = facts?.holder === token && (await this.#logs.sound(this.#lease(facts, delivery, token)));
      if (lease) return lease;
      if (facts && facts.job.state !== "running") await this.#settle(facts);
      await delivery.discard();
      return undefined;
    } catch (error) {
      await delivery.giveBack().catch(() => {});
      throw error;
    } finally {
      clearInterval(pulse);
    }
  }

  async #lease(facts: JobFacts, delivery: Delivery, token: string): Promise<BullmqLease> {
    const { folder } = delivery.ticket;
    const place = { id: facts.job.id, folder, lease: facts.openLeases.at(-1) ?? 0 };
    const journal = LeaseJournal.open(this.files, place, facts.openLeases);
    await journal.catch(() => this.#logs.outlive(folder, facts));
    const lease = new BullmqLease({
      facts,
      token,
      folder,
      delivery,
      journal: await journal,
      logs: this.#logs,
      lockMs: this.#leaseMs,
      settle: async (now) => {
        await this.#settle(now);
        await this.#ifItCan(delivery.discard());
      },
      left: (left) => this.#leases.delete(left),
    });
    this.#leases.add(lease);
    return lease;
  }

  /** Queue and indexes follow what the log says. May be done twice. */
  async #settle(facts: JobFacts): Promise<void> {
    const { job, place, ready } = facts;
    const folder = folderAt(place);
    if (job.state === "queued") {
      await this.#ifItCan(this.#queueOf(job).add({ folder, number: ready }, Date.parse(job.runAt) - Date.now()));
    } else if (job.state === "done") {
      await this.#index.done(facts);
      // Deleted in the meantime, by somebody who found nothing there yet to take out of the index.
      if (!(await this.#logs.read(folder))) await this.#index.remove(facts);
      await this.files.delete(`${folder}/journal/`);
    }
  }

  /** Takes away what there is of a job that was deleted, also where that was cut short. Its log goes last. */
  async #clear(folder: string): Promise<void> {
    const first = await this.#logs.sound(this.#logs.first(folder));
    if (first) await this.#index.remove(first);
    await this.files.delete(`${folder}/`);
    this.#logs.forget(folder);
  }

  async #dropTicket({ job, place, ready }: JobFacts): Promise<void> {
    await this.#ifItCan(this.#queueOf(job).remove({ folder: folderAt(place), number: ready }));
  }

  /** The log says what counts: a ticket that is missing is put back by whoever looks for lost ones, one too many is thrown away. */
  async #ifItCan(told: Promise<void>): Promise<void> {
    await told.catch((error: unknown) => this.#server.warn(behind, toBesedaError(error).message));
  }

  /** Of one whose worker has died or fallen silent the queue has the ticket again. */
  async #isHeld(folder: string, { job, ready }: JobFacts): Promise<boolean> {
    if (job.state !== "running") return false;
    return (await this.#queueOf(job).stateOf({ folder, number: ready })) === "active";
  }

  #queueOf({ queue, kind }: Pick<Job, "queue" | "kind">): TicketQueue {
    return this.#queueNamed(`${safeName(queue)}.${safeName(kind)}`);
  }

  #queueNamed(name: string): TicketQueue {
    const queue = this.#queues.get(name) ?? new TicketQueue(name, this.#server, this.#filesCheck, this.#leaseMs);
    this.#queues.set(name, queue);
    return queue;
  }
}

const behind = "What was asked of the jobs is noted, and comes to pass later: the queue does not know of it yet.";
