// Every name of OpenTelemetry's GenAI conventions that is used here, as of October 2026: they are still in development.
// Source: the repository open-telemetry/semantic-conventions-genai; "1.41" is the last version of the old repository.

export const attribute = {
  operation: "gen_ai.operation.name",
  provider: "gen_ai.provider.name",
  agentName: "gen_ai.agent.name",
  conversationId: "gen_ai.conversation.id",
  requestModel: "gen_ai.request.model",
  temperature: "gen_ai.request.temperature",
  topP: "gen_ai.request.top_p",
  maxTokens: "gen_ai.request.max_tokens",
  seed: "gen_ai.request.seed",
  stopSequences: "gen_ai.request.stop_sequences",
  reasoningLevel: "gen_ai.request.reasoning.level",
  finishReasons: "gen_ai.response.finish_reasons",
  timeToFirstChunk: "gen_ai.response.time_to_first_chunk",
  inputTokens: "gen_ai.usage.input_tokens",
  outputTokens: "gen_ai.usage.output_tokens",
  cachedInputTokens: "gen_ai.usage.cache_read.input_tokens",
  reasoningTokens: "gen_ai.usage.reasoning.output_tokens",
  tokenType: "gen_ai.token.type",
  toolName: "gen_ai.tool.name",
  toolType: "gen_ai.tool.type",
  toolCallId: "gen_ai.tool.call.id",
  errorType: "error.type",
  // Private: only where content is recorded.
  inputMessages: "gen_ai.input.messages",
  outputMessages: "gen_ai.output.messages",
  toolArguments: "gen_ai.tool.call.arguments",
  toolResult: "gen_ai.tool.call.result",
} as const;

export const operation = { chat: "chat", invokeAgent: "invoke_agent", executeTool: "execute_tool" } as const;

/** Seconds: 0.01 to 81.92, each twice the one before. */
const durationBuckets = Array.from({ length: 14 }, (_, power) => 0.01 * 2 ** power);
/** Tokens: 1 to 67,108,864, each four times the one before. */
const tokenBuckets = Array.from({ length: 14 }, (_, power) => 4 ** power);

export type MetricNames = "latest" | "1.41";

/** What is measured: names by version, unit, description and the advised buckets. */
export const metric = {
  tokenUsage: {
    names: { latest: "gen_ai.client.token.usage", "1.41": "gen_ai.client.token.usage" },
    unit: "{token}",
    description: "Tokens that a model call took and gave.",
    buckets: tokenBuckets,
  },
  duration: {
    names: { latest: "gen_ai.client.inference.duration", "1.41": "gen_ai.client.operation.duration" },
    unit: "s",
    description: "How long a model call took.",
    buckets: durationBuckets,
  },
  timeToFirstChunk: {
    names: {
      latest: "gen_ai.client.inference.time_to_first_chunk",
      "1.41": "gen_ai.client.operation.time_to_first_chunk",
    },
    unit: "s",
    description: "How long a model call took to give its first chunk.",
    buckets: durationBuckets,
  },
  timePerOutputChunk: {
    names: {
      latest: "gen_ai.client.inference.time_per_output_chunk",
      "1.41": "gen_ai.client.operation.time_per_output_chunk",
    },
    unit: "s",
    description: "How long each chunk after the first took to come.",
    buckets: durationBuckets,
  },
} as const satisfies Record<
  string,
  { names: Record<MetricNames, string>; unit: string; description: string; buckets: number[] }
>;

/** Providers that the conventions have a word of their own for, by the first word of what our adapters call them. */
const wellKnownProviders: Record<string, string> = {
  "amazon-bedrock": "aws.bedrock",
  azure: "azure.ai.openai",
  "google.generative-ai": "gcp.gemini",
  google: "gcp.gemini",
  "google.vertex": "gcp.vertex_ai",
  mistral: "mistral_ai",
  xai: "x_ai",
};

/** `openai.chat`, as the AI SDK calls it, is `openai`; a provider that the conventions do not know keeps its name. */
export function providerName(provider: string): string {
  const [family = "", kind = ""] = provider.split(".");
  return wellKnownProviders[`${family}.${kind}`] ?? wellKnownProviders[family] ?? family;
}
