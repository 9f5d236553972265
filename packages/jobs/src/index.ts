export type {
  BatchEstimate,
  BatchOptions,
  BatchProgress,
  BatchResult,
  BatchSource,
  BatchTime,
} from "./batches/batch.ts";
export { createJobs } from "./create-jobs.ts";
export { type LocalEngineOptions, localEngine } from "./engines/local/local-engine.ts";
export { directoryFiles } from "./files/directory-files.ts";
export { type S3FilesOptions, s3Files, s3FilesFromEnv } from "./files/s3-files.ts";
export type {
  Jobs,
  JobsOptions,
  OperationFilter,
  OperationHandle,
  StartOptions,
} from "./jobs.ts";
export type { Calls } from "./journal/ask-model.ts";
