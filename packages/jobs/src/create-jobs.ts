// Work that finishes later: begun here, done by whoever is there, found again from anywhere.
import {
  type Agent,
  type AgentInput,
  BesedaError,
  describeThrown,
  type Job,
  type JobEngine,
  type LanguageModel,
  type RunResult,
} from "@beseda/core";
import { waited } from "@beseda/core/http";
import type { BatchOptions, BatchResult, BatchSource } from "./batches/batch.ts";
import { deleteBatch, partKinds } from "./batches/batch-place.ts";
import { agentOf, startBatch } from "./batches/begin/start-batch.ts";
import { giveUpBatch, performBatch } from "./batches/perform-batch.ts";
import { giveUpPart, performPart } from "./batches/perform-part.ts";
import type { Jobs, JobsOptions, OperationFilter, OperationHandle, StartOptions } from "./jobs.ts";
import { webhookIdOf, webhookKind } from "./operations/announce.ts";
import { findJob, Handle } from "./operations/operation-handle.ts";
import { giveUpRun, performRun } from "./operations/perform-run.ts";
import { performWebhook } from "./operations/perform-webhook.ts";
import { keepForgetting } from "./operations/retention.ts";
import { newRun, runKind } from "./operations/run-spec.ts";
import { endSeries } from "./operations/series.ts";
import { requireSecret } from "./operations/sign-webhook.ts";
import { Bell } from "./worker/bell.ts";
import { callOffKind, performCallOff } from "./worker/call-off.ts";
import { type Performer, Worker } from "./worker/worker.ts";

/**
 * Unless `work` is `false`, this process begins to work at once, on what is new and on what others have left.
 * @throws BesedaError `invalid-argument` for two agents of one name, or for a secret that is none
 */
export function createJobs(options: JobsOptions): Jobs {
  return new EngineJobs(options);
}

/**
 * Besides runs. Two parts, so that rows of the next are there when one comes to its end, and others are left to other
 * workers; many of those that do little but wait.
 */
const otherPerformers: readonly Performer[] = [
  { kind: webhookKind, slots: 10, perform: performWebhook },
  { kind: callOffKind, slots: 4, perform: performCallOff },
  { kind: "batch", slots: 20, perform: performBatch, giveUp: giveUpBatch },
  { kind: partKinds.now, slots: 2, perform: performPart, giveUp: giveUpPart },
  { kind: partKinds.later, slots: 20, perform: performPart, giveUp: giveUpPart },
];

const closeMs = 10_000;
const leftOpen = `The engine of the jobs did not close within ${closeMs / 1_000} s and was left: what this process held can be taken by others when its leases expire.`;

class EngineJobs implements Jobs {
  readonly #engine: JobEngine;
  readonly #queue: string;
  readonly #agents = new Map<string, Agent>();
  readonly #bell = new Bell();
  readonly #options: JobsOptions;
  readonly #closed = new AbortController();
  #worker: Worker | undefined;

  constructor(options: JobsOptions) {
    const { agents = [], engine, queue = "default", work = true, webhookSecret } = options;
    if (webhookSecret !== undefined) requireSecret(webhookSecret);
    this.#options = options;
    this.#engine = engine;
    this.#queue = queue;
    for (const agent of agents) this.#register(agent);
    if (work) this.#startWorker();
  }

