// What a real server refuses in a body of POST /chat/completions: the complaint, or nothing.

export type ServerStyle = "openai" | "yandex" | "ollama" | "vllm" | "deepseek" | "openrouter";

const fields = {
  model: "string",
  messages: "array",
  stream: "boolean",
  stream_options: "object",
  tools: "array",
  tool_choice: "any",
  parallel_tool_calls: "boolean",
  temperature: "number",
  top_p: "number",
  max_tokens: "number",
  max_completion_tokens: "number",
  reasoning_effort: "string",
  seed: "number",
  stop: "any",
  response_format: "object",
  user: "string",
} as const;

/** What single servers know besides, and what they do not know. */
const added: Partial<Record<ServerStyle, readonly string[]>> = {
  vllm: ["chat_template_kwargs"],
  openai: ["prompt_cache_key"],
  deepseek: ["thinking"],
  openrouter: ["reasoning"],
};
const refused: Partial<Record<ServerStyle, readonly string[]>> = {
  yandex: ["stop", "seed", "stream_options"],
  ollama: ["max_completion_tokens"],
};
const messageFields: Record<string, readonly string[]> = {
  system: ["content"],
  developer: ["content"],
  user: ["content", "name"],
  assistant: ["content", "tool_calls", "reasoning_content", "reasoning", "reasoning_details"],
  tool: ["content", "tool_call_id"],
};
const validName = /^[a-zA-Z0-9_-]{1,64}$/;

type Json = Record<string, unknown>;

/** @returns the message of the 400, or nothing. */
export function complaintAbout(body: unknown, style: ServerStyle): string | undefined {
  try {
    if (!isObject(body)) refuse("the body must be a JSON object");
    checkFields(body, style);
    checkResponseFormat(body.response_format, style);
    checkTools(body);
    checkMessages(body.messages as unknown[], style);
    if (/\\ud[89ab]/i.test(JSON.stringify(body).replaceAll("\\\\", ""))) refuse("the body is not well-formed Unicode");
    return undefined;
  } catch (complaint) {
    if (complaint instanceof Refusal) return complaint.message;
    throw complaint;
  }
}

class Refusal extends Error {}

function refuse(message: string): never {
  throw new Refusal(message);
}

function checkFields(body: Json, style: ServerStyle): void {
  for (const [name, value] of Object.entries(body)) {
    if (added[style]?.includes(name)) continue;
    const type = fields[name as keyof typeof fields];
    if (!type || refused[style]?.includes(name)) refuse(`Unrecognized request argument supplied: ${name}`);
    if (type !== "any" && typeOf(value) !== type) refuse(`Invalid type for '${name}': expected ${type}`);
  }
  if (!body.model) refuse("you must provide a model parameter");
  if (!Array.isArray(body.messages) || body.messages.length === 0) refuse("'messages' must not be empty");
  if (body.stream_options && body.stream !== true) refuse("'stream_options' is only allowed when 'stream' is enabled");
  if (typeof body.temperature === "number" && (body.temperature < 0 || body.temperature > 2)) {
    refuse("'temperature' must be between 0 and 2");
  }
  if (Array.isArray(body.stop) && body.stop.length > 4) refuse("'stop' may hold 4 sequences at most");
}

function checkTools({ tools, tool_choice: choice }: Json): void {
  if (tools === undefined) {
    if (choice !== undefined) refuse("'tool_choice' is only allowed when 'tools' are specified");
    return;
  }
  const names = (tools as unknown[]).map((tool) => {
    const described = isObject(tool) && tool.type === "function" && isObject(tool.function) ? tool.function : undefined;
    const parameters = described?.parameters;
    if (!described || !validName.test(String(described.name))) refuse("a tool must be a function with a valid name");
    if (!isObject(parameters) || parameters.type !== "object") refuse(`schema of '${described.name}' is not an object`);
    return described.name;
  });
  if (names.length === 0) refuse("'tools' must not be empty");
  if (new Set(names).size < names.length) refuse("the names of tools must be unique");
  if (choice === undefined || ["auto", "none", "required"].includes(choice as string)) return;
  const chosen = isObject(choice) && isObject(choice.function) ? choice.function.name : undefined;
  if (!names.includes(chosen)) refuse("'tool_choice' names a function that is not among the tools");
}

function checkMessages(messages: readonly unknown[], style: ServerStyle): void {
  let open: string[] = [];
  for (const [index, message] of messages.entries()) {
    const at = `messages[${index}]`;
    if (!isObject(message)) refuse(`${at} is not an object`);
    const { role } = message;
    const known = messageFields[role as string];
    if (!known) refuse(`Invalid value for '${at}.role': '${role}'`);
    const strange = Object.keys(message).find((name) => name !== "role" && !known.includes(name));
    if (strange) refuse(`Unknown parameter: '${at}.${strange}'`);
    if (role === "tool") {
      const id = message.tool_call_id;
      if (!open.includes(id as string)) refuse(`${at}: 'tool' must follow an assistant message with its 'tool_calls'`);
      open = open.filter((each) => each !== id);
    } else if (open.length > 0) {
      refuse(`an assistant message with 'tool_calls' must be followed by tool messages; missing: ${open.join(", ")}`);
    }
    checkContent(message, at, style);
    if (role === "assistant" && message.tool_calls !== undefined) open = checkCalls(message, at, style);
  }
  if (open.length > 0) refuse(`the messages end before these tool calls are answered: ${open.join(", ")}`);
}

