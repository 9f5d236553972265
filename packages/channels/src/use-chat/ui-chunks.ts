// The parts of one run as chunks of a UI message stream.
import type { FinishReason, StreamPart } from "@beseda/core";
import { type FailurePart, toolFailure } from "./failure-text.ts";
import { SubAgents } from "./sub-agents.ts";
import { sendable, type UiChunk, type UiFinishReason } from "./ui-wire.ts";

export type UiChunksOptions = {
  sendReasoning: boolean;
  onError(failure: FailurePart): string;
  messageMetadata(start: { part: StreamPart }): unknown;
};

/** A block of text as the client has it: under which id, whether it is still open, and what it holds. */
type ShownText = { id: string; isOpen: boolean; text: string };

/** One for each stream. */
export class UiChunks {
  readonly #options: UiChunksOptions;
  readonly #texts = new Map<string, ShownText>();
  readonly #subAgents: SubAgents;

  constructor(options: UiChunksOptions) {
    this.#options = options;
    this.#subAgents = new SubAgents(options.onError);
  }

  of(part: StreamPart): UiChunk[] {
    if (part.parentCallId !== undefined) return this.#subAgents.of(part, part.parentCallId);
    switch (part.type) {
      case "start":
        // Without an id: after an approval the client goes on with the message that it has.
        return [{ type: "start", ...this.#metadata(part) }];
      case "start-step":
        return [{ type: "start-step" }];
      case "text-start":
      case "text-delta":
      case "text-replace":
      case "text-end":
        return this.#text(part);
      case "reasoning-start":
      case "reasoning-end":
        return this.#options.sendReasoning ? [{ type: part.type, id: part.id }] : [];
      case "reasoning-delta":
        return this.#options.sendReasoning ? [{ type: part.type, id: part.id, delta: part.text }] : [];
      case "source":
        return [toSourceChunk(part)];
      case "finish-step":
        this.#texts.clear();
        return [{ type: "finish-step" }];
      case "finish": {
        const finishReason = finishReasons[part.finishReason] ?? "other";
        return [{ type: "finish", finishReason, ...this.#metadata(part) }];
      }
      case "abort":
        return [{ type: "abort" }];
      case "error":
        return [{ type: "error", errorText: this.#options.onError(part) }];
      default:
        return this.#tool(part);
    }
  }

  #metadata(part: StreamPart): { messageMetadata?: unknown } {
    const messageMetadata = this.#options.messageMetadata({ part });
    return messageMetadata === undefined ? {} : { messageMetadata };
  }

  #text(part: Extract<StreamPart, { type: `text-${string}` }>): UiChunk[] {
    const shown = this.#texts.get(part.id) ?? { id: part.id, isOpen: false, text: "" };
    this.#texts.set(part.id, shown);
    switch (part.type) {
      case "text-start":
        shown.isOpen = true;
        return [{ type: "text-start", id: shown.id }];
      case "text-delta":
        shown.text += part.text;
        return [{ type: "text-delta", id: shown.id, delta: part.text }];
      case "text-replace":
        return replaced(shown, part.text);
      case "text-end":
        shown.isOpen = false;
        return [{ type: "text-end", id: shown.id }];
    }
  }

  #tool(part: ToolPart): UiChunk[] {
    switch (part.type) {
      case "tool-input-start":
        return [{ type: "tool-input-start", toolCallId: part.id, toolName: part.toolName }];
      case "tool-input-delta":
        return [{ type: "tool-input-delta", toolCallId: part.id, inputTextDelta: part.delta }];
      case "tool-input-end":
        return [];
      case "tool-call": {
        const { toolCallId, toolName, input, invalid } = part;
        const call = { toolCallId, toolName, input: sendable(input) };
        if (!invalid) return [{ type: "tool-input-available", ...call }];
        return [{ type: "tool-input-error", ...call, errorText: "The input of the call is not valid JSON." }];
      }
      case "tool-progress": {
        const { toolCallId, toolName } = part;
        const data = { toolCallId, toolName, progress: sendable(part.progress) };
        return [{ type: "data-tool-progress", id: toolCallId, data }];
      }
      case "tool-approval-request":
        return approvalRequest(part);
      case "tool-result":
        return [{ type: "tool-output-available", toolCallId: part.toolCallId, output: sendable(part.output) }];
      case "tool-error":
        return [toolFailure(part, part.toolCallId, this.#options.onError)];
    }
  }
}

type ToolPart = Extract<StreamPart, { type: `tool-${string}` }>;

const finishReasons: Partial<Record<FinishReason, UiFinishReason>> = {
  stop: "stop",
  length: "length",
  "content-filter": "content-filter",
  "tool-calls": "tool-calls",
  // What the AI SDK itself says of them.
  "max-steps": "tool-calls",
  approval: "tool-calls",
};

/**
 * The protocol cannot take a text back. What only grows, grows; anything else comes as a new text part, and the old one,
 * where it is still open, is marked with `providerMetadata.beseda.isReplaced`.
 */
function replaced(shown: ShownText, text: string): UiChunk[] {
  const chunks: UiChunk[] = [];
  const grows = text.startsWith(shown.text);
  const delta = grows ? text.slice(shown.text.length) : text;
  if (!(grows && shown.isOpen)) {
    if (shown.isOpen) {
      chunks.push({ type: "text-end", id: shown.id, providerMetadata: { beseda: { isReplaced: true } } });
    }
    shown.id += "-anew";
    chunks.push({ type: "text-start", id: shown.id });
  }
  shown.text = text;
  if (delta !== "") chunks.push({ type: "text-delta", id: shown.id, delta });
  else if (!shown.isOpen) return [];
  if (!shown.isOpen) chunks.push({ type: "text-end", id: shown.id });
  return chunks;
}

/** A call below a sub-agent is one that the client has not seen yet. Its id there is `<call of the sub-agent>/<its own>`. */
function approvalRequest({ approvalId, toolCall }: Extract<StreamPart, { type: "tool-approval-request" }>): UiChunk[] {
  const { toolName, input } = toolCall;
  const path = toolCall.toolCallId.split("/");
  const toolCallId = path.slice(-2).join("/");
  const request: UiChunk = { type: "tool-approval-request", approvalId, toolCallId };
  if (path.length === 1) return [request];
  return [{ type: "tool-input-available", toolCallId, toolName, input: sendable(input) }, request];
}

function toSourceChunk(part: Extract<StreamPart, { type: "source" }>): UiChunk {
  const { id: sourceId } = part;
  if (part.sourceType === "url")
    return { type: "source-url", sourceId, url: part.url, ...(part.title && { title: part.title }) };
  const { title, filename } = part;
  return {
    type: "source-document",
    sourceId,
    mediaType: "application/octet-stream",
    title,
    ...(filename && { filename }),
  };
}
