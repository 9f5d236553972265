// The journal of a part: which rows are done, which were being worked on when a worker died, and what of them is known.
import { addUsage, type JsonValue, type Lease, noUsage, type Usage } from "@beseda/core";
import { deathsOf } from "../../worker/deaths.ts";
import { revivedError } from "../../worker/job-error.ts";
import type { PartProgress, RowResult } from "../batch.ts";
import { mayPass } from "./pace.ts";
import { RowWork } from "./row-work.ts";

/** Without the cells, which are in the part's input. */
export type StoredResult = Omit<RowResult, "cells">;

/** Rows are counted from 1 in their part, whatever their numbers in the data set are. */
export type Line = number;

/** Read at once: keys of nine digits that begin alike but for the last three. */
export const blockSize = 1_000;

/** Kept in memory for each part: about so much. */
const mostTextChars = 1024 * 1024;

export class PartLog {
  readonly progress: PartProgress;
  /** How often a worker died with these rows. */
  readonly crashes: ReadonlyMap<Line, number>;
  readonly #lease: Lease;
  readonly #done: Uint8Array;
  /** Whether an earlier attempt may have left anything of single rows. */
  #isResumed: boolean;
  /** Of rows that are not done: what their replies have used, as far as it was met. */
  readonly #paid = new Map<Line, Usage>();
  #paidSum: Usage | undefined = noUsage;
  #block: { first: number; entries: Promise<Map<Line, Map<string, JsonValue>>> } | undefined;
  /** Results of this attempt, as JSON, so that they need not be read again: the first ones, as many as there is room for. */
  readonly #texts = new Map<Line, string>();
  #textChars = 0;

  private constructor(lease: Lease, found: { rows: number; crashes: Map<Line, number>; isResumed: boolean }) {
    this.#lease = lease;
    this.crashes = found.crashes;
    this.progress = { rows: found.rows, finished: 0, failed: 0, usage: noUsage };
    this.#done = new Uint8Array(found.rows + 1);
    this.#isResumed = found.isResumed;
  }

  static async open(lease: Lease, { rows, concurrency }: { rows: number; concurrency: number }): Promise<PartLog> {
    const [[, begun] = []] = await lease.read(begunKey);
    if (begun === undefined) return new PartLog(lease, { rows, crashes: new Map(), isResumed: false });
    const crashes = new Map<Line, number>();
    for (const [key, count] of await lease.read(crashedPrefix)) {
      crashes.set(Number(key.slice(crashedPrefix.length)), Number(count));
    }
    const log = new PartLog(lease, { rows, crashes, isResumed: true });
    for (let first = 0; first <= rows; first += blockSize) {
      for (const [line, result] of await log.results(first)) {
        // Whoever goes on later may have more luck.
        if (!result.error || !mayPass(revivedError(result.error))) log.#count(line, result);
      }
    }
    // They were handed out in this order: the others were only read ahead.
    const inFlight = (begun as Line[]).filter((line) => !log.isDone(line)).slice(0, concurrency);
    const deaths = deathsOf(lease.job);
    const [[, known = 0] = []] = await lease.read(deathsKey);
    // Where the lease was only lost, nobody died with them.
    const suspects = deaths > Number(known) ? inFlight : [];
    for (const line of suspects) crashes.set(line, (crashes.get(line) ?? 0) + 1);
    if (inFlight.length > 0 || deaths !== known) {
      await lease.write([
        [begunKey, []],
        [deathsKey, deaths],
        ...suspects.map((line) => [crashedKey(line), crashes.get(line) ?? 1] as const),
      ]);
    }
    return log;
  }

