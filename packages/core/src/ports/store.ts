// The port for small documents: facts about a user, settings, runs that wait for an approval.
import type { JsonValue } from "../message.ts";

/**
 * Keys are any non-empty text; `/` is only a habit. A value that was set is durable once `set` resolves, and comes back
 * as plain data, whatever it looks like. Several calls may run at once: the last `set` of a key wins, whole.
 */
export interface Store {
  get(key: string): Promise<JsonValue | undefined>;
  set(key: string, value: JsonValue): Promise<void>;
  /**
   * Takes the value out: gone once it resolves. Of several callers, in one process or in many, only one gets it; the
   * others get `undefined`. By this a thing is done once.
   */
  take(key: string): Promise<JsonValue | undefined>;
  /** An unknown key is no error. */
  delete(key: string): Promise<void>;
  /** The pairs whose key begins with the prefix, sorted by key. */
  entries(prefix: string): Promise<[key: string, value: JsonValue][]>;
}
