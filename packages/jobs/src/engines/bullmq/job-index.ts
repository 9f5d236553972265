// Which jobs there are: empty files whose names say it all, so that looking is listing.
import type { Job, JobFiles, NewJob } from "@beseda/core";
import type { JobFacts } from "./job-facts.ts";
import { safeName } from "./safe-name.ts";

const root = "job-index";

/**
 * `job-index/open/<queue>/<place>` of one that is not done, `job-index/done/<place>` of one that is, and
 * `job-index/labels/<label>/<value>/<place>` of each. A place sorts the latest first and names the kind and the job.
 */
export class JobIndex {
  readonly #files: JobFiles;

  constructor(files: JobFiles) {
    this.#files = files;
  }

  async open(queue: string, place: string): Promise<void> {
    await this.#mark(openName(queue, place));
  }

  async label({ job, place }: Pick<JobFacts, "job" | "place">): Promise<void> {
    await Promise.all(Object.entries(job.labels).map((label) => this.#mark(`${labelFolder(label)}${place}`)));
  }

  async done({ job, place }: JobFacts): Promise<void> {
    await this.#mark(`${root}/done/${place}`);
    await this.close(job.queue, place);
  }

  async close(queue: string, place: string): Promise<void> {
    await this.#files.delete(openName(queue, place));
  }

  async remove({ job, place }: { job: Pick<NewJob, "queue" | "labels">; place: string }): Promise<void> {
    const labels = Object.entries(job.labels ?? {}).map((label) => `${labelFolder(label)}${place}`);
    const names = [...labels, `${root}/done/${place}`, openName(job.queue, place)];
    await Promise.all(names.map((name) => this.#files.delete(name)));
  }

  /** The places, the latest first, in which jobs of this kind and with all of these labels are. */
  async find({ kind, labels = {} }: { kind?: string | undefined; labels?: Job["labels"] | undefined }): Promise<Found> {
    const folders = Object.entries(labels).map(labelFolder);
    const [open, ...lists] = await Promise.all([
      this.#open(),
      ...(folders.length > 0 ? folders : [doneFolder]).map((each) => this.#places(each)),
    ]);
    const [first = [], ...others] = lists;
    const sets = others.map((list) => new Set(list));
    const all =
      folders.length > 0 ? first.filter((place) => sets.every((set) => set.has(place))) : new Set([...first, ...open]);
    const places = [...all].filter((place) => kind === undefined || kindOf(place) === safeName(kind)).sort();
    return { places, isOpen: (place) => open.has(place) };
  }

  /** The places of this queue's jobs that are not done, the oldest last. */
  openIn(queue: string): Promise<string[]> {
    return this.#places(`${root}/open/${safeName(queue)}/`);
  }

  async #open(): Promise<Set<string>> {
    return new Set(await this.#places(`${root}/open/`));
  }

  async #places(folder: string): Promise<string[]> {
    return (await this.#files.list(folder)).map((name) => name.slice(name.lastIndexOf("/") + 1));
  }

  async #mark(name: string): Promise<void> {
    await this.#files.put(name, []);
  }
}

export type Found = { places: string[]; isOpen(place: string): boolean };

/** `sequence`: microseconds since 1970, no two of one process alike. */
export function placeOf(job: { id: string; kind: string }, sequence: number): string {
  const latestFirst = `${1e16 - sequence}`.padStart(16, "0");
  // The end keeps one name from being the beginning of another: what is deleted is deleted by its beginning.
  return `${latestFirst}.${safeName(job.kind)}.${safeName(job.id)}.job`;
}

/** The folder of the job's own files. */
export function folderAt(place: string): string {
  return `jobs/${place.split(".")[2]}`;
}

export function folderOf(id: string): string {
  return `jobs/${safeName(id)}`;
}

export function kindOf(place: string): string | undefined {
  return place.split(".")[1];
}

/** Milliseconds since 1970. */
export function createdAt(place: string): number {
  return (1e16 - Number(place.split(".")[0])) / 1_000;
}

const doneFolder = `${root}/done/`;

function openName(queue: string, place: string): string {
  return `${root}/open/${safeName(queue)}/${place}`;
}

function labelFolder([label, value]: [string, string]): string {
  return `${root}/labels/${safeName(label)}/${safeName(value)}/`;
}
