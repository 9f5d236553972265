// Whether a batch can be what its options say, before anything is read or written.
import { access, constants, realpath, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { BesedaError } from "@beseda/core";
import type { BatchLimits, BatchOptions, BatchSource } from "../batch.ts";

const defaultConcurrency = 16;
const mostConcurrency = 10_000;

/** @throws BesedaError `invalid-argument`, `not-found` */
export async function checkOptions(
  source: BatchSource,
  options: BatchOptions,
): Promise<{ output: string; limits: BatchLimits }> {
  const { concurrency = defaultConcurrency, pollMs, maxTokens, maxCost } = options;
  if (!Number.isInteger(concurrency) || concurrency < 1 || concurrency > mostConcurrency) {
    throw wrong("concurrency", concurrency, `a whole number from 1 to ${mostConcurrency}`);
  }
  if (pollMs !== undefined && !isPositive(pollMs)) throw wrong("pollMs", pollMs, "a number of milliseconds above 0");
  if (maxTokens !== undefined && !isPositive(maxTokens)) throw wrong("maxTokens", maxTokens, "a number above 0");
  if (maxCost !== undefined) requireCost(maxCost);
  const output = await outputPath(options.output);
  if (typeof source === "string" && resolve(source) === output) {
    throw new BesedaError(`${output} is the data set and cannot be the output as well.`, {
      code: "invalid-argument",
      hint: "Name another output.",
    });
  }
  return { output, limits: { concurrency, pollMs, maxTokens, maxCost } };
}

function requireCost(maxCost: unknown): void {
  const entries = typeof maxCost === "object" && maxCost !== null ? Object.entries(maxCost) : [];
  if (entries.length > 0 && entries.every(([currency, amount]) => /^[A-Z]{3}$/.test(currency) && isPositive(amount)))
    return;
  throw wrong("maxCost", maxCost, "amounts above 0 by currency, such as { RUB: 500 }");
}

function isPositive(value: unknown): boolean {
  return typeof value === "number" && Number.isFinite(value) && value > 0;
}

function wrong(name: string, value: unknown, wanted: string): BesedaError {
  return new BesedaError(`${name} cannot be ${JSON.stringify(value) ?? String(value)}.`, {
    code: "invalid-argument",
    hint: `It is ${wanted}.`,
  });
}

async function outputPath(output: unknown): Promise<string> {
  if (typeof output !== "string" || !/\.parquet$/i.test(output)) {
    throw wrong("output", output, "the path of a Parquet file, such as answers.parquet");
  }
  const path = resolve(output);
  const there = await stat(path).catch(() => undefined);
  if (there && !there.isFile()) {
    const what = there.isDirectory() ? "is a directory" : "is no file";
    throw new BesedaError(`The output ${path} ${what}.`, {
      code: "invalid-argument",
      hint: "Name a file in it, such as answers.parquet.",
    });
  }
  await requireFolder(dirname(path));
  // A batch is known by its output: one file has one name, whatever links lead to it.
  return there ? realpath(path) : join(await realpath(dirname(path)), basename(path));
}

async function requireFolder(folder: string): Promise<void> {
  const there = await stat(folder).catch(() => undefined);
  if (!there?.isDirectory()) {
    throw new BesedaError(`There is no folder ${folder} for the output.`, {
      code: "not-found",
      hint: "Make it first, or name another place.",
    });
  }
  await access(folder, constants.W_OK).catch((cause) => {
    throw new BesedaError(`The folder ${folder} cannot be written to.`, {
      code: "invalid-argument",
      hint: "Give yourself the right to, or name another place for the output.",
      cause,
    });
  });
}
