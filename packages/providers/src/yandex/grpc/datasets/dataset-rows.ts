// The rows of a dataset, from a file or from a program: checked one by one, and made a file of a known size.
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { open, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { BesedaError } from "@beseda/core";
import { systemCode, temporaryFolder, writing } from "../../../written-files.ts";
import { countProblem, rowCheck } from "./check-rows.ts";

/** The path of a JSONL file in UTF-8, or the rows as objects. */
export type DatasetRows = string | Iterable<object> | AsyncIterable<object>;

/** `row` is counted from 1; it is missing where the dataset as a whole is meant. `advice` does not keep it from being uploaded. */
export type DatasetProblem = { level: "error" | "advice"; row?: number | undefined; problem: string };

/** Everything that is wrong with a dataset, in the order of its rows. Constant memory; nothing is sent. */
export async function* datasetProblems(rows: DatasetRows, taskType: string): AsyncGenerator<DatasetProblem> {
  const check = rowCheck(taskType);
  let count = 0;
  for await (const row of readRows(rows)) {
    count++;
    const problem = row.problem ?? check.problem(row.value);
    if (problem) yield { level: "error", row: count, problem };
  }
  if (count === 0) yield { level: "error", problem: "it has no rows" };
  const advice = count > 0 && countProblem(taskType, count);
  if (advice) yield { level: "advice", problem: advice };
}

/** `mtimeMs` as it was when the rows were read; `digest` tells them from others. `remove` where they are no longer needed. */
export type RowsFile = {
  file: string;
  size: number;
  mtimeMs: number;
  rows: number;
  digest: string;
  remove(): Promise<void>;
};

/**
 * Checks the rows and brings them into a file: the one that was named, or a temporary one.
 * @throws BesedaError `invalid-argument` with the first row that is not as the service wants it
 */
export async function prepareRows(rows: DatasetRows, taskType: string, signal?: AbortSignal): Promise<RowsFile> {
  const check = rowCheck(taskType);
  const before = typeof rows === "string" ? await stateOf(rows) : undefined;
  const written = typeof rows === "string" ? undefined : await temporaryFile();
  const hash = createHash("sha256");
  let count = 0;
  try {
    for await (const row of readRows(rows)) {
      signal?.throwIfAborted();
      count++;
      const problem = row.problem ?? check.problem(row.value);
      if (problem) throw wrongRow(count, problem);
      hash.update(row.bytes).update("\n");
      await written?.write(row.bytes);
    }
    if (count === 0) throw wrongRow(undefined, "it has no rows");
    await written?.close();
    const file = written?.file ?? (rows as string);
    const { size, mtimeMs } = before ?? (await stateOf(file));
    const digest = hash.digest("hex").slice(0, 32);
    return { file, size, mtimeMs, rows: count, digest, remove: async () => written?.remove() };
  } catch (error) {
    await written?.close().catch(() => {});
    await written?.remove();
    throw error;
  }
}

type ReadRow = { bytes: Uint8Array; value?: unknown; problem?: string | undefined };

async function* readRows(rows: DatasetRows): AsyncGenerator<ReadRow> {
  if (typeof rows === "string") {
    for await (const line of linesOf(rows)) yield fromLine(line);
    return;
  }
  for await (const value of rows) {
    const text: string | undefined = JSON.stringify(value);
    yield text === undefined
      ? { bytes: new Uint8Array(), problem: "it cannot be JSON" }
      : { bytes: Buffer.from(text), value };
  }
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function fromLine(bytes: Uint8Array): ReadRow {
  let text: string;
  try {
    text = utf8.decode(bytes);
  } catch {
    return { bytes, problem: "it is not UTF-8" };
  }
  if (text.startsWith("\uFEFF")) return { bytes, problem: "it begins with a byte order mark: save it as plain UTF-8" };
  if (text.trim() === "") return { bytes, problem: "it is empty" };
  try {
    return { bytes, value: JSON.parse(text) };
  } catch (error) {
    return {
      bytes,
      problem: `it is not JSON (${String(error instanceof Error ? error.message : error).slice(0, 100)})`,
    };
  }
}

const lineFeed = 10;
/** A longer row is none: memory has to hold it. */
const longestRow = 64 * 1024 * 1024;

async function* linesOf(file: string): AsyncGenerator<Buffer> {
  let rest: Buffer[] = [];
  let restLength = 0;
  try {
    for await (const bytes of createReadStream(file, { highWaterMark: 256 * 1024 }) as AsyncIterable<Buffer>) {
      let from = 0;
      for (let at = bytes.indexOf(lineFeed); at >= 0; at = bytes.indexOf(lineFeed, from)) {
        yield Buffer.concat([...rest, bytes.subarray(from, at)]);
        rest = [];
        restLength = 0;
        from = at + 1;
      }
      if (from < bytes.length) rest.push(bytes.subarray(from));
      restLength += bytes.length - from;
      if (restLength > longestRow) throw wrongRow(undefined, "a line of it is longer than 64 MB");
    }
  } catch (cause) {
    throw cause instanceof BesedaError ? cause : unreadable(file, cause);
  }
  if (restLength > 0) yield Buffer.concat(rest);
}

async function stateOf(file: string) {
  return stat(file).catch((cause) => {
    throw unreadable(file, cause);
  });
}

function unreadable(file: string, cause: unknown): BesedaError {
  return new BesedaError(`The dataset ${file} cannot be read (${systemCode(cause)}).`, {
    code: "invalid-argument",
    hint: "Name a file of JSON lines that is there and can be read.",
    cause,
  });
}

async function temporaryFile() {
  const folder = await temporaryFolder("beseda-dataset-");
  const file = join(folder, "rows.jsonl");
  const handle = await writing(folder, open(file, "wx", 0o600));
  let isOpen = true;
  let pending: Uint8Array[] = [];
  let pendingLength = 0;
  const flush = async () => {
    const bytes = Buffer.concat(pending);
    pending = [];
    pendingLength = 0;
    await writing(file, handle.writeFile(bytes));
  };
  return {
    file,
    async write(row: Uint8Array) {
      pending.push(row, newLine);
      pendingLength += row.length + 1;
      if (pendingLength > 256 * 1024) await flush();
    },
    async close() {
      if (!isOpen) return;
      isOpen = false;
      await flush().finally(() => handle.close());
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

const newLine = Buffer.from("\n");

function wrongRow(row: number | undefined, problem: string): BesedaError {
  return new BesedaError(row === undefined ? `The dataset cannot be used: ${problem}.` : `Row ${row}: ${problem}.`, {
    code: "invalid-argument",
    hint: "Correct it and try again; nothing was sent. “beseda dataset check” lists everything that is wrong.",
  });
}
