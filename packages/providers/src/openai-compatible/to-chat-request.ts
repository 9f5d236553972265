// A model request as the body of POST /chat/completions. Pure; the JSON of each message and tool list is made once.
import type {
  AssistantMessage,
  JsonSchema,
  JsonValue,
  Message,
  ModelRequest,
  ModelSettings,
  ToolChoice,
  ToolDefinition,
} from "@beseda/core";
import { isSaid, validName, wellFormedJson } from "../wire-text.ts";
import type {
  CacheControl,
  ChatAssistantMessage,
  ChatContentPart,
  ChatMessage,
  ChatTool,
  ChatToolCall,
} from "./chat-wire.ts";
import type { Quirks } from "./quirks.ts";
import { isStrictSchema } from "./strict-schema.ts";
import { toContentPart } from "./to-content-part.ts";

export type ToChatRequest = (request: ModelRequest, streamed: boolean) => string;

// For all models: a thread that goes to another one with the same quirks is not written again.
const messageJson = new WeakMap<Message, { quirks: Quirks; json: string }>();
const toolsJson = new WeakMap<readonly ToolDefinition[], string>();

/** The writer of one model's request bodies; `more` gives fields that are added to each. Messages and lists of tools must not be changed after they were sent. */
export function chatRequestWriter(
  model: string,
  quirks: Quirks,
  more?: (request: ModelRequest) => Readonly<Record<string, unknown>>,
): ToChatRequest {
  const jsonOf = (message: Message): string => {
    let written = messageJson.get(message);
    if (written?.quirks !== quirks) {
      const wire = toChatMessage(message, quirks);
      written = { quirks, json: isLeftOut(wire, quirks) ? "" : wellFormedJson(wire) };
      messageJson.set(message, written);
    }
    return written.json;
  };
  const head = `{"model":${JSON.stringify(model)},"messages":[`;
  return (request, streamed) => {
    const { instructions, messages, tools } = request;
    const mark = markOf(request.settings, quirks);
    let body = head;
    let separator = "";
    const system: ChatMessage = { role: "system", content: instructions };
    if (instructions !== "" && !isLeftOut(system, quirks)) {
      body += wellFormedJson(mark ? marked(system, mark) : system);
      separator = ",";
    }
    const last = mark && messages.at(-1);
    for (const message of messages) {
      // The mark moves on with the next request, and what is kept goes without it.
      const json =
        mark && message === last ? wellFormedJson(marked(toChatMessage(message, quirks), mark)) : jsonOf(message);
      if (json === "") continue;
      body += separator + json;
      separator = ",";
    }
    body += "]";
    if (tools.length > 0) body += `,"tools":${jsonOfTools(tools)}`;
    return body + fields({ ...more?.(request), ...otherFields(request, streamed, quirks) });
  };
}

function jsonOfTools(tools: readonly ToolDefinition[]): string {
  let json = toolsJson.get(tools);
  if (json === undefined) {
    json = wellFormedJson(tools.map(toChatTool));
    toolsJson.set(tools, json);
  }
  return json;
}

function toChatMessage(message: Message, quirks: Quirks): ChatMessage {
  switch (message.role) {
    case "user": {
      const { content } = message;
      return {
        role: "user",
        content: typeof content === "string" ? content : content.map((part) => toContentPart(part, quirks)),
      };
    }
    case "assistant":
      return toAssistantMessage(message, quirks);
    case "tool":
      return { role: "tool", tool_call_id: message.toolCallId, content: message.output };
  }
}

function isLeftOut(message: ChatMessage, { leavesOutEmpty }: Quirks): boolean {
  if (!leavesOutEmpty || message.role === "tool" || ("tool_calls" in message && message.tool_calls)) return false;
  const { content } = message;
  if (typeof content !== "string") return !content?.some((part) => part.type !== "text" || isSaid(part.text));
  return !isSaid(content);
}

function markOf({ promptCache }: ModelSettings, quirks: Quirks): CacheControl | undefined {
  if (!promptCache || quirks.promptCache !== "marks") return undefined;
  return { type: "ephemeral", ...(promptCache.ttl && { ttl: promptCache.ttl }) };
}

