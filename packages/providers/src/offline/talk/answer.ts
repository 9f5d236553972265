// The answer from what the tools said, in the language of the person who asked.

import { contentKeys } from "../language/stop-words.ts";
import { wordsOf } from "../language/words.ts";
import type { ReadTool } from "../read/read-tool.ts";
import type { Phrases } from "./phrases.ts";
import { readable } from "./read-out.ts";
import type { Outcome, Turn } from "./turns.ts";

/** Empty where nothing was called. */
export function answerFrom(turn: Turn, tools: readonly ReadTool[], phrases: Phrases): string {
  const outcomes = turn.steps.flat();
  const lines = outcomes.map((outcome) => {
    const said = sentence(outcome, turn.text, tools, phrases, outcomes.length > 1);
    return outcomes.length > 1 && !said.includes("\n") ? `- ${said}` : said;
  });
  return lines.join("\n");
}

function sentence(
  outcome: Outcome,
  question: string,
  tools: readonly ReadTool[],
  phrases: Phrases,
  isOneOfMany: boolean,
): string {
  const { toolName, input, output, isError } = outcome;
  if (isError) return phrases.failed(toolName, output);
  const tool = tools.find((each) => each.definition.name === toolName);
  const expression = tool?.fields.find((field) => field.kind === "expression");
  const said = readable(shortened(output, question), phrases.tongue, input);
  const formula = expression && input[expression.path[0] ?? ""];
  if (typeof formula === "string" && said.length < 40) return `${formula} = ${said}`;
  const label = labelOf(input, tool);
  // A text of several words speaks for itself; a bare value or a row of them needs to be told what of.
  const isBare = /^\S{1,40}$/.test(said) || /^[\p{L} ]{2,30}: /u.test(said) || isOneOfMany;
  const needsLabel = isBare && label !== "" && !said.includes(label) && !isSettled(said);
  return needsLabel ? `${label}${said.includes("\n") ? ":\n" : " — "}${said}` : capital(said);
}

function isSettled(said: string): boolean {
  return /^(?:Done|Готово|Nothing|Ничего)/.test(said);
}

const longestLabel = 60;

/** What the call was about: its short arguments, such as "100 USD → EUR". */
function labelOf(input: Record<string, unknown>, tool: ReadTool | undefined): string {
  let label = "";
  for (const [name, value] of Object.entries(input)) {
    if (typeof value !== "string" && typeof value !== "number") continue;
    const role = tool?.fields.find((field) => field.name === name)?.role;
    label += label === "" ? String(value) : `${role === "to" ? " → " : " "}${value}`;
  }
  return label.length <= longestLabel ? label : "";
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

const longText = 1_000;
const mostSentences = 6;

/** Of a long text the sentences that the question is about, or else the beginning. */
function shortened(output: string, question: string): string {
  if (output.length <= longText || /^\s*[[{]/.test(output)) return output;
  const asked = new Set(contentKeys(wordsOf(question.replaceAll(/https?:\S+/g, ""))));
  const sentences = output.split(/(?<=[.!?])\s+|\n+/).filter((each) => each.trim() !== "");
  const near = sentences
    .slice(0, 2_000)
    .filter((each) => contentKeys(wordsOf(each)).some((key) => !key.startsWith("@") && asked.has(key)));
  const chosen = (near.length > 0 ? near : sentences).slice(0, mostSentences).join(" ");
  return chosen.length <= longText ? chosen : `${chosen.slice(0, longText).replace(/\s+\S*$/, "")} …`;
}
