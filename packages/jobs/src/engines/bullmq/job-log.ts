// The logs of jobs: write-once files numbered from 1, and what they come to. Whoever writes the next number first has
// decided; whoever comes late reads what was decided, and thinks again.
import { BesedaError, type JobFiles, type JsonValue } from "@beseda/core";
import { waited } from "@beseda/core/http";
import { foldEntry, type JobFacts, type LogEntry } from "./job-facts.ts";
import { getEach, getJson, putJson } from "./json-files.ts";

export type SequencedEvent = { seq: number; event: JsonValue };

/** `facts` is what the log had come to before this entry; in every 50th file. */
type LogFile = { entry: LogEntry; facts?: JobFacts | undefined };

const snapshotEvery = 50;
/** How many jobs are remembered. */
const mostKept = 2_000;

/** Whoever deletes a job may be at it for so long after he has said so, and would take away a new one with it. */
const deletingMs = 5_000;
const lookMs = 250;
const mostLooks = deletingMs / lookMs;

/** A log as far as it was read. `events` are those since the last file with facts, numbered. */
type Known = { last: number; file: LogFile; facts: JobFacts | undefined; events: SequencedEvent[] };

/**
 * Requests to the files: a job that is known costs two reads, of its last entry and of the next one; any other one a
 * listing and up to 50 reads. A change is one write more.
 */
export class JobLogs {
  readonly #files: JobFiles;
  readonly #known = new Map<string, Known>();
  /** The damage of which was told. */
  readonly #told = new Set<string>();

  constructor(files: JobFiles) {
    this.#files = files;
  }

