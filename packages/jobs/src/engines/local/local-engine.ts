// The embedded engine: jobs in SQLite, files in a folder, for the processes of one machine.
import { join, resolve } from "node:path";
import { BesedaError, type JobEngine } from "@beseda/core";
import { directoryFiles } from "../../files/directory-files.ts";
import { requireLeaseMs } from "../lease-time.ts";
import { plainCopy } from "../plain-json.ts";
import { requireFilter, requireId, requireWanted } from "../stored-arguments.ts";
import { type JobRow, newBody, toJob } from "./job-row.ts";
import { appointment } from "./job-table.ts";
import { databasePath, defaultSqlite, openDatabase } from "./open-database.ts";
import { OpenEngine } from "./open-engine.ts";
import type { OpenSqlite } from "./sqlite-driver.ts";
import { sqliteTrouble } from "./sqlite-trouble.ts";
import { type Clock, machineClock } from "./worker-table.ts";

export type LocalEngineOptions = {
  /**
   * How long a worker may be silent until others take over its jobs, in milliseconds; it gives a sign of life three times
   * as often. The jobs of a process of this machine that has died are taken over at once. Default 30,000; from 1 to a day.
   */
  leaseMs?: number | undefined;
};

const shortestLeaseMs = 1;

/** What tests put in the place of the machine's own. */
export type Machine = { sqlite: () => Promise<OpenSqlite>; now: Clock };

/**
 * Keeps jobs in `dir/jobs.db` and files in `dir/files`. The folder is made at the first use; a disk of this machine, not
 * one of the network. Any number of processes may use it at once. By `node:sqlite` where the running Node has it, else by
 * libsql, which is loaded at the first use.
 *
 * Whatever has resolved is flushed to the disk. A claim hears of what its own process did at once, and of what others did
 * within 150 ms.
 *
 * @throws BesedaError from every call: `damaged` for a database that is not what was written, `unsupported` for one of
 * another version, both left as they are; `unavailable` for a folder that cannot be used, or was removed or replaced
 * meanwhile, or a full disk, with nothing changed. Where a single job cannot be read, whoever asks for that one is told
 * `damaged`, and a warning names it; others are worked on and listed without it, and `delete` forgets it.
 */
export function localEngine(dir: string, options: LocalEngineOptions = {}): JobEngine {
  return localEngineOn({ sqlite: defaultSqlite, now: machineClock }, dir, options);
}

export function localEngineOn(
  { sqlite, now }: Machine,
  dir: string,
  { leaseMs = 30_000 }: LocalEngineOptions = {},
): JobEngine {
  requireOptions(dir, leaseMs);
  const folder = resolve(dir);
  const path = databasePath(folder);
  let opening: Promise<OpenEngine> | undefined;
  let closing: Promise<void> | undefined;

  const open = () => {
    opening ??= sqlite()
      .then((library) => openDatabase(library, folder))
      .then((database) => new OpenEngine(database, path, leaseMs, now))
      .catch((thrown: unknown) => {
        opening = undefined;
        throw thrown;
      });
    return opening;
  };
  const use = async <Result>(work: (engine: OpenEngine) => Result | Promise<Result>): Promise<Result> => {
    if (closing) throw closed(path);
    try {
      const engine = await open();
      engine.file.requireThere();
      return await work(engine);
    } catch (thrown) {
      throw sqliteTrouble(path, thrown);
    }
  };
  /** What `change` makes of a job that is there, in a transaction. */
  const change = (id: string, change: (row: JobRow, engine: OpenEngine) => JobRow) =>
    use(async (engine) => {
      requireId(id);
      const row = await engine.commits.run(() => {
        engine.clearSilent();
        const found = engine.jobs.find(id);
        if (!found) throw unknownJob(id, path);
        return change(found, engine);
      });
      engine.changed();
      return toJob(row);
    });

  return {
    files: directoryFiles(join(folder, "files")),

    async create(job) {
      const body = newBody(job);
      const notBefore = appointment(job.runAt);
      return use(async (engine) => {
        const row = await engine.commits.run(() => engine.jobs.insert(body, notBefore));
        engine.changed();
        return toJob(row);
      });
    },

    get: (id) =>
      use(({ jobs }) => {
        const row = jobs.find(requireId(id));
        return row && toJob(row);
      }),

    list: (filter = {}) =>
      use(({ jobs }) => {
        requireFilter(filter);
        return jobs.list(filter).map(toJob);
      }),

    count: (filter = {}) =>
      use(({ jobs }) => {
        requireFilter(filter);
        return jobs.count(filter);
      }),

    delete: (id) =>
      use(({ commits, jobs, clearSilent }) => {
        requireId(id);
        return commits.run(() => {
          clearSilent();
          const place = jobs.placeOf(id);
          if (place?.isRunning) throw beingWorkedOn(id, place.holder);
          if (place) jobs.delete(place.n);
        });
      }),

    cancel: (id) => change(id, (row, { jobs }) => jobs.cancel(row)),

    async wake(id, value) {
      const kept = plainCopy(value, "What a job is woken with");
      return change(id, (row, { jobs }) => {
        if (row.body.state !== "waiting") throw notWaiting(row);
        return jobs.save(row, { state: "queued", inbox: [...row.body.inbox, kept] });
      });
    },

    claim: (wanted) =>
      use((engine) => {
        requireWanted(wanted);
        return engine.claim(wanted.queue, wanted.kinds, wanted.signal);
      }),

    events: (id, after = 0) =>
      use(({ jobs, journal }) => {
        const row = jobs.find(requireId(id));
        return row ? journal.events(row.n, after) : [];
      }),

    close() {
      closing ??= Promise.resolve(
        opening?.then(
          (engine) => engine.close(),
          () => {},
        ),
      ).finally(() => {
        // Whoever keeps a closed engine keeps no statement of it: see open-libsql.ts.
        opening = undefined;
      });
      return closing;
    },
  };
}

function requireOptions(dir: string, leaseMs: number): void {
  if (typeof dir !== "string" || dir === "") {
    throw new BesedaError("The folder of the jobs is not named.", {
      code: "invalid-argument",
      hint: 'Give a path, such as localEngine("./data").',
    });
  }
  requireLeaseMs(leaseMs, shortestLeaseMs);
}

function closed(path: string): BesedaError {
  return new BesedaError(`The engine of ${path} is closed.`, {
    code: "invalid-argument",
    hint: "Make another one with localEngine(), or close this one later.",
  });
}

function unknownJob(id: string, path: string): BesedaError {
  return new BesedaError(`There is no job "${id}" in ${path}.`, {
    code: "not-found",
    hint: "It was deleted, or is in another folder.",
  });
}

function beingWorkedOn(id: string, holder = "somebody"): BesedaError {
  return new BesedaError(`The job "${id}" is being worked on by ${holder}.`, {
    code: "locked",
    hint: "Cancel it and wait until it is done, or stop that process.",
  });
}

function notWaiting({ body }: JobRow): BesedaError {
  return new BesedaError(`The job "${body.id}" waits for nothing: it is ${body.state}.`, {
    code: "invalid-argument",
    hint: "Only a job whose state is waiting can be woken.",
  });
}
