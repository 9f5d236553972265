// The door to BullMQ: a queue of tickets, on Redis or on Postgres. A ticket says that a job is ready; what the job is, and
// whether the ticket still counts, stands in its log.
import { randomUUID } from "node:crypto";
import { BesedaError } from "@beseda/core";
import type { BackendFactory, IQueueBackend, Job, Queue, Worker } from "bullmq";
import { patiently } from "./patience.ts";
import type { ServerAddress } from "./server-address.ts";

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

/** What a queue and a worker of BullMQ have in common. */
type Connected = {
  on(event: "error", listener: () => void): unknown;
  waitUntilReady(): Promise<unknown>;
  getBackend(): IQueueBackend;
  close(): Promise<void>;
};

/** BullMQ gives a job up that stalled more often. How often is enough is for whoever reads `attempts` to say. */
const mostStalls = 2 ** 31 - 1;
/** How many of its own events a queue keeps; nobody reads them. */
const keptEvents = 100;

export class TicketQueue {
  readonly #name: string;
  readonly #address: ServerAddress;
  readonly #lockMs: number;
  readonly #stopping = new AbortController();
  readonly #closing = new AbortController();
  #queue: Promise<Queues> | undefined;
  #worker: Promise<Workers> | undefined;

  constructor(name: string, address: ServerAddress, lockMs: number) {
    this.#name = name;
    this.#address = address;
    this.#lockMs = lockMs;
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

  /** The next ticket, or nothing after some seconds without one, or once it is stopped. Throws at once where the server is away. */
  async next(): Promise<Delivery | undefined> {
    const worker = await this.#openWorker();
    if (this.#stopping.signal.aborted) return undefined;
    const token = randomUUID();
    const job = await worker.getNextJob(token, { block: true });
    return job && this.#delivery(job, token);
  }

  /** Tickets are waited for no more. One that is already being fetched still comes. */
  stop(): void {
    this.#stopping.abort();
  }

  async close(): Promise<void> {
    this.stop();
    this.#closing.abort(closed());
    const opened = [this.#queue, this.#worker];
    this.#queue = undefined;
    this.#worker = undefined;
    await Promise.all(opened.map(async (each) => (await each?.catch(() => undefined))?.close(true).catch(() => {})));
  }

  #delivery(job: TicketJob, token: string): Delivery {
    return {
      ticket: job.data,
      renew: async () => (await this.#patiently(() => job.extendLock(token, this.#lockMs))) === 1,
      discard: () => this.#patiently(() => job.moveToCompleted(undefined, token, false)).then(nothing, ifLocked),
      giveBack: () => this.#patiently(() => job.moveToWait(token)).then(nothing, ifLocked),
    };
  }

  #ask<Answer>(question: (queue: Queues) => Promise<Answer>): Promise<Answer> {
    return this.#patiently(async () => question(await this.#openQueue()));
  }

  #patiently<Answer>(call: () => Promise<Answer>): Promise<Answer> {
    return patiently(call, this.#address.place, this.#closing.signal);
  }

  /** One that could not be opened is tried anew with the next call: on Postgres BullMQ does not try again by itself. */
  #openQueue(): Promise<Queues> {
    this.#queue ??= this.#opened(async (): Promise<Queues> => {
      const { Queue } = await loadBullmq();
      const options = {
        connection: this.#address.url,
        prefix: this.#address.prefix,
        streams: { events: { maxLen: keptEvents } },
      };
      return new Queue(this.#name, options, await backendOf(this.#address));
    }).catch((error) => {
      this.#queue = undefined;
      throw error;
    });
    return this.#queue;
  }

