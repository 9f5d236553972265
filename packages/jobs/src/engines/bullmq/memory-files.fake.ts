// JobFiles in memory that count the requests made to them.
import { BesedaError, type JobFiles } from "@beseda/core";

export type MemoryFiles = JobFiles & { requests: { put: number; get: number; list: number; delete: number } };

export function memoryFiles(): MemoryFiles {
  const files = new Map<string, Buffer>();
  const requests = { put: 0, get: 0, list: 0, delete: 0 };
  return {
    requests,
    async put(name, bytes) {
      requests.put++;
      const pieces: Uint8Array[] = [];
      for await (const piece of bytes) pieces.push(piece);
      if (files.has(name)) return false;
      files.set(name, Buffer.concat(pieces));
      return true;
    },
    async *get(name) {
      requests.get++;
      const bytes = files.get(name);
      if (!bytes) throw new BesedaError(`There is no file ${name}.`, { code: "not-found" });
      yield bytes;
    },
    async list(prefix) {
      requests.list++;
      return [...files.keys()].filter((name) => name.startsWith(prefix)).sort();
    },
    async delete(prefix) {
      requests.delete++;
      for (const name of files.keys()) if (name.startsWith(prefix)) files.delete(name);
    },
  };
}
