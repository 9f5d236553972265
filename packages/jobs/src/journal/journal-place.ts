// What the journal of a run is written to and read from.
import type { JsonValue } from "@beseda/core";

/** What a journal is kept in: entries by key, as they were found when the attempt began. */
export type JournalPlace = {
  readonly entries: ReadonlyMap<string, JsonValue>;
  /** Durable once it resolves, in the order of the calls. */
  write(entries: readonly (readonly [key: string, value: JsonValue])[]): Promise<void>;
};