  /** With what is paid for rows that are not done. */
  get report(): PartProgress {
    this.#paidSum ??= [...this.#paid.values()].reduce(addUsage, noUsage);
    return { ...this.progress, usage: addUsage(this.progress.usage, this.#paidSum) };
  }

  isDone(line: Line): boolean {
    return this.#done[line] === 1;
  }

  get isComplete(): boolean {
    return this.progress.finished + this.progress.failed === this.progress.rows;
  }

  /** These may be worked on from now on, and no others. */
  async begin(lines: readonly Line[]): Promise<void> {
    await this.#lease.write([[begunKey, [...lines]]]);
  }

  /** What is known of a row. Rows are asked for in their order, or else blocks are read again and again. */
  async workOf(line: Line): Promise<RowWork> {
    const prefix = `${workPrefix}${padded(line)}/`;
    if (!this.#isResumed) return new RowWork(this.#lease, prefix);
    const first = line - (line % blockSize);
    if (this.#block?.first !== first) this.#block = { first, entries: this.#worksFrom(first) };
    const entries = await this.#block.entries;
    const work = new RowWork(this.#lease, prefix, entries.get(line));
    if (work.entries.size > 0) this.#pay(line, work.paid);
    return work;
  }

  /** What is known of rows is read anew. */
  refresh(): void {
    this.#isResumed = true;
    this.#block = undefined;
  }

  /** More is known of rows that are not done. */
  async note(entries: readonly { line: Line; key: string; value: JsonValue }[]): Promise<void> {
    await this.#lease.write(
      entries.map(({ line, key, value }) => [`${workPrefix}${padded(line)}/${key}`, value] as const),
    );
  }

  /** A reply to it was noted. */
  pay(line: Line, usage: Usage): void {
    this.#pay(line, addUsage(this.#paid.get(line) ?? noUsage, usage));
  }

  /** The row is done: only its result is left of it. */
  async finish(line: Line, result: StoredResult, work?: RowWork): Promise<void> {
    const crashed = this.crashes.has(line) ? ([[crashedKey(line), undefined]] as const) : [];
    await this.#lease.write([
      [resultKey(line), result as unknown as JsonValue],
      ...(work?.leftovers() ?? []),
      ...crashed,
    ]);
    this.#count(line, result);
    this.#remember(line, result);
  }

  /** The result as JSON, where this attempt has it at hand. */
  textOf(line: Line): string | undefined {
    return this.#texts.get(line);
  }

  /** The results of the block of rows that begins there: multiples of `blockSize`. */
  async results(first: number): Promise<Map<Line, StoredResult>> {
    const found = await this.#lease.read(resultPrefix + blockOf(first));
    return new Map(
      found.map(([key, value]) => [Number(key.slice(resultPrefix.length)), value as unknown as StoredResult]),
    );
  }

  #remember(line: Line, result: StoredResult): void {
    if (this.#textChars > mostTextChars) return;
    const text = JSON.stringify(result);
    this.#textChars += text.length;
    this.#texts.set(line, text);
  }

  async #worksFrom(first: number): Promise<Map<Line, Map<string, JsonValue>>> {
    const works = new Map<Line, Map<string, JsonValue>>();
    for (const [key, value] of await this.#lease.read(workPrefix + blockOf(first))) {
      const line = Number(key.slice(workPrefix.length, workPrefix.length + digits));
      const entries = works.get(line) ?? new Map<string, JsonValue>();
      works.set(line, entries);
      entries.set(key.slice(workPrefix.length + digits + 1), value);
    }
    return works;
  }

  #pay(line: Line, usage: Usage): void {
    this.#paid.set(line, usage);
    this.#paidSum = undefined;
  }

  #count(line: Line, { error, usage }: StoredResult): void {
    this.#done[line] = 1;
    if (this.#paid.delete(line)) this.#paidSum = undefined;
    if (error) this.progress.failed++;
    else this.progress.finished++;
    this.progress.usage = addUsage(this.progress.usage, usage);
  }
}

export const begunKey = "begun";
/** How many deaths of workers were counted. */
export const deathsKey = "deaths";
export const crashedPrefix = "crashed/";
export const resultPrefix = "row/";
const workPrefix = "work/";
const digits = 9;

function padded(line: Line): string {
  return String(line).padStart(digits, "0");
}

export function crashedKey(line: Line): string {
  return crashedPrefix + padded(line);
}

export function resultKey(line: Line): string {
  return resultPrefix + padded(line);
}

/** How the numbers of its block begin. */
export function blockOf(line: Line): string {
  return padded(line).slice(0, -3);
}
