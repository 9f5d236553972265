// The messages of a client, looked at before they are used: they come from the network.
import { BesedaError } from "@beseda/core";

export type UiPart = Readonly<Record<string, unknown>> & { type: string };
export type UiMessage = { role: "user" | "assistant"; parts: readonly UiPart[]; at: string };

/** @throws BesedaError `invalid-argument` for other shapes, and for a role that is not a client's to take. */
export function checkedMessages(messages: unknown): UiMessage[] {
  if (!Array.isArray(messages) || messages.length === 0) throw invalid("messages", "is no list of messages");
  return messages.map((message: unknown, index) => {
    const at = `messages[${index}]`;
    if (!isObject(message)) throw invalid(at, "is no message");
    const { role, parts } = message;
    // Instructions are the server's to give.
    if (role !== "user" && role !== "assistant") throw invalid(`${at}.role`, "is neither user nor assistant");
    if (!Array.isArray(parts)) throw invalid(`${at}.parts`, "is no list");
    return { role, parts: parts.map((part, number) => checkedPart(part, `${at}.parts[${number}]`)), at };
  });
}

function checkedPart(part: unknown, at: string): UiPart {
  if (!isObject(part) || typeof part.type !== "string") throw invalid(at, "is no part of a message");
  return part as UiPart;
}

/** A field that has to be text. */
export function textField(object: Readonly<Record<string, unknown>>, name: string, at: string): string {
  const value = object[name];
  if (typeof value !== "string") throw invalid(`${at}.${name}`, "is no text");
  return value;
}

export function isTool({ type }: UiPart): boolean {
  return type.startsWith("tool-") || type === "dynamic-tool";
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function invalid(at: string, problem: string): BesedaError {
  return new BesedaError(`What the client sent cannot be used: ${at} ${problem}.`, {
    code: "invalid-argument",
    hint: "Pass the `messages` of the body that useChat of the AI SDK 6 or newer posts.",
  });
}
