// What the server has lost: jobs that stand in the files and are ready, and of which no queue knows. They are put back.
import type { JobFacts } from "./job-facts.ts";
import { createdAt, folderAt, type JobIndex, kindOf } from "./job-index.ts";
import type { JobLogs } from "./job-log.ts";
import { readAtOnce } from "./json-files.ts";
import type { TicketQueue } from "./ticket-queue.ts";

export type LostTicketsParts = {
  logs: JobLogs;
  index: JobIndex;
  /** The queue of tickets by the queue and by the kind as it stands in a place. */
  queueOf(queue: string, kind: string): TicketQueue;
  /** Puts a job where it belongs. */
  settle(facts: JobFacts): Promise<void>;
  /** Says that the files are in use still. */
  renewNote(): Promise<void>;
  leaseMs: number;
  onLost: (ids: readonly string[]) => void;
};

/** A marker without a job is left by whoever died while he made it. */
const oldestMarkerMs = 10 * 60_000;
/** What has just changed may be on its way into the queue. */
const youngMs = 5_000;

/** Looks once when a queue is claimed from the first time, and then every other lease, more or less. */
export class LostTickets {
  readonly #parts: LostTicketsParts;
  readonly #timers = new Map<string, NodeJS.Timeout>();
  #isClosed = false;

  constructor(parts: LostTicketsParts) {
    this.#parts = parts;
  }

  watch(queue: string): void {
    if (this.#isClosed || this.#timers.has(queue)) return;
    const soon = setTimeout(() => void this.#round(queue), 0);
    this.#timers.set(queue, soon.unref());
  }

  close(): void {
    this.#isClosed = true;
    for (const timer of this.#timers.values()) clearTimeout(timer);
  }

  async #round(queue: string): Promise<void> {
    try {
      await this.#parts.renewNote();
      const lost = await this.#putBack(queue);
      if (lost.length > 0) this.#parts.onLost(lost);
    } catch {
      // Files or server are away: whoever calls them hears of it, and here there is a next time.
    }
    if (this.#isClosed) return;
    // Not all workers at once.
    const pauseMs = this.#parts.leaseMs * (1.5 + Math.random());
    this.#timers.set(queue, setTimeout(() => void this.#round(queue), pauseMs).unref());
  }

  async #putBack(queue: string): Promise<string[]> {
    const byKind = new Map<string, string[]>();
    for (const place of await this.#parts.index.openIn(queue)) {
      const kind = kindOf(place) ?? "";
      const places = byKind.get(kind);
      if (places) places.push(place);
      else byKind.set(kind, [place]);
    }
    const lost: string[] = [];
    for (const [kind, places] of byKind) {
      const tickets = this.#parts.queueOf(queue, kind);
      // One that waits to be woken has no ticket: then each is looked at.
      if ((await tickets.count()) >= places.length) continue;
      for (let at = 0; at < places.length; at += readAtOnce) {
        const some = places.slice(at, at + readAtOnce);
        const ids = await Promise.all(some.map((place) => this.#parts.logs.sound(this.#look(queue, place, tickets))));
        lost.push(...ids.filter((id) => id !== undefined));
      }
    }
    return lost;
  }

  /** The id of one that was lost. */
  async #look(queue: string, place: string, tickets: TicketQueue): Promise<string | undefined> {
    const { logs, index, settle, leaseMs } = this.#parts;
    const facts = await logs.read(folderAt(place));
    const now = Date.now();
    if (!facts || facts.place !== place) {
      if (now - createdAt(place) > oldestMarkerMs) await index.close(queue, place);
      return undefined;
    }
    const { job } = facts;
    if (job.state === "waiting" || now - Date.parse(job.modifiedAt) < Math.min(youngMs, leaseMs)) return undefined;
    if (job.state === "done") {
      await settle(facts);
      return undefined;
    }
    const ticket = { folder: folderAt(place), number: facts.ready };
    if ((await tickets.stateOf(ticket)) !== "unknown") return undefined;
    // Whoever died before it was in the queue may also have left it out of the indexes.
    await index.label(facts);
    await tickets.add(ticket, Date.parse(job.runAt) - now);
    return job.id;
  }
}
