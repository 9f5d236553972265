// The agent: who it is, which model it speaks through, what it can do and what it remembers.
import { randomUUID } from "node:crypto";
import { BesedaError } from "../errors.ts";
import type { Message, UserMessage } from "../message.ts";
import type { LanguageModel, ModelSettings, ToolChoice } from "../ports/language-model.ts";
import type { Memory } from "../ports/memory.ts";
import type { Tool } from "../tool/tool.ts";
import type { AgentPlan } from "./agent-loop.ts";
import { type AgentEvents, EventBus } from "./event-bus.ts";
import type { ReasoningStyle } from "./plan-step.ts";
import { Run } from "./run.ts";
import type { RunResult, Step } from "./run-record.ts";
import { defaultTimeouts, type Timeouts } from "./timeouts.ts";

export type AgentOptions = {
  model: LanguageModel;
  /** For logs and for other agents. Default `assistant`. */
  name?: string;
  /** The system prompt. */
  instructions?: string;
  tools?: readonly Tool[];
  /** Where threads are kept. Used by runs that name a `threadId`. */
  memory?: Memory;
  /**
   * `native`, the default: the model's own thinking, where it has any. `prompted`: any model is asked to think before it
   * answers. `off`: none is asked for and none is shown.
   */
  reasoning?: ReasoningStyle;
  /** How many model replies one run may take. Default 10. */
  maxSteps?: number;
  /** Ends the run after a step with tool calls, with finish reason `tool-calls`. */
  stopWhen?: (steps: readonly Step[]) => boolean | Promise<boolean>;
  /** Default `auto`. A forced choice holds until a tool has answered. */
  toolChoice?: ToolChoice;
  /** How many tools of one step run at once. Default 10. */
  toolConcurrency?: number;
  timeouts?: Partial<Timeouts>;
  /** Temperature and the like, for models that take them. */
  settings?: ModelSettings;
  /** `false` asks the model for whole replies, for servers that cannot stream. Default `true`. */
  streamed?: boolean;
};

/** What is said: a text, a message with images, or messages to add to the thread, the user's last. */
export type AgentInput = string | UserMessage | readonly Message[];

export type RunOptions = {
  /** The conversation to go on with. Any text; without it, or without a memory, the run stands alone. */
  threadId?: string | undefined;
  /** Who speaks. Kept with the message. */
  userId?: string | undefined;
  /** Whose memory it is: the person in a private chat, the room in a group. Default: the user. */
  ownerId?: string | undefined;
  /** Stops the run. */
  signal?: AbortSignal | undefined;
  /** Handed to every tool, untouched. */
  context?: unknown;
};

export class Agent {
  readonly name: string;
  readonly #plan: AgentPlan;
  readonly #bus = new EventBus();

  /** @throws BesedaError `missing-setting` without a model, `invalid-argument` for two tools of one name. */
  constructor(options: AgentOptions) {
    this.name = options.name ?? "assistant";
    this.#plan = planOf(options, this.name);
  }

  get model(): LanguageModel {
    return this.#plan.model;
  }

  get tools(): readonly Tool[] {
    return [...this.#plan.toolsByName.values()];
  }

  get memory(): Memory | undefined {
    return this.#plan.memory;
  }

  /** Answers now: the whole run. @throws RunError where it fails; a stopped run resolves with `aborted`. */
  async generate(input: AgentInput, options?: RunOptions): Promise<RunResult> {
    return this.stream(input, options).result;
  }

  /** Answers now, streamed. @throws BesedaError `invalid-argument` for an empty message. */
  stream(input: AgentInput, options: RunOptions = {}): Run {
    const { threadId, userId, ownerId = userId, signal, context } = options;
    if (threadId === "")
      throw invalid("The threadId is empty.", "Give the conversation a name, or leave threadId out.");
    const speaker = { runId: randomUUID(), threadId, userId, ownerId, context };
    return new Run(this.#plan, this.#bus, { input: messagesOf(input, userId), speaker, signal });
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
}

function planOf(options: AgentOptions, name: string): AgentPlan {
  const { model, tools = [] } = options;
  if (typeof model?.stream !== "function") {
    throw new BesedaError(`The agent "${name}" has no model.`, {
      code: "missing-setting",
      hint: "Give one: offline() needs no key, openaiCompatible({ baseURL, apiKey, model }) reaches a server.",
    });
  }
  const toolsByName = new Map<string, Tool>();
  for (const each of tools) {
    if (typeof each?.validate !== "function") {
      throw invalid(
        `A tool of the agent "${name}" was not made by tool().`,
        "Wrap it: tool({ name, description, … }).",
      );
    }
    if (toolsByName.has(each.name)) {
      throw invalid(`The agent "${name}" has two tools called "${each.name}".`, "Rename one of them.");
    }
    toolsByName.set(each.name, each);
  }
  return {
    name,
    model,
    instructions: options.instructions ?? "",
    // Plain data, without the functions.
    tools: tools.map(({ name, description, inputSchema, examples }) => ({ name, description, inputSchema, examples })),
    toolsByName,
    toolChoice: options.toolChoice ?? "auto",
    reasoning: options.reasoning ?? "native",
    settings: options.settings ?? {},
    memory: options.memory,
    maxSteps: options.maxSteps ?? 10,
    stopWhen: options.stopWhen,
    toolConcurrency: options.toolConcurrency ?? 10,
    timeouts: { ...defaultTimeouts, ...options.timeouts },
    streamed: options.streamed ?? true,
  };
}

/** Fresh objects: the run adds to them, and the caller's stay as they are. */
function messagesOf(input: AgentInput, userId: string | undefined): Message[] {
  const said: readonly Message[] = isList(input)
    ? input
    : [typeof input === "string" ? { role: "user", content: input } : input];
  const messages = said.map((message) =>
    message.role === "user" ? { ...message, content: wellFormed(message.content) } : { ...message },
  );
  const last = messages.at(-1);
  if (last?.role !== "user" || isEmpty(last)) {
    throw invalid("There is no message to answer.", "The last message has to be the user's, with a text or an image.");
  }
  if (userId !== undefined) last.userId ??= userId;
  return messages;
}

/** Half a character, as a text cut in the wrong place has it, is refused by many services. */
function wellFormed(content: UserMessage["content"]): UserMessage["content"] {
  if (typeof content === "string") return content.toWellFormed();
  return content.map((part) => (part.type === "text" ? { ...part, text: part.text.toWellFormed() } : part));
}

function isList(input: AgentInput): input is readonly Message[] {
  return Array.isArray(input);
}

function isEmpty({ content }: UserMessage): boolean {
  return typeof content === "string"
    ? content.trim() === ""
    : content.every((part) => part.type === "text" && part.text.trim() === "");
}

function invalid(message: string, hint: string): BesedaError {
  return new BesedaError(message, { code: "invalid-argument", hint });
}