  #openWorker(): Promise<Workers> {
    this.#worker ??= this.#opened(async (): Promise<Workers> => {
      const { Worker } = await loadBullmq();
      const lock = { lockDuration: this.#lockMs, stalledInterval: this.#lockMs / 2, maxStalledCount: mostStalls };
      const options = { connection: this.#address.url, prefix: this.#address.prefix, autorun: false, ...lock };
      const create = await backendOf(this.#address);
      const { signal } = this.#stopping;
      return new Worker(this.#name, null, options, (...given) => stoppable(create(...given), signal));
    })
      .then(async (worker) => {
        await worker.startStalledCheckTimer();
        return worker;
      })
      .catch((error) => {
        this.#worker = undefined;
        throw error;
      });
    return this.#worker;
  }

  async #opened<Opened extends Connected>(open: () => Promise<Opened>): Promise<Opened> {
    const opened = await open();
    // Whoever calls hears of it; BullMQ tells it here once more, for each attempt to connect again.
    opened.on("error", nothing);
    // BullMQ waits for a Redis that is away for as long as it takes.
    const { signal } = this.#closing;
    let stop = () => {};
    const closing = new Promise<never>((_, reject) => {
      stop = () => reject(signal.reason);
    });
    signal.addEventListener("abort", stop);
    try {
      signal.throwIfAborted();
      await Promise.race([opened.waitUntilReady(), closing]);
      await checkPolicy(opened.getBackend(), this.#address);
      return opened;
    } catch (error) {
      await opened.close().catch(nothing);
      throw error;
    } finally {
      signal.removeEventListener("abort", stop);
    }
  }
}

async function backendOf({ kind, url, prefix }: ServerAddress): Promise<BackendFactory<IQueueBackend, string>> {
  const { createPostgresBackend, createRedisBackend } = await loadBullmq();
  if (kind === "redis") {
    const retryStrategy = (times: number) => Math.min(2_000, 50 * 2 ** times);
    const connection = { url, maxRetriesPerRequest: null, retryStrategy };
    return (name, options, roles) => createRedisBackend(name, { ...options, connection }, roles);
  }
  const connection = { connectionString: url, schema: prefix, migrate: true, max: 4 };
  return (name, options, roles) => createPostgresBackend(name, { ...options, connection }, roles);
}

/**
 * Once `stop` is aborted, no ticket is waited for. What was fetched in that moment is not lost: closing a worker of BullMQ
 * while it fetches by hand would leave the ticket locked, in nobody's hand, until its lock runs out.
 */
function stoppable(backend: IQueueBackend, stop: AbortSignal): IQueueBackend {
  const wait = backend.waitForJob.bind(backend);
  const none = { member: "", score: Number.POSITIVE_INFINITY };
  backend.waitForJob = async (seconds) => {
    if (stop.aborted) return none;
    const found = await wait(seconds).catch((error: unknown) => {
      if (stop.aborted) return none;
      throw error;
    });
    // Without a find BullMQ would look for itself.
    return found ?? (stop.aborted ? none : null);
  };
  stop.addEventListener("abort", () => void backend.disconnectBlocking().catch(nothing), { once: true });
  return backend;
}

/** With any other policy Redis throws jobs away when its memory is full. */
async function checkPolicy(backend: IQueueBackend, { place }: ServerAddress): Promise<void> {
  const { RedisQueueBackend } = await loadBullmq();
  if (!(backend instanceof RedisQueueBackend)) return;
  const client = await backend.client;
  const [, policy] = /^maxmemory_policy:(\S+)/m.exec(await client.info()) ?? [];
  if (policy === undefined || policy === "noeviction") return;
  throw new BesedaError(`The Redis at ${place} may throw jobs away: its maxmemory-policy is ${policy}.`, {
    code: "invalid-argument",
    hint: "Set maxmemory-policy to noeviction (CONFIG SET maxmemory-policy noeviction, and in redis.conf), or use another Redis.",
  });
}

async function loadBullmq() {
  try {
    return await import("bullmq");
  } catch (cause) {
    throw new BesedaError("bullmqEngine needs the package bullmq, which is not installed.", {
      code: "missing-setting",
      hint: "Install it with the driver of your server: npm install bullmq ioredis, or npm install bullmq pg.",
      cause,
    });
  }
}

function idOf({ folder, number }: Ticket): string {
  return `${folder.replaceAll("/", ".")}.${number}`;
}

function closed(): BesedaError {
  return new BesedaError("The engine is closed.", {
    code: "invalid-argument",
    hint: "Make another one with bullmqEngine(), or close this one later.",
  });
}

function nothing(): void {}

/** The lock is gone, or the ticket: BullMQ says so in words alone. */
function ifLocked(error: unknown): void {
  if (error instanceof BesedaError) throw error;
}
