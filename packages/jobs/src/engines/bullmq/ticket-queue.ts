// The door to BullMQ: a queue of tickets, on Redis or on Postgres. A ticket says that a job is ready; what the job is, and
// whether the ticket still counts, stands in its log.
import { randomUUID } from "node:crypto";
import { BesedaError } from "@beseda/core";
import type { FilesCheck } from "./files-check.ts";
import { type IQueueBackend, type Job, loadBullmq, type Queue, type QueueServer, type Worker } from "./queue-server.ts";
import { refusalOf } from "./server-trouble.ts";

/** `number` is that of the entry that made the job ready: each readiness has one ticket, however often it is added. */
export type Ticket = { folder: string; number: number };

/** A ticket in hand: nobody else gets it for as long as its lock is renewed. */
export interface Delivery {
  readonly ticket: Ticket;
  /** `false` where the lock is gone. */
  renew(): Promise<boolean>;
  /** Takes it out of the queue. One whose lock is gone stays: whoever gets it finds that it does not count. */
  discard(): Promise<void>;
  /** Back into the queue, as the next one. */
  giveBack(): Promise<void>;
}

type Queues = Queue<Ticket, void, string, Ticket, void, string, IQueueBackend, string>;
type Workers = Worker<Ticket, void, string, IQueueBackend, number, string>;
type TicketJob = Job<Ticket, void, string>;

/** BullMQ gives a job up that stalled more often. How often is enough is for whoever reads `attempts` to say. */
const mostStalls = 2 ** 31 - 1;
/** How many of its own events a queue keeps; nobody reads them. */
const keptEvents = 100;

export class TicketQueue {
  readonly #name: string;
  readonly #server: QueueServer;
  readonly #filesCheck: FilesCheck;
  readonly #lockMs: number;
  #isStopped = false;
  /** What the worker waits with. */
  #waiting: IQueueBackend | undefined;
  #queue: Promise<Queues> | undefined;
  #worker: Promise<Workers> | undefined;

  constructor(name: string, server: QueueServer, filesCheck: FilesCheck, lockMs: number) {
    this.#name = name;
    this.#server = server;
    this.#filesCheck = filesCheck;
    this.#lockMs = lockMs;
  }

  /** Looks whether the server takes tickets, before anything is promised. */
  async requireServer(): Promise<void> {
    await this.#ask(async () => {});
  }

  /** One that is there already stays as it is. */
  async add(ticket: Ticket, delayMs: number): Promise<void> {
    const options = { jobId: idOf(ticket), delay: Math.max(0, delayMs), removeOnComplete: true, removeOnFail: true };
    await this.#ask((queue) => queue.add("ticket", ticket, options));
  }

  /** `unknown` for one that the server does not have, or does not have any more. */
  async stateOf(ticket: Ticket): Promise<string> {
    return this.#ask((queue) => queue.getJobState(idOf(ticket)));
  }

  /** One that somebody has in hand stays, and one that is not there is no error. */
  async remove(ticket: Ticket): Promise<void> {
    await this.#ask((queue) => queue.remove(idOf(ticket)));
  }

  async count(): Promise<number> {
    const counts = await this.#ask((queue) => queue.getJobCounts());
    return Object.values(counts).reduce((sum, count) => sum + count, 0);
  }

  /**
   * The next ticket, or nothing after some seconds without one, or once it is stopped. Throws at once where Postgres is
   * away, waits for a Redis that is.
   */
  async next(): Promise<Delivery | undefined> {
    try {
      const worker = await this.#openWorker();
      if (this.#isStopped) return undefined;
      const token = randomUUID();
      const job = await worker.getNextJob(token, { block: true });
      return job && this.#delivery(job, token);
    } catch (error) {
      throw refusalOf(error, this.#server.place) ?? error;
    }
  }

  /** Tickets are waited for no more. One that is already being fetched still comes. */
  stop(): void {
    this.#isStopped = true;
    void this.#waiting?.disconnectBlocking().catch(nothing);
  }

  /** Once the server is stopped. */
  async close(): Promise<void> {
    this.stop();
    const opened = [this.#queue, this.#worker];
    this.#queue = undefined;
    this.#worker = undefined;
    await Promise.all(opened.map(async (each) => (await each?.catch(() => undefined))?.close(true).catch(() => {})));
  }

  #delivery(job: TicketJob, token: string): Delivery {
    return {
      ticket: job.data,
      renew: async () => (await this.#server.patiently(() => job.extendLock(token, this.#lockMs))) === 1,
      discard: () => this.#server.patiently(() => job.moveToCompleted(undefined, token, false)).then(nothing, ifLocked),
      giveBack: () => this.#server.patiently(() => job.moveToWait(token)).then(nothing, ifLocked),
    };
  }

  #ask<Answer>(question: (queue: Queues) => Promise<Answer>): Promise<Answer> {
    return this.#server.patiently(async () => question(await this.#openQueue()));
  }

  /** One that could not be opened is tried anew with the next call: on Postgres BullMQ does not try again by itself. */
  #openQueue(): Promise<Queues> {
    this.#queue ??= this.#newQueue().catch((error) => {
      this.#queue = undefined;
      throw error;
    });
    return this.#queue;
  }

  #openWorker(): Promise<Workers> {
    this.#worker ??= this.#newWorker().catch((error) => {
      this.#worker = undefined;
      throw error;
    });
    return this.#worker;
  }

  async #newQueue(): Promise<Queues> {
    await this.#filesCheck.pass();
    const { Queue } = await loadBullmq();
    const { url: connection, prefix } = this.#server;
    const options = { connection, prefix, streams: { events: { maxLen: keptEvents } } };
    const queue: Queues = new Queue(this.#name, options, await this.#server.backends());
    return this.#server.opened(queue, () => queue.waitUntilReady());
  }

  async #newWorker(): Promise<Workers> {
    await this.#filesCheck.pass();
    const { Worker } = await loadBullmq();
    const { url: connection, prefix } = this.#server;
    const lock = { lockDuration: this.#lockMs, stalledInterval: this.#lockMs / 2, maxStalledCount: mostStalls };
    const options = { connection, prefix, autorun: false, ...lock };
    const create = await this.#server.backends();
    const worker: Workers = new Worker(this.#name, null, options, (...given) => this.#stoppable(create(...given)));
    return this.#server.opened(worker, async () => {
      await worker.waitUntilReady();
      await worker.startStalledCheckTimer();
    });
  }

  /**
   * Once it is stopped, no ticket is waited for. What was fetched in that moment is not lost: closing a worker of BullMQ
   * while it fetches by hand would leave the ticket locked, in nobody's hand, until its lock runs out.
   */
  #stoppable(backend: IQueueBackend): IQueueBackend {
    const wait = backend.waitForJob.bind(backend);
    const none = { member: "", score: Number.POSITIVE_INFINITY };
    backend.waitForJob = async (seconds) => {
      if (this.#isStopped) return none;
      const found = await wait(seconds).catch((error: unknown) => {
        if (this.#isStopped) return none;
        throw error;
      });
      // Without a find BullMQ would look for itself.
      return found ?? (this.#isStopped ? none : null);
    };
    this.#waiting = backend;
    return backend;
  }
}

function idOf({ folder, number }: Ticket): string {
  return `${folder.replaceAll("/", ".")}.${number}`;
}

function nothing(): void {}

/** The lock is gone, or the ticket: BullMQ says so in words alone. */
function ifLocked(error: unknown): void {
  if (error instanceof BesedaError) throw error;
}
