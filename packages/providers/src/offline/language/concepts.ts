// From a word to what it may mean, so that "погода" in a message finds "weather" in a tool, and the reverse.
import { conceptRows } from "./concept-words.ts";
import { synonymRows } from "./synonym-words.ts";

export function conceptsOf(lower: string, stem: string): readonly string[] {
  const found = new Set<string>([...(index.exact.get(lower) ?? []), ...(index.exact.get(stem) ?? [])]);
  for (let length = Math.min(lower.length, index.longestPrefix); length >= 2; length--) {
    for (const concept of index.prefixes.get(lower.slice(0, length)) ?? []) found.add(concept);
  }
  return [...found];
}

/** Whether the words of that concept mean the same, and not only go together. */
export function areSynonyms(concept: string): boolean {
  return index.synonyms.has(concept);
}

/** Every word of the table under the concepts that it stands in; `погод*` stands for all that begins so. */
const index = (() => {
  const exact = new Map<string, string[]>();
  const prefixes = new Map<string, string[]>();
  const synonyms = new Set(synonymRows.split("\n").map((row) => row.split(" ")[0]?.replace("*", "") ?? ""));
  let longestPrefix = 0;
  for (const row of [...conceptRows.split("\n"), ...synonymRows.split("\n")]) {
    const words = row.split(" ").filter(Boolean);
    const concept = words[0]?.replace("*", "") ?? "";
    for (const word of words) {
      const isPrefix = word.endsWith("*");
      const key = isPrefix ? word.slice(0, -1) : word;
      if (isPrefix) longestPrefix = Math.max(longestPrefix, key.length);
      const table = isPrefix ? prefixes : exact;
      table.set(key, [...(table.get(key) ?? []), concept]);
    }
  }
  return { exact, prefixes, longestPrefix, synonyms };
})();
