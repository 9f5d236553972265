// Where the jobs of this user are kept when no folder is named.
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { BesedaError } from "@beseda/core";
import { dataFolder } from "./data-folder.ts";

/** The folder of the embedded engine: the one that is named, or `jobs` in the user's data folder. */
export function jobsFolder(named: string | undefined): string {
  if (named?.trim() === "") {
    throw new BesedaError("--jobs names no folder.", {
      code: "invalid-argument",
      hint: "Name one, or leave --jobs out.",
    });
  }
  return named ?? join(dataFolder(process.env, { home: homedir(), platform: process.platform }), "jobs");
}

/** Where something is only looked for, no folder is made. @throws BesedaError `not-found` */
export function existingJobsFolder(named: string | undefined): string {
  const folder = jobsFolder(named);
  if (existsSync(join(folder, "jobs.db"))) return folder;
  throw new BesedaError(`There are no jobs in ${folder}.`, {
    code: "not-found",
    hint: "--jobs DIR names the folder that “beseda batch” or your program keeps them in.",
  });
}
