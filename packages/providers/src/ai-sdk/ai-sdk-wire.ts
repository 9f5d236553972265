// The language models of the AI SDK, as far as they are used here: their specification v2, v3 and v4 told in one shape.
// Source: the types of @ai-sdk/provider 2, 3 and 4. Nothing of the AI SDK is imported; its models are assignable to these.

/** What `openai("gpt-5")`, `anthropic("claude-opus-4-5")` and the like give. */
export interface AiSdkModel {
  /** `v2`, `v3`, `v4` … */
  readonly specificationVersion: string;
  readonly provider: string;
  readonly modelId: string;
  /** Only @ai-sdk/openai-compatible says so. */
  readonly supportsStructuredOutputs?: boolean;
  doGenerate(options: AiCallOptions): PromiseLike<AiReply>;
  doStream(options: AiCallOptions): PromiseLike<{ stream: { getReader(): AiPartReader } }>;
}

/** By the name of a provider, what only that provider reads or writes. */
export type AiMetadata = Readonly<Record<string, object>>;

export type AiCallOptions = {
  prompt: readonly AiMessage[];
  maxOutputTokens?: number;
  temperature?: number;
  topP?: number;
  stopSequences?: readonly string[];
  seed?: number;
  responseFormat?: { type: "text" | "json"; schema?: object };
  tools?: readonly AiTool[];
  toolChoice?: { type: "auto" | "none" | "required" | "tool"; toolName?: string };
  /** Since v4; before, it is told to each provider in its own words. */
  reasoning?: string;
  abortSignal?: AbortSignal;
  providerOptions?: AiMetadata;
};

export type AiMessage = {
  role: "system" | "user" | "assistant" | "tool";
  /** Text for `system`, parts for the others. */
  content: string | readonly AiPromptPart[];
  providerOptions?: AiMetadata;
};

export type AiPromptPart = {
  type: string;
  text?: string;
  data?: AiFileData;
  mediaType?: string;
  filename?: string;
  toolCallId?: string;
  toolName?: string;
  input?: unknown;
  output?: object;
  providerOptions?: AiMetadata;
};

/** Up to v3 base64 or an address as it is, since v4 with a label. */
export type AiFileData = string | URL | Uint8Array | { type: string; data?: string | Uint8Array; url?: URL };

export type AiTool = { type: string; name: string; description?: string; inputSchema?: object };

export type AiPartReader = {
  read(): Promise<{ done: boolean; value?: AiPart | undefined }>;
  cancel(reason?: unknown): Promise<void>;
};

/** A part of a stream, or of a whole reply, where text is `text` instead of `delta`. Which fields are there depends on the type. */
export type AiPart = {
  type: string;
  /** Of a block of text or reasoning, of the call that is being written, or of a source. */
  id?: string;
  delta?: string;
  text?: string;
  toolCallId?: string;
  toolName?: string;
  /** JSON text. */
  input?: string;
  /** The provider runs this call itself. */
  providerExecuted?: boolean;
  /** `text`: the deltas are no JSON, though the input of the call will be. */
  inputEncoding?: string;
  /** Of a source that is a page. */
  url?: string;
  /** Of a source, such as the name of a document. */
  title?: string;
  filename?: string;
  providerMetadata?: AiMetadata;
  error?: unknown;
  finishReason?: AiFinishReason;
  usage?: AiUsage;
};

export type AiReply = { content: readonly AiPart[]; finishReason: AiFinishReason; usage: AiUsage };

/** In v2 the word alone. Without `raw` (v2: `unknown`) the service gave none. */
export type AiFinishReason = string | { unified: string; raw?: string | undefined };

/** In v2 numbers side by side, since v3 a group for each direction. */
export type AiUsage = {
  inputTokens: number | undefined | { total: number | undefined; cacheRead: number | undefined };
  outputTokens: number | undefined | { total: number | undefined; reasoning: number | undefined };
  reasoningTokens?: number | undefined;
  cachedInputTokens?: number | undefined;
};
