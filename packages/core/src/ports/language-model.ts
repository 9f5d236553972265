// The port that every model is reached through, with what only some models can do: types without behaviour.
import type { BesedaError } from "../errors.ts";
import type { FinishReason, JsonValue, Message, ReplyMetadata, Source, Usage } from "../message.ts";
import type { JsonSchema } from "../tool/json-schema.ts";
import type { ToolDefinition } from "../tool/tool.ts";
import type { Operation, OperationCallOptions, Operations } from "./operation.ts";

export interface LanguageModel {
  /** Who answers, such as `openai`, for logs and traces. */
  readonly provider: string;
  readonly modelId: string;
  /** What it can do by itself; the agent does the rest by prompt. */
  readonly abilities?: ModelAbilities | undefined;
  /**
   * One reply. A plain function: it returns at once, the iterable does the work. Events come in arrays, as many as one
   * read of the network held; an array is never empty. The last event is a `finish`, always and only once; a reply
   * that cannot be had throws a `BesedaError` from `next()`. Leaving the iteration or aborting the signal ends the
   * request; an aborted signal throws its reason.
   */
  stream(request: ModelRequest, options?: ModelCallOptions): AsyncIterable<ModelEvent[]>;
  /** Where its service answers in its own time: the same reply, later, by the id of an operation. */
  readonly operations?: ModelOperations | undefined;
  /** Where its service takes many requests at once. */
  readonly batches?: ModelBatches | undefined;
  /**
   * Where prices are known: what these tokens cost beforehand, by currency. Asked for by replies at once, by operations, or all
   * of them in one batch. `{}` of a model that costs nothing.
   */
  readonly costOf?: ((usage: Usage, calls: "sync" | "async" | "batch") => Usage["cost"]) | undefined;
  /** What it adds to requests that do not say otherwise, where it adds anything: by this two of one name are told apart. */
  readonly defaults?: ModelDefaults | undefined;
  /** Where it is kept to limits: so many requests, and tokens read and written, in any 60 seconds. For estimates. */
  readonly rateLimits?: { requestsPerMinute?: number | undefined; tokensPerMinute?: number | undefined } | undefined;
}

/** The response is what `stream` would have given, the `finish` last. */
export type ModelOperations = Operations<ModelRequest, ModelEvent[]>;

export type ModelAbilities = {
  /** `false` where it cannot be given tools. Default `true`. */
  tools?: boolean;
  /** Whether it can be held to `outputSchema`: in every request, in those without tools, or not at all. Default `never`. */
  outputSchema?: "always" | "without-tools" | "never";
  /** `false` where a reply comes whole, however it is asked for: then it may be silent for long. Default `true`. */
  streams?: boolean;
};

export type ModelCallOptions = {
  signal?: AbortSignal | undefined;
  /**
   * Ends it as long as nothing is sent, such as while it waits for its turn or to try again; what is on its way goes on.
   * For whoever stops without throwing away what is paid for. A model that does not know it sends all the same.
   */
  untilSent?: AbortSignal | undefined;
  /** `false` asks the provider for one whole reply instead of a stream; the events are the same. Default `true`. */
  streamed?: boolean | undefined;
};

/**
 * Everything that one model call needs, as plain data. A thread in it is valid: every tool call is followed by its
 * result, in the order of the calls, before anybody speaks again.
 */
export type ModelRequest = {
  instructions: string;
  messages: readonly Message[];
  tools: readonly ToolDefinition[];
  toolChoice: ToolChoice;
  /** The answer has to be JSON of this schema. Only for models whose abilities say that they can. */
  outputSchema?: JsonSchema | undefined;
  /** Whether the model's own thinking is wanted. A model that has none ignores it. */
  reasoning: "off" | "native";
  settings: ModelSettings;
};

export type ToolChoice = "auto" | "none" | "required" | { toolName: string };

export type ModelDefaults = {
  /** Each is used where the request does not set it. */
  settings?: ModelSettings | undefined;
  /** Put before the instructions of every request, a blank line between: what this model has to be told. */
  instructions?: string | undefined;
};

export type ModelSettings = {
  temperature?: number;
  topP?: number;
  maxOutputTokens?: number;
  /** How hard a reasoning model should think, in the provider's own words, such as `low`. */
  reasoningEffort?: string;
  seed?: number;
  stopSequences?: string[];
  /**
   * A hint to keep the beginning of the request for the next one. `key` tells requests that begin alike; `ttl` is how
   * long. Providers that take no hints ignore it.
   */
  promptCache?: { key?: string; ttl?: "5m" | "1h" };
};

/**
 * What a model says while it answers. `tool-input-start` and `tool-input-delta` show a call while it is being written and
 * may be missing; `tool-call` is the call, with the whole of its input as JSON text, just as the model wrote it.
 */
export type ModelEvent =
  | { type: "text-delta"; text: string }
  /** The provider rewrote what it had sent: the whole text of the reply so far, anew. */
  | { type: "text-replace"; text: string }
  | { type: "reasoning-delta"; text: string }
  /** What the provider wants to see again with the reasoning so far. */
  | { type: "reasoning-data"; providerData: JsonValue }
  | { type: "tool-input-start"; toolCallId: string; toolName: string }
  | { type: "tool-input-delta"; toolCallId: string; delta: string }
  | { type: "tool-call"; toolCallId: string; toolName: string; input: string; providerData?: JsonValue }
  /** What the answer rests on, of a service that searches by itself. */
  | { type: "source"; source: Source }
  /** `usage` is missing where the provider did not report it; the loop then counts. */
  | { type: "finish"; finishReason: FinishReason; usage?: Usage; response?: ReplyMetadata };

export type BatchRequests = Iterable<ModelRequest> | AsyncIterable<ModelRequest>;

/** What is known of a batch that is done: how many requests were answered, and how many were not. */
export type BatchOutcome = { answered?: number | undefined; failed?: number | undefined };

/** `index` is the place of the request in the batch, from 0. The last of the events is a `finish`. */
export type BatchReply = { index: number } & (
  | { events: ModelEvent[]; error?: undefined }
  | { error: BesedaError; events?: undefined }
);

export interface ModelBatches {
  /** `false` where its requests cannot have tools, whatever the model itself can. Default `true`. */
  readonly tools?: boolean | undefined;
  /** Within so many hours a batch is done, or has ended, where the service states it. */
  readonly windowHours?: number | undefined;
  /**
   * Sends the requests as one batch; resolves when the service has taken it. With the same `key` and the same requests
   * again, such as after a crash in the middle, the batch that was begun is gone on with: nothing is billed twice. One
   * process at a time may use a key: services do not know it, so that two which start at the same moment may begin two.
   */
  start(requests: BatchRequests, options: OperationCallOptions & { key: string }): Promise<Operation<BatchOutcome>>;
  poll(id: string, options?: OperationCallOptions): Promise<Operation<BatchOutcome>>;
  cancel(id: string, options?: OperationCallOptions): Promise<Operation<BatchOutcome>>;
  /**
   * The replies of one that is done, in any order, one for each request: those that were not answered have an error.
   * The requests are given again, by which replies find their place where the service does not number them.
   */
  replies(id: string, requests: BatchRequests, options?: OperationCallOptions): AsyncIterable<BatchReply>;
}
