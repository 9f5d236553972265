// The answer from what the tools said, in the language of the person who asked.
import type { Phrases } from "./phrases.ts";
import { readable } from "./read-out.ts";
import type { ReadTool } from "./read-tool.ts";
import { contentKeys } from "./stop-words.ts";
import type { Outcome, Turn } from "./turns.ts";
import { wordsOf } from "./words.ts";

/** Empty where nothing was called. */
export function answerFrom(turn: Turn, tools: readonly ReadTool[], phrases: Phrases): string {
  const outcomes = turn.steps.flat();
  const lines = outcomes.map((outcome) => {
    const said = sentence(outcome, turn.text, tools, phrases);
    return outcomes.length > 1 && !said.includes("\n") ? `- ${said}` : said;
  });
  return lines.join("\n");
}

function sentence(outcome: Outcome, question: string, tools: readonly ReadTool[], phrases: Phrases): string {
  const { toolName, input, output, isError } = outcome;
  if (isError) return phrases.failed(toolName, output);
  const tool = tools.find((each) => each.definition.name === toolName);
  const expression = tool?.fields.find((field) => field.kind === "expression");
  const said = readable(shortened(output, question), phrases.tongue, input);
  const formula = expression && input[expression.path[0] ?? ""];
  if (typeof formula === "string" && said.length < 40) return `${formula} = ${said}`;
  const label = labelOf(input);
  // A text of several words speaks for itself; a bare value or a row of them needs to be told what of.
  const needsLabel =
    label !== "" && !said.includes(label) && (/^[^.!?]{0,40}$/.test(said) || /^[\p{L} ]{2,30}: /u.test(said));
  return needsLabel && !isSettled(said) ? `${label}${said.includes("\n") ? ":\n" : " — "}${said}` : capital(said);
}

function isSettled(said: string): boolean {
  return /^(?:Done|Готово|Nothing|Ничего)/.test(said);
}

const longestLabel = 60;

/** What the call was about: its short arguments. */
function labelOf(input: Record<string, unknown>): string {
  const values = Object.values(input).filter((value) => typeof value === "string" || typeof value === "number");
  const label = values.join(", ");
  return label.length <= longestLabel ? label : String(values[0] ?? "").slice(0, longestLabel);
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
