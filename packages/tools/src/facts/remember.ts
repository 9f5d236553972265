// Keeps a fact about the user beyond the conversation.
import { type Tool, tool } from "@beseda/core";
import { inputError } from "../input-error.ts";
import { type FactOptions, factId, factPrefix, factsOf } from "./facts.ts";

const longestFact = 1_000;
const mostFacts = 1_000;

/** At most 1,000 facts of an owner, of 1,000 characters each. Answers with the fact and its id. `now` is for tests. */
export function remember({
  store,
  now = () => new Date(),
}: FactOptions & { now?: () => Date }): Tool<Record<string, unknown>, string> {
  return tool({
    name: "remember",
    description:
      "Keeps one fact about the user for all later conversations: name, preferences, people, dates, plans. Use it when " +
      "the user asks to remember something or tells something of lasting use. Never keep passwords or card numbers.",
    inputSchema: {
      type: "object",
      properties: {
        text: {
          type: "string",
          minLength: 1,
          maxLength: longestFact,
          description: "One fact as a whole sentence that is clear without the conversation, in the user's language",
        },
      },
      required: ["text"],
      additionalProperties: false,
    },
    examples: [
      "Remember that my cat's name is Tom",
      "Please keep in mind that I am allergic to nuts",
      "My name is Anna, remember it",
      "Запомни, что я живу в Казани",
      "Меня зовут Иван, запомни",
    ],
    effects: "write",
    // A notebook of the user's own: asking each time would be worse than a wrong note.
    needsApproval: false,
    // The same text has the same key: a second run changes nothing.
    replay: "safe",
    execute: async ({ text: given }, context) => {
      const text = String(given).replace(/\s+/g, " ").trim();
      if (text === "") throw inputError("The fact is empty. Give it as a whole sentence.");
      if (text.length > longestFact) {
        throw inputError(`The fact has ${text.length} characters; ${longestFact} are allowed. Shorten it or split it.`);
      }
      const prefix = factPrefix(context);
      const id = factId(text);
      const known = await factsOf(store, prefix);
      const same = known.find((fact) => fact.id === id);
      if (same) return `Known already: ${same.text} (id ${id})`;
      if (known.length >= mostFacts) {
        throw inputError(
          `${mostFacts} facts are kept already, which is the limit. Ask the user what can be forgotten.`,
        );
      }
      await store.set(`${prefix}${id}`, { text, createdAt: now().toISOString() });
      return `Remembered: ${text} (id ${id})`;
    },
  });
}
