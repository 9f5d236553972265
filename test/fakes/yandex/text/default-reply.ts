// What the models of the fake say when no script tells them: short, sensible, always the same, in the language of the question.
import { sampleOf } from "./schema-sample.ts";
import type { TextReply, TextRequest, TextTool } from "./text-script.ts";

/** Questions with one of these words are not talked about. */
const moderated = /\bforbidden\b|запрещ/iu;

/**
 * A tool that the last message mentions is called; its results are read out; JSON is made up by its schema. Where a tool
 * has to be called, it is, after results too: whoever goes on to ask for it never gets an answer.
 */
export function defaultReply({ messages, tools, toolChoice, json }: TextRequest): TextReply {
  const last = messages.at(-1);
  const question = messages.findLast(({ role }) => role === "user")?.text ?? "";
  const isRussian = /\p{Script=Cyrillic}/u.test(question);
  const isAnswered = last?.role === "tool";
  if (moderated.test(question) && !isAnswered) return { text: refusalText(isRussian), finish: "content-filter" };
  const hasToCall = toolChoice === "required" || typeof toolChoice === "object";
  const tool = isAnswered && !hasToCall ? undefined : chosen(tools, toolChoice, question);
  if (tool) return { toolCalls: [{ name: tool.name, arguments: argumentsOf(tool, question) }] };
  if (json) return { text: JSON.stringify(json === "any" ? { answer: question } : sampleOf(json.schema, question)) };
  if (isAnswered) {
    const results = (last.toolResults ?? []).map(({ content }) => content).join("; ");
    return { text: isRussian ? ["Вот что ", `получилось: ${results}`] : ["This is what ", `came out: ${results}`] };
  }
  const said = question.trim().slice(0, 200);
  return isRussian
    ? { text: ["Вы написали: ", `«${said}». `, "Это ответ учебного сервера, ", "а не настоящей модели."] }
    : { text: ["You wrote: ", `"${said}". `, "This is the answer of a practice server, ", "not of a real model."] };
}

/** It has begun to answer when it is stopped: the last text replaces the first. */
function refusalText(isRussian: boolean): string[] {
  return isRussian ? ["Хорошо, ", "Я не могу обсуждать эту тему."] : ["Well, ", "I cannot talk about this."];
}

function chosen(
  tools: readonly TextTool[],
  toolChoice: TextRequest["toolChoice"],
  question: string,
): TextTool | undefined {
  if (toolChoice === "none") return undefined;
  if (typeof toolChoice === "object") return tools.find(({ name }) => name === toolChoice.name);
  const asked = question.toLowerCase();
  const mentioned = tools.find(({ name }) => asked.includes(name.toLowerCase().replaceAll(/[_-]/g, " ")));
  return (
    mentioned ??
    tools.find(({ name }) => asked.includes(name.toLowerCase())) ??
    (toolChoice === "required" ? tools[0] : undefined)
  );
}

/** What the schema wants; where that is a text, the question. */
function argumentsOf({ parameters }: TextTool, question: string): Record<string, unknown> {
  const sample = parameters && sampleOf(parameters, question);
  return typeof sample === "object" && sample !== null ? { ...sample } : {};
}
