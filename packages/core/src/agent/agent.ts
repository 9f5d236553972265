// The agent: who it is, which model it speaks through, what it can do and what it remembers.
import { randomUUID } from "node:crypto";
import { BesedaError } from "../errors.ts";
import type { Message } from "../message.ts";
import type { LanguageModel, ModelRequest, ModelSettings } from "../ports/language-model.ts";
import type { Memory } from "../ports/memory.ts";
import type { AnySchema, InferInput } from "../tool/json-schema.ts";
import { type Tool, tool } from "../tool/tool.ts";
import { type AgentInput, messagesOf, type OptionsOf, type RunOptions } from "./agent-options.ts";
import { type AgentPlan, able, requireTools, toolSet } from "./agent-plan.ts";
import { answerFormat } from "./answer.ts";
import { Approvals, type Decision, type PendingApproval, ProcessStore } from "./approvals.ts";
import { linkOf } from "./call-link.ts";
import { type AgentEvents, EventBus } from "./event-bus.ts";
import { handOffTool } from "./hand-off.ts";
import { planStep } from "./plan-step.ts";
import { Run } from "./run.ts";
import type { RunResult } from "./run-record.ts";
import { changedTimeouts, defaultTimeouts } from "./timeouts.ts";

export type AgentOptions<Schema extends AnySchema | undefined = AnySchema | undefined> = OptionsOf<Schema, Agent>;

/** What `result.output` is, for an `output` schema. */
export type OutputOf<Schema> = Schema extends AnySchema ? InferInput<Schema> : undefined;

export class Agent<Schema extends AnySchema | undefined = AnySchema | undefined> {
  readonly name: string;
  readonly description: string;
  readonly #options: AgentOptions<Schema>;
  readonly #bus = new EventBus();
  #plan: AgentPlan;
  #hasHandOffs = false;

  /** @throws BesedaError `missing-setting` without a model, `invalid-argument` for two tools of one name or a limit that is none. */
  constructor(options: AgentOptions<Schema>) {
    this.name = options.name ?? "assistant";
    this.description = options.description ?? "";
    this.#options = options;
    this.#plan = planOf(options, this.name, options.tools ?? []);
  }

  get model(): LanguageModel {
    return this.#plan.model;
  }

  get instructions(): string {
    return this.#plan.instructions;
  }

