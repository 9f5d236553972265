// What a batch will take, told before it begins; who begins it is asked where it may be much.
import { once } from "node:events";
import { createInterface } from "node:readline/promises";
import { BesedaError } from "@beseda/core";
import type { BatchEstimate, BatchTime } from "@beseda/jobs";
import { durationText, moneyText, rowsText, shortCount } from "./progress-figures.ts";

/** Above one of these somebody has to agree: of money where the cost is known, otherwise of tokens and rows. */
const mostMoney: Readonly<Record<string, number>> = { RUB: 100, USD: 1, EUR: 1 };
const mostTokens = 100_000;
const mostRows = 1_000;

const waysToCall: Readonly<Record<BatchEstimate["calls"], string>> = {
  sync: "each reply asked for at once",
  async: "each reply an operation of the service",
  batch: "in batches of the service",
};

export function estimateLines(estimate: BatchEstimate, model: string): string[] {
  const { rows, badRows, inputTokens, outputTokens, cost, calls, basis } = estimate;
  const left = badRows > 0 ? `, ${rowsText(badRows)} left out as no rows` : "";
  const tokens = `about ${shortCount(inputTokens)} tokens in and ${shortCount(outputTokens)} out`;
  const price = isFree(model) ? "free" : cost ? `about ${moneyText(cost)}` : "cost unknown";
  const source = basis === "measured" ? bySameAgent : "a guess, one reply a row";
  return [
    `${rowsText(rows)} for ${model}, ${waysToCall[calls]}${left}`,
    `${tokens}, ${price} (${source})`,
    timeLine(estimate.time, model),
  ];
}

const bySameAgent = "by the last batch of the same agent";

const sources = {
  measured: bySameAgent,
  "same-model": "by the last batch of the same model",
  assumed: "assumed: 1 s to the first token, then 50 tokens a second; tools take more",
  "rate-limits": "as the rate limits let it",
} as const;

function timeLine(time: BatchTime, model: string): string {
  if (time.basis === "unknown") {
    const { windowHours } = time;
    const most = windowHours === undefined ? "" : `, up to ${windowHours} h for each step, as the service says`;
    return `time unknown, maybe hours${most}`;
  }
  // The embedded model answers far faster than any that is assumed.
  if (isFree(model) && time.basis === "assumed") return "time unknown: no batch of this model was finished yet";
  return `about ${durationText(time.seconds)} (${sources[time.basis]})`;
}

/** Whether it may be so much that somebody has to agree. The embedded model costs nothing. */
export function isMuch({ rows, inputTokens, outputTokens, cost }: BatchEstimate, model: string): boolean {
  if (isFree(model)) return false;
  if (cost) return Object.entries(cost).some(([currency, amount]) => amount > (mostMoney[currency] ?? 0));
  return rows > mostRows || inputTokens + outputTokens > mostTokens;
}

/**
 * Asks at the terminal; no answer is a no.
 * @throws BesedaError `missing-setting` where nobody can be asked
 */
export async function agreed(signal: AbortSignal): Promise<boolean> {
  if (!process.stdin.isTTY || !process.stderr.isTTY) {
    throw new BesedaError("It may be much, and there is no terminal to ask at whether it is to begin.", {
      code: "missing-setting",
      hint: "Say --yes to begin without being asked; --max-cost and --max-tokens set a limit.",
    });
  }
  // Not as a terminal: there Ctrl-C would be a character in place of a signal.
  const lines = createInterface({ input: process.stdin, output: process.stderr, terminal: false });
  try {
    const closed = once(lines, "close", { signal }).then(() => "");
    const answer = await Promise.race([lines.question("Begin? [y/N] ", { signal }), closed]);
    return /^\s*(y|yes|д|да)\s*$/i.test(answer);
  } finally {
    lines.close();
  }
}

function isFree(model: string): boolean {
  return model.startsWith("offline:");
}
