// What goes over the wire: POST /chat/completions as OpenAI documents it, and what other servers make of it.
import type { JsonValue } from "@beseda/core";

export type ChatMessage =
  | { role: "system"; content: string | ChatTextPart[] }
  | { role: "user"; content: string | ChatContentPart[] }
  | ChatAssistantMessage
  | { role: "tool"; tool_call_id: string; content: string | ChatTextPart[] };

export type ChatContentPart =
  | ChatTextPart
  | { type: "image_url"; image_url: { url: string } }
  /** Base64, without a `data:` before it. */
  | { type: "input_audio"; input_audio: { data: string; format: "wav" | "mp3" } }
  /** A `data:` URL; OpenRouter takes an address too. */
  | { type: "file"; file: { filename: string; file_data: string } };

export type ChatTextPart = { type: "text"; text: string; cache_control?: CacheControl };

/** Anthropic's mark for the end of what is to be kept, as OpenRouter takes it. */
export type CacheControl = { type: "ephemeral"; ttl?: "5m" | "1h" };

export type ChatAssistantMessage = {
  role: "assistant";
  content: string | null;
  tool_calls?: ChatToolCall[];
  reasoning_content?: string;
  reasoning?: string;
  reasoning_details?: JsonValue;
};

export type ChatToolCall = { id: string; type: "function"; function: { name: string; arguments: string } };

export type ChatTool = { type: "function"; function: { name: string; description: string; parameters: unknown } };

/** One event of a stream. Everything can be missing, and much can be null. */
export type ChatChunk = {
  choices?: ChatChoice[] | null;
  usage?: ChatUsage | null;
  error?: unknown;
};

/** A whole reply is a chunk whose choice has a `message` in place of a `delta`. */
export type ChatChoice = {
  delta?: ChatDelta | null;
  message?: ChatDelta | null;
  finish_reason?: string | null;
  usage?: ChatUsage | null;
  error?: unknown;
};

export type ChatDelta = {
  /** Of Mistral's models that think a list of parts. */
  content?: string | ({ type?: string; text?: string } | null)[] | null;
  /** What the model says when it declines (OpenAI). */
  refusal?: string | null;
  /** DeepSeek, older vLLM, llama.cpp, Yandex. */
  reasoning_content?: string | null;
  /** OpenRouter, Ollama, newer vLLM. */
  reasoning?: string | null;
  /** OpenRouter: blocks that the model wants to see again unchanged. */
  reasoning_details?: ReasoningDetail[] | null;
  tool_calls?: (ChatToolCallPiece | null)[] | null;
};

export type ReasoningDetail = { type?: string; index?: number; [field: string]: JsonValue | undefined };

export type ChatToolCallPiece = {
  index?: number | null;
  /** Some count them. */
  id?: string | number | null;
  function?: { name?: string | null; arguments?: string | Record<string, unknown> | null } | null;
};

/** Some write the numbers as text. */
export type ChatCount = number | string | null | undefined;

export type ChatUsage = {
  prompt_tokens?: ChatCount;
  completion_tokens?: ChatCount;
  total_tokens?: ChatCount;
  prompt_tokens_details?: { cached_tokens?: ChatCount } | null;
  completion_tokens_details?: { reasoning_tokens?: ChatCount } | null;
  /** DeepSeek's name for the cached tokens. */
  prompt_cache_hit_tokens?: ChatCount;
};
