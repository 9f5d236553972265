// Messages on their way into a memory and out of it: copies, checked, as text.
import { BesedaError, type Message } from "@beseda/core";
import { toPlainJson } from "./plain-json.ts";

/** One JSON text for each message. All are made, or none: an append is kept whole. */
export function toJsonTexts(messages: readonly Message[]): string[] {
  return messages.map((message, index) => {
    const what = `Message ${index + 1} of ${messages.length}`;
    if (isMessage(message)) return toPlainJson(message, what);
    throw new BesedaError(`${what} is no message.`, {
      code: "invalid-argument",
      hint: 'Give messages of the shape { role: "user" | "assistant" | "tool", … }, as @beseda/core describes them.',
    });
  });
}

/** Enough of a look that whoever reads the message by its type does not stumble. */
export function isMessage(value: unknown): value is Message {
  if (!isRecord(value)) return false;
  if (value.role === "user") return typeof value.content === "string" || areParts(value.content);
  if (value.role === "assistant") return areParts(value.content);
  return value.role === "tool" && [value.output, value.toolCallId, value.toolName].every(isText);
}

function areParts(content: unknown): boolean {
  return Array.isArray(content) && content.every(isPart);
}

function isPart(part: unknown): boolean {
  if (!isRecord(part)) return false;
  if (part.type === "text" || part.type === "reasoning") return isText(part.text);
  if (part.type === "tool-call") return isText(part.toolCallId) && isText(part.toolName);
  if (part.type === "file") return isText(part.file) && isText(part.mediaType);
  return part.type === "image" && isText(part.image);
}

function isText(value: unknown): value is string {
  return typeof value === "string";
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
