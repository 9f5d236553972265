// Goes through a data set once: every row is read and counted, and written to the parts that workers take.
import { createHash, type Hash } from "node:crypto";
import { createReadStream } from "node:fs";
import { type Agent, BesedaError, estimateTokens, estimateUsage, type JobFiles, messageTokens } from "@beseda/core";
import { columnsOf } from "../../datasets/columns.ts";
import type { BadRow, Column, Dataset, Row } from "../../datasets/dataset.ts";
import { datasetOf, openDataset } from "../../datasets/open-dataset.ts";
import { requireFewColumns } from "../../datasets/parquet/parquet-schema.ts";
import { cellChecker } from "../../datasets/parquet/write-cells.ts";
import { rowInput } from "../../datasets/row-input/row-input.ts";
import type { Calls } from "../../journal/ask-model.ts";
import type { BatchSource, BatchSpec, InputRow } from "../batch.ts";
import { inputOf } from "../batch-place.ts";

export type Scan = {
  dataset: string;
  datasetHash: string;
  columns: Column[];
  rows: number;
  /** The rows of each part. */
  parts: number[];
  badRows: BatchSpec["badRows"];
  /** Of the first model call of each row, by estimate. */
  inputTokens: number;
};

export type ScanOptions = {
  source: BatchSource;
  agent: Agent;
  calls: Calls;
  files: JobFiles;
  folder: string;
  skipBad: boolean;
};

/**
 * Constant memory. What it writes is complete once it resolves.
 * @throws BesedaError `invalid-argument` for a data set with rows that cannot be asked, unless they are skipped, or without any
 */
export async function scanDataset(options: ScanOptions): Promise<Scan> {
  const { source, files, folder, calls, skipBad } = options;
  const dataset = await openSource(source);
  const hash = typeof source === "string" ? undefined : createHash("sha256");
  const known = typeof source === "string" ? await fileHash(source) : undefined;
  const tally = new Tally(options.agent, dataset, hash, skipBad);
  const feed = new LineFeed(tally.lines(dataset));
  const parts: number[] = [];
  while (await feed.fill()) {
    const size = { rows: 0 };
    await files.put(inputOf(folder, parts.length + 1), partBytes(feed, partLimit(calls, tally.rows), size));
    parts.push(size.rows);
  }
  const { rows, badRows, inputTokens } = tally;
  if (badRows.count > 0 && !skipBad) throw badRowsError(dataset.name, badRows);
  if (rows === 0) throw noRows(dataset.name, badRows.count);
  const columns = tally.columns();
  requireFewColumns(columns, roomForOurs);
  const datasetHash = known ?? digestOf(hash as Hash);
  return { dataset: dataset.name, datasetHash, columns, rows, parts, badRows, inputTokens };
}

/** Columns of the output that come beside those of the data set, the currencies of its cost among them. */
const roomForOurs = 100;

/** As a scan gives it. */
export async function datasetHash(source: BatchSource): Promise<string> {
  if (typeof source === "string") return fileHash(source);
  const hash = createHash("sha256");
  const dataset = await openSource(source);
  for await (const rows of dataset.rows()) for (const row of rows) addToHash(hash, row);
  return digestOf(hash);
}

async function openSource(source: BatchSource): Promise<Dataset> {
  if (typeof source === "string") return openDataset(source);
  return isDataset(source) ? source : datasetOf(source);
}

function isDataset(source: Exclude<BatchSource, string>): source is Dataset {
  return "rows" in source && typeof source.rows === "function";
}

async function fileHash(path: string): Promise<string> {
  // What cannot be read is told by whoever opens it.
  await openDataset(path);
  const hash = createHash("sha256");
  for await (const bytes of createReadStream(path, { highWaterMark: 1024 * 1024 })) hash.update(bytes);
  return digestOf(hash);
}

function addToHash(hash: Hash, { cells, problem }: Row | BadRow): void {
  hash.update(`${JSON.stringify(cells ?? problem)}\n`);
}

function digestOf(hash: Hash): string {
  return `sha256:${hash.digest("hex")}`;
}

/** So many bad rows are told of one by one, in errors, and in the manifest. */
const toldInErrors = 20;
const toldInManifests = 1_000;

class Tally {
  rows = 0;
  inputTokens = 0;
  readonly badRows: BatchSpec["badRows"] = { count: 0, first: [] };
  readonly #hash: Hash | undefined;
  readonly #skipBad: boolean;
  readonly #everyRow: number;
  readonly #declared: readonly Column[] | undefined;
  readonly #found = columnsOf();
  readonly #problemOf: ReturnType<typeof cellChecker> | undefined;

  constructor(agent: Agent, dataset: Dataset, hash: Hash | undefined, skipBad: boolean) {
    this.#hash = hash;
    this.#skipBad = skipBad;
    this.#declared = dataset.columns;
    // Columns that are found by going through the rows hold them all.
    this.#problemOf = dataset.columns && cellChecker(dataset.columns);
    this.#everyRow = estimateUsage(agent.plan(), { role: "assistant", content: [] }).inputTokens;
  }

