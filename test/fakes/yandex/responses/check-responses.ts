// What the fake refuses in a body of POST /v1/responses, and the request as a script sees it.
import type { KnownModel } from "../fake-service.ts";
import { onlyFields, uniqueNames } from "../only-fields.ts";
import { Refusal } from "../refusal.ts";
import type { TextRequest, TextTool } from "../text/text-script.ts";
import { responsesInput } from "./responses-input.ts";

type Json = Record<string, unknown>;

/** What the reference has. It marks `reasoning`, `truncation`, `metadata` and others as not supported: they are refused. */
const known: Readonly<Record<string, "string" | "number" | "boolean" | "object" | "array" | "any">> = {
  model: "string",
  input: "any",
  instructions: "string",
  tools: "array",
  tool_choice: "any",
  parallel_tool_calls: "boolean",
  max_tool_calls: "number",
  temperature: "number",
  top_p: "number",
  max_output_tokens: "number",
  text: "object",
  stream: "boolean",
  background: "boolean",
  store: "boolean",
  include: "array",
  previous_response_id: "string",
  conversation: "any",
  prompt: "object",
};

export type ReadResponses = {
  request: TextRequest;
  isStreamed: boolean;
  inBackground: boolean;
  /** The types of the tools that the service runs: `web_search` … */
  hosted: readonly string[];
};

/** @throws Refusal 400 */
export function readResponses(body: unknown, model: KnownModel): ReadResponses {
  const json = isObject(body) ? body : {};
  checkFields(json);
  checkNumbers(json);
  checkPrompt(json.prompt);
  const { hosted, functions } = toolsOf(json.tools);
  const { instructions, max_output_tokens: maxTokens } = json;
  const system = typeof instructions === "string" ? [{ role: "system" as const, text: instructions }] : [];
  const request: TextRequest = {
    api: "responses",
    modelUri: model.uri,
    messages: [...system, ...responsesInput(json.input, model)],
    tools: functions,
    toolChoice: toolChoiceOf(json.tool_choice, functions, hosted),
    parallelToolCalls: json.parallel_tool_calls !== false,
    ...formatOf(json.text),
    ...(typeof maxTokens === "number" && { maxTokens }),
    reasons: model.ownedBy !== "Yandex",
  };
  const inBackground = json.background === true;
  if (inBackground && json.stream === true) throw new Refusal(3, "'stream' and 'background' exclude each other");
  return { request, isStreamed: json.stream === true, inBackground, hosted };
}

function checkFields(body: Json): void {
  for (const [name, value] of Object.entries(body)) {
    const type = known[name];
    if (!type) throw new Refusal(3, `Unsupported parameter: '${name}'`);
    if (value !== null && type !== "any" && typeOf(value) !== type) {
      throw new Refusal(3, `Invalid type for '${name}': expected ${type}`);
    }
  }
}

/** A saved agent, of which the fake has none to look into: any id is taken. Its variables are unverified. */
function checkPrompt(prompt: unknown): void {
  if (prompt === undefined || prompt === null) return;
  const { id, ...rest } = isObject(prompt) ? prompt : {};
  if (typeof id !== "string" || id === "") throw new Refusal(3, "Missing required parameter: 'prompt.id'");
  onlyFields(rest, [], "prompt");
}

function checkNumbers({ temperature, top_p: topP, max_output_tokens: most, max_tool_calls: calls }: Json): void {
  if (typeof temperature === "number" && !(temperature >= 0 && temperature <= 1)) {
    throw new Refusal(3, "Invalid temperature value");
  }
  if (typeof topP === "number" && !(topP > 0 && topP <= 1)) throw new Refusal(3, "Invalid top_p value");
  for (const [name, value] of Object.entries({ max_output_tokens: most, max_tool_calls: calls })) {
    if (typeof value === "number" && !(Number.isInteger(value) && value > 0)) {
      throw new Refusal(3, `Invalid ${name} value`);
    }
  }
}

