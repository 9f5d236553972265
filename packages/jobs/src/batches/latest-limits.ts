// The limits that a batch is under while it is worked on: whoever goes on with it may set others at any moment.
import type { JobEngine, JsonValue } from "@beseda/core";
import type { BatchLimits, BatchSpec } from "./batch.ts";
import { jsonBytes, readJson } from "./batch-place.ts";

/** How soon they are asked for again. Milliseconds. */
const askAgainMs = 2_000;

/** From now on it is gone on with under these. Files are never changed: the last one holds. */
export async function setLimits(engine: JobEngine, folder: string, limits: BatchLimits): Promise<void> {
  const bytes = jsonBytes(limits as unknown as JsonValue);
  for (let next = (await engine.files.list(limitsIn(folder))).length + 1; ; next++) {
    if (await engine.files.put(`${limitsIn(folder)}${String(next).padStart(6, "0")}.json`, bytes)) return;
  }
}

export class LatestLimits {
  now: BatchLimits;
  /** How often others were set since the batch began. */
  version = 0;
  readonly #engine: JobEngine;
  readonly #folder: string;
  #askedAt = 0;

  static async of(engine: JobEngine, { folder, limits }: Pick<BatchSpec, "folder" | "limits">): Promise<LatestLimits> {
    const latest = new LatestLimits(engine, folder, limits);
    await latest.#read();
    return latest;
  }

  private constructor(engine: JobEngine, folder: string, limits: BatchLimits) {
    this.#engine = engine;
    this.#folder = folder;
    this.now = limits;
  }

  /** Whether others were set since it was looked last; unless it is `urgent`, only now and then. */
  async look({ urgent = false } = {}): Promise<boolean> {
    if (!urgent && performance.now() - this.#askedAt < askAgainMs) return false;
    const before = this.version;
    await this.#read();
    return this.version !== before;
  }

  async #read(): Promise<void> {
    this.#askedAt = performance.now();
    const names = await this.#engine.files.list(limitsIn(this.#folder));
    const last = names.at(-1);
    if (last === undefined || names.length === this.version) return;
    this.now = (await readJson(this.#engine, last)) as unknown as BatchLimits;
    this.version = names.length;
  }
}

function limitsIn(folder: string): string {
  return `${folder}/limits/`;
}
