// A Store over JSON texts by key: the part that the store in the process and the store in a file have alike.
import type { JsonValue, Store } from "@beseda/core";
import { requireName, toPlainJson } from "./plain-json.ts";

/** JSON texts by key. `undefined` takes a document away. */
export type Documents = {
  readonly texts: ReadonlyMap<string, string>;
  change(key: string, text: string | undefined): Promise<void>;
};

/** Runs the work when the documents are there. */
export type UseDocuments = <Result>(work: (documents: Documents) => Result | Promise<Result>) => Promise<Result>;

/** Values are kept as text, so that nothing is shared with the caller and every key is only data. */
export function documentStore(use: UseDocuments): Store {
  const beingTaken = new Set<string>();
  return {
    async get(key) {
      requireName(key, "key");
      const text = await use(({ texts }) => texts.get(key));
      return text === undefined ? undefined : parse(text);
    },
    async set(key, value) {
      requireName(key, "key");
      // Made before anything is waited for: the caller may change the value afterwards.
      const text = toPlainJson(value, `The value of "${shown(key)}"`);
      await use((documents) => documents.change(key, text));
    },
    async take(key) {
      requireName(key, "key");
      return use(async (documents) => {
        const text = documents.texts.get(key);
        if (text === undefined || beingTaken.has(key)) return undefined;
        beingTaken.add(key);
        try {
          await documents.change(key, undefined);
        } finally {
          beingTaken.delete(key);
        }
        return parse(text);
      });
    },
    async delete(key) {
      requireName(key, "key");
      await use((documents) => documents.change(key, undefined));
    },
    async entries(prefix) {
      const pairs = await use(({ texts }) => [...texts].filter(([key]) => key.startsWith(prefix)));
      return pairs.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, text]) => [key, parse(text)]);
    },
  };
}

function parse(text: string): JsonValue {
  return JSON.parse(text) as JsonValue;
}

function shown(key: string): string {
  return key.length > 60 ? `${key.slice(0, 60)}…` : key;
}
