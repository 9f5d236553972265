// The server of the queues, Redis or Postgres: what of BullMQ is opened there, how long it is waited for, and what was heard.
import { setMaxListeners } from "node:events";
import { BesedaError, describeThrown } from "@beseda/core";
import type { BackendFactory, IQueueBackend, PostgresConnection } from "bullmq";
import { patiently } from "./patience.ts";
import type { ServerAddress } from "./server-address.ts";
import { isAway, refusalOf, troubleOf } from "./server-trouble.ts";

/** What all that BullMQ opens has in common. */
export type Connected = {
  on(event: "error", listener: (error: unknown) => void): unknown;
  close(): Promise<void>;
};

export type { IQueueBackend, Job, Queue, Worker } from "bullmq";

type Backends = BackendFactory<IQueueBackend, string>;

/** Of one engine on Postgres, for all its queues; one more listens for new tickets. */
const mostConnections = 5;

export class QueueServer {
  readonly #address: ServerAddress;
  readonly #closing = new AbortController();
  #heard: unknown;
  #isWarned = false;
  #making: Promise<Backends> | undefined;
  #shared: PostgresConnection | undefined;

  constructor(address: ServerAddress) {
    this.#address = address;
    // Each call that waits listens to it.
    setMaxListeners(0, this.#closing.signal);
  }

  get prefix(): string {
    return this.#address.prefix;
  }

  get url(): string {
    return this.#address.url;
  }

  get place(): string {
    return this.#address.place;
  }

  /** The last error of its connections since it did what it was asked. */
  get heard(): unknown {
    return this.#heard;
  }

  async patiently<Answer>(call: () => Promise<Answer>): Promise<Answer> {
    const answer = await patiently(call, this, this.#closing.signal);
    this.#heard = undefined;
    this.#isWarned = false;
    return answer;
  }

  /** Told once, until it has done again what it was asked. */
  warn(what: string, error: unknown): void {
    if (this.#isWarned || this.#closing.signal.aborted) return;
    this.#isWarned = true;
    const trouble = error ?? this.#heard;
    const isKnown = trouble === undefined || isAway(trouble) || refusalOf(trouble, this.place);
    process.emitWarning(
      `${what} ${describeThrown(isKnown ? troubleOf(trouble, this.place) : trouble)}`,
      "BesedaWarning",
    );
  }

  /** Makes what queues and workers of BullMQ are connected with. The server is looked at before the first one. */
  backends(): Promise<Backends> {
    const make = () => (this.#address.kind === "redis" ? this.#onRedis() : this.#onPostgres());
    this.#making ??= make().catch((error) => {
      this.#making = undefined;
      throw error;
    });
    return this.#making;
  }

  /** @throws BesedaError what the server refuses; BullMQ itself waits for a Redis for as long as it takes. */
  async opened<Opened extends Connected>(opened: Opened, isReady: () => Promise<unknown>): Promise<Opened> {
    const { signal } = this.#closing;
    let stop = () => {};
    const never = new Promise<never>((_, reject) => {
      stop = () => reject(signal.reason);
      opened.on("error", (error) => {
        this.#heard = error;
        const refusal = refusalOf(error, this.place);
        if (refusal && !refusal.isRetryable) reject(refusal);
      });
    });
    never.catch(() => {});
    signal.addEventListener("abort", stop);
    try {
      signal.throwIfAborted();
      await Promise.race([isReady(), never]);
      return opened;
    } catch (error) {
      await opened.close().catch(() => {});
      throw refusalOf(error, this.place) ?? error;
    } finally {
      signal.removeEventListener("abort", stop);
    }
  }

  /** Calls that wait for it end. */
  stop(): void {
    this.#closing.abort(closed());
  }

  /** Once all that was opened there is closed. */
  async close(): Promise<void> {
    this.stop();
    await this.#making?.catch(() => {});
    await this.#shared?.close().catch(() => {});
  }

  async #onRedis(): Promise<Backends> {
    const { RedisConnection, createRedisBackend } = await loadBullmq();
    const retryStrategy = (times: number) => Math.min(2_000, 50 * 2 ** times);
    const connection = { url: this.#address.url, maxRetriesPerRequest: null, retryStrategy };
    // Looked at by ourselves: BullMQ prints lines of its own about a policy, for each of its connections.
    const first = new RedisConnection(connection, { skipVersionCheck: true });
    await this.opened(first, async () => requirePolicy(await (await first.client).info(), this.place));
    await first.close(true);
    return (name, options, roles) => createRedisBackend(name, { ...options, connection }, roles);
  }

  /** One pool for all: BullMQ would open one for each queue, and as many for each worker. */
  async #onPostgres(): Promise<Backends> {
    const { PostgresConnection, PostgresQueueBackend } = await loadBullmq();
    const { url, prefix } = this.#address;
    const connection = { connectionString: url, schema: prefix, migrate: true, max: mostConnections };
    const shared = new PostgresConnection(connection);
    // Each queue and each worker listens to it.
    shared.setMaxListeners(0);
    askOneByOne(shared);
    await this.opened(shared, () => shared.waitUntilReady());
    this.#shared = shared;
    return (name, options) => {
      const backend = new PostgresQueueBackend(shared, name, { ...options, connection });
      backend.close = () => backend.disconnectBlocking();
      return backend;
    };
  }
}

/** All workers of an engine are told of new tickets by one client, which does not take a question before it has answered the last. */
function askOneByOne(shared: PostgresConnection): void {
  const listen = shared.getListenClient.bind(shared);
  let known: unknown;
  shared.getListenClient = async () => {
    const client = await listen();
    if (client === known) return client;
    known = client;
    const ask: typeof client.query = client.query.bind(client);
    let last: Promise<unknown> = Promise.resolve();
    client.query = (text, values) => {
      const answer = last.then(() => ask(text, values));
      last = answer.catch(() => {});
      return answer;
    };
    return client;
  };
}

/** With any other policy Redis throws jobs away when its memory is full. `facts` is what its INFO answers. */
function requirePolicy(facts: string, place: string): void {
  const [, policy] = /^maxmemory_policy:(\S+)/m.exec(facts) ?? [];
  if (policy === undefined || policy === "noeviction") return;
  throw new BesedaError(`The Redis at ${place} may throw jobs away: its maxmemory-policy is ${policy}.`, {
    code: "invalid-argument",
    hint: "Set maxmemory-policy to noeviction (CONFIG SET maxmemory-policy noeviction, and in redis.conf), or use another Redis.",
  });
}

export async function loadBullmq(): Promise<typeof import("bullmq")> {
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

function closed(): BesedaError {
  return new BesedaError("The engine is closed.", {
    code: "invalid-argument",
    hint: "Make another one with bullmqEngine(), or close this one later.",
  });
}
