// The journal of a job: a folder of write-once files for each lease. Whoever comes next closes the folders before it with
// a seal, so that what a worker without a lease still writes is refused, and never read.
import type { JobFiles, JsonValue } from "@beseda/core";
import { plainCopy } from "../plain-json.ts";
import { leaseLost } from "./job-facts.ts";
import { getEach, getJson, putJson } from "./json-files.ts";

export type JournalEntry = readonly [key: string, value: JsonValue | undefined];

/** Of a key that is taken out there is no value. */
type JournalFile = { entries: ([key: string, value: JsonValue] | [key: string])[] } | { seal: true };

type Pending = { entries: readonly JournalEntry[]; resolve: () => void; reject: (error: unknown) => void };

/** Files are read again when they are asked for; of so many the content is kept. */
const mostKept = 8;

/**
 * What comes while a file is being written goes into the next one together. In memory are the keys, each with its file;
 * values are read from there.
 */
export class LeaseJournal {
  readonly #files: JobFiles;
  readonly #folder: string;
  readonly #id: string;
  /** Key → the file of its value, in the order in which the keys were first written. */
  readonly #places = new Map<string, string>();
  readonly #kept = new Map<string, Promise<JournalFile>>();
  #written = 0;
  #pending: Pending[] = [];
  #writing: Promise<void> | undefined;

  private constructor(files: JobFiles, { id, folder, lease }: JournalPlace) {
    this.#files = files;
    this.#id = id;
    this.#folder = leaseFolder(folder, lease);
  }

  /** Seals the journals of the leases before, and reads which keys there are. */
  static async open(files: JobFiles, place: JournalPlace, openLeases: readonly number[]): Promise<LeaseJournal> {
    const journal = new LeaseJournal(files, place);
    for (const lease of openLeases) if (lease !== place.lease) await seal(files, leaseFolder(place.folder, lease));
    const names = await files.list(`${place.folder}/journal/`);
    for await (const [name, value] of getEach(files, names)) journal.#learn(name, asFile(value));
    return journal;
  }

  /** With everything that was written before. */
  async read(prefix = ""): Promise<[key: string, value: JsonValue][]> {
    await this.#writing;
    const found: [string, JsonValue][] = [];
    for (const [key, name] of [...this.#places]) {
      if (!key.startsWith(prefix)) continue;
      const file = await this.#file(name);
      // The last of the file counts.
      const value = "entries" in file ? file.entries.findLast(([each]) => each === key)?.[1] : undefined;
      // A copy: the file may be kept.
      if (value !== undefined) found.push([key, plainCopy(value, key)]);
    }
    return found;
  }

  /** @throws BesedaError `locked` where another lease has begun */
  write(entries: readonly JournalEntry[]): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#pending.push({ entries, resolve, reject });
      this.#writing ??= this.#writeAll();
    });
  }

  /** When what was written so far is kept, or refused. */
  async settled(): Promise<void> {
    await this.#writing;
  }

  async #writeAll(): Promise<void> {
    // What else is written in this turn goes along.
    await undefined;
    while (this.#pending.length > 0) {
      const group = this.#pending;
      this.#pending = [];
      try {
        await this.#writeGroup(group.flatMap(({ entries }) => entries));
        for (const { resolve } of group) resolve();
      } catch (error) {
        for (const { reject } of group) reject(error);
      }
    }
    this.#writing = undefined;
  }

  async #writeGroup(entries: readonly JournalEntry[]): Promise<void> {
    const file: JournalFile = { entries: entries.map(([key, value]) => (value === undefined ? [key] : [key, value])) };
    const name = fileName(this.#folder, this.#written + 1);
    if (!(await putJson(this.#files, name, file))) throw leaseLost(this.#id);
    this.#written++;
    this.#learn(name, file);
  }

  #learn(name: string, file: JournalFile): void {
    if ("seal" in file) return;
    for (const [key, value] of file.entries) {
      if (value === undefined) this.#places.delete(key);
      else this.#places.set(key, name);
    }
  }

  #file(name: string): Promise<JournalFile> {
    const file = this.#kept.get(name) ?? getJson(this.#files, name).then(asFile);
    this.#kept.delete(name);
    this.#kept.set(name, file);
    file.catch(() => this.#kept.delete(name));
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= mostKept) break;
      this.#kept.delete(oldest);
    }
    return file;
  }
}

/** `lease` is the number of the entry of the log that began it. */
export type JournalPlace = { id: string; folder: string; lease: number };

/** Ends what is written there, wherever that has come to. */
async function seal(files: JobFiles, folder: string): Promise<void> {
  let names = await files.list(`${folder}/`);
  for (;;) {
    const last = names.at(-1);
    if (last && "seal" in asFile(await getJson(files, last))) return;
    if (await putJson(files, fileName(folder, names.length + 1), { seal: true })) return;
    names = await files.list(`${folder}/`);
  }
}

/** Written by this room alone. */
function asFile(value: JsonValue | undefined): JournalFile {
  return value as unknown as JournalFile;
}

function leaseFolder(folder: string, lease: number): string {
  return `${folder}/journal/${`${lease}`.padStart(8, "0")}`;
}

function fileName(folder: string, number: number): string {
  return `${folder}/${`${number}`.padStart(8, "0")}`;
}
