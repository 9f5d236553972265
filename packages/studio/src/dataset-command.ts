// `beseda dataset`: datasets of Yandex AI Studio, from files of JSON lines and back. Each function resolves to the exit code.
import { BesedaError } from "@beseda/core";
import type { Dataset, DatasetProblem, DatasetRowError, PutProgress } from "@beseda/providers/yandex/grpc";
import { datasetName } from "./dataset-name.ts";
import { checkTaskType } from "./dataset-task-check.ts";
import { ProgressLine } from "./progress-line.ts";
import { untilStopped } from "./until-stopped.ts";
import { writeJson, writeLines } from "./write-lines.ts";

type Json = { json?: boolean | undefined };

const grpc = () => import("@beseda/providers/yandex/grpc");

async function datasets() {
  const { yandexDatasets } = await grpc();
  return yandexDatasets();
}

export async function list({ json }: Json): Promise<number> {
  const found: Dataset[] = [];
  for await (const dataset of (await datasets()).list()) found.push(dataset);
  const widths = [
    Math.max(0, ...found.map(({ id }) => id.length)),
    Math.max(0, ...found.map(({ taskType }) => taskType.length)),
  ];
  const line = ({ id, status, taskType, rows, name }: Dataset) =>
    `${id.padEnd(widths[0] ?? 0)}  ${status.padEnd(10)}  ${taskType.padEnd(widths[1] ?? 0)}  ${`${rows ?? "?"} rows`.padEnd(12)}  ${name}`;
  if (json) writeJson(found);
  else writeLines(found.map(line));
  if (found.length === 0 && !json)
    process.stderr.write("There are no datasets. Make one: beseda dataset create FILE --type …\n");
  return 0;
}

export type CreateOptions = Json & { type: string; name?: string; description?: string; keep?: boolean };

/**
 * Stopped half way and called again, it goes on with what was begun. 1 where rows are wrong, which are all told then.
 * @throws BesedaError where there is no such dataset afterwards for another reason
 */
export async function create(file: string, options: CreateOptions): Promise<number> {
  const { type: taskType, name = datasetName(file), description, keep, json } = options;
  await checkTaskType(taskType);
  const { InvalidDatasetError, NameTakenError } = await grpc();
  const service = await datasets();
  const progress = new ProgressLine();
  const onProgress = (step: PutProgress) => progress.show(stepText(step));
  try {
    const dataset = await untilStopped(
      (signal) => service.put({ name, taskType, description, rows: file }, { keepFailed: keep, onProgress, signal }),
      () => "The same command goes on with it.",
    );
    progress.clear();
    if (json) writeJson(dataset);
    else writeLines(described(dataset));
    return 0;
  } catch (thrown) {
    progress.clear();
    if (thrown instanceof InvalidDatasetError) {
      writeLines(thrown.rowErrors.map(rowErrorLine), process.stderr);
      throw thrown.with({
        hint: "Correct these rows; where the dataset is still there, --name gives them another name.",
      });
    }
    if (thrown instanceof NameTakenError) {
      throw thrown.with({ hint: "Its rows or its type are others: name this one with --name, or delete that one." });
    }
    if (!(thrown instanceof BesedaError) || thrown.code !== "invalid-argument") throw thrown;
    // put() stops at the first row that is wrong.
    const problems = await problemsOf(file, taskType);
    if (errorsIn(problems) === 0) throw thrown;
    return tellProblems(file, problems, json);
  }
}

export async function show(id: string, { json }: Json): Promise<number> {
  const dataset = await (await datasets()).describe(id);
  if (json) writeJson(dataset);
  else writeLines(described(dataset));
  return 0;
}

/** Its first rows. */
export async function preview(id: string, { json }: Json): Promise<number> {
  const rows = await (await datasets()).preview(id);
  if (json) writeJson(rows);
  else writeLines(rows);
  return 0;
}