  /** The lines of the parts' inputs. Once a row is bad, unless such are skipped, the others are looked at and not written. */
  async *lines(dataset: Dataset): AsyncGenerator<string[]> {
    for await (const rows of dataset.rows()) {
      const lines: string[] = [];
      for (const row of rows) {
        if (this.#hash) addToHash(this.#hash, row);
        const asked = this.#add(row);
        if (asked && (this.#skipBad || this.badRows.count === 0)) lines.push(`${JSON.stringify(asked)}\n`);
      }
      if (lines.length > 0) yield lines;
    }
  }

  columns(): Column[] {
    return this.#declared ? [...this.#declared] : this.#found.columns();
  }

  #add(row: Row | BadRow): InputRow | undefined {
    if (row.problem !== undefined) return this.#bad(row.number, row.problem, row.line);
    const { number, cells } = row;
    const asked = rowInput(cells);
    if (asked.problem !== undefined) return this.#bad(number, asked.problem);
    // What cannot be written in the end is told before anything is paid for.
    const unfit = this.#problemOf?.(cells);
    if (unfit !== undefined) return this.#bad(number, unfit);
    this.rows++;
    this.inputTokens += this.#everyRow + tokensOf(asked);
    if (!this.#declared) this.#found.add([cells]);
    return { number, cells, ...asked };
  }

  #bad(number: number, problem: string, line?: number): undefined {
    this.badRows.count++;
    if (this.badRows.first.length === toldInManifests) return;
    this.badRows.first.push({ number, problem: line === undefined ? problem : `line ${line}: ${problem}` });
  }
}

function tokensOf({ input, instructions = "" }: Pick<InputRow, "input" | "instructions">): number {
  const asked =
    typeof input === "string"
      ? messageTokens({ role: "user", content: input })
      : input.reduce((sum, message) => sum + messageTokens(message), 0);
  return asked + estimateTokens(instructions);
}

/** What a provider takes in one batch. */
const largestPart = 50_000;
const largestBytes = 128 * 1024 * 1024;
const smallestPart = 500;
/** Parts grow with the data set, so that there are some hundred of them at a million rows, and enough for many workers. */
const growth = 1 / 64;
/** Rows with pictures are large: a part of them is no longer than others to work on. */
const usualBytes = 16 * 1024 * 1024;

type PartLimit = { rows: number; bytes: number };

function partLimit(calls: Calls, rowsBefore: number): PartLimit {
  if (calls === "batch") return { rows: largestPart, bytes: largestBytes };
  const rows = Math.min(largestPart, Math.max(smallestPart, Math.ceil(rowsBefore * growth)));
  return { rows, bytes: usualBytes };
}

/** Lines that come many at once and are taken one by one. */
class LineFeed {
  readonly #source: AsyncIterator<string[]>;
  #held: string[] = [];
  #at = 0;

  constructor(source: AsyncIterable<string[]>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  get isEmpty(): boolean {
    return this.#at === this.#held.length;
  }

  /** Whether there is another one. */
  async fill(): Promise<boolean> {
    if (!this.isEmpty) return true;
    const { done, value } = await this.#source.next();
    if (done) return false;
    this.#held = value;
    this.#at = 0;
    return true;
  }

  take(): string {
    return this.#held[this.#at++] as string;
  }
}

const bytesAtOnce = 256 * 1024;

async function* partBytes(feed: LineFeed, most: PartLimit, size: { rows: number }): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  let text = "";
  while (size.rows < most.rows && bytes < most.bytes && (!feed.isEmpty || (await feed.fill()))) {
    text += feed.take();
    size.rows++;
    if (text.length < bytesAtOnce) continue;
    const block = Buffer.from(text);
    bytes += block.length;
    text = "";
    yield block;
  }
  if (text !== "") yield Buffer.from(text);
}

function badRowsError(name: string, { count, first }: BatchSpec["badRows"]): BesedaError {
  const told = first.slice(0, toldInErrors).map(({ number, problem }) => `row ${number}: ${problem}`);
  if (count > told.length) told.push(`and ${count - told.length} more`);
  return new BesedaError(`${name}: ${count === 1 ? "a row" : `${count} rows`} cannot be asked: ${told.join("; ")}.`, {
    code: "invalid-argument",
    hint: "Mend the data set (`beseda dataset check FILE` names all its bad rows), or leave them out with skipBad (--skip-bad).",
  });
}

function noRows(name: string, bad: number): BesedaError {
  return new BesedaError(`${name} has no row that can be asked${bad > 0 ? `: all ${bad} are bad` : ""}.`, {
    code: "invalid-argument",
    hint: "A row has a column `prompt`, `messages`, `request` or `text`. `beseda dataset check FILE` says what is wrong.",
  });
}
