// What a batch will come to: measured by the last batch of the same agent, where there is one, otherwise guessed.
import { type Agent, type Job, type JobEngine, noUsage, type Usage } from "@beseda/core";
import type { Calls } from "../../journal/ask-model.ts";
import type { BatchEstimate, BatchResult, BatchTime } from "../batch.ts";
import { specOf } from "../batch-place.ts";
import type { AgentFacts } from "./agent-facts.ts";
import type { Scan } from "./scan-dataset.ts";

/** About a paragraph and a half: what an answer is taken to be where nothing is known. */
export const guessedAnswer = 300;

/** How fast a model is taken to be where nothing is known of it. */
const assumed = { secondsToFirstToken: 1, tokensPerSecond: 50 };

/** So many of the last batches are looked at for one of the same model. */
const latest = 100;

export type Wanted = {
  agent: Agent;
  fingerprint: string;
  facts: AgentFacts;
  calls: Calls;
  concurrency: number;
  scan: Pick<Scan, "rows" | "inputTokens" | "badRows">;
};

export async function estimateBatch(engine: JobEngine, wanted: Wanted): Promise<BatchEstimate> {
  const { agent, fingerprint, calls, scan } = wanted;
  const { rows, inputTokens } = scan;
  const { maxOutputTokens } = agent.plan().settings;
  const common = {
    rows,
    badRows: scan.badRows.count,
    ...(maxOutputTokens !== undefined && { mostOutputTokens: rows * maxOutputTokens }),
    calls,
  };
  const [last] = await measured(engine, { labels: { fingerprint }, limit: 10 });
  if (last) {
    const tokens = inProportion(last, wanted);
    const time = { basis: "measured", seconds: timeLike(last, wanted) } as const;
    return { ...common, basis: "measured", ...tokens, time: withinLimits(time, wanted, tokens) };
  }
  const outputTokens = rows * Math.min(guessedAnswer, maxOutputTokens ?? guessedAnswer);
  const cost = agent.model.costOf?.({ inputTokens, outputTokens, totalTokens: inputTokens + outputTokens }, calls);
  const tokens = { inputTokens, outputTokens };
  const time = withinLimits(await guessedTime(engine, wanted, outputTokens), wanted, tokens);
  return { ...common, basis: "guessed", ...tokens, ...(cost && { cost }), time };
}

/** Not sooner than the limits of the model let it: one request a row at least. A batch of the service has limits of its own. */
function withinLimits(
  time: BatchTime,
  { agent, calls, scan: { rows } }: Wanted,
  { inputTokens, outputTokens }: Pick<BatchEstimate, "inputTokens" | "outputTokens">,
): BatchTime {
  if (time.basis === "unknown" || calls === "batch") return time;
  const { requestsPerMinute = Number.POSITIVE_INFINITY, tokensPerMinute = Number.POSITIVE_INFINITY } =
    agent.model.rateLimits ?? {};
  const minutes = Math.max(rows / requestsPerMinute, (inputTokens + outputTokens) / tokensPerMinute);
  const seconds = Math.ceil(minutes * 60);
  return seconds > time.seconds ? { basis: "rate-limits", seconds } : time;
}

/** Of a batch that was finished. */
type Measured = BatchResult & { job: Job; concurrency: number };

/** The latest first. */
async function measured(engine: JobEngine, filter: Parameters<JobEngine["list"]>[0]): Promise<Measured[]> {
  const jobs = await engine.list({ kind: "batch", state: "done", ...filter });
  return jobs.flatMap((job) => {
    const result = job.outcome?.response as unknown as BatchResult | undefined;
    const concurrency = Number(job.metadata.concurrency ?? specOf(job).limits.concurrency);
    return result !== undefined && result.answered > 0 ? [{ ...result, job, concurrency }] : [];
  });
}

function inProportion(
  last: Measured,
  { calls, agent, scan: { rows } }: Wanted,
): Pick<BatchEstimate, "inputTokens" | "outputTokens" | "cost"> {
  const { usage } = last;
  const share = rows / last.rows;
  const inputTokens = Math.round(usage.inputTokens * share);
  const outputTokens = Math.round(usage.outputTokens * share);
  const costOf = calls === "batch" ? agent.model.costOf : undefined;
  const hasLeast = Object.values(costOf?.(noUsage, "batch") ?? {}).some((least) => least > 0);
  const cost = usage.cost && (costOf && hasLeast ? inRounds(last, share, costOf) : scaled(usage.cost, share));
  return { inputTokens, outputTokens, ...(cost && { cost }) };
}

/** A batch of the service may cost something however small it is: what it came to tells how many of them there were. */
function inRounds(
  { usage }: Measured,
  share: number,
  costOf: NonNullable<Agent["model"]["costOf"]>,
): BatchEstimate["cost"] {
  const [currency = "", before = 0] = Object.entries(costOf(usage, "batch") ?? {})[0] ?? [];
  const rounds = before > 0 ? Math.max(1, (usage.cost?.[currency] ?? 0) / before) : 1;
  const inputTokens = (usage.inputTokens * share) / rounds;
  const outputTokens = (usage.outputTokens * share) / rounds;
  const ofOne = costOf({ inputTokens, outputTokens, totalTokens: inputTokens + outputTokens }, "batch");
  return ofOne && scaled(ofOne, rounds);
}

/** Row for row. A batch of the service is taken to need as long for many requests as for few. */
function timeLike(last: Measured, { calls, scan: { rows }, concurrency }: Wanted): number {
  if (calls === "batch") return Math.ceil(last.seconds);
  return Math.ceil((secondsAtOnePlace(last) / last.rows) * (rows / atOnce(rows, concurrency)));
}

/** By another agent's batch, token for token, or by what is assumed of models. */
async function guessedTime(
  engine: JobEngine,
  { facts, calls, scan: { rows }, concurrency, agent }: Wanted,
  outputTokens: number,
): Promise<BatchTime> {
  const alike = (await measured(engine, { limit: latest })).find(
    ({ job, usage }) => isAlike(specOf(job), { facts, calls }) && usage.outputTokens > 0,
  );
  if (calls === "batch") {
    if (alike) return { basis: "same-model", seconds: Math.ceil(alike.seconds) };
    const windowHours = agent.model.batches?.windowHours;
    return { basis: "unknown", ...(windowHours !== undefined && { windowHours }) };
  }
  const places = atOnce(rows, concurrency);
  if (alike) {
    const secondsPerToken = secondsAtOnePlace(alike) / alike.usage.outputTokens;
    return { basis: "same-model", seconds: Math.ceil((secondsPerToken * outputTokens) / places) };
  }
  const { secondsToFirstToken, tokensPerSecond } = assumed;
  const seconds = rows * secondsToFirstToken + outputTokens / tokensPerSecond;
  return { basis: "assumed", seconds: Math.ceil(seconds / places) };
}

function isAlike(
  { agentFacts, calls }: { agentFacts: AgentFacts; calls: Calls },
  wanted: Pick<Wanted, "facts" | "calls">,
): boolean {
  return agentFacts.model === wanted.facts.model && calls === wanted.calls;
}

/** Had all of its rows been asked one after the other. */
function secondsAtOnePlace({ seconds, rows, concurrency }: Measured): number {
  return seconds * atOnce(rows, concurrency);
}

function atOnce(rows: number, concurrency: number): number {
  return Math.min(rows, concurrency);
}

function scaled(cost: NonNullable<Usage["cost"]>, share: number): Record<string, number> {
  return Object.fromEntries(
    Object.entries(cost).map(([currency, amount]) => [currency, Math.round(amount * share * 1e6) / 1e6]),
  );
}
