// Looks up what was remembered about the user.
import { type Tool, tool } from "@beseda/core";
import { type Fact, type FactOptions, factPrefix, factsOf, matchesOf, tellingStems } from "./facts.ts";

const mostShown = 50;
const mostOthers = 10;

/** Answers with a line for each fact, the newest first, and a line before them where they are not simply all that match. */
export function recall({ store }: FactOptions): Tool<Record<string, unknown>, string> {
  return tool({
    name: "recall",
    description:
      "Looks up what was remembered about the user in earlier conversations. Use it when the user asks what you know " +
      "or remember, and before answering a question about the user's own life.",
    inputSchema: {
      type: "object",
      properties: {
        query: {
          type: "string",
          description: "A few words to look for, such as cat name. Leave it out to get everything.",
        },
      },
      additionalProperties: false,
    },
    examples: [
      "What do you remember about me?",
      "What is my cat's name?",
      "What is my name?",
      "Что ты обо мне помнишь?",
      "Как меня зовут?",
      "Где я живу?",
    ],
    effects: "read",
    execute: async ({ query }, context) => {
      const facts = await factsOf(store, factPrefix(context));
      if (facts.length === 0) return "Nothing has been remembered about the user so far.";
      const words = typeof query === "string" ? query : "";
      if (tellingStems(words).length === 0) return shown(facts, mostShown);
      const found = matchesOf(facts, words).filter(({ count }) => count > 0);
      if (found.length > 0)
        return shown(
          found.map(({ fact }) => fact),
          mostShown,
        );
      // The fact may be told in other words: "Меня зовут Анна" answers a search for "имя".
      return `No fact has these words in it. The newest that are kept:\n${shown(facts, mostOthers)}`;
    },
  });
}

function shown(facts: readonly Fact[], most: number): string {
  const lines = facts.slice(0, most).map(({ id, text, createdAt }) => `${text} (${createdAt.slice(0, 10)}, id ${id})`);
  return [...(facts.length > most ? [`The newest ${most} of ${facts.length}:`] : []), ...lines].join("\n");
}
