// The UI message stream, version 1, as far as it is written here: what useChat of the AI SDK 6 and newer reads.
// Source: the chunks of `ai` 6, in which a client of version 6 refuses any other.
import { plainOutput } from "@beseda/core";

export type UiChunk =
  | { type: "start"; messageMetadata?: unknown }
  | { type: "start-step" | "finish-step" | "abort" }
  | { type: "source-url"; sourceId: string; url: string; title?: string }
  | { type: "source-document"; sourceId: string; mediaType: string; title: string; filename?: string }
  | { type: "text-start"; id: string }
  | { type: "text-delta"; id: string; delta: string }
  | { type: "text-end"; id: string; providerMetadata?: { beseda: { isReplaced: true } } }
  | { type: "reasoning-start" | "reasoning-end"; id: string }
  | { type: "reasoning-delta"; id: string; delta: string }
  | { type: "tool-input-start"; toolCallId: string; toolName: string }
  | { type: "tool-input-delta"; toolCallId: string; inputTextDelta: string }
  | { type: "tool-input-available"; toolCallId: string; toolName: string; input: unknown }
  | { type: "tool-input-error"; toolCallId: string; toolName: string; input: unknown; errorText: string }
  | { type: "tool-approval-request"; approvalId: string; toolCallId: string }
  | { type: "tool-output-available"; toolCallId: string; output: unknown }
  | { type: "tool-output-error"; toolCallId: string; errorText: string }
  | { type: "tool-output-denied"; toolCallId: string }
  | { type: "data-tool-progress"; id: string; data: ToolProgress }
  | { type: "data-sub-agent"; id: string; data: SubAgentActivity }
  | { type: "error"; errorText: string }
  | { type: "finish"; finishReason: UiFinishReason; messageMetadata?: unknown };

export type UiFinishReason = "stop" | "length" | "content-filter" | "tool-calls" | "error" | "other";

/** The data of a part `data-tool-progress`; the latest takes the place of the one before. */
export type ToolProgress = { toolCallId: string; toolName: string; progress: unknown };

/** The data of a part `data-sub-agent`; the latest takes the place of the one before. */
export type SubAgentActivity = {
  /** The call that the sub-agent works for. */
  toolCallId: string;
  agentName: string;
  /** `waiting`: for an approval. */
  state: "working" | "waiting" | "done" | "failed";
  /** What it has said. */
  text: string;
  /** The tool at work. */
  toolName?: string;
};

/** The value, or what can be said of it where JSON cannot hold it. */
export function sendable(value: unknown): unknown {
  try {
    return JSON.stringify(value) === undefined ? null : value;
  } catch {
    return plainOutput(value);
  }
}
