// What a run yields while it happens. Names and fields are those of the AI SDK's fullStream, plus runId.
import type { BesedaError } from "../errors.ts";
import type { FinishReason, Usage } from "../message.ts";

/**
 * A run is `start`, then for each step `start-step` … `finish-step`, then exactly one of `finish`, `abort` and `error`.
 * Text and reasoning come in blocks: `-start`, any number of `-delta`, `-end`, all with the block's `id`.
 */
export type StreamPart = PartBody & { runId: string };

export type PartBody =
  | { type: "start" }
  /** `step` counts from 1. */
  | { type: "start-step"; step: number }
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
  /** `error` is what the model reads. */
  | { type: "tool-error"; toolCallId: string; toolName: string; input: unknown; error: string }
  | { type: "finish-step"; step: number; finishReason: FinishReason; usage: Usage }
  | { type: "finish"; finishReason: FinishReason; totalUsage: Usage }
  | { type: "abort"; reason: string; totalUsage: Usage }
  | { type: "error"; error: BesedaError; totalUsage: Usage };
