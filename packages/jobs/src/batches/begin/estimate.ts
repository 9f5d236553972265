// What a batch will come to: measured by the last batch of the same agent, where there is one, otherwise guessed.
import type { Agent, JobEngine, Usage } from "@beseda/core";
import type { Calls } from "../../journal/ask-model.ts";
import type { BatchEstimate, BatchResult } from "../batch.ts";
import type { Scan } from "./scan-dataset.ts";

/** About a paragraph and a half: what an answer is taken to be where nothing is known. */
export const guessedAnswer = 300;

export async function estimateBatch(
  engine: JobEngine,
  { agent, fingerprint, calls, scan }: { agent: Agent; fingerprint: string; calls: Calls; scan: Scan },
): Promise<BatchEstimate> {
  const { rows, inputTokens } = scan;
  const { maxOutputTokens } = agent.plan().settings;
  const common = {
    rows,
    badRows: scan.badRows.count,
    ...(maxOutputTokens !== undefined && { mostOutputTokens: rows * maxOutputTokens }),
    calls,
  };
  const last = await lastOf(engine, fingerprint);
  if (last) return { ...common, basis: "measured", ...inProportion(last, rows) };
  const outputTokens = rows * Math.min(guessedAnswer, maxOutputTokens ?? guessedAnswer);
  const cost = agent.model.costOf?.({ inputTokens, outputTokens, totalTokens: inputTokens + outputTokens }, calls);
  return { ...common, basis: "guessed", inputTokens, outputTokens, ...(cost && { cost }) };
}

/** What is known of the last batch that the same agent has finished. */
async function lastOf(engine: JobEngine, fingerprint: string): Promise<BatchResult | undefined> {
  const jobs = await engine.list({ kind: "batch", state: "done", labels: { fingerprint }, limit: 10 });
  const results = jobs.map(({ outcome }) => outcome?.response as unknown as BatchResult | undefined);
  return results.find((result) => result !== undefined && result.answered > 0);
}

function inProportion(
  { usage, rows: before, seconds }: BatchResult,
  rows: number,
): Pick<BatchEstimate, "inputTokens" | "outputTokens" | "cost" | "seconds"> {
  const share = rows / before;
  return {
    inputTokens: Math.round(usage.inputTokens * share),
    outputTokens: Math.round(usage.outputTokens * share),
    ...(usage.cost && { cost: scaled(usage.cost, share) }),
    seconds: Math.ceil(seconds * share),
  };
}

function scaled(cost: NonNullable<Usage["cost"]>, share: number): Record<string, number> {
  return Object.fromEntries(
    Object.entries(cost).map(([currency, amount]) => [currency, Math.round(amount * share * 1e6) / 1e6]),
  );
}
