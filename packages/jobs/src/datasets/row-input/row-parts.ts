// What the parts of a row have to be, and the words for what they are not.
import type { ImagePart, JsonValue, Message, TextPart, UserPart } from "@beseda/core";
import { problemIn } from "../plain-cells.ts";

/** Thrown and caught within this room: what is wrong with a row, such as `prompt is empty`. */
export class RowProblem extends Error {}

export type JsonObject = Readonly<Record<string, JsonValue | undefined>>;

/** `instructions` are those of the row: what its system messages say. A problem is such as `prompt is empty`. */
export type RowInput =
  | { input: string | Message[]; instructions?: string | undefined; problem?: undefined }
  | { problem: string; input?: undefined };

/** Formats with fixed columns have null where others have nothing. */
export function isThere(cell: JsonValue | undefined): cell is Exclude<JsonValue, null> {
  return cell !== undefined && cell !== null;
}

export function textIn(value: JsonValue | undefined, place: string): string {
  if (!isThere(value)) throw new RowProblem(`${place} is missing`);
  if (typeof value !== "string") throw new RowProblem(`${place} has to be a text`);
  if (value.trim() === "") throw new RowProblem(`${place} is empty`);
  return value;
}

export function objectIn(value: JsonValue | undefined, place: string): JsonObject {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new RowProblem(`${place} is not an object`);
  }
  return value;
}

/** A list that is not empty; also one that is written as JSON in a text. */
export function listIn(value: JsonValue, place: string): JsonValue[] {
  const list = typeof value === "string" ? jsonIn(value, place) : value;
  if (!Array.isArray(list) || list.length === 0) throw new RowProblem(`${place} has to be a list of messages`);
  return list;
}

export function jsonIn(text: string, place: string): JsonValue {
  let value: JsonValue;
  try {
    value = JSON.parse(text);
  } catch {
    throw new RowProblem(`${place} is a text that is not JSON`);
  }
  const problem = typeof value === "object" && value !== null ? problemIn(value) : undefined;
  if (problem !== undefined) throw new RowProblem(`${place}: ${problem}`);
  return value;
}

/** What the system messages at the beginning say, and the other messages with their places. */
export function apart(list: readonly JsonValue[], place: string, textOf: (message: JsonObject, at: string) => string) {
  const messages = list.map((value, index) => {
    const at = `${place}[${index}]`;
    const message = objectIn(value, at);
    return { at, message, role: message.role };
  });
  const first = messages.findIndex(({ role }) => !isSystem(role));
  const before = first < 0 ? messages : messages.slice(0, first);
  const rest = first < 0 ? [] : messages.slice(first);
  const late = rest.find(({ role }) => isSystem(role));
  if (late) throw new RowProblem(`${late.at}: what the system says has to stand at the beginning`);
  if (rest.at(-1)?.role !== "user") throw new RowProblem(`the last of ${place} has to be the user's`);
  const instructions = before.map(({ message, at }) => textOf(message, at)).join("\n\n");
  return { rest, ...(instructions && { instructions }) };
}

function isSystem(role: JsonValue | undefined): boolean {
  return role === "system" || role === "developer";
}

export function textPart(part: JsonObject, at: string): TextPart {
  return { type: "text", text: textIn(part.text, `${at}.text`) };
}

/** Of a message that can only be text. */
export function onlyText(content: string | readonly UserPart[], at: string): string {
  if (typeof content === "string") return content;
  return content
    .map((part) => {
      if (part.type === "text") return part.text;
      throw new RowProblem(`${at} has an image, which only the user's messages can have`);
    })
    .join("");
}

/** @param base64 as the service wants it: without `data:` before it */
export function base64Image(base64: JsonValue | undefined, at: string): ImagePart {
  const image = textIn(base64, at);
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(image)) {
    throw new RowProblem(`${at} has to be base64, without data: before it`);
  }
  const [, type = "jpeg"] = beginnings.find(([beginning]) => image.startsWith(beginning)) ?? [];
  return { type: "image", image: `data:image/${type};base64,${image}` };
}

/** How files of pictures begin, in base64. */
const beginnings = [
  ["iVBORw0KGgo", "png"],
  ["R0lGOD", "gif"],
  ["UklGR", "webp"],
] as const;
