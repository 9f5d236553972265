// The port that threads are kept behind.
import type { Message } from "../message.ts";
import type { Store } from "./store.ts";

/**
 * Appends are durable once they resolve, in order, and cost the same however long the thread is. Thread ids are any
 * non-empty text; an adapter that makes file names of them has to do so safely. A memory that cannot be used throws a
 * `BesedaError` with code `locked`, `damaged`, `unsupported` (stored by a newer version) or `unavailable`. Calls end by
 * themselves: an adapter over a network has a time limit of its own.
 */
export interface Memory {
  /** Small documents beside the threads: runs that wait for an approval. Without it they wait in the process. */
  readonly store?: Store | undefined;
  /** The messages for the next request, oldest first: the thread, or the window of it that the adapter was told to keep. Empty for an unknown thread. */
  load(threadId: string): Promise<Message[]>;
  append(threadId: string, messages: readonly Message[]): Promise<void>;
  /** Every thread, the latest first. */
  threads(): Promise<ThreadSummary[]>;
  /** Forgets a thread; an unknown one is no error. */
  delete(threadId: string): Promise<void>;
}

export type ThreadSummary = {
  threadId: string;
  /** ISO 8601. */
  createdAt: string;
  updatedAt: string;
};
