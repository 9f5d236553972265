// Structured answers of a model that can only call tools: the answer is the input of a tool that nobody carries out.
import type { LanguageModel, ModelEvent, ModelRequest, ToolChoice } from "../ports/language-model.ts";
import type { JsonSchema } from "../tool/json-schema.ts";
import type { ToolDefinition } from "../tool/tool.ts";

/**
 * The model with one tool more, `final_answer`, whose input is the answer: it comes out as text, as from a model that
 * can be held to a schema. What the model says before it is taken back.
 */
export function withFinalAnswerTool(model: LanguageModel): LanguageModel {
  const toolLists = new WeakMap<readonly ToolDefinition[], readonly ToolDefinition[]>();
  const withAnswer = (tools: readonly ToolDefinition[], outputSchema: JsonSchema): readonly ToolDefinition[] => {
    let list = toolLists.get(tools);
    if (list?.at(-1)?.inputSchema !== outputSchema) {
      list = [...tools, answerTool(tools, outputSchema)];
      toolLists.set(tools, list);
    }
    return list;
  };
  return {
    provider: model.provider,
    modelId: model.modelId,
    abilities: { ...model.abilities, outputSchema: "always" },
    stream({ outputSchema, ...request }, options) {
      if (outputSchema === undefined) return model.stream(request, options);
      const tools = withAnswer(request.tools, outputSchema);
      const { name } = tools.at(-1) as ToolDefinition;
      const asked: ModelRequest = {
        ...request,
        instructions: [request.instructions, answerInstructions(name)].filter(Boolean).join("\n\n"),
        tools,
        toolChoice: choice(request, name),
      };
      return answered(model.stream(asked, options), name);
    },
  };
}

function answerTool(tools: readonly ToolDefinition[], inputSchema: JsonSchema): ToolDefinition {
  let name = "final_answer";
  while (tools.some((tool) => tool.name === name)) name += "_";
  return { name, description: "Gives the user the answer. Call it once, at the end.", inputSchema, examples: [] };
}

function answerInstructions(name: string): string {
  return `When you know the answer, call the tool ${name} with it. Never answer in plain text.`;
}

function choice({ tools, toolChoice }: Pick<ModelRequest, "tools" | "toolChoice">, name: string): ToolChoice {
  if (tools.length === 0 || toolChoice === "none") return { toolName: name };
  return toolChoice === "auto" ? "required" : toolChoice;
}

async function* answered(replies: AsyncIterable<ModelEvent[]>, toolName: string): AsyncGenerator<ModelEvent[]> {
  let answerId: string | undefined;
  let hasText = false;
  let hasOtherCalls = false;
  for await (const events of replies) {
    const out: ModelEvent[] = [];
    const begin = (toolCallId: string) => {
      answerId = toolCallId;
      if (hasText) out.push({ type: "text-replace", text: "" });
      hasText = false;
    };
    const say = (text: string) => {
      hasText = true;
      out.push({ type: "text-delta", text });
    };
    for (const event of events) {
      if (event.type === "tool-input-start" && event.toolName === toolName) begin(event.toolCallId);
      else if (event.type === "tool-input-delta" && event.toolCallId === answerId) say(event.delta);
      else if (event.type === "tool-call" && event.toolName === toolName) {
        // Its pieces, if there were any, are the whole of it.
        if (event.toolCallId !== answerId) begin(event.toolCallId);
        if (!hasText) say(event.input);
      } else {
        if (event.type === "text-delta") hasText = true;
        if (event.type === "tool-call") hasOtherCalls = true;
        const isOver = event.type === "finish" && event.finishReason === "tool-calls" && !hasOtherCalls;
        out.push(isOver ? { ...event, finishReason: "stop" } : event);
      }
    }
    if (out.length > 0) yield out;
  }
}
