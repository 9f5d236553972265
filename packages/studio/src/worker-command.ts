// `beseda worker`: works on the jobs of agents, until it is stopped.
import { toBesedaError } from "@beseda/core";
import { loadAgent } from "./load-agent.ts";
import { untilStopped } from "./until-stopped.ts";
import { type WorkerPlace, workerEngine } from "./worker-engine.ts";
import { writeLines } from "./write-lines.ts";

export type WorkerOptions = WorkerPlace & {
  /** Modules. */
  agent: string[];
  queue?: string;
  concurrency?: number;
};

/**
 * A signal lets it take nothing new and finish what it can in ten seconds; what it cannot is given back. A second signal
 * ends the process at once. Resolves to the exit code: to be stopped is how it ends well.
 */
export async function worker(options: WorkerOptions): Promise<number> {
  const { queue = "default", concurrency } = options;
  const agents = await Promise.all(options.agent.map(loadAgent));
  const { engine, place } = await workerEngine(options, process.env);
  const { createJobs } = await import("@beseda/jobs");
  const webhookSecret = process.env.BESEDA_WEBHOOK_SECRET;
  const jobs = createJobs({
    agents,
    engine,
    queue,
    work: false,
    ...(concurrency !== undefined && { concurrency }),
    ...(webhookSecret && { webhookSecret }),
  });
  const names = agents.map(({ name }) => `“${name}”`).join(", ");
  await untilStopped(
    async (signal) => {
      // Told once it is so: whoever reads it may send a signal at once.
      writeLines([`Working for ${names} on the queue “${queue}” of ${place}. Ctrl-C stops it.`], process.stderr);
      signal.addEventListener("abort", () => writeLines([stoppingText], process.stderr));
      const ended = jobs.work({ signal }).then(() => jobs.close());
      await Promise.race([ended, tooLongAfter(signal)]);
      signal.throwIfAborted();
    },
    () => "",
  ).catch((thrown) => {
    if (toBesedaError(thrown).code !== "aborted") throw thrown;
  });
  return 0;
}

const stoppingText =
  "Stopping: what can be finished in ten seconds is; the rest is given back. Another signal ends it at once.";

/** A server that is away must not hold it: what it has in hand is then taken over by others, as after a crash. */
const longestStopMs = 14_000;

function tooLongAfter(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    signal.addEventListener("abort", () => setTimeout(resolve, longestStopMs), { once: true });
  });
}
