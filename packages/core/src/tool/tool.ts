// A tool: something that a model may ask for, and the program does.
import { BesedaError } from "../errors.ts";
import { type AnySchema, type InferInput, type JsonSchema, toJsonSchema } from "./json-schema.ts";
import { type Validate, validatorFor } from "./validate-input.ts";

/** What a model is told of a tool: plain data. */
export type ToolDefinition = {
  readonly name: string;
  readonly description: string;
  /** JSON Schema of the arguments, an object at the top. */
  readonly inputSchema: JsonSchema;
  /** Sample user messages that should lead to a call. Offline and prompted models use them. */
  readonly examples: readonly string[];
};

export interface Tool<Input = unknown, Output = unknown> extends ToolDefinition {
  readonly effects: ToolEffects | undefined;
  readonly replay: "safe" | "never";
  readonly timeout: number | undefined;
  readonly maxOutputChars: number;
  readonly validate: Validate;
  /** Of one that is an agent, or hands over to one: the agent, for those who compare or show what is behind a tool. */
  readonly agent?: AgentBehind | undefined;
  /** Asked with validated input, before `execute`. */
  needsApproval(input: Input, context: ApprovalContext): boolean | Promise<boolean>;
  execute(input: Input, context: ToolContext): Output | Promise<Output>;
}

/** What can be seen of the agent behind a tool. */
export type AgentBehind = {
  readonly name: string;
  readonly model: { readonly provider: string; readonly modelId: string; readonly defaults?: object | undefined };
  readonly tools: readonly Tool[];
  readonly maxSteps: number;
  /** What its model would be asked: plain data. */
  plan(): object;
};

/** What a call can change: nothing at all, nothing but it reads, something of the user's own, something in the world outside. */
export type ToolEffects = "none" | "read" | "write" | "external";

/** What is known of a call before it is carried out. */
export type ApprovalContext<Context = unknown> = Omit<ToolContext<Context>, "signal" | "progress">;

export type ToolContext<Context = unknown> = {
  /** Aborted when the run is stopped or the tool's time is up; its reason says which. */
  signal: AbortSignal;
  /** Shows how far the work is: yielded as a `tool-progress` part. Any value that JSON can hold. */
  progress: (progress: unknown) => void;
  callId: string;
  runId: string;
  threadId: string | undefined;
  /** Who spoke. */
  userId: string | undefined;
  /** Whose memory it is: the person in a private chat, the room in a group. */
  ownerId: string | undefined;
  /** Whatever the caller gave the run as `context`. */
  context: Context;
};

export type ToolOptions<Schema extends AnySchema, Output, Context> = {
  /** What the model calls it: letters, digits, `_` and `-`, at most 64. */
  name: string;
  /** What it does and when to use it; the model chooses by this. */
  description: string;
  /** zod 4, zod 3, any Standard Schema that can say its JSON Schema, or plain JSON Schema; an object at the top. */
  inputSchema: Schema;
  execute(input: InferInput<Schema>, context: ToolContext<Context>): Output | Promise<Output>;
  /** Milliseconds a call may take. Default: the run's `toolMs`. */
  timeout?: number;
  /** How much of the output the model reads, in characters; of a longer one the beginning and the end. Default 32,000. */
  maxOutputChars?: number;
  /** Sample user messages that should lead to a call. */
  examples?: readonly string[];
  /** Undeclared by default, and then nothing is assumed. */
  effects?: ToolEffects;
  /**
   * Whether a person has to agree first. The run then ends with finish reason `approval`, and `agent.resume()` goes on.
   * A function decides by the arguments. Default: `true` for effects `write` and `external`.
   */
  needsApproval?:
    | boolean
    | ((input: InferInput<Schema>, context: ApprovalContext<Context>) => boolean | Promise<boolean>);
  /** Whether a call may run again after a crash. Default: `safe` for effects `none` and `read`, otherwise `never`. */
  replay?: "safe" | "never";
};

/** @throws BesedaError `invalid-argument` for a name or a schema that no model would accept. */
export function tool<Schema extends AnySchema, Output, Context = unknown>(
  options: ToolOptions<Schema, Output, Context>,
): Tool<InferInput<Schema>, Output> {
  const { name, inputSchema, effects } = options;
  if (typeof name !== "string" || !/^[a-zA-Z0-9_-]{1,64}$/.test(name)) {
    throw new BesedaError(`"${name}" cannot be the name of a tool.`, {
      code: "invalid-argument",
      hint: "Take 1 to 64 letters, digits, _ and -.",
    });
  }
  const { needsApproval = effects === "write" || effects === "external" } = options;
  const jsonSchema = toJsonSchema(inputSchema, `The inputSchema of the tool "${name}"`);
  return {
    name,
    description: options.description,
    inputSchema: jsonSchema,
    examples: options.examples ?? [],
    effects,
    replay: options.replay ?? (effects === "none" || effects === "read" ? "safe" : "never"),
    timeout: options.timeout,
    maxOutputChars: options.maxOutputChars ?? 32_000,
    validate: validatorFor(inputSchema, jsonSchema),
    needsApproval: (input, context) =>
      typeof needsApproval === "function" ? needsApproval(input, context as ApprovalContext<Context>) : needsApproval,
    // The validated input is of the type that the schema infers.
    execute: (input, context) => options.execute(input, context as ToolContext<Context>),
  };
}
