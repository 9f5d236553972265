// What comes of an evaluation: plain data, the same each time but for the times.
import { addUsage, type FinishReason, noUsage, type Usage } from "../message.ts";
import type { EvalCall, EvalCase } from "./eval-case.ts";

/** Plain data, for JSON. */
export type EvalReport = {
  /** The version of this shape. */
  format: 1;
  agent: string;
  /** Their names, in the order in which they were given. */
  scorers: string[];
  /** What a score has to reach for its case to pass. */
  threshold: number;
  /** How often each case was run. */
  trials: number;
  /** Whether every result passed. */
  passed: boolean;
  /** `means` has the scorers that had anything to say. */
  totals: { results: number; passed: number; means: Record<string, number>; usage: Usage };
  /** In the order of the cases, the trials of a case one after the other. */
  results: EvalResult[];
  /** Milliseconds: of the whole, and of each result's run. The one thing that differs when the replies are the same. */
  timing: { totalMs: number; runMs: number[] };
};

export type EvalResult = {
  name: string;
  /** Counts from 1. */
  trial: number;
  input: EvalCase["input"];
  expected?: unknown;
  answer: string;
  /** Of an agent with an `output` schema. */
  output?: unknown;
  finishReason: FinishReason;
  steps: number;
  toolCalls: EvalCall[];
  usage: Usage;
  /** Of the scorers that had something to say; all 0 where the run failed. */
  scores: Record<string, { score: number; reason?: string }>;
  passed: boolean;
  /** Why the run failed. */
  error?: { code: string; message: string };
};

export function totalsOf(results: readonly EvalResult[], scorers: readonly string[]): EvalReport["totals"] {
  const means = scorers.flatMap((scorer) => {
    const mean = meanScore(results, scorer);
    return mean === undefined ? [] : [[scorer, mean] as const];
  });
  return {
    results: results.length,
    passed: results.filter(({ passed }) => passed).length,
    means: Object.fromEntries(means),
    usage: results.reduce((sum, { usage }) => addUsage(sum, usage), noUsage),
  };
}

export function meanScore(results: readonly EvalResult[], scorer: string): number | undefined {
  const scores = results.flatMap((result) => result.scores[scorer]?.score ?? []);
  return scores.length === 0 ? undefined : scores.reduce((sum, score) => sum + score, 0) / scores.length;
}
