// What was said, in the JSON that the conventions want. Only made where the caller asked for it: it is private.

import type { StreamPart } from "../agent/stream-part.ts";
import type { FinishReason, Message, UserPart } from "../message.ts";
import { outputText } from "../tool/output-text.ts";

type ContentPart =
  | { type: "text" | "reasoning"; content: string }
  | { type: "tool_call"; id: string; name: string; arguments: unknown }
  | { type: "tool_call_response"; id: string; response: string }
  /** Files are named, not copied: they may be megabytes. */
  | { type: "file"; mime_type: string };

export type ContentMessage = { role: Message["role"]; parts: ContentPart[]; finish_reason?: FinishReason };

/** Never throws. */
export function asContent(value: unknown): string {
  return outputText(value, Number.POSITIVE_INFINITY);
}

export function contentOf(messages: readonly Message[]): ContentMessage[] {
  return messages.map((message) => {
    if (message.role === "tool") return toolContent(message.toolCallId, message.output);
    if (typeof message.content === "string") {
      return { role: message.role, parts: [{ type: "text", content: message.content }] };
    }
    return { role: message.role, parts: message.content.map(partContent) };
  });
}

export function toolContent(id: string, response: string): ContentMessage {
  return { role: "tool", parts: [{ type: "tool_call_response", id, response }] };
}

/** One reply, put together from its parts. */
export class ReplyContent {
  readonly message: ContentMessage = { role: "assistant", parts: [] };
  readonly #blocks = new Map<string, { content: string }>();

  add(part: StreamPart): void {
    switch (part.type) {
      case "text-start":
      case "reasoning-start": {
        const block = { type: part.type === "text-start" ? "text" : "reasoning", content: "" } as const;
        this.#blocks.set(part.id, block);
        this.message.parts.push(block);
        break;
      }
      case "text-delta":
      case "reasoning-delta":
        this.#write(part.id, (content) => content + part.text);
        break;
      case "text-replace":
        this.#write(part.id, () => part.text);
        break;
      case "tool-call": {
        const { toolCallId: id, toolName: name, input } = part;
        this.message.parts.push({ type: "tool_call", id, name, arguments: input });
      }
    }
  }

  #write(id: string, change: (content: string) => string): void {
    const block = this.#blocks.get(id);
    if (block) block.content = change(block.content);
  }
}

type AnyPart = UserPart | Exclude<Extract<Message, { role: "assistant" }>["content"][number], string>;

function partContent(part: AnyPart): ContentPart {
  switch (part.type) {
    case "text":
    case "reasoning":
      return { type: part.type, content: part.text };
    case "tool-call":
      return { type: "tool_call", id: part.toolCallId, name: part.toolName, arguments: part.input };
    case "image":
      return { type: "file", mime_type: "image/*" };
    case "file":
      return { type: "file", mime_type: part.mediaType };
  }
}
