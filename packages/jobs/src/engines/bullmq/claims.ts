// Who waits for a ticket, and of which queues: each queue is asked by one loop, for as long as anybody waits.
import { BesedaError } from "@beseda/core";
import { waited } from "@beseda/core/http";
import { pauseAfter } from "./patience.ts";
import type { QueueServer } from "./queue-server.ts";
import type { Delivery, TicketQueue } from "./ticket-queue.ts";

/** So long a ticket that is being fetched is waited for when the server does not answer. Then its lock runs out. */
const closingMs = 5_000;
/** A server that is well answers within ten seconds, with a ticket or without one. */
const silentMs = 15_000;

type Taker = { take(delivery: Delivery): void; fail(error: BesedaError): void };

export class Claims {
  readonly #server: QueueServer;
  readonly #takers = new Map<TicketQueue, Set<Taker>>();
  /** Which queues are asked. */
  readonly #serving = new Map<TicketQueue, Promise<void>>();
  readonly #closing = new AbortController();

  constructor(server: QueueServer) {
    this.#server = server;
  }

  /** The first ticket of these queues; nothing once the signal is aborted. */
  next(queues: readonly TicketQueue[], signal: AbortSignal): Promise<Delivery | undefined> {
    return new Promise((resolve, reject) => {
      const leave = () => {
        signal.removeEventListener("abort", stop);
        for (const queue of queues) this.#takers.get(queue)?.delete(taker);
      };
      const taker: Taker = {
        take(delivery) {
          leave();
          resolve(delivery);
        },
        fail(error) {
          leave();
          reject(error);
        },
      };
      const stop = () => {
        leave();
        resolve(undefined);
      };
      if (signal.aborted) return stop();
      signal.addEventListener("abort", stop);
      for (const queue of queues) this.#join(queue, taker);
    });
  }

  /** Once nobody waits any more: what is being fetched all the same is given back. */
  async close(): Promise<void> {
    this.#closing.abort();
    for (const queue of this.#serving.keys()) queue.stop();
    const late = new AbortController();
    const tooLate = waited(closingMs, late.signal).catch(() => {});
    await Promise.race([Promise.all(this.#serving.values()), tooLate]);
    late.abort();
  }

  #join(queue: TicketQueue, taker: Taker): void {
    const takers = this.#takers.get(queue);
    if (takers) {
      takers.add(taker);
      return;
    }
    const first = new Set([taker]);
    this.#takers.set(queue, first);
    this.#serving.set(queue, this.#serve(queue, first));
  }

  /** A server that is away is asked again every two seconds, and told of; what it refuses is told to all who wait. */
  async #serve(queue: TicketQueue, takers: Set<Taker>): Promise<void> {
    let trouble: unknown;
    const silence = setTimeout(() => this.#server.warn("No jobs can be taken.", trouble), silentMs).unref();
    for (let failures = 0; takers.size > 0; ) {
      try {
        const delivery = await queue.next();
        failures = 0;
        trouble = undefined;
        silence.refresh();
        const [taker] = takers;
        if (delivery && taker) taker.take(delivery);
        else await delivery?.giveBack();
      } catch (error) {
        trouble = error;
        if (error instanceof BesedaError && !error.isRetryable) for (const taker of [...takers]) taker.fail(error);
        else await waited(pauseAfter(failures++), this.#closing.signal).catch(() => {});
      }
    }
    clearTimeout(silence);
    this.#takers.delete(queue);
    this.#serving.delete(queue);
  }
}
