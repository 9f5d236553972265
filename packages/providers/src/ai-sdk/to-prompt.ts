// The thread of a request as a prompt of the AI SDK. Pure.
import {
  type AssistantMessage,
  BesedaError,
  type Message,
  type ModelRequest,
  type ReasoningPart,
  type ToolCallPart,
  type UserPart,
} from "@beseda/core";
import type { AiFileData, AiMessage, AiPromptPart } from "./ai-sdk-wire.ts";
import { keptOfCall, keptReasoning } from "./kept-data.ts";

/** @throws BesedaError `invalid-argument` for a file that is neither a `data:` URL nor an http(s) address. */
export function toPrompt({ instructions, messages }: ModelRequest, specification: number): AiMessage[] {
  const prompt: AiMessage[] = [];
  if (instructions !== "") prompt.push({ role: "system", content: instructions.toWellFormed() });
  for (const message of messages) prompt.push(toAiMessage(message, specification));
  return prompt;
}

function toAiMessage(message: Message, specification: number): AiMessage {
  switch (message.role) {
    case "user": {
      const { content } = message;
      const parts: readonly UserPart[] = typeof content === "string" ? [{ type: "text", text: content }] : content;
      return { role: "user", content: parts.map((part) => toUserPart(part, specification)) };
    }
    case "assistant":
      return { role: "assistant", content: toAssistantParts(message) };
    case "tool": {
      const { toolCallId, toolName, output, isError } = message;
      const said = { type: isError ? "error-text" : "text", value: output.toWellFormed() };
      return {
        role: "tool",
        content: [{ type: "tool-result", toolCallId, toolName: validName(toolName), output: said }],
      };
    }
  }
}

function toUserPart(part: UserPart, specification: number): AiPromptPart {
  if (part.type === "text") return { type: "text", text: part.text.toWellFormed() };
  if (part.type === "image") return { type: "file", ...toFile(part.image, "image/*", specification) };
  const { file, mediaType, name } = part;
  return { type: "file", ...toFile(file, mediaType, specification), ...(name !== undefined && { filename: name }) };
}

function toFile(address: string, mediaType: string, specification: number): { data: AiFileData; mediaType: string } {
  const [, ownType, isBase64, content] = /^data:([^,;]*)[^,]*?(;base64)?,(.*)$/is.exec(address) ?? [];
  try {
    if (content === undefined) {
      const url = new URL(address);
      if (!/^https?:$/.test(url.protocol)) throw new TypeError("another protocol");
      return { data: specification < 4 ? url : { type: "url", url }, mediaType };
    }
    const base64 = isBase64 ? content : Buffer.from(decodeURIComponent(content)).toString("base64");
    const type = ownType && mediaType === "image/*" ? ownType : mediaType;
    return { data: specification < 4 ? base64 : { type: "data", data: base64 }, mediaType: type };
  } catch {
    // Not repeated: a file can be long, and an address can hold a key.
    throw new BesedaError("A file in the message is neither a data: URL nor an http(s) address.", {
      code: "invalid-argument",
      hint: "Give its content as data:<media type>;base64,<content>.",
    });
  }
}

function toAssistantParts({ content }: AssistantMessage): AiPromptPart[] {
  let ofText: AiPromptPart["providerOptions"];
  return content.flatMap((part): AiPromptPart[] => {
    if (part.type === "tool-call") return [toToolCall(part)];
    if (part.type === "reasoning") {
      ofText = keptReasoning(part.providerData)?.text;
      return toReasoning(part);
    }
    const text: AiPromptPart = { type: "text", text: part.text.toWellFormed(), ...withOptions(ofText) };
    ofText = undefined;
    return part.text === "" ? [] : [text];
  });
}

function toReasoning({ text, providerData }: ReasoningPart): AiPromptPart[] {
  const blocks = keptReasoning(providerData)?.blocks ?? [];
  // A text that was changed in the meantime fits no signature; the provider says so.
  if (blocks.length < 2) return [{ type: "reasoning", text, ...withOptions(blocks[0]?.metadata) }];
  let from = 0;
  return blocks.map(({ length, metadata }) => {
    const of = text.slice(from, from + length);
    from += length;
    return { type: "reasoning", text: of, ...withOptions(metadata) };
  });
}

function toToolCall({ toolCallId, toolName, input, invalid, providerData }: ToolCallPart): AiPromptPart {
  const isObject = typeof input === "object" && input !== null && !Array.isArray(input);
  return {
    type: "tool-call",
    toolCallId,
    toolName: validName(toolName),
    // Services refuse the request where the arguments of an old call are no object.
    input: isObject && !invalid ? wellFormed(input) : {},
    ...withOptions(keptOfCall(providerData)),
  };
}

function withOptions(providerOptions: AiPromptPart["providerOptions"]): Partial<AiPromptPart> {
  return providerOptions === undefined ? {} : { providerOptions };
}

/** A model can ask for a tool by any name, even none; what is sent back has to be one that services accept. */
function validName(name: string): string {
  return name.replace(/[^a-zA-Z0-9_-]/g, "_").slice(0, 64) || "unknown";
}

/** Strict parsers refuse half surrogate pairs, which a model can write as escapes. */
function wellFormed(input: object): unknown {
  const json = JSON.stringify(input);
  // Only halves are escaped by JSON.stringify, whole pairs are not.
  if (!json.includes("\\ud")) return input;
  return JSON.parse(json, (_key, each) => (typeof each === "string" ? each.toWellFormed() : each));
}