/** With the mark on its last text, where it has one: only texts can carry it. */
function marked(message: ChatMessage, mark: CacheControl): ChatMessage {
  if (message.role === "assistant") return message;
  const parts: ChatContentPart[] =
    typeof message.content === "string" ? [{ type: "text", text: message.content }] : [...message.content];
  const at = parts.findLastIndex(({ type }) => type === "text");
  const text = parts[at];
  if (text?.type !== "text" || text.text === "") return message;
  parts[at] = { ...text, cache_control: mark };
  return { ...message, content: parts } as ChatMessage;
}

function toAssistantMessage(message: AssistantMessage, quirks: Quirks): ChatAssistantMessage {
  let text = "";
  let reasoning = "";
  let details: JsonValue | undefined;
  const calls: ChatToolCall[] = [];
  for (const part of message.content) {
    if (part.type === "text") text += part.text;
    else if (part.type === "reasoning") {
      reasoning += part.text;
      details = part.providerData ?? details;
    } else calls.push(toToolCall(part));
  }
  if (calls.length === 0) return { role: "assistant", content: text };
  const content = text === "" ? quirks.contentOfCalls : text;
  return { role: "assistant", content, ...sentBack(quirks.reasoningBack, reasoning, details), tool_calls: calls };
}

function toToolCall(part: { toolCallId: string; toolName: string; input: unknown; invalid?: true }): ChatToolCall {
  const isObject = typeof part.input === "object" && part.input !== null && !Array.isArray(part.input);
  // Servers parse the arguments of old calls too, and refuse the request where they are no object.
  const json = isObject && !part.invalid ? JSON.stringify(part.input) : "{}";
  return { id: part.toolCallId, type: "function", function: { name: validName(part.toolName), arguments: json } };
}

function sentBack(
  field: Quirks["reasoningBack"],
  reasoning: string,
  details: JsonValue | undefined,
): Partial<ChatAssistantMessage> {
  if (field === undefined) return {};
  if (field === "reasoning_details") return details === undefined ? {} : { reasoning_details: details };
  // DeepSeek wants the field even where there was no reasoning.
  return { [field]: reasoning };
}

function toChatTool({ name, description, inputSchema }: ToolDefinition): ChatTool {
  return { type: "function", function: { name, description, parameters: inputSchema } };
}

function otherFields(request: ModelRequest, streamed: boolean, quirks: Quirks): Record<string, unknown> {
  const { tools, toolChoice, outputSchema, reasoning } = request;
  return {
    ...(tools.length > 0 && toolChoice !== "auto" && { tool_choice: toWireChoice(toolChoice) }),
    ...(outputSchema && { response_format: toResponseFormat(outputSchema) }),
    stream: streamed,
    ...(streamed && quirks.asksForUsage && { stream_options: { include_usage: true } }),
    ...toWireSettings(request.settings, quirks),
    ...quirks.reasoningBody[reasoning],
  };
}

function toWireChoice(choice: ToolChoice): unknown {
  return typeof choice === "string" ? choice : { type: "function", function: { name: choice.toolName } };
}

/** Where it is not strict, servers do what they can, and the answer is validated anyway. */
function toResponseFormat(schema: JsonSchema): unknown {
  return { type: "json_schema", json_schema: { name: "answer", schema, strict: isStrictSchema(schema) } };
}

type PlainSetting = Exclude<keyof ModelSettings, "promptCache">;

function toWireSettings(settings: ModelSettings, quirks: Quirks): Record<string, unknown> {
  const names: Record<PlainSetting, string> = {
    temperature: "temperature",
    topP: "top_p",
    maxOutputTokens: quirks.maxTokensField,
    reasoningEffort: "reasoning_effort",
    seed: "seed",
    stopSequences: "stop",
  };
  const wire: Record<string, unknown> = {};
  for (const name of Object.keys(names) as PlainSetting[]) {
    if (settings[name] !== undefined && !quirks.leavesOut.includes(name)) wire[names[name]] = settings[name];
  }
  const cacheKey = settings.promptCache?.key;
  if (cacheKey !== undefined && quirks.promptCache === "key") wire.prompt_cache_key = cacheKey;
  return wire;
}

/** The fields of an object, to be put after others: `,"a":1}`. */
function fields(object: Record<string, unknown>): string {
  return `,${wellFormedJson(object).slice(1)}`;
}