  /** Up to date. `folder` is that of the job, such as `jobs/17`. */
  async read(folder: string): Promise<JobFacts | undefined> {
    return (await this.#read(folder))?.facts;
  }

  /** The job of this folder, which may be there already; none where a deletion that was cut short has left some of it. */
  async begin(folder: string, entry: LogEntry & { is: "created" }): Promise<JobFacts | undefined> {
    for (let looks = 1; ; looks++) {
      // Read anew, so that what is left behind the first entry is seen: the last one says that it was deleted.
      if (await this.#put(folder, 1, { entry })) this.forget(folder);
      const known = await this.#read(folder);
      if (looks === mostLooks || !isBeingDeleted(known)) return known?.facts;
      await waited(lookMs, undefined);
    }
  }

  /** What a job was created as, as long as that stands there, even of one that was deleted. */
  async first(folder: string): Promise<(LogEntry & { is: "created" }) | undefined> {
    const file = await getJson(this.#files, fileName(folder, 1));
    const entry = file === undefined ? undefined : asFile(file).entry;
    return entry?.is === "created" ? entry : undefined;
  }

  /**
   * Writes the entry that `decide` makes of the facts; decides anew where another process wrote first. Nothing is
   * written where it makes none.
   */
  async change(
    folder: string,
    decide: (facts: JobFacts | undefined) => LogEntry | undefined,
  ): Promise<JobFacts | undefined> {
    let known = this.#known.get(folder);
    for (let isFresh = false; ; ) {
      const decision = decided(decide, known?.facts);
      if (!isFresh && (!decision.entry || !known)) {
        // What is remembered may be old: nothing is refused before one has looked.
        known = await this.#read(folder);
        isFresh = true;
        continue;
      }
      if ("refusal" in decision) throw decision.refusal;
      if (!decision.entry || !known) return known?.facts;
      const number = known.last + 1;
      const file: LogFile = { entry: decision.entry, ...(number % snapshotEvery === 0 && { facts: known.facts }) };
      if (await this.#put(folder, number, file)) {
        const next = extended(known, file);
        this.#keep(folder, next);
        return next.facts;
      }
      known = await this.#read(folder);
      isFresh = true;
    }
  }

  /** Whoever took the job then lives, and its attempt does not count. Where that cannot be written, it counts as a death. */
  async outlive(folder: string, { place, openLeases }: JobFacts): Promise<void> {
    const lease = openLeases.at(-1) ?? 0;
    const outlived = this.change(folder, (now) => {
      const isOpen = now?.place === place && now.openLeases.includes(lease);
      return isOpen ? { is: "outlived", at: new Date().toISOString(), lease } : undefined;
    });
    await outlived.catch(() => {});
  }

  /** Those after `after`. */
  async events(folder: string, after: number): Promise<SequencedEvent[]> {
    const known = await this.#read(folder);
    if (!known?.facts) return [];
    const { facts, events, last } = known;
    if (after >= facts.events - events.length) return events.filter(({ seq }) => seq > after);
    const all: SequencedEvent[] = [];
    let seq = 0;
    for await (const [, file] of getEach(this.#files, namesUpTo(folder, last))) {
      for (const event of eventsOf(asFile(file))) {
        seq++;
        if (seq > after) all.push({ seq, event });
      }
    }
    return all;
  }

  /** What it gives; nothing where a file is damaged: that is told once, and others go on without the job that it belongs to. */
  async sound<Value>(work: Promise<Value>): Promise<Value | undefined> {
    try {
      return await work;
    } catch (error) {
      if (!(error instanceof BesedaError) || error.code !== "damaged") throw error;
      if (!this.#told.has(error.message)) process.emitWarning(error.advice, "BesedaWarning");
      this.#told.add(error.message);
      return undefined;
    }
  }

  forget(folder: string): void {
    this.#known.delete(folder);
  }

  async #read(folder: string): Promise<Known | undefined> {
    const before = this.#known.get(folder);
    let known = before && (await this.#confirmed(folder, before));
    if (!known) known = await this.#readAnew(folder);
    if (known) this.#keep(folder, known);
    else this.#known.delete(folder);
    return known;
  }

  /** What was known and what has come since; nothing where the job is another one now, or gone. */
  async #confirmed(folder: string, before: Known): Promise<Known | undefined> {
    const [last, next] = await Promise.all([
      getJson(this.#files, fileName(folder, before.last)),
      getJson(this.#files, fileName(folder, before.last + 1)),
    ]);
    if (JSON.stringify(last) !== JSON.stringify(before.file)) return undefined;
    let known = before;
    for (let file = next; file !== undefined; file = await getJson(this.#files, fileName(folder, known.last + 1))) {
      known = extended(known, asFile(file));
    }
    return known;
  }

  async #readAnew(folder: string): Promise<Known | undefined> {
    const names = await this.#files.list(`${folder}/log/`);
    // One that is being deleted begins anywhere.
    if (names[0] !== fileName(folder, 1)) return undefined;
    const from = Math.max(0, Math.floor(names.length / snapshotEvery) * snapshotEvery - 1);
    let known: Known | undefined;
    let number = from;
    for await (const [, value] of getEach(this.#files, names.slice(from))) {
      if (value === undefined) return undefined;
      const file = asFile(value);
      const start = { last: number, file, facts: file.facts, events: [] };
      known = extended(known ?? (file.facts ? start : undefined), file);
      number++;
    }
    return known;
  }

  #put(folder: string, number: number, file: LogFile): Promise<boolean> {
    return putJson(this.#files, fileName(folder, number), JSON.parse(JSON.stringify(file)));
  }

  /** The ones that were looked at last. */
  #keep(folder: string, known: Known): void {
    this.#known.delete(folder);
    this.#known.set(folder, known);
    if (this.#known.size <= mostKept) return;
    for (const oldest of this.#known.keys()) {
      this.#known.delete(oldest);
      return;
    }
  }
}

function isBeingDeleted(known: Known | undefined): boolean {
  if (known?.file.entry.is !== "deleted") return false;
  return Date.now() - Date.parse(known.file.entry.at) < deletingMs;
}

type Decision = { entry: LogEntry | undefined } | { entry?: undefined; refusal: unknown };

function decided(decide: (facts: JobFacts | undefined) => LogEntry | undefined, facts: JobFacts | undefined): Decision {
  try {
    return { entry: decide(facts) };
  } catch (refusal) {
    return { refusal };
  }
}

function extended(known: Known | undefined, file: LogFile): Known {
  const last = (known?.last ?? 0) + 1;
  const facts = foldEntry(known?.facts, file.entry, last);
  const before = known?.facts?.events ?? 0;
  const fresh = eventsOf(file).map((event, index) => ({ seq: before + index + 1, event }));
  const kept = file.facts === undefined ? (known?.events ?? []) : [];
  return { last, file, facts, events: [...kept, ...fresh] };
}

function eventsOf({ entry }: LogFile): JsonValue[] {
  return entry.is === "reported" ? entry.events : [];
}

/** Written by `#put` alone. */
function asFile(value: JsonValue | undefined): LogFile {
  return value as unknown as LogFile;
}

function namesUpTo(folder: string, last: number): string[] {
  return Array.from({ length: last }, (_, index) => fileName(folder, index + 1));
}

function fileName(folder: string, number: number): string {
  return `${folder}/log/${`${number}`.padStart(8, "0")}`;
}
