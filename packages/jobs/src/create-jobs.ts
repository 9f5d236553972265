// Work that finishes later: begun here, done by whoever is there, found again from anywhere.
import { once } from "node:events";
import {
  type Agent,
  type AgentInput,
  BesedaError,
  describeThrown,
  type Job,
  type JobEngine,
  type LanguageModel,
  type RunResult,
  toBesedaError,
} from "@beseda/core";
import { waited } from "@beseda/core/http";
import type { BatchOptions, BatchResult, BatchSource } from "./batches/batch.ts";
import { deleteBatch, partKinds } from "./batches/batch-place.ts";
import { agentOf, startBatch } from "./batches/begin/start-batch.ts";
import { giveUpBatch, performBatch } from "./batches/perform-batch.ts";
import { giveUpPart, performPart } from "./batches/perform-part.ts";
import type { Jobs, JobsOptions, OperationFilter, OperationHandle, StartOptions } from "./jobs.ts";
import { webhookKind } from "./operations/announce.ts";
import { deleteRun } from "./operations/delete-run.ts";
import { findJob, Handle } from "./operations/operation-handle.ts";
import { giveUpRun, performRun } from "./operations/perform-run.ts";
import { webhookPerformer } from "./operations/perform-webhook.ts";
import { keepForgetting } from "./operations/retention.ts";
import { newRun, runKind } from "./operations/run-spec.ts";
import { requireSecret } from "./operations/sign-webhook.ts";
import { Bell } from "./worker/bell.ts";
import { callOffKind, performCallOff } from "./worker/call-off.ts";
import { type Performer, Worker } from "./worker/worker.ts";

/**
 * Unless `work` is `false`, this process begins to work at once, on what is new and on what others have left.
 * @throws BesedaError `invalid-argument` for two agents of one name, a secret that is none, a number that cannot be
 */
export function createJobs(options: JobsOptions): Jobs {
  return new EngineJobs(options);
}

/**
 * Besides runs and webhooks. Two parts, so that rows of the next are there when one comes to its end, and others are left to other
 * workers; many of those that do little but wait.
 */
const otherPerformers: readonly Performer[] = [
  { kind: callOffKind, slots: 4, needsAgent: true, perform: performCallOff },
  { kind: "batch", slots: 20, perform: performBatch, giveUp: giveUpBatch },
  { kind: partKinds.now, slots: 2, needsAgent: true, perform: performPart, giveUp: giveUpPart },
  { kind: partKinds.later, slots: 20, needsAgent: true, perform: performPart, giveUp: giveUpPart },
];

const webhooksOf = (secret: string): Performer => ({ kind: webhookKind, slots: 10, perform: webhookPerformer(secret) });

const closeMs = 10_000;
const leftOpen = `The engine of the jobs did not close within ${closeMs / 1_000} s and was left: what this process held can be taken by others when its leases expire.`;

class EngineJobs implements Jobs {
  readonly #engine: JobEngine;
  readonly #queue: string;
  readonly #agents = new Map<string, Agent>();
  readonly #agentsOfBatches = new Map<string, Agent>();
  readonly #bell = new Bell();
  readonly #options: JobsOptions;
  readonly #closed = new AbortController();
  #worker: Worker | undefined;

  constructor(options: JobsOptions) {
    const { agents = [], engine, queue = "default", work = true, webhookSecret } = options;
    if (webhookSecret !== undefined) requireSecret(webhookSecret);
    requireNumbers(options);
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
    // Made anew each time; the batch knows its own.
    else this.#know(agent);
    const place = { engine: this.#engine, queue: this.#queue };
    const job = await startBatch(place, agent, dataset, options);
    this.#agentsOfBatches.set(job.id, agent);
    return this.#handle(job);
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
    // Of one that cannot be read nothing is known but its id.
    const job = await this.#engine.get(id).catch((thrown: unknown) => {
      if (toBesedaError(thrown).code !== "damaged") throw thrown;
      return "damaged" as const;
    });
    if (job === "damaged") return this.#engine.delete(id);
    if (!job) return;
    if (job.kind !== runKind) return deleteBatch(this.#engine, id);
    await deleteRun(job, this.#engine);
  }

  async work({ signal }: { signal?: AbortSignal } = {}): Promise<void> {
    if (this.#closed.signal.aborted) return;
    const worker = this.#startWorker();
    // It closes, too, when it cannot work any more.
    const ends = AbortSignal.any([this.#closed.signal, worker.closing, ...(signal ? [signal] : [])]);
    const alive = setInterval(() => {}, 2 ** 30);
    try {
      if (!ends.aborted) await once(ends, "abort");
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
    return this.#know(agent);
  }

  #know(agent: Agent): Agent {
    this.#agents.set(agent.name, agent);
    this.#worker?.start();
    return agent;
  }

  #startWorker(): Worker {
    if (!this.#worker) {
      const { concurrency = 10, webhookSecret, keepDays = 30 } = this.#options;
      const known = { agents: this.#agents, agentsOfBatches: this.#agentsOfBatches };
      const place = { engine: this.#engine, queue: this.#queue, ...known };
      const runs = { kind: runKind, slots: concurrency, needsAgent: true, perform: performRun, giveUp: giveUpRun };
      // Without the secret they are left to those who have it.
      const webhooks = webhookSecret === undefined ? [] : [webhooksOf(webhookSecret)];
      this.#worker = new Worker(place, [runs, ...webhooks, ...otherPerformers], this.#bell);
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

function requireNumbers({ concurrency = 1, keepDays = 0 }: JobsOptions): void {
  const is = (wanted: string) => ({ code: "invalid-argument", hint: `It is ${wanted}.` }) as const;
  if (!Number.isInteger(concurrency) || concurrency < 1) {
    throw new BesedaError(`concurrency cannot be ${concurrency}.`, is("how many runs at once: a whole number from 1"));
  }
  // Of no number it could be said what is older.
  if (typeof keepDays !== "number" || !(keepDays >= 0)) {
    throw new BesedaError(`keepDays cannot be ${keepDays}.`, is("a number of days from 0, or Infinity"));
  }
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