  async start(
    agent: Agent | string,
    input: AgentInput,
    options: StartOptions = {},
  ): Promise<OperationHandle<RunResult>> {
    this.#requireWorker();
    const known = typeof agent === "string" ? this.#agents.get(agent) : this.#register(agent);
    const agentName = typeof agent === "string" ? agent : agent.name;
    // Whoever leaves the work to others need not know their agents.
    if (!known && this.#worker) throw unknownAgent(agentName, [...this.#agents.keys()]);
    if (options.webhook !== undefined) requireWebhook(options.webhook, this.#options.webhookSecret);
    const job = newRun({ agentName, agent: known, input, options, queue: this.#queue });
    return this.#handle(await this.#engine.create(job));
  }

  async batch(
    agentOrModel: Agent | LanguageModel,
    dataset: BatchSource,
    options: BatchOptions,
  ): Promise<OperationHandle<BatchResult>> {
    this.#requireWorker();
    const agent = agentOf(agentOrModel);
    if (agent === agentOrModel) this.#register(agent);
    // Of a model there is no more than one kind of agent, made anew each time.
    else this.#agents.set(agent.name, agent);
    const place = { engine: this.#engine, queue: this.#queue };
    return this.#handle(await startBatch(place, agent, dataset, options));
  }

  async attach<Response = RunResult>(id: string): Promise<OperationHandle<Response>> {
    this.#requireWorker();
    return this.#handle(await findJob(this.#engine, id));
  }

  async list({ threadId, agentName, state, limit }: OperationFilter = {}): Promise<OperationHandle<unknown>[]> {
    const labels = { ...(threadId !== undefined && { threadId }), ...(agentName !== undefined && { agentName }) };
    const kinds = await Promise.all(
      [runKind, "batch"].map((kind) => this.#engine.list({ kind, labels, state, limit })),
    );
    const found = kinds.flat().sort((a, b) => Date.parse(b.createdAt) - Date.parse(a.createdAt));
    return found.slice(0, limit ?? 100).map((job) => this.#handle(job));
  }

  async delete(id: string): Promise<void> {
    const job = await this.#engine.get(id);
    if (job && job.kind !== runKind) return deleteBatch(this.#engine, id);
    if (job) await endSeries(job, this.#engine);
    await this.#engine.delete(id);
    // An operation of the same id is to have a webhook of its own.
    await this.#engine.delete(webhookIdOf(id));
  }

  async work({ signal }: { signal?: AbortSignal } = {}): Promise<void> {
    const worker = this.#startWorker();
    const alive = setInterval(() => {}, 2 ** 30);
    try {
      await new Promise<void>((resolve) => {
        if (signal?.aborted) resolve();
        signal?.addEventListener("abort", () => resolve(), { once: true });
        this.#closed.signal.addEventListener("abort", () => resolve(), { once: true });
        // It cannot work any more.
        worker.closing.addEventListener("abort", () => resolve(), { once: true });
      });
      await worker.stop();
      if (worker.failure) throw worker.failure;
    } finally {
      clearInterval(alive);
      this.#worker = undefined;
    }
  }

  async close(): Promise<void> {
    this.#closed.abort();
    await this.#worker?.stop();
    await closeInTime(this.#engine);
  }

  #handle<Response>(job: Job): OperationHandle<Response> {
    return new Handle<Response>(job, this.#engine, this.#bell, () => this.#requireWorker());
  }

  /** Nobody here would do what is begun, nor what is waited for. @throws BesedaError why jobs cannot be taken */
  #requireWorker(): void {
    if (this.#worker?.failure) throw this.#worker.failure;
  }

  #register(agent: Agent): Agent {
    const other = this.#agents.get(agent.name);
    if (other && other !== agent) {
      throw new BesedaError(`There are two agents called "${agent.name}".`, {
        code: "invalid-argument",
        hint: "Jobs find their agent by its name: give each one a name of its own.",
      });
    }
    this.#agents.set(agent.name, agent);
    return agent;
  }

  #startWorker(): Worker {
    if (!this.#worker) {
      const { concurrency = 10, webhookSecret, keepDays = 30 } = this.#options;
      const place = { engine: this.#engine, queue: this.#queue, agents: this.#agents, webhookSecret };
      const runs = { kind: runKind, slots: concurrency, perform: performRun, giveUp: giveUpRun };
      this.#worker = new Worker(place, [runs, ...otherPerformers], this.#bell);
      this.#worker.start();
      keepForgetting(this.#engine, keepDays, this.#worker.closing);
    }
    return this.#worker;
  }
}

/** An engine that cannot be reached, or cannot write, is left: what it holds for us can be had by others when our leases expire. */
async function closeInTime(engine: JobEngine): Promise<void> {
  const enough = new AbortController();
  const tooLong = waited(closeMs, enough.signal).then(
    () => process.emitWarning(leftOpen, "BesedaWarning"),
    () => {},
  );
  const closed = engine.close().catch((thrown: unknown) => {
    process.emitWarning(`The engine of the jobs cannot be closed: ${describeThrown(thrown)}`, "BesedaWarning");
  });
  await Promise.race([closed, tooLong]).finally(() => enough.abort());
}

function requireWebhook(webhook: string, secret: string | undefined): void {
  if (!secret) {
    throw new BesedaError("A webhook is wanted, and there is no secret to sign it with.", {
      code: "missing-setting",
      hint: "Give createJobs({ webhookSecret }) a text that whoever receives it knows too.",
    });
  }
  const { protocol, username, password } = URL.canParse(webhook) ? new URL(webhook) : { protocol: "" };
  if (/^https?:$/.test(protocol) && !username && !password) return;
  throw new BesedaError("The webhook is no address that could be told.", {
    code: "invalid-argument",
    hint: "Give an http(s) address without a user's name, such as https://example.com/hooks/beseda.",
  });
}

function unknownAgent(name: string, known: readonly string[]): BesedaError {
  return new BesedaError(`There is no agent called "${name}" here.`, {
    code: "not-found",
    hint:
      known.length > 0
        ? `There are: ${known.join(", ")}.`
        : "Give it to createJobs({ agents }), or start it as an object.",
  });
}
