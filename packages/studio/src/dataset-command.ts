// `beseda dataset`: datasets of Yandex AI Studio, from files of JSON lines and back. Each function resolves to the exit code.
import { basename } from "node:path";
import { BesedaError } from "@beseda/core";
import type { Dataset, DatasetRowError, PutProgress } from "@beseda/providers/yandex/grpc";
import { ProgressLine } from "./progress-line.ts";

type Json = { json?: boolean };

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
    `${id.padEnd(widths[0] ?? 0)}  ${status.padEnd(10)}  ${taskType.padEnd(widths[1] ?? 0)}  ${`${rows ?? "?"} rows`.padEnd(12)}  ${name}\n`;
  process.stdout.write(json ? `${JSON.stringify(found)}\n` : found.map(line).join(""));
  if (found.length === 0 && !json)
    process.stderr.write("There are no datasets. Make one: beseda dataset create FILE --type …\n");
  return 0;
}

export type CreateOptions = Json & { type: string; name?: string; description?: string; keep?: boolean };

/** Stopped half way and called again, it goes on with what was begun. */
export async function create(file: string, options: CreateOptions): Promise<number> {
  const { type: taskType, description, keep, json } = options;
  const name = options.name ?? nameOf(file);
  const { InvalidDatasetError } = await grpc();
  const progress = new ProgressLine();
  try {
    const dataset = await (await datasets()).put(
      { name, taskType, description, rows: file },
      { keepFailed: keep, onProgress: (step) => progress.show(stepText(step)) },
    );
    progress.clear();
    process.stdout.write(json ? `${JSON.stringify(dataset)}\n` : `${described(dataset)}`);
    return 0;
  } catch (thrown) {
    progress.clear();
    if (thrown instanceof InvalidDatasetError) process.stderr.write(thrown.rowErrors.map(rowErrorLine).join(""));
    throw thrown;
  } finally {
    progress.clear();
  }
}

/** As the console wants names: up to 63 lower-case letters, digits and dashes, a letter first. */
function nameOf(file: string): string {
  const plain = basename(file)
    .replace(/\.jsonl?$/i, "")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-");
  const name = /^[a-z]/.test(plain) ? plain : `dataset-${plain}`;
  return name.slice(0, 63).replace(/-+$/, "");
}

export async function show(id: string, { json }: Json): Promise<number> {
  const dataset = await (await datasets()).describe(id);
  process.stdout.write(json ? `${JSON.stringify(dataset)}\n` : described(dataset));
  return 0;
}

export async function validate(id: string, { json }: Json): Promise<number> {
  const progress = new ProgressLine();
  try {
    const verdict = await (await datasets()).validate(id, {
      onProgress: (counts) => progress.show(stepText({ step: "validating", datasetId: id, ...counts })),
    });
    progress.clear();
    const text = verdict.isValid ? `${id} is READY.\n` : `${id} is INVALID.\n`;
    process.stdout.write(json ? `${JSON.stringify(verdict)}\n` : text + verdict.rowErrors.map(rowErrorLine).join(""));
    return verdict.isValid ? 0 : 1;
  } finally {
    progress.clear();
  }
}

export async function download(id: string, { output, json }: Json & { output: string }): Promise<number> {
  const progress = new ProgressLine();
  try {
    const files = await (await datasets()).download(id, output, {
      onProgress: (_file, index, count) => progress.show(`Downloaded ${index + 1} of ${count} files`),
    });
    progress.clear();
    process.stdout.write(json ? `${JSON.stringify({ files })}\n` : files.map((file) => `${file}\n`).join(""));
    return 0;
  } finally {
    progress.clear();
  }
}

export async function remove(id: string, { json }: Json): Promise<number> {
  await (await datasets()).delete(id);
  process.stdout.write(json ? `${JSON.stringify({ deleted: id })}\n` : `${id} is deleted.\n`);
  return 0;
}

/** Needs no key and no network. 1 where a row is wrong. */
export async function check(file: string, { type, json }: Json & { type: string }): Promise<number> {
  const { datasetProblems, datasetTaskTypes } = await grpc();
  if (!(datasetTaskTypes as readonly string[]).includes(type)) {
    throw new BesedaError(`The rows of “${type}” are not known here.`, {
      code: "invalid-argument",
      hint: `Types that can be checked: ${datasetTaskTypes.join(", ")}.`,
    });
  }
  const problems = [];
  for await (const found of datasetProblems(file, type)) {
    problems.push(found);
    const where = found.row === undefined ? "" : `row ${found.row}: `;
    if (!json) process.stdout.write(`${found.level}: ${where}${found.problem}\n`);
  }
  const errors = problems.filter(({ level }) => level === "error").length;
  if (json) process.stdout.write(`${JSON.stringify({ isValid: errors === 0, problems })}\n`);
  else process.stdout.write(errors === 0 ? `${file} can be uploaded.\n` : `${errors} to correct; nothing was sent.\n`);
  return errors === 0 ? 0 : 1;
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

function described(dataset: Dataset): string {
  const { id, name, status, taskType, rows, sizeBytes, rowErrors } = dataset;
  const size = [rows !== undefined && `${rows} rows`, sizeBytes !== undefined && `${sizeBytes} bytes`].filter(Boolean);
  return `${[id, status, taskType, ...size].join(", ")}: ${name}\n${rowErrors.map(rowErrorLine).join("")}`;
}

function rowErrorLine({ error, description, rows }: DatasetRowError): string {
  const where = rows.length === 0 ? "" : ` (rows ${rows.slice(0, 20).join(", ")}${rows.length > 20 ? " …" : ""})`;
  return `${error}: ${description}${where}\n`;
}
