// Structured answers of a model that can only call tools: the answer is the input of a tool that nobody carries out.
import { BesedaError } from "../errors.ts";
import { changedCapabilities } from "../models/changed-capabilities.ts";
import type { LanguageModel, ModelEvent, ModelRequest, ToolChoice } from "../ports/language-model.ts";
import type { JsonSchema } from "../tool/json-schema.ts";
import type { ToolDefinition } from "../tool/tool.ts";
import { withPromptedOutput } from "./prompted-output.ts";

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
  const toAsked = ({ outputSchema, ...request }: ModelRequest): ModelRequest => {
    if (outputSchema === undefined) return request;
    const tools = withAnswer(request.tools, outputSchema);
    const { name } = tools.at(-1) as ToolDefinition;
    return {
      ...request,
      instructions: [request.instructions, answerInstructions(name)].filter(Boolean).join("\n\n"),
      tools,
      toolChoice: choice(request, name),
    };
  };
  // Whoever comes back for a reply may not have the request any more: no other tool may have such a name.
  const { operations, batches } = changedCapabilities(model, {
    request: (request) => toAsked(withoutAnswerNames(request)),
    reply: (events) => new AnswerReader(isAnswerName).read(events),
  });
  return {
    provider: model.provider,
    modelId: model.modelId,
    abilities: { ...model.abilities, outputSchema: "always" },
    costOf: model.costOf,
    stream(request, options) {
      const asked = toAsked(request);
      const reply = model.stream(asked, options);
      if (request.outputSchema === undefined) return reply;
      const answerName = asked.tools.at(-1)?.name;
      return answered(reply, new AnswerReader((name) => name === answerName));
    },
    operations,
    // Those that know of no tools are asked in words.
    batches: model.batches?.tools === false ? withPromptedOutput(model).batches : batches,
  };
}

function withoutAnswerNames(request: ModelRequest): ModelRequest {
  const taken = request.tools.find(({ name }) => isAnswerName(name));
  if (!taken) return request;
  throw new BesedaError(`The tool ${taken.name} has the name by which this model gives its answer.`, {
    code: "unsupported",
    hint: "Give it another name: a reply that comes later could not be told from a call of it.",
  });
}

function isAnswerName(name: string): boolean {
  return /^final_answer_*$/.test(name);
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

async function* answered(replies: AsyncIterable<ModelEvent[]>, reader: AnswerReader): AsyncGenerator<ModelEvent[]> {
  for await (const events of replies) {
    const out = reader.read(events);
    if (out.length > 0) yield out;
  }
}

/** One for each reply. */
class AnswerReader {
  readonly #isAnswer: (toolName: string) => boolean;
  #answerId: string | undefined;
  #hasText = false;
  #hasOtherCalls = false;

  constructor(isAnswer: (toolName: string) => boolean) {
    this.#isAnswer = isAnswer;
  }

  read(events: readonly ModelEvent[]): ModelEvent[] {
    const out: ModelEvent[] = [];
    for (const event of events) {
      if (event.type === "tool-input-start" && this.#isAnswer(event.toolName)) this.#begin(event.toolCallId, out);
      else if (event.type === "tool-input-delta" && event.toolCallId === this.#answerId) this.#say(event.delta, out);
      else if (event.type === "tool-call" && this.#isAnswer(event.toolName)) {
        // Its pieces, if there were any, are the whole of it.
        if (event.toolCallId !== this.#answerId) this.#begin(event.toolCallId, out);
        if (!this.#hasText) this.#say(event.input, out);
      } else {
        if (event.type === "text-delta") this.#hasText = true;
        if (event.type === "tool-call") this.#hasOtherCalls = true;
        const isOver = event.type === "finish" && event.finishReason === "tool-calls" && !this.#hasOtherCalls;
        out.push(isOver ? { ...event, finishReason: "stop" } : event);
      }
    }
    return out;
  }

  #begin(toolCallId: string, out: ModelEvent[]): void {
    this.#answerId = toolCallId;
    if (this.#hasText) out.push({ type: "text-replace", text: "" });
    this.#hasText = false;
  }

  #say(text: string, out: ModelEvent[]): void {
    this.#hasText = true;
    out.push({ type: "text-delta", text });
  }
}