  get tools(): readonly Tool[] {
    return [...this.#plan.toolsByName.values()];
  }

  get memory(): Memory | undefined {
    return this.#plan.memory;
  }

  /** How many model replies one run may take, those of its sub-agents included. */
  get maxSteps(): number {
    return this.#plan.maxSteps;
  }

  /** What the model would be asked on this thread: plain data, to look at, to count, and to tell two agents apart. */
  plan(thread: readonly Message[] = []): ModelRequest {
    return planStep(this.#runningPlan(), thread);
  }

  /** Answers now: the whole run. @throws RunError where it fails; a stopped run resolves with `aborted`. */
  async generate(input: AgentInput, options?: RunOptions): Promise<RunResult<OutputOf<Schema>>> {
    return this.stream(input, options).result;
  }

  /** Answers now, streamed. @throws BesedaError `invalid-argument` for an empty message. */
  stream(input: AgentInput, options: RunOptions = {}): Run<OutputOf<Schema>> {
    const { parent } = options;
    const link = parent && linkOf(parent);
    const { userId = parent?.userId, signal = parent?.signal, context = parent?.context } = options;
    const { threadId, ownerId = parent?.ownerId ?? userId, instructions, timeouts } = options;
    if (threadId === "") {
      throw new BesedaError("The threadId is empty.", {
        code: "invalid-argument",
        hint: "Give the conversation a name, or leave threadId out.",
      });
    }
    const below = link?.runs.start(this.name, input);
    const decided =
      below?.resumed ?? (typeof input === "object" && input !== null && "decisions" in input ? input : undefined);
    const journal = options.journal ?? below?.journal;
    const runId = below?.ended?.runId ?? decided?.runId ?? journal?.runId ?? randomUUID();
    below?.begin(runId);
    const asked = decided
      ? { decisions: decided.decisions }
      : { input: messagesOf(input as Exclude<AgentInput, { runId: string }>, userId) };
    const plan = this.#runningPlan();
    return new Run(plan, this.#bus, {
      asked,
      store: link?.store ?? journal?.store ?? plan.store,
      timeouts: timeouts ? changedTimeouts(plan.timeouts, timeouts) : plan.timeouts,
      speaker: { runId, threadId, userId, ownerId, context },
      instructions,
      signal,
      link,
      journal,
      ended: below?.ended,
    });
  }

  /**
   * Goes on with a run that finished with reason `approval`, in any process that has the same memory. Each decision
   * counts once: an approved tool runs once, whoever else resumes. What is not decided yet keeps waiting.
   * @throws RunError `not-found` where the run does not wait any more, `unauthorized` for another user's
   */
  async resume(
    runId: string,
    decisions: readonly Decision[],
    options?: RunOptions,
  ): Promise<RunResult<OutputOf<Schema>>> {
    return this.generate({ runId, decisions }, options);
  }

  /** The calls that wait for a person, the oldest first; those of one thread, where it is named. */
  async pending(threadId?: string): Promise<PendingApproval[]> {
    return new Approvals(this.#plan.store, this.name).list(threadId);
  }

  /**
   * This agent as a tool of another: asked for a task, it answers with its text, or with its object where it has an
   * `output` schema. What it does is shown as parts with `parentCallId`.
   */
  asTool({ name = this.name, description = this.description }: { name?: string; description?: string } = {}): Tool {
    const asTool = tool({
      name,
      description,
      inputSchema: {
        type: "object",
        properties: {
          task: { type: "string", description: "What is to be done, with all that has to be known for it." },
        },
        required: ["task"],
      },
      timeout: this.#plan.timeouts.totalMs,
      // Where a run is remembered, so is that of its sub-agent: it goes on where it was, and minds its own tools.
      replay: "safe",
      execute: async ({ task }, context) => {
        const { output, text, finishReason } = await this.generate(String(task), { parent: context });
        context.signal.throwIfAborted();
        const answer = output ?? text;
        return finishReason === "stop" ? answer : { answer, endedBecause: finishReason };
      },
    });
    return { ...asTool, agent: this };
  }

  /** Watches the runs of this agent. A listener is told afterwards; it can neither slow nor break a run. */
  on<Name extends keyof AgentEvents>(name: Name, listener: AgentEvents[Name]): this {
    this.#bus.on(name, listener);
    return this;
  }

  off<Name extends keyof AgentEvents>(name: Name, listener: AgentEvents[Name]): this {
    this.#bus.off(name, listener);
    return this;
  }

  /** With the tools that hand the thread to others, who need not be there yet when this agent is made. */
  #runningPlan(): AgentPlan {
    const { handOffs, tools = [] } = this.#options;
    if (handOffs && !this.#hasHandOffs) {
      const targets = handOffs().map((agent) => ({ agent, tool: { ...handOffTool(agent.#plan), agent } }));
      const byTool = new Map(targets.map(({ agent, tool: { name } }) => [name, agent]));
      this.#plan = {
        ...planOf(this.#options, this.name, [...tools, ...targets.map((target) => target.tool)]),
        handOffs: () => new Map([...byTool].map(([name, agent]) => [name, agent.#runningPlan()])),
      };
      this.#hasHandOffs = true;
    }
    return this.#plan;
  }
}

function planOf(options: AgentOptions, name: string, tools: readonly Tool[]): AgentPlan {
  const { model, memory, output: schema, maxSteps = 10, toolConcurrency = 10 } = options;
  if (typeof model?.stream !== "function") {
    throw new BesedaError(`The agent "${name}" has no model.`, {
      code: "missing-setting",
      hint: "Give one: offline() needs no key, openaiCompatible({ baseURL, apiKey, model }) reaches a server.",
    });
  }
  requirePositive("maxSteps", maxSteps);
  requirePositive("toolConcurrency", toolConcurrency);
  if (tools.length > 0) requireTools(tools, name);
  const output = schema && answerFormat(schema, name);
  const set = tools.length > 0 ? toolSet(tools) : noTools;
  return {
    name,
    description: options.description ?? "",
    model,
    able: able({ model, tools: set.tools, output }),
    instructions: options.instructions ?? "",
    ...set,
    handOffs: toNobody,
    output,
    toolChoice: options.toolChoice ?? "auto",
    reasoning: options.reasoning ?? "native",
    settings: options.settings ?? noSettings,
    memory,
    store: memory?.store ?? new ProcessStore(),
    maxSteps,
    stopWhen: options.stopWhen,
    prepareStep: options.prepareStep,
    toolConcurrency,
    timeouts: options.timeouts ? changedTimeouts(defaultTimeouts, options.timeouts) : defaultTimeouts,
    streamed: options.streamed ?? true,
  };
}

function requirePositive(option: string, value: number): void {
  if (value > 0) return;
  throw new BesedaError(`The ${option} of an agent cannot be ${value}.`, {
    code: "invalid-argument",
    hint: "Give a number above 0, Infinity for no limit, or leave it out: then it is 10.",
  });
}

// Shared: servers make an agent for each request.
const noHandOffs: ReadonlyMap<string, AgentPlan> = new Map();
const noSettings: ModelSettings = {};
const noTools = toolSet([]);

function toNobody(): ReadonlyMap<string, AgentPlan> {
  return noHandOffs;
}
