// What a run yields while it happens. Names and fields are those of the AI SDK's fullStream, plus runId.
import type { BesedaError } from "../errors.ts";
import type { FinishReason, Message, ReplyMetadata, Usage } from "../message.ts";
import type { ModelSettings } from "../ports/language-model.ts";

/**
 * A run is `start`, then for each step `start-step` … `finish-step`, then exactly one of `finish`, `abort` and `error`.
 * Text and reasoning come in blocks: `-start`, any number of `-delta`, `-end`, all with the block's `id`.
 */
export type StreamPart = PartBody & {
  runId: string;
  /** Only on parts of another run, a sub-agent's: the tool call of this run that it works for. Its terminal part is not the end of this run. */
  parentCallId?: string;
};

export type PartBody =
  /** `input` is what is said now, without the thread before it. A run that is resumed after an approval has none. */
  | { type: "start"; agentName: string; threadId: string | undefined; input: readonly Message[] }
  /** `step` counts from 1. `agentName` is another than at the start after a hand-off. */
  | {
      type: "start-step";
      step: number;
      agentName: string;
      provider: string;
      modelId: string;
      settings: ModelSettings;
    }
  | { type: "text-start"; id: string }
  | { type: "text-delta"; id: string; text: string }
  /** The whole text of the block anew: the provider rewrote what it had sent. */
  | { type: "text-replace"; id: string; text: string }
  | { type: "text-end"; id: string }
  | { type: "reasoning-start"; id: string }
  | { type: "reasoning-delta"; id: string; text: string }
  | { type: "reasoning-end"; id: string }
  /** `id` is the toolCallId of the call that is being written. */
  | { type: "tool-input-start"; id: string; toolName: string }
  | { type: "tool-input-delta"; id: string; delta: string }
  | { type: "tool-input-end"; id: string }
  /** `invalid` where the input is not JSON: `input` is then the text that the model wrote, and a `tool-error` follows. */
  | { type: "tool-call"; toolCallId: string; toolName: string; input: unknown; invalid?: true }
  | { type: "tool-progress"; toolCallId: string; toolName: string; progress: unknown }
  /** `output` is what `execute` returned, untouched; the model reads it as text, shortened where it is too long. */
  | { type: "tool-result"; toolCallId: string; toolName: string; input: unknown; output: unknown }
  /** `error` is what the model reads. `isDenied`: a person did not approve the call. */
  | { type: "tool-error"; toolCallId: string; toolName: string; input: unknown; error: string; isDenied?: true }
  /** The call waits: the run will finish with reason `approval`, to be resumed with a decision for this `callId`. */
  | {
      type: "tool-approval-request";
      approvalId: string;
      toolCall: { toolCallId: string; toolName: string; input: unknown };
    }
  /** What the answer rests on, of a service that searches by itself: a page or a file. */
  | { type: "source"; sourceType: "url"; id: string; url: string; title?: string }
  | { type: "source"; sourceType: "document"; id: string; title: string; filename?: string }
  | { type: "finish-step"; step: number; finishReason: FinishReason; usage: Usage; response?: ReplyMetadata }
  | { type: "finish"; finishReason: FinishReason; totalUsage: Usage }
  | { type: "abort"; reason: string; totalUsage: Usage }
  | { type: "error"; error: BesedaError; totalUsage: Usage };
