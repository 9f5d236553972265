// What a model of the fake answers: what the script says, held to what was asked for, with its tokens counted.
import type { FakeState, KnownModel } from "../fake-service.ts";
import { Refusal } from "../refusal.ts";
import { countTokens, firstTokens, promptTokens } from "./fake-tokenizer.ts";
import type { TextCall, TextReply, TextRequest } from "./text-script.ts";

export type PlannedReply = {
  /** The whole text as each piece of a stream has it, at least one; the last is the answer. */
  texts: readonly string[];
  toolCalls: readonly TextCall[];
  finish: NonNullable<TextReply["finish"]>;
  /** Tokens. `output` includes `reasoning`. */
  usage: { input: number; output: number; reasoning: number };
  reasoning: string;
  modelVersion: string;
  /** Where it breaks, where it waits, and what it cites. */
  script: Pick<TextReply, "breaksOff" | "cut" | "holdAt" | "sources">;
};

/**
 * A prompt that does not fit the model, or an answer that never could, is refused before the script is asked.
 *
 * @throws Refusal
 */
export function planTextReply(state: FakeState, request: TextRequest, model: KnownModel): PlannedReply {
  const { maxTokens = 1 } = request;
  if (maxTokens > model.context) {
    throw new Refusal(3, `Invalid max_tokens value: ${maxTokens} is more than the context of ${model.context}`);
  }
  const input = promptTokens(request).length;
  if (input > model.context) {
    throw new Refusal(3, `number of input tokens must be no more than ${model.context}, got ${input}`);
  }
  const reply = state.script.next(request);
  if (reply.refuse) throw new Refusal(reply.refuse.code, reply.refuse.message, reply.refuse.shape);
  const toolCalls = callsOf(reply, request);
  const room = Math.min(request.maxTokens ?? Number.POSITIVE_INFINITY, Math.max(1, model.context - input));
  const whole = textsOf(reply, request);
  const texts = whole.map((text) => firstTokens(text, room));
  const isCut = texts.at(-1) !== whole.at(-1);
  const reasoning = request.reasons ? (reply.reasoning ?? "") : "";
  const thought = reply.usage?.reasoning ?? countTokens(reasoning);
  const spoken = toolCalls.length > 0 ? JSON.stringify(toolCalls) : (texts.at(-1) ?? "");
  return {
    texts: texts.filter((text, index) => index === 0 || text !== texts[index - 1]),
    toolCalls,
    finish: reply.finish ?? (toolCalls.length > 0 ? "tool-calls" : isCut ? "length" : "stop"),
    usage: {
      input: reply.usage?.input ?? input,
      output: reply.usage?.output ?? countTokens(spoken) + thought,
      reasoning: thought,
    },
    reasoning,
    modelVersion: reply.modelVersion ?? "09.02.2025",
    script: reply,
  };
}

function callsOf({ toolCalls = [] }: TextReply, { toolChoice, parallelToolCalls }: TextRequest): readonly TextCall[] {
  if (toolChoice === "none") return [];
  return parallelToolCalls === false ? toolCalls.slice(0, 1) : toolCalls;
}

function textsOf({ text, rewrites, toolCalls, finish }: TextReply, { toolChoice }: TextRequest): string[] {
  if (rewrites) return [...rewrites];
  // Who may not call tools tells what it would call.
  if (toolCalls && text === undefined) {
    return toolChoice === "none" ? [toolCalls.map(({ name }) => `I would call ${name}.`).join(" ")] : [""];
  }
  const pieces = text === undefined ? [""] : typeof text === "string" ? [text] : text;
  return pieces.map((piece, index) => {
    const isReplacement = finish === "content-filter" && index === pieces.length - 1;
    return isReplacement ? piece : pieces.slice(0, index + 1).join("");
  });
}