function checkContent({ role, content, tool_calls: calls }: Json, at: string, style: ServerStyle): void {
  if (typeof content === "string") return;
  if (content === null && role === "assistant" && calls !== undefined) return;
  if (!Array.isArray(content) || content.length === 0) refuse(`Invalid value for '${at}.content'`);
  for (const part of content) {
    if (!isObject(part) || (role !== "user" && part.type !== "text")) refuse(`Invalid part in '${at}.content'`);
    checkPart(part, at, style);
  }
}

/** The fields of each type of part, and no others. */
function checkPart(part: Json, at: string, style: ServerStyle): void {
  const { type, cache_control: mark, ...rest } = part;
  if (mark !== undefined) checkMark(part, at, style);
  const [field, ...more] = Object.keys(rest);
  if (field !== type || more.length > 0) refuse(`Unknown parameter in a part of '${at}.content'`);
  if (!isRightPart(type, rest[field as string], style)) refuse(`Invalid part in '${at}.content'`);
}

function isRightPart(type: unknown, value: unknown, style: ServerStyle): boolean {
  if (type === "text") return typeof value === "string";
  if (!isObject(value)) return false;
  switch (type) {
    case "image_url":
      return /^(https?:|data:image\/)/.test(String(value.url));
    case "input_audio":
      return isBase64(value.data) && ["wav", "mp3"].includes(String(value.format));
    default:
      return type === "file" && isRightFile(value, style);
  }
}

function checkMark({ type, text, cache_control: mark }: Json, at: string, style: ServerStyle): void {
  if (style !== "openrouter") refuse(`Unknown parameter: '${at}.content[].cache_control'`);
  const { type: kind, ttl, ...rest } = isObject(mark) ? mark : {};
  if (kind !== "ephemeral" || ![undefined, "5m", "1h"].includes(ttl as string) || Object.keys(rest).length > 0) {
    refuse(`Invalid value for '${at}.content[].cache_control'`);
  }
  if (type !== "text" || text === "") refuse("cache_control cannot be set for anything but a text that is not empty");
}

function isRightFile({ filename, file_data: content, ...rest }: Json, style: ServerStyle): boolean {
  if (typeof filename !== "string" || filename === "" || Object.keys(rest).length > 0) return false;
  if (style === "openrouter" && /^https?:\/\//.test(String(content))) return true;
  const [, base64] = /^data:[\w.+-]+\/[\w.+-]+;base64,(.*)$/s.exec(String(content)) ?? [];
  return isBase64(base64);
}

function isBase64(value: unknown): boolean {
  return typeof value === "string" && value !== "" && /^[A-Za-z0-9+/]*={0,2}$/.test(value);
}

function checkResponseFormat(format: unknown, style: ServerStyle): void {
  if (!isObject(format) || format.type !== "json_schema") return;
  if (style === "deepseek") refuse("This response_format type is unavailable now");
  const { name, schema, strict } = isObject(format.json_schema) ? format.json_schema : {};
  if (!validName.test(String(name))) refuse("Missing required parameter: 'response_format.json_schema.name'");
  if (!isObject(schema) || schema.type !== "object") refuse("schema of response_format must be of the type 'object'");
  if (strict === true) checkStrict(schema);
}

function checkStrict(schema: unknown): void {
  if (!isObject(schema)) return;
  const { type, properties, required, additionalProperties } = schema;
  if (type === "object") {
    if (additionalProperties !== false) refuse("Invalid schema: 'additionalProperties' must be supplied and be false");
    const missing = Object.keys(properties ?? {}).find((name) => !(required as string[] | undefined)?.includes(name));
    if (missing) refuse(`Invalid schema: 'required' must name every property. Missing '${missing}'`);
  }
  const refused = ["allOf", "oneOf", "not", "if", "minLength", "default"].find((keyword) => keyword in schema);
  if (refused) refuse(`Invalid schema: '${refused}' is not permitted`);
  for (const [keyword, value] of Object.entries(schema)) {
    if (keyword === "properties" || keyword === "$defs") Object.values(value as Json).forEach(checkStrict);
    else if (Array.isArray(value)) value.forEach(checkStrict);
    else checkStrict(value);
  }
}

function checkCalls(message: Json, at: string, style: ServerStyle): string[] {
  const calls = message.tool_calls;
  if (!Array.isArray(calls) || calls.length === 0) refuse(`'${at}.tool_calls' must not be empty`);
  if (style === "deepseek" && typeof message.reasoning_content !== "string") {
    refuse("The reasoning_content in the thinking mode must be passed back to the API.");
  }
  const ids = calls.map((call) => {
    if (typeof call?.id !== "string" || call.id === "" || call.type !== "function") refuse(`a call in ${at} has no id`);
    if (!validName.test(String(call.function?.name))) refuse(`a call in ${at} has no valid name`);
    let input: unknown;
    try {
      input = JSON.parse(call.function.arguments);
    } catch {}
    if (!isObject(input)) refuse(`the arguments of '${call.id}' are not a JSON object`);
    return call.id as string;
  });
  if (new Set(ids).size < ids.length) refuse(`the ids of the calls in ${at} are not unique`);
  return ids;
}

function typeOf(value: unknown): string {
  return Array.isArray(value) ? "array" : value === null ? "null" : typeof value;
}

function isObject(value: unknown): value is Json {
  return typeOf(value) === "object";
}
