// The bot that the command talks to.
import { Agent, type LanguageModel, type ReasoningStyle } from "@beseda/core";
import type { FileMemory } from "@beseda/memory";
import { calculator, clock, fetchPage, forget, recall, remember } from "@beseda/tools";

const instructions = `You are Beseda, a friendly assistant in somebody's terminal.
Answer in the language of the question, Russian or English as a rule, in a few plain sentences without Markdown tables.
Use your tools instead of guessing: for arithmetic, for dates and times, for what stands on a web page.
When somebody tells you something lasting about themselves, remember it; look it up when it could matter.
Say openly what you do not know.`;

export function defaultAgent({
  model,
  memory,
  reasoning,
}: {
  model: LanguageModel;
  memory: FileMemory;
  reasoning: ReasoningStyle | undefined;
}): Agent {
  const { store } = memory;
  return new Agent({
    name: "beseda",
    instructions,
    model,
    memory,
    tools: [calculator(), clock(), fetchPage(), remember({ store }), recall({ store }), forget({ store })],
    ...(reasoning && { reasoning }),
  });
}
