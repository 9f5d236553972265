// A model request as the body of the native API. Pure; the JSON of each message and tool list is made once.
import {
  type AssistantMessage,
  BesedaError,
  type Message,
  type ModelRequest,
  type ToolCallPart,
  type ToolChoice,
  type ToolDefinition,
  type UserMessage,
} from "@beseda/core";
import { isSaid, validName, wellFormedJson } from "../../wire-text.ts";
import { charactersAbove, checkedSettings, withoutWords } from "../checked-request.ts";
import type { YandexQuirks } from "../quirks.ts";
import type {
  CompletionMessage,
  CompletionOptions,
  CompletionTool,
  CompletionToolCall,
  CompletionToolChoice,
  CompletionToolResult,
} from "./completion-wire.ts";

export type CompletionModel = {
  modelUri: string;
  quirks: Pick<YandexQuirks, "thinks" | "longestText">;
  /** `false`: one call in a reply at most. */
  parallelToolCalls?: boolean | undefined;
  /** Answers are JSON. The instructions have to ask for it too. */
  jsonObject?: boolean | undefined;
};

type Quirks = CompletionModel["quirks"];

const messageJson = new WeakMap<Message, { quirks: Quirks; json: string }>();
const toolsJson = new WeakMap<readonly ToolDefinition[], string>();

/**
 * The body for one request: for `completion` with `streamed`, without it for operations and for counting. Messages and lists
 * of tools must not be changed after they were sent.
 *
 * @throws BesedaError for what the service would refuse: `invalid-argument` for settings out of range and a request without
 * a word, `too-large` for a message of more than 100,000 characters, `unsupported` for images and files
 */
export function completionBody(request: ModelRequest, model: CompletionModel, streamed?: boolean): string {
  const { tools, toolChoice, outputSchema } = request;
  const messages = messagesJson(request, model.quirks);
  if (messages === "") throw withoutWords();
  const options = JSON.stringify(toOptions(request, model.quirks, streamed));
  let body = `{"modelUri":${JSON.stringify(model.modelUri)},"completionOptions":${options},"messages":[${messages}]`;
  if (tools.length > 0) {
    body += `,"tools":${jsonOfTools(tools)}`;
    if (toolChoice !== "auto") body += `,"toolChoice":${JSON.stringify(toWireChoice(toolChoice))}`;
    if (model.parallelToolCalls !== undefined) body += `,"parallelToolCalls":${model.parallelToolCalls}`;
  }
  // One of the two: they are a oneof.
  if (outputSchema) body += `,"jsonSchema":${wellFormedJson({ schema: outputSchema })}`;
  else if (model.jsonObject) body += ',"jsonObject":true';
  return `${body}}`;
}

/**
 * The results of one step go together, in one message of the user. The service refuses a message without text, wherever it
 * stands: such a one is left out.
 */
function messagesJson({ instructions, messages }: ModelRequest, quirks: Quirks): string {
  const written: string[] = [];
  if (isSaid(instructions)) written.push(jsonOfText("system", instructions, quirks));
  let results: string[] = [];
  for (const [index, message] of messages.entries()) {
    const json = jsonOf(message, quirks);
    if (message.role !== "tool") {
      if (json !== "") written.push(json);
      continue;
    }
    results.push(json);
    if (messages[index + 1]?.role === "tool") continue;
    written.push(`{"role":"user","toolResultList":{"toolResults":[${results.join()}]}}`);
    results = [];
  }
  return written.join();
}

/** One message, two, or none; of a result only what stands in the list of results. */
function jsonOf(message: Message, quirks: Quirks): string {
  const known = messageJson.get(message);
  if (known?.quirks === quirks) return known.json;
  const json = toJson(message, quirks);
  messageJson.set(message, { quirks, json });
  return json;
}

function toJson(message: Message, quirks: Quirks): string {
  if (message.role === "user") return userJson(message, quirks);
  if (message.role === "assistant") return assistantJson(message, quirks);
  const result: CompletionToolResult = {
    functionResult: { name: validName(message.toolName), content: message.output },
  };
  return wellFormedJson(result);
}

