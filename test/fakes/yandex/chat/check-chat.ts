// What the fake refuses in a body of POST /v1/chat/completions, and the request as a script sees it.

import type { KnownModel } from "../fake-service.ts";
import { onlyFields, uniqueNames } from "../only-fields.ts";
import { Refusal } from "../refusal.ts";
import type { TextMessage, TextRequest, TextTool } from "../text/text-script.ts";
import { checkContentParts } from "./chat-content.ts";

type Json = Record<string, unknown>;

const known: Readonly<Record<string, "string" | "number" | "boolean" | "object" | "array" | "any">> = {
  model: "string",
  messages: "array",
  stream: "boolean",
  stream_options: "object",
  temperature: "number",
  top_p: "number",
  max_tokens: "number",
  max_completion_tokens: "number",
  n: "number",
  frequency_penalty: "number",
  presence_penalty: "number",
  logprobs: "boolean",
  top_logprobs: "number",
  reasoning_effort: "string",
  response_format: "object",
  tools: "array",
  tool_choice: "any",
  parallel_tool_calls: "boolean",
  user: "string",
  metadata: "object",
  // Not of OpenAI's API: passed on to the model.
  top_k: "number",
  min_p: "number",
  repetition_penalty: "number",
  chat_template_kwargs: "object",
};

/** Of a message, by its role. A reply may be sent back as it came, with what its model thought. */
const messageFields: Readonly<Record<string, readonly string[]>> = {
  system: ["role", "content", "name"],
  developer: ["role", "content", "name"],
  user: ["role", "content", "name"],
  assistant: ["role", "content", "name", "refusal", "reasoning_content", "tool_calls"],
  tool: ["role", "content", "tool_call_id"],
};

/** @throws Refusal 400 */
export function readChat(body: unknown, model: KnownModel): { request: TextRequest; isStreamed: boolean } {
  const json = isObject(body) ? body : {};
  const isOwn = model.ownedBy === "Yandex";
  checkFields(json);
  checkNumbers(json, isOwn);
  const tools = toolsOf(json.tools);
  const maxTokens = json.max_completion_tokens ?? json.max_tokens;
  const thinks = isOwn ? json.reasoning_effort !== undefined : json.reasoning_effort !== "none";
  const request: TextRequest = {
    api: "chat",
    modelUri: model.uri,
    messages: messagesOf(json.messages, model),
    tools,
    toolChoice: toolChoiceOf(json.tool_choice, tools),
    parallelToolCalls: json.parallel_tool_calls !== false,
    ...responseFormat(json.response_format),
    ...(typeof maxTokens === "number" && { maxTokens }),
    reasons: thinks,
  };
  return { request, isStreamed: json.stream === true };
}

function checkFields(body: Json): void {
  for (const [name, value] of Object.entries(body)) {
    const type = known[name];
    if (!type) throw new Refusal(3, `Unsupported parameter: '${name}'`);
    if (value !== null && type !== "any" && typeOf(value) !== type) {
      throw new Refusal(3, `Invalid type for '${name}': expected ${type}`);
    }
  }
  const [option] = Object.keys(isObject(body.stream_options) ? body.stream_options : {});
  if (option !== undefined) throw new Refusal(3, `Unsupported parameter: 'stream_options.${option}'`);
}

function checkNumbers(body: Json, isOwn: boolean): void {
  const { temperature, top_p: topP, n } = body;
  const warmest = isOwn ? 1 : 2;
  if (typeof temperature === "number" && !(temperature >= 0 && temperature <= warmest)) {
    throw new Refusal(3, "Invalid temperature value");
  }
  if (typeof topP === "number" && !(topP > 0 && topP <= 1)) throw new Refusal(3, "Invalid top_p value");
  if (typeof n === "number" && n !== 1) throw new Refusal(3, "Unsupported value: 'n' has to be 1");
  for (const name of ["max_tokens", "max_completion_tokens"]) {
    const value = body[name];
    if (typeof value === "number" && !(Number.isInteger(value) && value > 0)) {
      throw new Refusal(3, `Invalid ${name} value`);
    }
  }
}