/** The fields of each kind of tool, those that have to be there first. */
const toolFields: Readonly<Record<string, { needed: readonly string[]; possible: readonly string[] }>> = {
  function: { needed: ["name"], possible: ["description", "parameters", "strict"] },
  web_search: { needed: [], possible: ["filters", "user_location", "search_context_size"] },
  file_search: { needed: ["vector_store_ids"], possible: ["max_num_results", "ranking_options", "filters"] },
  code_interpreter: { needed: ["container"], possible: [] },
  mcp: {
    needed: ["server_label", "server_url"],
    possible: ["authorization", "server_description", "headers", "allowed_tools", "require_approval"],
  },
};

function toolsOf(tools: unknown): { functions: TextTool[]; hosted: string[] } {
  if (tools === undefined || tools === null) return { functions: [], hosted: [] };
  if (!Array.isArray(tools) || tools.length === 0) throw new Refusal(3, "'tools' must not be empty");
  const functions: TextTool[] = [];
  const hosted: string[] = [];
  for (const tool of tools.map((each: unknown) => (isObject(each) ? each : {}))) {
    const type = String(tool.type);
    checkTool(tool, type);
    if (type === "function") functions.push(functionOf(tool));
    else hosted.push(type);
  }
  uniqueNames(functions);
  return { functions, hosted };
}

function checkTool(tool: Json, type: string): void {
  const fields = toolFields[type];
  if (!fields) throw new Refusal(3, `Invalid value: '${type}' is no type of a tool`);
  for (const name of fields.needed) {
    if (tool[name] === undefined) throw new Refusal(3, `Missing required parameter: 'tools.${name}' of ${type}`);
  }
  for (const name of Object.keys(tool)) {
    if (name !== "type" && !fields.needed.includes(name) && !fields.possible.includes(name)) {
      throw new Refusal(3, `Unsupported parameter: 'tools.${name}' of ${type}`);
    }
  }
  const filters = isObject(tool.filters) ? tool.filters : {};
  if (type === "web_search") {
    onlyFields(filters, ["allowed_domains"], "tools.filters");
    const place = isObject(tool.user_location) ? tool.user_location : {};
    onlyFields(place, ["type", "region", "country", "city", "timezone"], "tools.user_location");
  }
  const { allowed_domains: domains = [] } = filters;
  if (type === "web_search" && !(Array.isArray(domains) && domains.length <= 5)) {
    throw new Refusal(3, "'filters.allowed_domains' takes up to 5 domains");
  }
  const { vector_store_ids: ids } = tool;
  if (type === "file_search" && !(Array.isArray(ids) && ids.length > 0)) {
    throw new Refusal(3, "'vector_store_ids' must not be empty");
  }
}

function functionOf({ name, description, parameters }: Json): TextTool {
  if (typeof name !== "string" || !/^[\w-]{1,64}$/.test(name)) throw new Refusal(3, "Invalid name in 'tools'");
  return {
    name,
    ...(typeof description === "string" && { description }),
    ...(isObject(parameters) && { parameters }),
  };
}

function toolChoiceOf(
  choice: unknown,
  functions: readonly TextTool[],
  hosted: readonly string[],
): TextRequest["toolChoice"] {
  if (choice === undefined || choice === null || choice === "auto") return "auto";
  if (choice === "none") return "none";
  if (functions.length + hosted.length === 0) throw new Refusal(3, "'tool_choice' needs 'tools'");
  if (choice === "required") return "required";
  const { type, name, ...rest } = isObject(choice) ? choice : {};
  onlyFields(rest, [], "tool_choice");
  if (type === "function" && typeof name === "string" && functions.some((tool) => tool.name === name)) return { name };
  throw new Refusal(3, "Invalid value for 'tool_choice'");
}

function formatOf(text: unknown): Pick<TextRequest, "json"> {
  const { format, ...beside } = isObject(text) ? text : {};
  onlyFields(beside, [], "text");
  const given = isObject(format) ? format : {};
  const { type = "text", name, schema } = given;
  const named = type === "json_schema" ? ["name", "schema", "description", "strict"] : [];
  onlyFields(given, ["type", ...named], "text.format");
  if (type === "text") return {};
  if (type === "json_object") return { json: "any" };
  if (type !== "json_schema" || typeof name !== "string" || !isObject(schema)) {
    throw new Refusal(3, "Invalid value for 'text.format'");
  }
  return { json: { schema } };
}

function typeOf(value: unknown): string {
  return Array.isArray(value) ? "array" : typeof value;
}

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
