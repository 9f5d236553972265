// The port for small documents: facts about a user, settings, an index.
import type { JsonValue } from "../message.ts";

/**
 * Keys are any non-empty text; `/` is only a habit. A value that was set is durable once `set` resolves, and comes back
 * as plain data, whatever it looks like. Several calls may run at once: the last `set` of a key wins, whole.
 */
export interface Store {
  get(key: string): Promise<JsonValue | undefined>;
  set(key: string, value: JsonValue): Promise<void>;
  /** An unknown key is no error. */
  delete(key: string): Promise<void>;
  /** The pairs whose key begins with the prefix, sorted by key. */
  entries(prefix: string): Promise<[key: string, value: JsonValue][]>;
}