function messagesOf(messages: unknown, model: KnownModel): TextMessage[] {
  if (!Array.isArray(messages) || messages.length === 0) throw new Refusal(3, "'messages' must not be empty");
  // Ids need not be unique: YandexGPT gives the name of the function for one.
  let open: { id: string; name: string }[] = [];
  const read = messages.map((message: unknown, index): TextMessage => {
    const at = `messages[${index}]`;
    if (!isObject(message)) throw new Refusal(3, `${at} is not an object`);
    const { role, tool_call_id: id } = message;
    onlyFields(message, messageFields[String(role)] ?? Object.keys(message), at);
    if (role === "tool") {
      const call = open.find((each) => each.id === id);
      if (!call) throw new Refusal(3, `${at}: no preceding tool call has the id '${String(id)}'`);
      open = open.filter((each) => each !== call);
      return { role, text: "", toolResults: [{ name: call.name, content: textOf(message, at, model) }] };
    }
    if (open.length > 0) throw new Refusal(3, `${at}: tool calls without results: ${open.map((call) => call.id)}`);
    if (role !== "system" && role !== "developer" && role !== "user" && role !== "assistant") {
      throw new Refusal(3, `Invalid value for '${at}.role': '${String(role)}'`);
    }
    const calls = role === "assistant" ? callsOf(message.tool_calls, at) : [];
    open = calls.map(({ id: callId, name }) => ({ id: callId, name }));
    const text = calls.length > 0 && message.content == null ? "" : textOf(message, at, model);
    const hasNothing = text === "" && calls.length === 0;
    if (hasNothing && model.ownedBy === "Yandex") throw new Refusal(3, "empty message text");
    const toolCalls = calls.map(({ name, input }) => ({ name, arguments: input }));
    return { role, text, ...(calls.length > 0 && { toolCalls }) };
  });
  if (open.length > 0) throw new Refusal(3, `tool calls without results: ${open.map(({ id }) => id)}`);
  return read;
}

function textOf({ role, content }: Json, at: string, model: KnownModel): string {
  if (typeof content === "string") return content;
  return checkContentParts(content, { at, takesImages: role === "user" && model.takesImages === true });
}

function callsOf(calls: unknown, at: string): { id: string; name: string; input: Json }[] {
  if (calls === undefined || calls === null) return [];
  if (!Array.isArray(calls) || calls.length === 0) throw new Refusal(3, `Invalid value for '${at}.tool_calls'`);
  return calls.map((call: unknown) => {
    const given = isObject(call) ? call : {};
    // YandexGPT's own calls have an index.
    onlyFields(given, ["id", "type", "function", "index"], `${at}.tool_calls`);
    const { id, type, function: called } = given;
    const { name, arguments: text, ...rest } = isObject(called) ? called : {};
    onlyFields(rest, [], `${at}.tool_calls.function`);
    if (typeof id !== "string" || id === "" || type !== "function" || typeof name !== "string") {
      throw new Refusal(3, `Invalid call in '${at}.tool_calls'`);
    }
    return { id, name, input: argumentsOf(text, `${at}.tool_calls`) };
  });
}

function argumentsOf(text: unknown, at: string): Json {
  try {
    const input: unknown = JSON.parse(typeof text === "string" ? text : "");
    if (isObject(input)) return input;
  } catch {}
  throw new Refusal(3, `Invalid arguments in '${at}': they have to be JSON of an object, as a string`);
}

function toolsOf(tools: unknown): TextTool[] {
  if (tools === undefined || tools === null) return [];
  if (!Array.isArray(tools) || tools.length === 0) throw new Refusal(3, "'tools' must not be empty");
  const read = tools.map((tool: unknown): TextTool => {
    const { type, function: declared, ...rest } = isObject(tool) ? tool : {};
    onlyFields(rest, [], "tools");
    const { name, description, parameters, ...more } = type === "function" && isObject(declared) ? declared : {};
    onlyFields(more, ["strict"], "tools.function");
    if (typeof name !== "string" || !/^[\w-]{1,64}$/.test(name)) throw new Refusal(3, "Invalid name in 'tools'");
    return {
      name,
      ...(typeof description === "string" && { description }),
      ...(isObject(parameters) && { parameters }),
    };
  });
  uniqueNames(read);
  return read;
}

function toolChoiceOf(choice: unknown, tools: readonly TextTool[]): TextRequest["toolChoice"] {
  if (choice === undefined || choice === null || choice === "auto") return "auto";
  if (choice === "none") return "none";
  if (tools.length === 0) throw new Refusal(3, "'tool_choice' needs 'tools'");
  if (choice === "required") return "required";
  const { type, function: chosen, ...rest } = isObject(choice) ? choice : {};
  const { name, ...more } = type === "function" && isObject(chosen) ? chosen : {};
  onlyFields({ ...rest, ...more }, [], "tool_choice");
  if (typeof name === "string" && tools.some((tool) => tool.name === name)) return { name };
  throw new Refusal(3, "Invalid value for 'tool_choice'");
}

function responseFormat(format: unknown): Pick<TextRequest, "json"> {
  const given = isObject(format) ? format : {};
  const { type = "text", json_schema: named } = given;
  onlyFields(given, type === "json_schema" ? ["type", "json_schema"] : ["type"], "response_format");
  if (type === "text") return {};
  if (type === "json_object") return { json: "any" };
  const { name, schema, ...more } = isObject(named) ? named : {};
  onlyFields(more, ["description", "strict"], "response_format.json_schema");
  if (type !== "json_schema" || typeof name !== "string" || !isObject(schema)) {
    throw new Refusal(3, "Invalid value for 'response_format'");
  }
  return { json: { schema } };
}

function typeOf(value: unknown): string {
  return Array.isArray(value) ? "array" : typeof value;
}

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
