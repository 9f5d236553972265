// Texts that strict services take: JSON without half characters, the names of tools, and no text that says nothing.

/** JSON without half surrogate pairs, which strict parsers refuse: each becomes U+FFFD. */
export function wellFormedJson(value: unknown): string {
  const json = JSON.stringify(value);
  // Only halves are escaped by JSON.stringify, whole pairs are not.
  if (!json.includes("\\ud")) return json;
  return JSON.stringify(value, (_key, each) =>
    typeof each === "string" ? each.replace(/\p{Surrogate}/gu, "�") : each,
  );
}

/** A model can ask for a tool by any name, even none; what is sent back has to be one that servers accept. */
export function validName(name: string): string {
  return name.replace(/[^a-zA-Z0-9_-]/g, "_").slice(0, 64) || "unknown";
}

/** Whether there is anything in a text: some services refuse a message without a word. */
export function isSaid(text: string): boolean {
  return text.trim() !== "";
}
