// The messages of text generation over the native API, as protobuf declares them.
import type { WireShape } from "../wire-fields.ts";

type Json = Record<string, unknown>;

/** What `readFields` gives for `completionRequestShape`. */
export type CompletionRequest = {
  modelUri?: string;
  completionOptions?: {
    stream?: boolean;
    temperature?: number;
    maxTokens?: bigint;
    reasoningOptions?: { mode?: string };
  };
  messages?: WireMessage[];
  tools?: { function?: { name?: string; description?: string; parameters?: Json; strict?: boolean } }[];
  jsonObject?: boolean;
  jsonSchema?: { schema?: Json };
  parallelToolCalls?: boolean;
  toolChoice?: { mode?: string; functionName?: string };
};

export type WireMessage = {
  role?: string;
  text?: string;
  toolCallList?: { toolCalls?: { functionCall?: { name?: string; arguments?: Json } }[] };
  toolResultList?: { toolResults?: { functionResult?: { name?: string; content?: string } }[] };
};

const room = "yandex.cloud.ai.foundation_models.v1";

const functionCall: WireShape = { name: `${room}.FunctionCall`, fields: { name: "string", arguments: "struct" } };
const toolCall: WireShape = { name: `${room}.ToolCall`, fields: { functionCall: { message: functionCall } } };
const toolCallList: WireShape = {
  name: `${room}.ToolCallList`,
  fields: { toolCalls: { list: { message: toolCall } } },
};
const functionResult: WireShape = { name: `${room}.FunctionResult`, fields: { name: "string", content: "string" } };
const toolResult: WireShape = { name: `${room}.ToolResult`, fields: { functionResult: { message: functionResult } } };
const toolResultList: WireShape = {
  name: `${room}.ToolResultList`,
  fields: { toolResults: { list: { message: toolResult } } },
};
const message: WireShape = {
  name: `${room}.Message`,
  fields: {
    role: "string",
    text: "string",
    toolCallList: { message: toolCallList },
    toolResultList: { message: toolResultList },
  },
  oneofs: [["text", "toolCallList", "toolResultList"]],
};
const functionTool: WireShape = {
  name: `${room}.FunctionTool`,
  fields: { name: "string", description: "string", parameters: "struct", strict: "bool" },
};
const reasoningOptions: WireShape = {
  name: `${room}.ReasoningOptions`,
  fields: { mode: { enum: ["REASONING_MODE_UNSPECIFIED", "DISABLED", "ENABLED_HIDDEN"] } },
};
const completionOptions: WireShape = {
  name: `${room}.CompletionOptions`,
  fields: {
    stream: "bool",
    temperature: "double",
    maxTokens: "int64",
    reasoningOptions: { message: reasoningOptions },
  },
};

export const completionRequestShape: WireShape = {
  name: `${room}.CompletionRequest`,
  fields: {
    modelUri: "string",
    completionOptions: { message: completionOptions },
    messages: { list: { message } },
    tools: { list: { message: { name: `${room}.Tool`, fields: { function: { message: functionTool } } } } },
    jsonObject: "bool",
    jsonSchema: { message: { name: `${room}.JsonSchema`, fields: { schema: "struct" } } },
    parallelToolCalls: "bool",
    toolChoice: {
      message: {
        name: `${room}.ToolChoice`,
        fields: {
          mode: { enum: ["TOOL_CHOICE_MODE_UNSPECIFIED", "NONE", "AUTO", "REQUIRED"] },
          functionName: "string",
        },
        oneofs: [["mode", "functionName"]],
      },
    },
  },
  oneofs: [["jsonObject", "jsonSchema"]],
};
