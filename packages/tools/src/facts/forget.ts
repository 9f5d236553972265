// Takes back what was remembered about the user.
import { type Tool, tool } from "@beseda/core";
import { inputError } from "../input-error.ts";
import { type Fact, type FactOptions, factId, factPrefix, factsOf, matchesOf, tellingStems } from "./facts.ts";

/** Answers with what was forgotten, a line for each fact. */
export function forget({ store }: FactOptions): Tool<Record<string, unknown>, string> {
  return tool({
    name: "forget",
    description:
      "Deletes remembered facts about the user, by their ids from recall or remember, or one fact by its words. " +
      "Use it when the user asks to forget something or says that a fact is no longer true.",
    inputSchema: {
      type: "object",
      properties: {
        text: { type: "string", description: "The fact to forget, or the words that only it has" },
        ids: { type: "array", items: { type: "string" }, description: "Ids of facts, as recall gives them" },
        everything: { type: "boolean", description: "true only if the user wants everything to be forgotten" },
      },
      additionalProperties: false,
    },
    examples: [
      "Forget that I like coffee",
      "Forget my address",
      "Forget everything about me",
      "Забудь, что я живу в Казани",
      "Забудь всё обо мне",
    ],
    effects: "write",
    // A notebook of the user's own: asking each time would be worse than a wrong note.
    needsApproval: false,
    // What is gone stays gone.
    replay: "safe",
    execute: async ({ text, ids, everything }, context) => {
      const prefix = factPrefix(context);
      const facts = await factsOf(store, prefix);
      const unwanted =
        everything === true ? facts : chosen(facts, listOf(ids), typeof text === "string" ? text.trim() : "");
      for (const { id } of unwanted) await store.delete(`${prefix}${id}`);
      if (unwanted.length === 0) return "Nothing of the kind is remembered.";
      return unwanted.map(({ text }) => `Forgotten: ${text}`).join("\n");
    },
  });
}

function listOf(ids: unknown): string[] {
  return Array.isArray(ids) ? ids.filter((id) => typeof id === "string") : [];
}

/** @throws BesedaError `invalid-argument` where the words are those of several facts: the wrong one must not go. */
function chosen(facts: readonly Fact[], ids: readonly string[], text: string): Fact[] {
  if (ids.length > 0) return facts.filter(({ id }) => ids.includes(id));
  if (text === "") throw inputError("Say what to forget: give text, ids or everything: true.");
  const same = facts.filter(({ id }) => id === text || id === factId(text));
  if (same.length > 0) return same;
  const words = tellingStems(text).length;
  if (words === 0)
    throw inputError("These words do not tell which fact to forget. Call recall, then forget with its ids.");
  const fitting = matchesOf(facts, text).filter(({ count }) => count === words);
  if (fitting.length > 1) {
    const list = fitting.slice(0, 10).map(({ fact }) => `${fact.id}: ${fact.text.slice(0, 100)}`);
    throw inputError(
      `${fitting.length} facts have these words. Call forget with the ids of those to forget. ${list.join("; ")}`,
    );
  }
  return fitting.map(({ fact }) => fact);
}
