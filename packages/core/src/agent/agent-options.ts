// What an agent is made of, and what a run of it is asked.
import { BesedaError } from "../errors.ts";
import type { Message, UserMessage } from "../message.ts";
import type { Journal } from "../ports/journal.ts";
import type { LanguageModel, ModelSettings, ToolChoice } from "../ports/language-model.ts";
import type { Memory } from "../ports/memory.ts";
import type { AnySchema } from "../tool/json-schema.ts";
import type { Tool, ToolContext } from "../tool/tool.ts";
import type { PrepareStep } from "./agent-plan.ts";
import type { Decision } from "./approvals.ts";
import type { ReasoningStyle } from "./plan-step.ts";
import type { Step } from "./run-record.ts";
import type { Timeouts } from "./timeouts.ts";

/** `Agent` is named by the agent itself, which stands above this file. */
export type OptionsOf<Schema extends AnySchema | undefined, Agent> = {
  model: LanguageModel;
  /** For logs and for other agents. Default `assistant`. */
  name?: string;
  /** What it is good at, for agents that may ask it or hand a thread to it. */
  description?: string;
  /** The system prompt. */
  instructions?: string;
  tools?: readonly Tool[];
  /**
   * The answer has to be an object of this schema: `result.output`, and `run.partialOutputStream` while it is written.
   * Natively where the model can, otherwise by a final-answer tool or by prompt, and by whoever has the thread after a
   * hand-off. A run that ends with `stop` has its object, or it fails; one that ends otherwise, such as with `length`, has none.
   */
  output?: Schema;
  /** The agents that may be given the thread, which then answer. A function, since they may hand it back. */
  handOffs?: () => readonly Agent[];
  /** Where threads are kept. Used by runs that name a `threadId`. */
  memory?: Memory;
  /**
   * `native`, the default: the model's own thinking, where it has any. `prompted`: any model is asked to think before it
   * answers. `off`: none is asked for and none is shown.
   */
  reasoning?: ReasoningStyle;
  /** How many model replies one run may take, those of its sub-agents included. Default 10. */
  maxSteps?: number;
  /** Ends the run after a step with tool calls, with finish reason `tool-calls`. */
  stopWhen?: (steps: readonly Step[]) => boolean | Promise<boolean>;
  /** Chooses model, tools, instructions and settings for each step. */
  prepareStep?: PrepareStep;
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

/**
 * What is said: a text, a message with images or files, or messages to add to the thread, the user's last. Or what was
 * decided on the calls of a run that waits.
 */
export type AgentInput = string | UserMessage | readonly Message[] | { runId: string; decisions: readonly Decision[] };

export type RunOptions = {
  /** The conversation to go on with. Any text; without it, or without a memory, the run stands alone. */
  threadId?: string | undefined;
  /** Who speaks. Kept with the message. With decisions: who decided; only the user whom the run answers may. */
  userId?: string | undefined;
  /** Whose memory it is: the person in a private chat, the room in a group. Default: the user. */
  ownerId?: string | undefined;
  /** Stops the run. */
  signal?: AbortSignal | undefined;
  /** Handed to every tool, untouched. */
  context?: unknown;
  /** Added to the agent's own, for this run. */
  instructions?: string | undefined;
  /** Other limits than the agent's, for this run. */
  timeouts?: Partial<Timeouts> | undefined;
  /**
   * For a run that a tool starts: the context that the tool was given. The run is stopped with the call, for the same
   * user, and its parts, tokens, steps and approvals become part of the run above.
   */
  parent?: ToolContext | undefined;
  /** Remembers the run, which can then be asked again after a crash, as the jobs package does. */
  journal?: Journal | undefined;
};

/** Fresh objects: the run adds to them, and the caller's stay as they are. @throws BesedaError `invalid-argument` */
export function messagesOf(input: string | UserMessage | readonly Message[], userId: string | undefined): Message[] {
  const said: readonly Message[] = isList(input)
    ? input
    : [typeof input === "string" ? { role: "user", content: input } : input];
  const last = said.at(-1);
  if (last?.role !== "user" || isEmpty(last)) {
    throw new BesedaError("There is no message to answer.", {
      code: "invalid-argument",
      hint: "The last message has to be the user's, with a text, an image or a file.",
    });
  }
  return said.map((message) => {
    if (message.role !== "user") return { ...message };
    const copy = { ...message, content: wellFormed(message.content) };
    if (userId !== undefined && message === last) copy.userId ??= userId;
    return copy;
  });
}

/** Half a character, as a text cut in the wrong place has it, is refused by many services. */
function wellFormed(content: UserMessage["content"]): UserMessage["content"] {
  if (typeof content === "string") return content.toWellFormed();
  return content.map((part) => (part.type === "text" ? { ...part, text: part.text.toWellFormed() } : part));
}

function isList(input: string | UserMessage | readonly Message[]): input is readonly Message[] {
  return Array.isArray(input);
}

function isEmpty({ content }: UserMessage): boolean {
  return typeof content === "string"
    ? content.trim() === ""
    : content.every((part) => part.type === "text" && part.text.trim() === "");
}
