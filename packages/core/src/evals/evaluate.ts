// Runs an agent on cases, scores what it answers, and reports. A case that goes wrong never stops the others.
import type { RunOptions } from "../agent/agent-options.ts";
import { RunError, type RunResult } from "../agent/run-record.ts";
import { BesedaError, describeThrown, toBesedaError } from "../errors.ts";
import { noUsage } from "../message.ts";
import { outputText } from "../tool/output-text.ts";
import { callsOf, type EvalCase, inputText, type Score, type Scorer } from "./eval-case.ts";
import { type EvalReport, type EvalResult, totalsOf } from "./report.ts";

export type EvalOptions = {
  /** How many cases run at once. Default 4. */
  concurrency?: number;
  /** How often each case is run, for agents that answer now so and now so. Default 1. */
  trials?: number;
  /** What every score of a result has to reach for it to pass, from 0 to 1. Default 1; less where a judge is among the scorers. */
  threshold?: number;
  signal?: AbortSignal;
};

/** An `Agent`, or whatever answers like one. */
export type EvaluatedAgent = {
  readonly name: string;
  generate(input: EvalCase["input"], options: RunOptions): Promise<RunResult>;
};

/**
 * The report is plain data: `JSON.stringify` keeps it, `formatTable` shows it, `report.passed` decides. With models that
 * replay (`recorded()`), that of the agent and that of the judge, it is the same each time, but for `report.timing`.
 *
 * @throws BesedaError `invalid-argument` without cases or scorers; the signal's reason once that is aborted
 */
export async function evaluate<Expected>(
  agent: EvaluatedAgent,
  cases: readonly EvalCase<Expected>[],
  scorers: readonly Scorer<NoInfer<Expected>>[],
  { concurrency = 4, trials = 1, threshold = 1, signal }: EvalOptions = {},
): Promise<EvalReport> {
  requireSome("cases", cases);
  requireSome("scorers", scorers);
  requireCount("concurrency", concurrency);
  requireCount("trials", trials);
  const startedAt = performance.now();
  const scorersByName = named(scorers);
  const attempts = cases.map((): Attempt[] => []);
  const waiting = cases.entries();
  const worker = async () => {
    for (const [index, each] of waiting) {
      // One after the other: a replayed model gives the replies to equal requests in their order.
      for (let trial = 1; trial <= trials && !signal?.aborted; trial++) {
        attempts[index]?.push(await attempt(agent, { each, trial, scorersByName, threshold, signal }));
      }
    }
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
  signal?.throwIfAborted();

  const results = attempts.flat().map(({ result }) => result);
  const names = [...scorersByName.keys()];
  return {
    format: 1,
    agent: agent.name,
    scorers: names,
    threshold,
    trials,
    passed: results.every(({ passed }) => passed),
    totals: totalsOf(results, names),
    results,
    timing: { totalMs: performance.now() - startedAt, runMs: attempts.flat().map(({ runMs }) => runMs) },
  };
}

type Attempt = { result: EvalResult; runMs: number };

type Task<Expected> = {
  each: EvalCase<Expected>;
  trial: number;
  scorersByName: ReadonlyMap<string, Scorer<Expected>>;
  threshold: number;
  signal: AbortSignal | undefined;
};

async function attempt<Expected>(agent: EvaluatedAgent, task: Task<Expected>): Promise<Attempt> {
  const { each, trial, scorersByName, threshold, signal } = task;
  const startedAt = performance.now();
  const { result, error } = await run(agent, each, signal);
  const runMs = performance.now() - startedAt;

  const scores: EvalResult["scores"] = {};
  for (const [name, scorer] of scorersByName) {
    const score = result && !error ? await scoreOf(scorer, each, result, signal) : { score: 0 };
    if (score) scores[name] = score;
  }
  const given = Object.values(scores);
  return {
    runMs,
    result: {
      name: each.name ?? inputText(each.input),
      trial,
      input: each.input,
      ...(each.expected !== undefined && { expected: plain(each.expected) }),
      answer: result?.text ?? "",
      ...(result?.output !== undefined && { output: plain(result.output) }),
      finishReason: result?.finishReason ?? "error",
      steps: result?.steps.length ?? 0,
      toolCalls: result ? callsOf(result) : [],
      usage: result?.usage ?? noUsage,
      scores,
      passed: given.length > 0 && given.every(({ score }) => score >= threshold),
      ...(error && { error: { code: error.code, message: error.message } }),
    },
  };
}

async function run(
  agent: EvaluatedAgent,
  { input, options }: EvalCase,
  signal: AbortSignal | undefined,
): Promise<{ result?: RunResult; error?: BesedaError }> {
  try {
    return { result: await agent.generate(input, { ...options, signal }) };
  } catch (thrown) {
    const error = toBesedaError(thrown);
    return thrown instanceof RunError ? { result: thrown.result, error } : { error };
  }
}

async function scoreOf<Expected>(
  scorer: Scorer<Expected>,
  { input, expected, toolCalls }: EvalCase<Expected>,
  result: RunResult,
  signal: AbortSignal | undefined,
): Promise<{ score: number; reason?: string } | undefined> {
  try {
    return checked(
      await scorer({
        input: inputText(input),
        expected,
        expectedCalls: toolCalls,
        answer: result.text,
        output: result.output,
        toolCalls: callsOf(result),
        result,
        signal,
      }),
    );
  } catch (thrown) {
    return { score: 0, reason: `The scorer failed: ${describeThrown(thrown)}` };
  }
}

function checked(given: Score): { score: number; reason?: string } | undefined {
  if (given === undefined) return undefined;
  const { score, reason } = typeof given === "object" ? given : { score: Number(given), reason: undefined };
  if (!(score >= 0 && score <= 1)) {
    return { score: 0, reason: `The scorer gave ${score}; a score is a number from 0 to 1.` };
  }
  return { score, ...(reason !== undefined && { reason }) };
}

/** Two of one name are numbered: `judge`, `judge 2`. */
function named<Expected>(scorers: readonly Scorer<Expected>[]): ReadonlyMap<string, Scorer<Expected>> {
  const byName = new Map<string, Scorer<Expected>>();
  for (const scorer of scorers) {
    const name = scorer.name || "scorer";
    let free = name;
    for (let number = 2; byName.has(free); number++) free = `${name} ${number}`;
    byName.set(free, scorer);
  }
  return byName;
}

/** As JSON will have it. */
function plain(value: unknown): unknown {
  try {
    return JSON.parse(JSON.stringify(value));
  } catch {
    return outputText(value, 10_000);
  }
}

function requireSome(what: string, list: readonly unknown[]): void {
  if (list.length > 0) return;
  throw new BesedaError(`There are no ${what} to evaluate with.`, {
    code: "invalid-argument",
    hint: "Call evaluate(agent, [{ input, expected }], [exact()]).",
  });
}

function requireCount(name: string, count: number): void {
  if (Number.isInteger(count) && count >= 1) return;
  throw new BesedaError(`${name} is ${count}.`, {
    code: "invalid-argument",
    hint: `Give a whole number from 1 for ${name}.`,
  });
}
