// Files as sources of bytes: what is no file to read from is told before anything is read.
import { createReadStream, type Stats } from "node:fs";
import { stat } from "node:fs/promises";
import { BesedaError } from "@beseda/core";
import type { ByteSource } from "./dataset.ts";

const readAtOnce = 256 * 1024;

export function fileSource(path: string): ByteSource {
  return { name: path, bytes: () => fileBytes(path) };
}

/** @throws BesedaError `invalid-argument` for what is not there, no file (a directory, a pipe), or empty */
export async function fileState(path: string): Promise<Stats> {
  const state = await stat(path).catch((cause) => {
    throw unreadable(path, cause);
  });
  if (state.isDirectory()) {
    throw new BesedaError(`${path} is a directory.`, {
      code: "invalid-argument",
      hint: "Name one file of it; several files are several datasets.",
    });
  }
  if (!state.isFile()) {
    throw new BesedaError(`${path} is a pipe or a device, and a data set is read more than once.`, {
      code: "invalid-argument",
      hint: "Write it to a file first, and name that.",
    });
  }
  if (state.size === 0) throw emptyDataset(path);
  return state;
}

async function* fileBytes(path: string): AsyncGenerator<Uint8Array> {
  try {
    yield* createReadStream(path, { highWaterMark: readAtOnce });
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

/** @returns the error for a file that the system does not let us read */
export function unreadable(path: string, cause: unknown): BesedaError {
  if (cause instanceof BesedaError) return cause;
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : undefined;
  if (code === "ENOENT" || code === "ENOTDIR") {
    return new BesedaError(`There is no file ${path}.`, {
      code: "invalid-argument",
      hint: "Check the path; it counts from the folder that the program runs in.",
      cause,
    });
  }
  return new BesedaError(`${path} cannot be read${code ? ` (${code})` : ""}.`, {
    code: "invalid-argument",
    hint: "Is it a file, and may it be read by you?",
    cause,
  });
}

export function emptyDataset(name: string): BesedaError {
  return new BesedaError(`${name} is empty: it has no rows.`, {
    code: "invalid-argument",
    hint: 'Write a row a line, such as {"prompt":"Hello"}, or name another file.',
  });
}

/** Of one of which there is nothing but the names of its columns. */
export function withoutRows(name: string): BesedaError {
  return new BesedaError(`${name} has columns, and no rows.`, {
    code: "invalid-argument",
    hint: "Name another file, or write it again with its rows.",
  });
}
