// Requests in the rows of Yandex AI Studio as messages. Formats: AI Studio's documentation of datasets.
import type { JsonValue, Message, UserPart } from "@beseda/core";
import {
  apart,
  base64Image,
  isThere,
  type JsonObject,
  listIn,
  objectIn,
  onlyText,
  type RowInput,
  RowProblem,
  textIn,
  textPart,
} from "./row-parts.ts";

/** @throws RowProblem */
export function fromRequest(cell: JsonValue): RowInput {
  const { rest, ...system } = apart(listIn(cell, "request"), "request", textOf);
  const input = rest.map(({ message, at }): Message => {
    if (message.role === "user") return { role: "user", content: contentOf(message, at) };
    if (message.role === "assistant")
      return { role: "assistant", content: [{ type: "text", text: textOf(message, at) }] };
    throw new RowProblem(`the role of ${at} has to be one of system, user, assistant`);
  });
  return { input, ...system };
}

function contentOf(message: JsonObject, at: string): string | UserPart[] {
  if (!isThere(message.content)) return textIn(message.text, `${at}.text`);
  if (!Array.isArray(message.content) || message.content.length === 0) {
    throw new RowProblem(`${at}.content has to be a list of texts and images`);
  }
  return message.content.map((value, index): UserPart => {
    const place = `${at}.content[${index}]`;
    const part = objectIn(value, place);
    if (part.type === "text") return textPart(part, place);
    if (part.type === "image") return base64Image(part.image, `${place}.image`);
    throw new RowProblem(`the type of ${place} has to be text or image`);
  });
}

function textOf(message: JsonObject, at: string): string {
  return onlyText(contentOf(message, at), at);
}
