// A model request as the body of POST /v1/responses. Pure. The thread goes along whole: nothing is left with the service to go on from.
import {
  type AssistantMessage,
  BesedaError,
  type Message,
  type ModelRequest,
  type ModelSettings,
  type ToolChoice,
  type UserPart,
} from "@beseda/core";
import { quirks } from "../../openai-compatible/quirks.ts";
import { isStrictSchema } from "../../openai-compatible/strict-schema.ts";
import { toContentPart } from "../../openai-compatible/to-content-part.ts";
import { isSaid, validName, wellFormedJson } from "../../wire-text.ts";
import { checkedSettings, withoutWords } from "../checked-request.ts";
import type { HostedTool } from "./hosted-tools.ts";
import type { ResponsesContentPart, ResponsesItem } from "./responses-wire.ts";

type ResponsesDelivery = "whole" | "streamed" | "background";

type Asked = { modelUri: string; hostedTools: readonly HostedTool[]; delivery: ResponsesDelivery };

/**
 * Settings that the API's reference does not have are left out: seed, stop sequences, effort of reasoning, hints for a cache.
 * `store` is not sent either: what it does to replies that are made in the background is not documented.
 *
 * @throws BesedaError `invalid-argument` for settings out of range and a request without a word, `unsupported` for files that are no text
 * and no image
 */
export function toResponsesRequest(request: ModelRequest, { modelUri, hostedTools, delivery }: Asked): string {
  const { instructions, messages, toolChoice, outputSchema, settings } = request;
  const functions = request.tools.map(({ name, description, inputSchema }) => ({
    type: "function",
    name,
    description,
    parameters: inputSchema,
  }));
  // That no tool is called is sure only where there is none.
  const tools = toolChoice === "none" ? [] : [...functions, ...hostedTools];
  const input = messages.flatMap(toItems);
  if (input.length === 0) throw withoutWords();
  return wellFormedJson({
    model: modelUri,
    ...(isSaid(instructions) && { instructions }),
    input,
    ...(tools.length > 0 && { tools }),
    ...(tools.length > 0 && toolChoice !== "auto" && { tool_choice: toWireChoice(toolChoice) }),
    ...(outputSchema && {
      text: {
        format: { type: "json_schema", name: "answer", schema: outputSchema, strict: isStrictSchema(outputSchema) },
      },
    }),
    ...toWireSettings(settings),
    ...(delivery === "streamed" && { stream: true }),
    ...(delivery === "background" && { background: true }),
  });
}

/** Nothing for a message that says nothing: the service refuses it. */
function toItems(message: Message): ResponsesItem[] {
  switch (message.role) {
    case "user": {
      const { content } = message;
      if (typeof content === "string") return isSaid(content) ? [{ role: "user", content }] : [];
      const parts = content.map(toPart).filter((part) => part.type !== "input_text" || isSaid(part.text));
      return parts.length > 0 ? [{ role: "user", content: parts }] : [];
    }
    case "assistant":
      return toAssistantItems(message);
    case "tool":
      return [{ type: "function_call_output", call_id: message.toolCallId, output: message.output }];
  }
}

/** In the order in which they were said. Reasoning is not sent back: the service takes none. */
function toAssistantItems({ content }: AssistantMessage): ResponsesItem[] {
  return content.flatMap((part): ResponsesItem[] => {
    if (part.type === "reasoning" || (part.type === "text" && !isSaid(part.text))) return [];
    if (part.type === "text") return [{ role: "assistant", content: part.text }];
    const { toolCallId, toolName, input, invalid } = part;
    const isObject = typeof input === "object" && input !== null && !Array.isArray(input);
    const json = isObject && !invalid ? JSON.stringify(input) : "{}";
    return [{ type: "function_call", call_id: toolCallId, name: validName(toolName), arguments: json }];
  });
}

function toPart(part: UserPart): ResponsesContentPart {
  const content = toContentPart(part, quirks.yandex);
  if (content.type === "text") return { type: "input_text", text: content.text };
  if (content.type === "image_url") return { type: "input_image", image_url: content.image_url.url };
  throw new BesedaError("The Responses API of Yandex AI Studio takes texts and images in a message, no other files.", {
    code: "unsupported",
    hint: "Write down what is in the file, or upload it to a vector store and give the model fileSearch().",
  });
}

function toWireChoice(choice: ToolChoice): unknown {
  return typeof choice === "string" ? choice : { type: "function", name: choice.toolName };
}

function toWireSettings(settings: ModelSettings): Record<string, unknown> {
  const { temperature, topP, maxOutputTokens } = checkedSettings(settings);
  return {
    ...(temperature !== undefined && { temperature }),
    ...(topP !== undefined && { top_p: topP }),
    ...(maxOutputTokens !== undefined && { max_output_tokens: maxOutputTokens }),
  };
}
