// Texts by which SQLite is asked: without NUL, at which some of its functions stop, and below the end of every range.

/** Where a range ends: no stored text has it. */
const beyond = "\u{10ffff}";
const mark = "\u0001";
const escapes: Readonly<Record<string, string>> = {
  "\0": `${mark}0`,
  [mark]: `${mark}1`,
  [beyond]: `${mark}2`,
};
const escaped = new RegExp(`[${Object.keys(escapes).join("")}]`, "gu");
const written = new RegExp(`${mark}.`, "g");
const originals = new Map(Object.entries(escapes).map(([original, written]) => [written, original]));

/** The beginning of a text becomes the beginning of what is stored. Half a surrogate pair becomes U+FFFD. */
export function toStored(text: string): string {
  return text.toWellFormed().replace(escaped, (character) => escapes[character] ?? character);
}

export function fromStored(stored: string): string {
  return stored.replace(written, (pair) => originals.get(pair) ?? pair);
}

/** Stored texts with this beginning are from the first to before the second. */
export function storedRange(prefix: string): [from: string, before: string] {
  const from = toStored(prefix);
  return [from, from + beyond];
}
