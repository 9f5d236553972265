// What goes over the wire: POST /foundationModels/v1/completion, by text_generation_service.proto and text_common.proto.
import type { JsonSchema } from "@beseda/core";

/** One of `text`, `toolCallList` and `toolResultList`: they are a oneof. */
export type CompletionMessage =
  | { role: "system" | "user" | "assistant"; text: string }
  | { role: "assistant"; toolCallList: { toolCalls: CompletionToolCall[] } }
  | { role: "user"; toolResultList: { toolResults: CompletionToolResult[] } };

/** There are no ids: results are known by name and order. */
export type CompletionToolCall = { functionCall: { name: string; arguments: Record<string, unknown> } };

export type CompletionToolResult = { functionResult: { name: string; content: string } };

export type CompletionTool = { function: { name: string; description: string; parameters: JsonSchema } };

export type CompletionOptions = {
  /** Not for operations. */
  stream?: boolean;
  /** 0 to 1. */
  temperature?: number;
  /** int64 */
  maxTokens?: string;
  reasoningOptions?: { mode: "ENABLED_HIDDEN" };
};

export type CompletionToolChoice = { mode: "NONE" | "REQUIRED" } | { functionName: string };

/** A whole reply, or a line of a streamed one: then everything in it is what there was so far. Anything can be missing. */
export type CompletionResponse = {
  alternatives?: CompletionAlternative[] | null;
  usage?: CompletionUsage | null;
  modelVersion?: string | null;
};

export type CompletionAlternative = {
  message?: {
    text?: string | null;
    toolCallList?: {
      toolCalls?: ({ functionCall?: { name?: string; arguments?: unknown } | null } | null)[] | null;
    } | null;
  } | null;
  /** `ALTERNATIVE_STATUS_…`: PARTIAL, TRUNCATED_FINAL, FINAL, CONTENT_FILTER, TOOL_CALLS, UNSPECIFIED. */
  status?: string | number | null;
};

/** int64 are texts. */
export type CompletionUsage = {
  inputTextTokens?: string | number | null;
  completionTokens?: string | number | null;
  totalTokens?: string | number | null;
  completionTokensDetails?: { reasoningTokens?: string | number | null } | null;
};
