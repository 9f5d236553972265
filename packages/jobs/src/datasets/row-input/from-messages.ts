// Lists of messages as OpenAI writes them, as ours.
import type { AssistantPart, JsonValue, Message, ToolCallPart, UserPart } from "@beseda/core";
import {
  apart,
  isThere,
  type JsonObject,
  jsonIn,
  listIn,
  objectIn,
  onlyText,
  type RowInput,
  RowProblem,
  textIn,
  textPart,
} from "./row-parts.ts";

/** @throws RowProblem */
export function fromMessages(cell: JsonValue): RowInput {
  const { rest, ...system } = apart(listIn(cell, "messages"), "messages", textOf);
  const toolNames = new Map<string, string>();
  const input = rest.map(({ message, at }): Message => {
    switch (message.role) {
      case "user":
        return { role: "user", content: userContent(message.content, `${at}.content`) };
      case "assistant":
        return { role: "assistant", content: assistantContent(message, at, toolNames) };
      case "tool":
        return { role: "tool", ...toolResult(message, at, toolNames) };
      default:
        throw new RowProblem(`the role of ${at} has to be one of system, user, assistant, tool`);
    }
  });
  return { input, ...system };
}

function userContent(content: JsonValue | undefined, at: string): string | UserPart[] {
  if (!Array.isArray(content)) return textIn(content, at);
  if (content.length === 0) throw new RowProblem(`${at} is empty`);
  return content.map((value, index): UserPart => {
    const place = `${at}[${index}]`;
    const part = objectIn(value, place);
    if (part.type === "text") return textPart(part, place);
    if (part.type === "image_url") return { type: "image", image: imageUrl(part.image_url, `${place}.image_url`) };
    throw new RowProblem(`the type of ${place} has to be text or image_url`);
  });
}

function imageUrl(value: JsonValue | undefined, at: string): string {
  const url = typeof value === "string" ? value : textIn(objectIn(value, at).url, `${at}.url`);
  if (/^(https?:\/\/|data:image\/)/i.test(url)) return url;
  throw new RowProblem(`${at} has to be an address that begins with http: or data:image/`);
}

function textOf({ content }: JsonObject, at: string): string {
  return onlyText(userContent(content, `${at}.content`), at);
}

function assistantContent(message: JsonObject, at: string, toolNames: Map<string, string>): AssistantPart[] {
  const calls = callsOf(message.tool_calls, at);
  for (const { toolCallId, toolName } of calls) toolNames.set(toolCallId, toolName);
  // One that calls tools need not say anything.
  const isSilent = calls.length > 0 && (!isThere(message.content) || message.content === "");
  return isSilent ? calls : [{ type: "text", text: textOf(message, at) }, ...calls];
}

function callsOf(calls: JsonValue | undefined, at: string): ToolCallPart[] {
  if (!isThere(calls)) return [];
  if (!Array.isArray(calls)) throw new RowProblem(`${at}.tool_calls has to be a list`);
  return calls.map((value, index): ToolCallPart => {
    const place = `${at}.tool_calls[${index}]`;
    const call = objectIn(value, place);
    const called = objectIn(call.function, `${place}.function`);
    const toolCallId = textIn(call.id, `${place}.id`);
    const toolName = textIn(called.name, `${place}.function.name`);
    if (typeof called.arguments !== "string") {
      throw new RowProblem(`${place}.function.arguments has to be JSON in a text`);
    }
    return {
      type: "tool-call",
      toolCallId,
      toolName,
      input: jsonIn(called.arguments || "{}", `${place}.function.arguments`),
    };
  });
}

function toolResult(message: JsonObject, at: string, toolNames: ReadonlyMap<string, string>) {
  const toolCallId = textIn(message.tool_call_id, `${at}.tool_call_id`);
  const toolName = toolNames.get(toolCallId);
  if (toolName === undefined) throw new RowProblem(`${at}: no call “${toolCallId}” stands before it`);
  // A tool may have nothing to say.
  const output = message.content === "" ? "" : textOf(message, at);
  return { toolCallId, toolName, output };
}
