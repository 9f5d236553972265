// Whether a batch can be what its options say, before anything is read or written.
import { access, constants, realpath, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { BesedaError, type LanguageModel, noUsage } from "@beseda/core";
import { partFileOf } from "../../datasets/part-file.ts";
import type { Calls } from "../../journal/ask-model.ts";
import type { BatchLimits, BatchOptions, BatchSource } from "../batch.ts";
import { pathsOf } from "../batch-place.ts";

const defaultConcurrency = 16;
const mostConcurrency = 10_000;
/** Of a file, on nearly all disks. Bytes. */
const longestName = 255;

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
  if (typeof source === "string") await requireKept(source, output);
  return { output, limits: { concurrency, pollMs, maxTokens, maxCost } };
}

function requireCost(maxCost: unknown): void {
  const entries = typeof maxCost === "object" && maxCost !== null ? Object.entries(maxCost) : [];
  if (entries.length > 0 && entries.every(([currency, amount]) => /^[A-Z]{3}$/.test(currency) && isPositive(amount)))
    return;
  throw wrong("maxCost", maxCost, "amounts above 0 by currency, such as { RUB: 500 }");
}

/**
 * A limit in money has to be one: where no price is told in its currency, it would stop nothing.
 * @throws BesedaError `invalid-argument`
 */
export function requirePrices(
  { provider, modelId, costOf }: LanguageModel,
  { calls, maxCost = {} }: { calls: Calls; maxCost: BatchLimits["maxCost"] },
): void {
  const model = `${provider}:${modelId}`;
  const prices = costOf?.({ inputTokens: 1_000, outputTokens: 1_000, totalTokens: 2_000 }, calls);
  if (prices && Object.values(prices).every((price) => price === 0)) return;
  const least = (calls === "batch" && costOf?.(noUsage, calls)) || {};
  for (const [currency, most] of Object.entries(maxCost)) {
    const { [currency]: atLeast = 0 } = least;
    if (prices?.[currency] === undefined) {
      const told = prices ? `: its prices are in ${Object.keys(prices).join(", ")}` : "";
      throw new BesedaError(`What ${model} costs in ${currency} is not known${told}. maxCost would stop nothing.`, {
        code: "invalid-argument",
        hint: "Limit the tokens: maxTokens (--max-tokens) in place of maxCost (--max-cost).",
      });
    }
    if (atLeast <= most) continue;
    throw new BesedaError(`A batch of ${model} costs ${atLeast} ${currency} at least: maxCost ${most} is less.`, {
      code: "invalid-argument",
      hint: "Raise maxCost (--max-cost), or ask row by row: calls: sync (--calls sync).",
    });
  }
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
  requireShortName(path);
  await requireFolder(dirname(path));
  // A batch is known by its output: one file has one name, whatever links lead to it.
  return there ? realpath(path) : join(await realpath(dirname(path)), basename(path));
}

/** What comes of a batch is written under longer names before it is whole. */
function requireShortName(path: string): void {
  const most = Math.max(...Object.values(pathsOf(path)).map((file) => Buffer.byteLength(basename(partFileOf(file)))));
  if (most <= longestName) return;
  const name = basename(path);
  const left = Buffer.byteLength(name) - (most - longestName);
  throw new BesedaError(`The name of the output is too long: ${name}.`, {
    code: "invalid-argument",
    hint: `It may have ${left} bytes, so that the files beside it have names that disks take: a Latin letter is one, a Cyrillic one two.`,
  });
}

/** Nothing that is written may replace what is read, whatever paths and links lead to it. */
async function requireKept(source: string, output: string): Promise<void> {
  const read = await stat(source, { bigint: true }).catch(() => undefined);
  for (const path of Object.values(pathsOf(output))) {
    const there = await stat(path, { bigint: true }).catch(() => undefined);
    const isSame = read && there ? read.ino === there.ino && read.dev === there.dev : resolve(source) === path;
    if (!isSame) continue;
    throw new BesedaError(`${path} is the data set and cannot be written as well.`, {
      code: "invalid-argument",
      hint: "Name another output.",
    });
  }
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
