// Where a worker takes its jobs from: a folder of this machine, or a server with files that all workers share.
import { BesedaError, type JobEngine, type JobFiles } from "@beseda/core";
import type { Environment } from "./choose-model.ts";
import { jobsFolder } from "./jobs-folder.ts";

export type WorkerPlace = {
  /** A folder. */
  jobs?: string;
  /** `true`: what the environment says. */
  redis?: string | true;
  postgres?: string | true;
  /** A folder. */
  files?: string;
  /** A bucket. */
  s3?: string | true;
};

type Server = { name: "Redis" | "Postgres"; option: string; variable: string; named: string | true };

/** `place` is for people: addresses may hold passwords, and are not in it. @throws BesedaError for options that do not fit together */
export async function workerEngine(
  options: WorkerPlace,
  env: Environment,
): Promise<{ engine: JobEngine; place: string }> {
  const server = serverOf(options);
  if (!server) {
    const folder = jobsFolder(options.jobs);
    const { localEngine } = await import("@beseda/jobs");
    return { engine: localEngine(folder), place: folder };
  }
  const connection = server.named === true ? env[server.variable]?.trim() : server.named;
  if (!connection) {
    throw new BesedaError(`Where ${server.name} is is not known: ${server.variable} is not set.`, {
      code: "missing-setting",
      hint: `Set it, or give the address behind ${server.option}.`,
    });
  }
  const files = await sharedFiles(options);
  const { bullmqEngine } = await import("@beseda/jobs/bullmq");
  return { engine: bullmqEngine({ connection, files }), place: server.name };
}

function serverOf({ jobs, redis, postgres, files, s3 }: WorkerPlace): Server | undefined {
  const places = [
    redis !== undefined && "--redis",
    postgres !== undefined && "--postgres",
    jobs !== undefined && "--jobs",
  ];
  const named = places.filter((place) => place !== false);
  if (named.length > 1) throw unfit(`${named.join(" and ")} exclude each other.`, "Jobs are in one place: name it.");
  if (redis !== undefined) return { name: "Redis", option: "--redis", variable: "REDIS_URL", named: redis };
  if (postgres !== undefined) {
    return { name: "Postgres", option: "--postgres", variable: "DATABASE_URL", named: postgres };
  }
  if (files === undefined && s3 === undefined) return undefined;
  throw unfit(
    "--files and --s3 belong to --redis and --postgres.",
    "A folder of jobs has its files in itself: --jobs DIR.",
  );
}

async function sharedFiles({ files, s3 }: WorkerPlace): Promise<JobFiles> {
  if ((files !== undefined) === (s3 !== undefined)) {
    throw unfit(
      s3 ? "--files and --s3 exclude each other." : "Where datasets and results are kept is not said.",
      "Give --files DIR, a directory that all workers share, or --s3.",
    );
  }
  const { directoryFiles, s3FilesFromEnv } = await import("@beseda/jobs");
  if (files !== undefined) return directoryFiles(files);
  return s3FilesFromEnv(typeof s3 === "string" ? { bucket: s3 } : {});
}

function unfit(problem: string, hint: string): BesedaError {
  return new BesedaError(problem, { code: "invalid-argument", hint });
}
