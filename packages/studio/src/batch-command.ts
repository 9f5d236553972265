// `beseda batch`: an agent, or a model, for every row of a dataset.
import { createHash } from "node:crypto";
import { resolve } from "node:path";
import { Agent, BesedaError, rateLimited } from "@beseda/core";
import type { BatchOptions, BatchResult, Jobs, OperationHandle } from "@beseda/jobs";
import { costLimit } from "./batch-cost-limit.ts";
import { agreed, estimateLines, isMuch } from "./batch-estimate.ts";
import { progressOf, standOf } from "./batch-progress.ts";
import { failuresOf, summaryLines } from "./batch-summary.ts";
import { chooseModel, openModel } from "./choose-model.ts";
import { jobsFolder } from "./jobs-folder.ts";
import { loadAgent } from "./load-agent.ts";
import { ProgressDisplay } from "./progress-display.ts";
import { resumeCommand } from "./resume-command.ts";
import { untilStopped } from "./until-stopped.ts";
import { writeJson, writeLines } from "./write-lines.ts";

export type BatchCommandOptions = Pick<
  BatchOptions,
  "output" | "concurrency" | "calls" | "maxTokens" | "resume" | "overwrite" | "skipBad"
> & {
  model?: string;
  instructions?: string;
  /** A module. */
  agent?: string;
  requestsPerMinute?: number;
  tokensPerMinute?: number;
  /** A folder. */
  jobs?: string;
  maxCost?: string;
  yes?: boolean;
  json?: boolean;
};

/** How often it is looked how far the batch is, in milliseconds. */
const lookEveryMs = 250;

/** Resolves to the exit code: 1 where not a single row was answered. @throws BesedaError where no output came of it */
export async function batch(input: string, options: BatchCommandOptions): Promise<number> {
  const agent = await agentOf(options);
  const request = requestOf(options, agent);
  const jobs = await openJobs(agent, options);
  const display = new ProgressDisplay(process.env);
  const goOn = resumeCommand(process, process.argv.slice(2), process.env);
  let handle: OperationHandle<BatchResult> | undefined;
  const look = () => handle?.poll().then(({ metadata }) => display.show(progressOf(metadata)));
  const looking = setInterval(() => look()?.catch(() => {}), lookEveryMs);
  try {
    const result = await untilStopped(
      async (signal) => {
        signal.addEventListener("abort", () => display.say(stoppingText, `  ${goOn}`));
        const confirm = confirmation({ ...request, agent, isAgreed: options.yes ?? false, display, signal });
        display.show(progressOf(undefined));
        handle = await until(signal, jobs.batch(agent, input, { ...request, confirm }));
        return Promise.race([resultOf(handle, { goOn, signal }), broken(jobs.work())]);
      },
      async () => {
        await jobs.close();
        return handle ? standOf(handle.metadata) : "Nothing was asked yet.";
      },
    );
    display.clear();
    if (options.json) writeJson({ id: handle?.id, ...result });
    else writeLines(summaryLines(result, await failuresOf(result)));
    return result.rows > 0 && result.answered === 0 ? 1 : 0;
  } finally {
    clearInterval(looking);
    display.clear();
    await jobs.close();
  }
}

const stoppingText =
  "Stopping: what was begun is finished first, for ten seconds at most; Ctrl-C again ends it at once. It goes on with:";

/** The one of a file, or one that is a model with instructions. @throws BesedaError `invalid-argument` where both are named */
async function agentOf(options: BatchCommandOptions): Promise<Agent> {
  const { agent: file, model: id, instructions, requestsPerMinute, tokensPerMinute } = options;
  if (file === undefined) {
    const { id: chosen } = await chooseModel(id, process.env, async (server) => {
      const { listModels } = await import("@beseda/providers/openai-compatible");
      return listModels(server);
    });
    const model = await openModel(chosen, { delayMs: 0 });
    return new Agent({
      name: "batch",
      model: rateLimited(model, { requestsPerMinute, tokensPerMinute }),
      instructions: instructions ?? "",
    });
  }
  const ofModel = {
    "--model": id,
    "--instructions": instructions,
    "--requests-per-minute": requestsPerMinute,
    "--tokens-per-minute": tokensPerMinute,
  };
  const both = Object.entries(ofModel).find(([, value]) => value !== undefined)?.[0];
  if (!both) return loadAgent(file);
  throw new BesedaError(`--agent and ${both} exclude each other.`, {
    code: "invalid-argument",
    hint: both.endsWith("-per-minute")
      ? "The agent of a file has its own model: limit it there, such as model: rateLimited(model, { requestsPerMinute: 60 })."
      : "The agent of a file has its own model and instructions: change them there.",
  });
}

/** What is asked of the jobs package; `confirm` comes later. */
function requestOf(options: BatchCommandOptions, { model: { provider } }: Agent) {
  const { output, concurrency, calls, maxTokens, resume, overwrite, skipBad } = options;
  const maxCost = options.maxCost === undefined ? undefined : costLimit(options.maxCost, provider);
  return { output, concurrency, calls, maxTokens, maxCost, resume, overwrite, skipBad };
}

/**
 * A queue for each output: whoever works here works on this batch alone, whatever else waits in the same folder. The work
 * is begun later: a batch that is left there is not gone on with before it is known to be the one that is meant.
 */
async function openJobs(agent: Agent, { output, jobs: folder }: BatchCommandOptions): Promise<Jobs> {
  const { createJobs, localEngine } = await import("@beseda/jobs");
  const queue = `batch-${createHash("sha256").update(resolve(output)).digest("hex").slice(0, 16)}`;
  return createJobs({ agents: [agent], engine: localEngine(jobsFolder(folder)), queue, work: false });
}

type Asking = {
  agent: Agent;
  isAgreed: boolean;
  display: ProgressDisplay;
  signal: AbortSignal;
};

function confirmation({ agent, isAgreed, display, signal }: Asking): NonNullable<BatchOptions["confirm"]> {
  const model = `${agent.model.provider}:${agent.model.modelId}`;
  return async (estimate) => {
    display.say(...estimateLines(estimate, model));
    return isAgreed || !isMuch(estimate, model) || agreed(signal);
  };
}

/** Whoever stops need not wait for the rows of a large file to be counted. */
function until<Value>(signal: AbortSignal, work: Promise<Value>): Promise<Value> {
  const stopped = new Promise<never>((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
  return Promise.race([work, stopped]);
}

/** Rejects where this process cannot work any more. */
function broken(work: Promise<void>): Promise<never> {
  return work.then(() => new Promise<never>(() => {}));
}

/** @throws BesedaError where it failed, or waits for somebody: a limit is reached, a key is refused, a disk is full */
async function resultOf(
  handle: OperationHandle<BatchResult>,
  { goOn, signal }: { goOn: string; signal: AbortSignal },
): Promise<BatchResult> {
  await handle.wait({ signal });
  try {
    return await handle.result({ signal });
  } catch (thrown) {
    if (handle.state !== "waiting" || !(thrown instanceof BesedaError)) throw thrown;
    throw thrown.with({ hint: [thrown.hint, `The command for that: ${goOn}`].filter(Boolean).join(" ") });
  }
}
