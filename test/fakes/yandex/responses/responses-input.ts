// The `input` of POST /v1/responses: a text, or items of which calls and their outputs have to fit together.
import type { KnownModel } from "../fake-service.ts";
import { onlyFields } from "../only-fields.ts";
import { Refusal } from "../refusal.ts";
import type { TextMessage } from "../text/text-script.ts";

type Json = Record<string, unknown>;

/** @throws Refusal 400 */
export function responsesInput(input: unknown, model: KnownModel): TextMessage[] {
  if (typeof input === "string" && input !== "") return [{ role: "user", text: input }];
  if (!Array.isArray(input) || input.length === 0) throw new Refusal(3, "Missing required parameter: 'input'");
  const open = new Map<string, string>();
  const messages = input.flatMap((item: unknown, index): TextMessage[] => {
    const at = `input[${index}]`;
    if (!isObject(item)) throw new Refusal(3, `Invalid type for '${at}': expected an object`);
    switch (item.type ?? "message") {
      case "message":
        if (open.size > 0) throw unanswered(open);
        return [messageOf(item, at, model)];
      case "function_call":
        return [callOf(item, at, open)];
      case "function_call_output":
        return [outputOf(item, at, open)];
      case "reasoning":
      case "web_search_call":
      case "file_search_call":
      case "code_interpreter_call":
        // What the service itself said before, sent back.
        return [];
      default:
        throw new Refusal(3, `Invalid value: '${String(item.type)}' in '${at}.type'`);
    }
  });
  if (open.size > 0) throw unanswered(open);
  return messages;
}

function messageOf(item: Json, at: string, model: KnownModel): TextMessage {
  onlyFields(item, ["type", "role", "content", "id", "status"], at);
  const { role, content } = item;
  if (role !== "user" && role !== "assistant" && role !== "system" && role !== "developer") {
    throw new Refusal(3, `Invalid value: '${String(role)}' in '${at}.role'`);
  }
  if (typeof content !== "string" && !Array.isArray(content)) throw new Refusal(3, `Invalid type for '${at}.content'`);
  const texts =
    typeof content === "string"
      ? [content]
      : content.map((part: unknown) => textOf(part, `${at}.content`, { role, model }));
  const text = texts.join("");
  if (text === "") throw new Refusal(3, "empty message text");
  return { role, text };
}

function textOf(part: unknown, at: string, { role, model }: { role: string; model: KnownModel }): string {
  const fields = isObject(part) ? part : {};
  const { type, text, image_url: url } = fields;
  if (type === "input_image" && role === "user") {
    onlyFields(fields, ["type", "image_url", "detail"], at);
    if (model.takesImages !== true) throw new Refusal(3, `The model ${model.uri} takes no images`);
    if (typeof url !== "string" || !/^(https?:\/\/|data:image\/[\w.+-]+;base64,[\w+/]+={0,2}$)/.test(url)) {
      throw new Refusal(3, `Invalid 'image_url' in '${at}'`);
    }
    return " picture".repeat(128);
  }
  const own = role === "assistant" ? "output_text" : "input_text";
  if (type !== own || typeof text !== "string")
    throw new Refusal(3, `Invalid value: '${String(type)}' in '${at}.type'`);
  onlyFields(fields, ["type", "text", ...(role === "assistant" ? ["annotations", "logprobs"] : [])], at);
  return text;
}

function callOf(item: Json, at: string, open: Map<string, string>): TextMessage {
  onlyFields(item, ["type", "call_id", "name", "arguments", "id", "status"], at);
  const { call_id: id, name, arguments: text } = item;
  if (typeof id !== "string" || id === "" || open.has(id)) throw new Refusal(3, `Invalid 'call_id' in '${at}'`);
  if (typeof name !== "string" || !/^[\w-]{1,64}$/.test(name)) throw new Refusal(3, `Invalid 'name' in '${at}'`);
  open.set(id, name);
  return { role: "assistant", text: "", toolCalls: [{ name, arguments: argumentsOf(text, at) }] };
}

function argumentsOf(text: unknown, at: string): Json {
  try {
    const input: unknown = JSON.parse(typeof text === "string" ? text : "");
    if (isObject(input)) return input;
  } catch {}
  throw new Refusal(3, `Invalid 'arguments' in '${at}': they have to be JSON of an object, as a string`);
}

function outputOf(item: Json, at: string, open: Map<string, string>): TextMessage {
  onlyFields(item, ["type", "call_id", "output", "id", "status"], at);
  const { call_id: id, output } = item;
  const name = open.get(String(id));
  if (name === undefined)
    throw new Refusal(3, `No tool call found for function call output with call_id ${String(id)}.`);
  if (typeof output !== "string") throw new Refusal(3, `Invalid type for '${at}.output'`);
  open.delete(String(id));
  return { role: "tool", text: "", toolResults: [{ name, content: output }] };
}

function unanswered(open: ReadonlyMap<string, string>): Refusal {
  return new Refusal(3, `No tool output found for function call ${[...open.keys()].join(", ")}.`);
}

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
