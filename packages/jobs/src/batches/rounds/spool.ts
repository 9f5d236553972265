// The requests of a round, in a file: written as rows ask, read as the service takes them and when its replies come.
import type { JobEngine, JobFiles, ModelRequest } from "@beseda/core";
import { readJsonLines } from "../part/json-lines.ts";
import { neededFile } from "../part/needed-file.ts";
import type { Line } from "../part/part-log.ts";
import type { RoundBatch } from "./round-log.ts";

/**
 * What row asks for which step. `tries` counts the replies that were failures, which may pass; the tokens are a guess, for services
 * that do not count.
 */
export type Parked = { line: Line; step: number; tries: number; group: number; inputTokens: number };

type SpoolLine = Parked & { request: ModelRequest };

/** Rows wait above so many characters that are not written yet. */
const highWater = 4_000_000;

/** Written to by many rows at once, and read by the one `files.put`. */
export class SpoolWriter {
  #text = "";
  #isEnded = false;
  #failure: { thrown: unknown } | undefined;
  #news: (() => void) | undefined;
  readonly #waiting: (() => void)[] = [];

  /** A line is made at once: a thread grows when its run goes on. */
  async add(line: SpoolLine): Promise<void> {
    this.#text += `${JSON.stringify(line)}\n`;
    this.#news?.();
    if (this.#text.length > highWater && !this.#isEnded) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  /** With what was thrown there is no file. */
  end(failure?: { thrown: unknown }): void {
    this.#failure = failure;
    this.#isEnded = true;
    this.#news?.();
    this.#letGo();
  }

  async *bytes(): AsyncGenerator<Uint8Array> {
    try {
      for (;;) {
        if (this.#text !== "") {
          const bytes = Buffer.from(this.#text);
          this.#text = "";
          this.#letGo();
          yield bytes;
        } else if (this.#isEnded) break;
        else {
          await new Promise<void>((resolve) => {
            this.#news = resolve;
          });
        }
      }
      if (this.#failure) throw this.#failure.thrown;
    } finally {
      // Where the file cannot be written nobody waits for it.
      this.#isEnded = true;
      this.#letGo();
    }
  }

  #letGo(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}

export function spoolFolder(batchId: string, part: number): string {
  return `batches/${batchId}/rounds/${part}/`;
}

/** The requests of one batch, from the beginning each time that they are asked for. */
export function requestsOf({ files }: JobEngine, spool: string, batch: RoundBatch): AsyncIterable<ModelRequest> {
  return {
    async *[Symbol.asyncIterator]() {
      for await (const { request } of linesOf(files, spool, batch)) yield request;
    },
  };
}

/** Who has asked them, in the same order. */
export async function askersOf({ files }: JobEngine, spool: string, batch: RoundBatch): Promise<Parked[]> {
  const askers: Parked[] = [];
  for await (const { request: _, ...asker } of linesOf(files, spool, batch)) {
    askers.push(asker);
  }
  return askers;
}

async function* linesOf(files: JobFiles, spool: string, { group, from, to }: RoundBatch): AsyncGenerator<SpoolLine> {
  let place = 0;
  for await (const line of readJsonLines<SpoolLine>(spool, neededFile(files, spool))) {
    if (line.group !== group) continue;
    if (place >= from && place < to) yield line;
    if (++place === to) break;
  }
}
