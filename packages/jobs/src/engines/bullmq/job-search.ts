// Looking for jobs: by what the index has of them, and by their logs where that does not tell it.
import type { Job, JobFilter, JobState } from "@beseda/core";
import { plainCopy } from "../plain-json.ts";
import { requireFilter } from "../stored-arguments.ts";
import type { JobFacts } from "./job-facts.ts";
import { folderAt, type JobIndex } from "./job-index.ts";
import type { JobLogs } from "./job-log.ts";
import { readAtOnce } from "./json-files.ts";

export class JobSearch {
  readonly #logs: JobLogs;
  readonly #index: JobIndex;

  constructor(logs: JobLogs, index: JobIndex) {
    this.#logs = logs;
    this.#index = index;
  }

  async list(filter: JobFilter): Promise<Job[]> {
    requireFilter(filter);
    const { state, limit = 100 } = filter;
    const { places, isOpen } = await this.#index.find(filter);
    const wanted = state === undefined ? places : places.filter((place) => isOpen(place) === (state !== "done"));
    if (filter.oldestFirst) wanted.reverse();
    const jobs = new Map<string, Job>();
    for (let at = 0; at < wanted.length && jobs.size < limit; at += readAtOnce) {
      for (const job of await this.#jobsAt(wanted.slice(at, at + readAtOnce))) {
        if (state === undefined || job.state === state) jobs.set(job.id, job);
      }
    }
    return [...jobs.values()].slice(0, limit);
  }

  async count(filter: JobFilter): Promise<Record<JobState, number>> {
    requireFilter(filter);
    const { state } = filter;
    const { places, isOpen } = await this.#index.find(filter);
    const open = places.filter(isOpen);
    const none = { queued: 0, running: 0, waiting: 0, done: 0 };
    const counts = { ...none, done: places.length - open.length };
    // Which are done the index tells by itself.
    if (state === "done") return counts;
    for (let at = 0; at < open.length; at += readAtOnce) {
      for (const job of await this.#jobsAt(open.slice(at, at + readAtOnce))) counts[job.state]++;
    }
    return state === undefined ? counts : { ...none, [state]: counts[state] };
  }

  async #jobsAt(places: readonly string[]): Promise<Job[]> {
    const found = await Promise.all(places.map((place) => this.#logs.sound(this.#logs.read(folderAt(place)))));
    return found.flatMap((facts) => (facts ? shown(facts) : []));
  }
}

/** A copy: what is remembered is nobody else's to change. */
export function shown({ job }: JobFacts): Job {
  return plainCopy(job, "The job");
}
