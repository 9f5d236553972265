// What the service refuses in a request for a completion, and the request as a script sees it.

import { Refusal } from "../refusal.ts";
import { readFields } from "../wire-fields.ts";
import { type CompletionRequest, completionRequestShape, type WireMessage } from "./completion-shape.ts";
import type { TextMessage, TextRequest, TextTool } from "./text-script.ts";

/** @throws Refusal 400 */
export function readCompletion(
  body: unknown,
  api: "completion" | "completion-async",
): { request: TextRequest; isStreamed: boolean } {
  const wire = readFields<CompletionRequest>(body, completionRequestShape);
  const { stream = false, temperature, maxTokens, reasoningOptions } = wire.completionOptions ?? {};
  if (temperature !== undefined && (temperature < 0 || temperature > 1)) {
    throw new Refusal(3, "Invalid temperature value");
  }
  if (maxTokens !== undefined && maxTokens <= 0n) throw new Refusal(3, "Invalid max_tokens value");
  const tools = toolsOf(wire);
  const request: TextRequest = {
    api,
    modelUri: wire.modelUri ?? "",
    messages: messagesOf(wire.messages ?? []),
    tools,
    toolChoice: toolChoiceOf(wire.toolChoice, tools),
    parallelToolCalls: wire.parallelToolCalls ?? true,
    ...(wire.jsonObject === true && { json: "any" }),
    ...(wire.jsonSchema && { json: { schema: schemaOf(wire.jsonSchema) } }),
    ...(maxTokens !== undefined && { maxTokens: Number(maxTokens) }),
    // Pro 5 alone is known to have the mode. Whether the others refuse or ignore it is not: they take it here.
    reasons: reasoningOptions?.mode === "ENABLED_HIDDEN",
  };
  return { request, isStreamed: stream };
}

/** A text of the native API is neither empty nor longer than this. */
export function checkText(text: string): void {
  if (text === "") throw new Refusal(3, "empty message text");
  const { length } = Array.from(text);
  if (length > 100_000) throw new Refusal(3, `text length is ${length}, which is outside the range (0, 100000]`);
}

function messagesOf(messages: readonly WireMessage[]): TextMessage[] {
  if (messages.length === 0) throw new Refusal(3, "messages are empty");
  let open: string[] = [];
  const read = messages.map((message, index): TextMessage => {
    const { role, text, toolCallList, toolResultList } = message;
    const at = `messages[${index}]`;
    if (role !== "system" && role !== "user" && role !== "assistant") {
      throw new Refusal(3, `${at}: unknown role '${role ?? ""}', expected system, user or assistant`);
    }
    const results = toolResultList && resultsOf(toolResultList, at);
    if (results) {
      // Calls have no ids: results belong to them by name and number.
      if (role !== "user") throw new Refusal(3, `${at}: tool results must be in a message of the role user`);
      const names = results.map(({ name }) => name);
      if (names.toSorted().join() !== open.toSorted().join() || names.length === 0) {
        throw new Refusal(3, `${at}: results of [${names}] do not match the preceding tool calls [${open}]`);
      }
      open = [];
      return { role: "tool", text: "", toolResults: results };
    }
    if (open.length > 0) throw new Refusal(3, `${at}: the tool calls [${open}] have no results`);
    if (toolCallList) {
      if (role !== "assistant") throw new Refusal(3, `${at}: tool calls must be in a message of the role assistant`);
      const toolCalls = callsOf(toolCallList, at);
      open = toolCalls.map(({ name }) => name);
      return { role, text: "", toolCalls };
    }
    checkText(text ?? "");
    return { role, text: text ?? "" };
  });
  if (open.length > 0) throw new Refusal(3, `the tool calls [${open}] have no results`);
  return read;
}

function callsOf({ toolCalls = [] }: NonNullable<WireMessage["toolCallList"]>, at: string) {
  if (toolCalls.length === 0) throw new Refusal(3, `${at}: tool_calls are empty`);
  return toolCalls.map(({ functionCall }) => {
    if (!functionCall?.name) throw new Refusal(3, `${at}: a function call has no name`);
    return { name: functionCall.name, arguments: functionCall.arguments ?? {} };
  });
}

function resultsOf({ toolResults = [] }: NonNullable<WireMessage["toolResultList"]>, at: string) {
  return toolResults.map(({ functionResult }) => {
    if (!functionResult?.name) throw new Refusal(3, `${at}: a function result has no name`);
    return { name: functionResult.name, content: functionResult.content ?? "" };
  });
}

function toolsOf({ tools = [] }: CompletionRequest): TextTool[] {
  const read = tools.map(({ function: declared }): TextTool => {
    const { name = "", description, parameters } = declared ?? {};
    if (!/^[\w-]{1,64}$/.test(name)) throw new Refusal(3, `invalid function name '${name}'`);
    if (parameters?.type !== undefined && parameters.type !== "object") {
      throw new Refusal(3, `parameters of function '${name}' must be a schema of an object`);
    }
    return { name, ...(description !== undefined && { description }), ...(parameters && { parameters }) };
  });
  if (new Set(read.map(({ name }) => name)).size < read.length) throw new Refusal(3, "function names must be unique");
  return read;
}

function toolChoiceOf(choice: CompletionRequest["toolChoice"], tools: readonly TextTool[]): TextRequest["toolChoice"] {
  if (choice?.functionName !== undefined) {
    const name = choice.functionName;
    if (!tools.some((tool) => tool.name === name)) throw new Refusal(3, `function '${name}' is not among the tools`);
    return { name };
  }
  if (choice?.mode === "NONE") return "none";
  if (choice?.mode !== "REQUIRED") return "auto";
  if (tools.length === 0) throw new Refusal(3, "tool choice REQUIRED needs tools");
  return "required";
}

function schemaOf({ schema }: NonNullable<CompletionRequest["jsonSchema"]>): Record<string, unknown> {
  if (!schema) throw new Refusal(3, "json_schema.schema is empty");
  return schema;
}
