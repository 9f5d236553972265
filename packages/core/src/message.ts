// What people, models and tools say to each other: plain serialisable data.

/** The version of the shapes in this file. Stores write it beside the messages; a higher one is refused, not guessed at. */
export const messageFormat = 1;

export type TextPart = { type: "text"; text: string };

/** `image` is an http(s) URL or a `data:` URL. */
export type ImagePart = { type: "image"; image: string };

/**
 * Any other file, such as a PDF or a sound. `file` is a `data:` URL, or an http(s) URL for providers that fetch it
 * themselves; `mediaType` is like `application/pdf`, `name` what the user calls it.
 */
export type FilePart = { type: "file"; file: string; mediaType: string; name?: string };

/**
 * Thinking that is not the answer. `providerData` is whatever the provider wants to see again with it, such as a
 * signature; nobody else reads it.
 */
export type ReasoningPart = { type: "reasoning"; text: string; providerData?: JsonValue };

/**
 * `input` is the parsed argument object. Where the model wrote something that is not JSON, `input` is that text and
 * `invalid` is true.
 */
export type ToolCallPart = {
  type: "tool-call";
  toolCallId: string;
  toolName: string;
  input: unknown;
  invalid?: true;
  providerData?: JsonValue;
};

export type UserPart = TextPart | ImagePart | FilePart;
export type AssistantPart = TextPart | ReasoningPart | ToolCallPart;

/** `userId` says who spoke, for rooms with several people. `createdAt` is ISO 8601. */
export type UserMessage = { role: "user"; content: string | UserPart[]; userId?: string; createdAt?: string };

/**
 * One model reply. `finishReason` is `aborted` or `error` where only a part of it arrived. `agentName` is set where the
 * thread was handed to another agent, which then speaks.
 */
export type AssistantMessage = {
  role: "assistant";
  content: AssistantPart[];
  agentName?: string;
  finishReason?: FinishReason;
  usage?: Usage;
  /** What the answer rests on, where the service searched by itself. */
  sources?: readonly Source[];
  response?: ReplyMetadata;
  createdAt?: string;
};

/** A page or a file that the answer rests on. */
export type Source = {
  id: string;
  /** Of a page. */
  url?: string;
  title?: string;
  /** Of a file. */
  filename?: string;
};

/** `requestId` is the service's own, for its support; `modelVersion` is what answered, in the service's words. */
export type ReplyMetadata = { requestId?: string; modelVersion?: string };

/**
 * What the model is told a tool answered. One message for each call. `isPending` stands for a call that waits for an
 * approval: a later message for the same call takes its place.
 */
export type ToolMessage = {
  role: "tool";
  toolCallId: string;
  toolName: string;
  output: string;
  isError?: true;
  isPending?: true;
  createdAt?: string;
};

export type Message = UserMessage | AssistantMessage | ToolMessage;

/** Why a reply or a run ended. `max-steps`, `aborted`, `error` and `approval` are said by the loop, the others by models. */
export type FinishReason =
  | "stop"
  | "length"
  | "tool-calls"
  | "content-filter"
  | "aborted"
  | "error"
  | "max-steps"
  | "approval";

/**
 * Tokens. `inputTokens` includes `cachedInputTokens`, `outputTokens` includes `reasoningTokens`. `estimated` is set
 * where the provider reported nothing and the figures were counted here.
 */
export type Usage = {
  inputTokens: number;
  outputTokens: number;
  totalTokens: number;
  reasoningTokens?: number;
  cachedInputTokens?: number;
  estimated?: true;
  /** Money by currency (ISO 4217), such as `{ RUB: 0.42 }`, of the replies whose price is known. */
  cost?: Readonly<Record<string, number>>;
};

export const noUsage: Usage = { inputTokens: 0, outputTokens: 0, totalTokens: 0 };

export function addUsage(a: Usage, b: Usage): Usage {
  const sum: Usage = {
    inputTokens: a.inputTokens + b.inputTokens,
    outputTokens: a.outputTokens + b.outputTokens,
    totalTokens: a.totalTokens + b.totalTokens,
  };
  if (a.reasoningTokens !== undefined || b.reasoningTokens !== undefined) {
    sum.reasoningTokens = (a.reasoningTokens ?? 0) + (b.reasoningTokens ?? 0);
  }
  if (a.cachedInputTokens !== undefined || b.cachedInputTokens !== undefined) {
    sum.cachedInputTokens = (a.cachedInputTokens ?? 0) + (b.cachedInputTokens ?? 0);
  }
  if (a.estimated || b.estimated) sum.estimated = true;
  if (a.cost || b.cost) sum.cost = addCost(a.cost ?? {}, b.cost ?? {});
  return sum;
}

type Cost = NonNullable<Usage["cost"]>;

function addCost(a: Cost, b: Cost): Cost {
  const sum: Record<string, number> = { ...a };
  for (const [currency, amount] of Object.entries(b)) {
    // 0.1 and 0.2 are 0.3.
    sum[currency] = Math.round(((sum[currency] ?? 0) + amount) * 1e9) / 1e9;
  }
  return sum;
}

/** The text of a message, its parts joined; reasoning, images and calls are left out. */
export function textOf(message: Message): string {
  if (message.role === "tool") return message.output;
  if (typeof message.content === "string") return message.content;
  let text = "";
  for (const part of message.content) if (part.type === "text") text += part.text;
  return text;
}

export function toolCallsOf(message: AssistantMessage): ToolCallPart[] {
  return message.content.filter((part) => part.type === "tool-call");
}

export type JsonValue = string | number | boolean | null | JsonValue[] | { [key: string]: JsonValue };