export async function validate(id: string, { json }: Json): Promise<number> {
  const service = await datasets();
  const progress = new ProgressLine();
  try {
    const verdict = await untilStopped(
      (signal) =>
        service.validate(id, {
          signal,
          onProgress: (counts) => progress.show(stepText({ step: "validating", datasetId: id, ...counts })),
        }),
      () => "Once begun, it goes on without you; the same command asks after it.",
    );
    progress.clear();
    if (json) writeJson(verdict);
    else writeLines([`${id} is ${verdict.isValid ? "READY" : "INVALID"}.`, ...verdict.rowErrors.map(rowErrorLine)]);
    return verdict.isValid ? 0 : 1;
  } finally {
    progress.clear();
  }
}

export async function download(id: string, { output, json }: Json & { output: string }): Promise<number> {
  const service = await datasets();
  const progress = new ProgressLine();
  const onProgress = (_file: string, index: number, count: number) =>
    progress.show(`Downloaded ${index + 1} of ${count} files`);
  try {
    const files = await untilStopped(
      (signal) => service.download(id, output, { signal, onProgress }),
      () => "Only whole files are left; the same command fetches all of them.",
    );
    progress.clear();
    if (json) writeJson({ files });
    else writeLines(files);
    return 0;
  } finally {
    progress.clear();
  }
}

export async function remove(id: string, { json }: Json): Promise<number> {
  await (await datasets()).delete(id);
  if (json) writeJson({ deleted: id });
  else writeLines([`${id} is deleted.`]);
  return 0;
}

/** A file of JSON lines byte by byte, as it would be uploaded. Needs no key and no network. 1 where a row is wrong. */
export async function check(file: string, { type, json }: Json & { type: string }): Promise<0 | 1> {
  await checkTaskType(type);
  return tellProblems(file, await problemsOf(file, type), json);
}

async function problemsOf(file: string, type: string): Promise<DatasetProblem[]> {
  const { datasetProblems } = await grpc();
  const problems: DatasetProblem[] = [];
  for await (const found of datasetProblems(file, type)) problems.push(found);
  return problems;
}

function tellProblems(file: string, problems: readonly DatasetProblem[], json: boolean | undefined): 0 | 1 {
  const errors = errorsIn(problems);
  const conclusion = errors === 0 ? `${file} can be uploaded.` : `${errors} to correct; nothing was sent.`;
  if (json) writeJson({ isValid: errors === 0, problems });
  else writeLines([...problems.map(problemLine), conclusion]);
  return errors === 0 ? 0 : 1;
}

function errorsIn(problems: readonly DatasetProblem[]): number {
  return problems.filter(({ level }) => level === "error").length;
}

function problemLine({ level, row, problem }: DatasetProblem): string {
  return `${level}: ${row === undefined ? "" : `row ${row}: `}${problem}`;
}

function stepText(progress: PutProgress): string {
  switch (progress.step) {
    case "checked":
      return `${progress.rows} rows are well formed`;
    case "created":
      return progress.isFound ? `Going on with ${progress.datasetId}` : `Uploading as ${progress.datasetId}`;
    case "uploaded":
      return `Uploaded ${Math.floor((100 * progress.sentBytes) / progress.sizeBytes)} %`;
    case "validating": {
      const { processedRows, totalRows } = progress;
      return totalRows ? `Validating: ${processedRows ?? 0} of ${totalRows} rows` : "Validating";
    }
  }
}

function described(dataset: Dataset): string[] {
  const { id, name, status, taskType, rows, sizeBytes, rowErrors } = dataset;
  const size = [rows !== undefined && `${rows} rows`, sizeBytes !== undefined && `${sizeBytes} bytes`].filter(Boolean);
  return [`${[id, status, taskType, ...size].join(", ")}: ${name}`, ...rowErrors.map(rowErrorLine)];
}

function rowErrorLine({ error, description, rows }: DatasetRowError): string {
  const where = rows.length === 0 ? "" : ` (rows ${rows.slice(0, 20).join(", ")}${rows.length > 20 ? " …" : ""})`;
  return `${error}: ${description}${where}`;
}