function userJson({ content }: UserMessage, quirks: Quirks): string {
  if (typeof content === "string") return isSaid(content) ? jsonOfText("user", content, quirks) : "";
  const texts = content.map((part) => {
    if (part.type !== "text") throw textOnly(part.type);
    return part.text;
  });
  const text = texts.filter(isSaid).join("\n\n");
  return text === "" ? "" : jsonOfText("user", text, quirks);
}

/**
 * Text beside calls goes before them as a message of its own, since one message can hold only one of the two. Nobody has
 * documented that roles have to take turns, and replies in a row come up anyway, as after an approval that came late.
 */
function assistantJson({ content }: AssistantMessage, quirks: Quirks): string {
  const written: string[] = [];
  const text = content.map((part) => (part.type === "text" ? part.text : "")).join("");
  if (isSaid(text)) written.push(jsonOfText("assistant", text, quirks));
  const toolCalls = content.filter((part) => part.type === "tool-call").map(toWireCall);
  if (toolCalls.length > 0) {
    const calling: CompletionMessage = { role: "assistant", toolCallList: { toolCalls } };
    written.push(wellFormedJson(calling));
  }
  return written.join();
}

/** What is no object cannot be sent back: the field is a Struct. */
function toWireCall({ toolName, input, invalid }: ToolCallPart): CompletionToolCall {
  const isObject = typeof input === "object" && input !== null && !Array.isArray(input);
  const json = isObject && !invalid ? (input as Record<string, unknown>) : {};
  return { functionCall: { name: validName(toolName), arguments: json } };
}

function jsonOfText(role: "system" | "user" | "assistant", text: string, { longestText }: Quirks): string {
  const tooMany = charactersAbove(text, longestText);
  if (tooMany !== undefined) throw tooLong(tooMany, longestText);
  const message: CompletionMessage = { role, text };
  return wellFormedJson(message);
}

function jsonOfTools(tools: readonly ToolDefinition[]): string {
  let json = toolsJson.get(tools);
  if (json === undefined) {
    json = wellFormedJson(tools.map(toWireTool));
    toolsJson.set(tools, json);
  }
  return json;
}

function toWireTool({ name, description, inputSchema }: ToolDefinition): CompletionTool {
  return { function: { name, description, parameters: inputSchema } };
}

function toWireChoice(choice: Exclude<ToolChoice, "auto">): CompletionToolChoice {
  if (typeof choice !== "string") return { functionName: choice.toolName };
  return { mode: choice === "none" ? "NONE" : "REQUIRED" };
}

/** There is no room for `topP`, `seed` and `stopSequences`. */
function toOptions(request: ModelRequest, { thinks }: Quirks, streamed: boolean | undefined): CompletionOptions {
  const { temperature, maxOutputTokens } = checkedSettings(request.settings);
  return {
    ...(streamed !== undefined && { stream: streamed }),
    ...(temperature !== undefined && { temperature }),
    ...(maxOutputTokens !== undefined && { maxTokens: String(maxOutputTokens) }),
    ...(thinks && request.reasoning === "native" && { reasoningOptions: { mode: "ENABLED_HIDDEN" } }),
  };
}

function tooLong(characters: number, longestText: number): BesedaError {
  return new BesedaError(`A message has ${characters} characters; the service takes ${longestText} in one.`, {
    code: "too-large",
    hint: "Shorten it, or send it as several messages; all together have to fit the context of the model.",
  });
}

function textOnly(type: "image" | "file"): BesedaError {
  const what = type === "image" ? "An image" : "A file";
  return new BesedaError(`${what} cannot be sent over the native API of Yandex AI Studio, which takes text only.`, {
    code: "unsupported",
    hint: 'Ask a model that takes it, with api: "openai"; yandex.models() lists the models.',
  });
}
